"""Holds over HTTP: the pages and the API say and refuse the same as the services."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.core.approval import Verdict
from governance.core.holds import Scope
from governance.core.refusals import Reason, Refused
from governance.forms import read_number, read_target
from governance.models import ChangeRequest, Hold, LedgerEntry, Vote
from governance.permissions import CONFIRM_AFTER, SIGNED_IN_AT
from governance.services.cast_vote import cast_vote
from governance.services.open_change_request import open_change_request
from governance.services.request_lift import request_lift
from governance.tasks import lift_approved
from tests.apps.governance.test_voting import open_plan
from tests.cast import City
from tests.factories.board import WHY, add_member, hold

CAST = ("ana", "ben", "bea", "dev")
FORM = {"what": "category:robbery", "rationale": WHY, "seen": "0", "jurisdiction": "rivermark"}


def page(client: Client, who: Any, name: str, *arguments: object) -> str:
    client.force_login(who)
    return client.get(reverse(name, args=arguments)).content.decode()


def send(client: Client, who: Any, name: str, *arguments: object, **form: str) -> Any:
    client.force_login(who)
    return client.post(reverse(name, args=arguments), form)


def ask(client: Client, who: Any, name: str, *arguments: object, **said: object) -> Any:
    client.force_login(who)
    return client.post(reverse(name, args=arguments), said, content_type="application/json")


# --- placing ---------------------------------------------------------------------------------------------------


def test_the_form_says_what_will_happen_and_only_the_board_has_it(client: Client, city: City) -> None:
    said = page(client, city.chloe, "holds")
    assert "It stops at once" in said
    assert "Public at once" in said
    assert "You cannot lift it alone" in said
    for who in CAST:
        assert reverse("hold-place") not in page(client, getattr(city, who), "holds")


def test_who_has_no_role_sees_no_hold(client: Client, city: City) -> None:
    placed = hold(city, Scope.DISTRICT, "central")
    assert "Central" not in page(client, city.eve, "holds")
    client.force_login(city.eve)
    assert client.get(reverse("hold", args=[placed.pk])).status_code == 403
    client.logout()
    assert client.get(reverse("holds")).status_code == 302
    assert client.get(reverse("hold", args=[placed.pk])).status_code == 302


def test_a_hold_placed_on_the_page_is_the_deed_of_the_service(client: Client, city: City) -> None:
    answer = send(client, city.chloe, "hold-place", **FORM)
    placed = Hold.objects.get()
    assert answer.headers["Location"] == reverse("hold", args=[placed.pk])
    assert (placed.scope, placed.target, placed.placed_by, placed.reason) == (
        "category",
        "robbery",
        city.chloe,
        WHY,
    )
    before = LedgerEntry.objects.count()
    assert send(client, city.chloe, "hold-place", **FORM).status_code == 302
    assert (Hold.objects.count(), LedgerEntry.objects.count()) == (1, before)


@pytest.mark.parametrize("who", [*CAST, "eve"])
def test_page_and_api_refuse_whom_the_service_refuses(client: Client, city: City, who: str) -> None:
    by = getattr(city, who)
    assert send(client, by, "hold-place", **FORM).status_code == 403
    said = {"scope": "everything", "reason": WHY}
    answer = ask(client, by, "api-holds", **said)
    assert (answer.status_code, answer.json()["reason"]) == (403, "not_permitted")
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"rationale": "short"}, 422),
        ({"what": ""}, 422),
        ({"what": "moon:"}, 422),
        ({"what": "category:poetry"}, 404),
        ({"seen": "-1"}, 422),
        ({"jurisdiction": "nowhere"}, 404),
    ],
)
def test_a_form_that_cannot_be_read_places_nothing_and_keeps_the_text(
    client: Client, city: City, changed: dict[str, str], status: int
) -> None:
    answer = send(client, city.chloe, "hold-place", **FORM | changed)
    assert answer.status_code == status
    assert (FORM | changed)["rationale"] in answer.content.decode()
    assert not Hold.objects.exists()


@pytest.mark.parametrize("text", ["", "x", "-1", "1" * 16, "²"])
def test_a_number_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_number(text)
    assert refusal.value.reason is Reason.BAD_INPUT


def test_what_is_to_be_stopped_is_read_to_the_first_colon() -> None:
    assert read_target("everything:") == (Scope.EVERYTHING, "")
    assert read_target("category:a:b") == (Scope.CATEGORY, "a:b")


def test_what_is_on_hold_is_no_longer_offered(client: Client, city: City) -> None:
    assert 'value="category:robbery"' in page(client, city.chloe, "holds")
    hold(city, Scope.CATEGORY, "robbery")
    said = page(client, city.chloe, "holds")
    assert 'value="category:robbery"' not in said
    assert "1 hold in force" in said
    assert 'name="seen" value="0"' not in said


def test_a_district_on_hold_is_named_to_those_who_see_its_plans(client: Client, city: City) -> None:
    placed = hold(city, Scope.DISTRICT, "central")
    for who in ("chloe", "ben", "ana"):
        for name, arguments in (("holds", ()), ("hold", (placed.pk,))):
            said = page(client, getattr(city, who), name, *arguments)
            assert "the district Central" in said
            assert WHY in said
    said = page(client, city.bea, "hold", placed.pk)
    assert "one district" in said
    assert WHY not in said
    client.force_login(city.bea)
    told = client.get(reverse("api-hold", args=[placed.pk])).json()
    assert (told["what"], told["target"]) == ("one district", None)


def test_a_plan_on_hold_is_named_to_those_who_see_it(client: Client, city: City) -> None:
    placed = hold(city, Scope.PLAN, str(open_plan(city).pk))
    assert f"plan {placed.target}" in page(client, city.ben, "hold", placed.pk)
    assert f"plan {placed.target}" not in page(client, city.bea, "hold", placed.pk)


def test_the_list_costs_no_more_with_many_holds(client: Client, city: City) -> None:
    def cost() -> int:
        client.force_login(city.chloe)
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("holds"))
        return len(captured)

    hold(city)
    cost()
    few = cost()
    for category in ("robbery", "vandalism", "motor_vehicle_theft"):
        hold(city, Scope.CATEGORY, category)
    hold(city, Scope.DISTRICT, "north")
    assert cost() == few


# --- lifting ---------------------------------------------------------------------------------------------------


def test_asked_on_the_page_decided_in_the_inbox_applied_by_the_schedule(client: Client, city: City) -> None:
    carl, placed = add_member(city, "carl"), hold(city)
    answer = send(client, city.ana, "hold-lift", placed.pk, rationale=WHY)
    asked = ChangeRequest.objects.get(kind="hold_lift")
    address = reverse("request", args=[asked.pk])
    assert answer.headers["Location"] == address
    for member in (city.chloe, carl):
        said = page(client, member, "inbox")
        assert address in said
        assert "Lifting of a hold" in said
        decision = page(client, member, "request", asked.pk)
        assert f'value="{asked.digest}"' in decision
        assert "2 approvals by different people" in decision
        form = {"seen_digest": asked.digest, "rationale": WHY, "verdict": "approve"}
        assert send(client, member, "request-decide", asked.pk, **form).status_code == 302
    assert "This request is approved" in page(client, city.chloe, "request", asked.pk)
    assert lift_approved() == 1
    assert "Nothing is on hold" in page(client, city.chloe, "holds")
    assert "The board lifted it on" in page(client, city.dev, "hold", placed.pk)


@pytest.mark.parametrize("who", ["ana", "ben", "dev", "eve"])
def test_nobody_else_decides_it_on_the_page(client: Client, city: City, who: str) -> None:
    add_member(city, "carl")
    asked = request_lift(hold_id=hold(city).pk, reason=WHY, by=city.ana)
    form = {"seen_digest": asked.digest, "rationale": WHY, "verdict": "approve"}
    assert send(client, getattr(city, who), "request-decide", asked.pk, **form).status_code == 403
    assert not Vote.objects.exists()
    client.force_login(getattr(city, who))
    page = client.get(reverse("request", args=[asked.pk])).content.decode()
    assert 'name="verdict"' not in page


def test_a_refused_vote_keeps_its_text_and_an_unknown_verdict_is_no_page(client: Client, city: City) -> None:
    add_member(city, "carl")
    asked = request_lift(hold_id=hold(city).pk, reason=WHY, by=city.ana)
    form = {"seen_digest": "f" * 64, "rationale": WHY, "verdict": "approve"}
    answer = send(client, city.chloe, "request-decide", asked.pk, **form)
    assert answer.status_code == 409
    assert "Your text is kept below" in answer.content.decode()
    assert send(client, city.chloe, "request-decide", asked.pk, **form | {"verdict": "x"}).status_code == 404


def test_a_refused_request_to_lift_keeps_its_text(client: Client, city: City) -> None:
    placed = hold(city)
    answer = send(client, city.chloe, "hold-lift", placed.pk, rationale=WHY)
    assert answer.status_code == 409
    assert WHY in answer.content.decode()
    assert "or let somebody else propose it" in answer.content.decode()
    assert send(client, city.dev, "hold-lift", placed.pk, rationale=WHY).status_code == 403


def test_a_plan_keeps_its_own_page_and_what_is_not_there_has_none(client: Client, city: City) -> None:
    plan = open_plan(city)
    client.force_login(city.ben)
    assert client.get(reverse("request", args=[plan.pk])).headers["Location"] == reverse(
        "plan", args=[plan.pk]
    )
    for name in ("request", "hold", "api-hold"):
        assert client.get(reverse(name, args=[999])).status_code == 404
    client.force_login(city.bea)
    assert client.get(reverse("request", args=[plan.pk])).status_code == 403


def test_a_request_of_any_other_kind_has_the_common_page(client: Client, city: City) -> None:
    plan = open_plan(city)
    other = open_change_request(
        kind="ledger_recovery",
        jurisdiction=city.jurisdiction,
        district=None,
        title="Recovery of the log",
        digest="8" * 64,
        rests_on=[],
        expires_at=plan.expires_at,
        by=city.ana,
    )
    said = page(client, city.chloe, "request", other.pk)
    assert "Recovery of the log" in said
    assert reverse("request-decide", args=[other.pk]) in said


# --- the API ---------------------------------------------------------------------------------------------------


def test_the_api_places_lists_and_asks(client: Client, city: City) -> None:
    add_member(city, "carl")
    answer = ask(client, city.chloe, "api-holds", scope="category", target="robbery", reason=WHY)
    assert (answer.status_code, answer.json()["what"]) == (201, "the category robbery")
    number = answer.json()["id"]
    assert (
        ask(client, city.chloe, "api-holds", scope="category", target="robbery", reason=WHY).json()["id"]
        == number
    )
    bad = ask(client, city.chloe, "api-holds", scope="galaxy", reason=WHY)
    assert (bad.status_code, bad.json()["reason"]) == (422, "bad_input")
    client.force_login(city.dev)
    rows = client.get(reverse("api-holds")).json()["results"]
    assert [(row["id"], row["placed_by"], row["lifted_at"]) for row in rows] == [
        (number, "Chloe Board", None)
    ]
    asked = ask(client, city.ana, "api-hold-lifts", number, reason=WHY)
    assert (asked.status_code, asked.json()["state"]) == (201, "open")
    assert ask(client, city.dev, "api-hold-lifts", number, reason=WHY).status_code == 403
    client.force_login(city.chloe)
    found = client.get(reverse("api-requests") + "?kind=hold_lift").json()["results"]
    assert [row["id"] for row in found] == [asked.json()["change_request"]]


def test_everybody_reads_what_may_be_public(client: Client, city: City) -> None:
    hold(city, Scope.DISTRICT, "central")
    hold(city, Scope.CATEGORY, "robbery")
    rows = client.get(reverse("api-public-holds")).json()["results"]
    assert [(row["what"], row["reason"]) for row in rows] == [
        ("the category robbery", ""),
        ("one district", ""),
    ]
    assert client.get(reverse("api-public-holds") + "?jurisdiction=nowhere").status_code == 404


def test_who_asked_for_it_withdraws_it_on_the_page_and_it_can_be_asked_anew(
    client: Client, city: City
) -> None:
    placed = hold(city)
    asked = request_lift(hold_id=placed.pk, reason=WHY, by=city.ana)
    assert "Withdraw this request" in page(client, city.ana, "request", asked.pk)
    assert "Withdraw this request" not in page(client, city.chloe, "request", asked.pk)
    assert "Step back from this decision" in page(client, city.chloe, "request", asked.pk)
    answer = send(client, city.ana, "request-decide", asked.pk, deed="withdrawal", rationale=WHY)
    assert answer.status_code == 302
    assert "withdrew it" in page(client, city.chloe, "request", asked.pk)
    assert request_lift(hold_id=placed.pk, reason=WHY, by=city.ana) != asked


def test_to_ask_for_a_lift_by_the_api_one_signs_in_lately(client: Client, city: City) -> None:
    add_member(city, "carl")
    placed = hold(city)
    client.force_login(city.ana)
    session = client.session
    session[SIGNED_IN_AT] -= CONFIRM_AFTER
    session.save()
    address = reverse("api-hold-lifts", args=[placed.pk])
    answer = client.post(address, {"reason": WHY}, content_type="application/json")
    assert (answer.status_code, answer.json()["reason"]) == (403, "sign_in_again")
    assert not ChangeRequest.objects.exists()


@pytest.mark.parametrize("who", ["bea", "ben"])
def test_why_a_live_district_is_released_is_for_those_who_see_its_plans_by_the_api_too(
    client: Client, city: City, who: str
) -> None:
    add_member(city, "carl")
    asked = request_lift(hold_id=hold(city, Scope.DISTRICT, "central").pk, reason=WHY, by=city.ana)
    why = "The works in Central are over since this morning."
    cast_vote(
        change_request_id=asked.pk,
        verdict=Verdict.APPROVE,
        rationale=why,
        seen_digest=asked.digest,
        by=city.chloe,
    )
    client.force_login(getattr(city, who))
    page_says = client.get(reverse("request", args=[asked.pk])).content.decode()
    api_says = client.get(reverse("api-request", args=[asked.pk])).content.decode()
    assert (why in page_says, why in api_says) == ((who == "ben"),) * 2


def test_to_place_a_hold_by_the_api_one_signs_in_lately(client: Client, city: City) -> None:
    client.force_login(city.chloe)
    session = client.session
    session[SIGNED_IN_AT] -= CONFIRM_AFTER
    session.save()
    said = {"scope": "everything", "reason": WHY}
    answer = client.post(reverse("api-holds"), said, content_type="application/json")
    assert (answer.status_code, answer.json()["reason"]) == (403, "sign_in_again")
    assert not Hold.objects.exists()
