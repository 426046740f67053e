"""Break-glass over HTTP: the page, the API and the service let do the same; and what everybody may know."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from forecasting.models import Plan
from governance import clock
from governance.after_reviews import public_glasses
from governance.core.approval import Verdict
from governance.core.break_glass import LOWERS_WORDS, REVIEW_DAYS, Figures, Lowers
from governance.core.holds import LONGEST_LIVE
from governance.core.refusals import Refused
from governance.models import BreakGlass, ChangeRequest, LedgerEntry, User
from governance.permissions import CONFIRM_AFTER, SIGNED_IN_AT
from governance.services.advance_clock import advance_clock
from governance.services.attach_evidence import attach_evidence
from governance.services.cast_vote import cast_vote
from governance.services.open_break_glass import open_break_glass
from public_portal.selectors.report import decision_section
from public_portal.sources import decision
from tests.apps.forecasting.test_plan_page import near
from tests.apps.governance.test_races import TWO, second_supervisor
from tests.apps.governance.test_stages import vote
from tests.apps.governance.test_voting import open_plan
from tests.cast import PASSWORD, City, build_city, train
from tests.factories.board import WHY, hold
from tests.factories.break_glass import break_glass, glass_form
from tests.factories.forecasts import add_plan, add_run

CAST = ("ana", "ben", "bea", "chloe", "nora", "dev", "eve")


@pytest.fixture
def two(db: None) -> City:
    """Return a city whose plans need two supervisors."""
    city = build_city(policy={"stages": TWO})
    second_supervisor(city)
    train(city.jurisdiction)
    return city


@pytest.fixture
def plan(two: City) -> Plan:
    """Return a plan for Central whose audit passes."""
    made = add_plan(two, add_run(two, flagged=near), places=near)
    attach_evidence(
        subject_digest=made.digest,
        kind="plan_disparity",
        verdict="pass",
        summary="Passes.",
        report_digest="b" * 64,
        jurisdiction=two.jurisdiction,
        by=two.scheduler,
    )
    return made


def page(client: Client, who: User, plan: Plan) -> Any:
    client.force_login(who)
    return client.get(reverse("plan", args=[plan.change_request_id]))


def send(client: Client, who: User, plan: Plan, lowers: str = "quorum", **said: str) -> Any:
    client.force_login(who)
    form = {
        "seen_digest": plan.digest,
        "rationale": WHY,
        "hours": "2",
        "lowers": lowers,
        "deed": "break_glass",
    }
    return client.post(reverse("plan-decide", args=[plan.change_request_id]), form | said)


def ask(client: Client, who: User, request_id: int, digest: str, **said: object) -> Any:
    client.force_login(who)
    body = {"lowers": "quorum", "hours": 2, "reason": WHY, "seen_digest": digest} | said
    return client.post(reverse("api-glass", args=[request_id]), body, content_type="application/json")


def later(city: City, **time: int) -> None:
    moment = clock.now(city.jurisdiction) + timedelta(**time)
    advance_clock(jurisdiction=city.jurisdiction, to=moment, by=city.ana)
    city.jurisdiction.refresh_from_db()


# --- opening --------------------------------------------------------------------------------------------------


def test_the_form_says_what_it_does_and_does_not(client: Client, two: City, plan: Plan) -> None:
    said = page(client, two.ben, plan).content.decode()
    for words in (
        "Break the glass",
        "It is no approval",
        "It overrides no hold",
        "told at once",
        "one more is counted",
    ):
        assert words in said
    for lowers in Lowers:
        assert f'name="lowers" value="{lowers}"' in said
        assert LOWERS_WORDS[lowers][1:] in said
    said = page(client, two.chloe, plan).content.decode()
    assert 'value="district"' in said
    assert 'value="quorum"' not in said
    for who in (two.ana, two.dev):
        assert "Break the glass" not in page(client, who, plan).content.decode()


def test_broken_on_the_page_it_is_the_deed_of_the_service(client: Client, two: City, plan: Plan) -> None:
    answer = send(client, two.ben, plan)
    assert answer.status_code == 302
    opened = BreakGlass.objects.get()
    assert (opened.lowers, opened.hours, opened.reason, opened.opened_by) == ("quorum", 2, WHY, two.ben)
    said = page(client, two.ben, plan).content.decode()
    assert "Under break-glass" in said
    assert "Nora Chair was told" in said
    assert "broke the glass for 2 h" in said
    assert "Break the glass<" not in said, "it is offered once"
    before = LedgerEntry.objects.count()
    assert send(client, two.ben, plan).status_code == 302
    assert LedgerEntry.objects.count() == before
    later(two, hours=2)
    assert "Break-glass is over" in page(client, two.ben, plan).content.decode()


def test_it_asks_for_the_password_again(client: Client, two: City, plan: Plan) -> None:
    client.force_login(two.ben)
    session = client.session
    session[SIGNED_IN_AT] -= CONFIRM_AFTER
    session.save()
    address = reverse("plan-decide", args=[plan.change_request_id])
    form = {
        "seen_digest": plan.digest,
        "rationale": WHY,
        "hours": "1",
        "lowers": "quorum",
        "deed": "break_glass",
    }
    answer = client.post(address, form)
    assert answer.status_code == 403
    assert 'name="lowers" value="quorum"' in answer.content.decode()
    said = {"lowers": "quorum", "hours": 1, "reason": WHY, "seen_digest": plan.digest}
    by_api = client.post(
        reverse("api-glass", args=[plan.change_request_id]), said, content_type="application/json"
    )
    assert (by_api.status_code, by_api.json()["reason"]) == (403, "sign_in_again")
    assert not BreakGlass.objects.exists()
    assert client.post(address, form | {"password_again": PASSWORD}).status_code == 302
    assert BreakGlass.objects.exists()


@pytest.mark.parametrize("who", [*CAST, "author", "recused"])
@pytest.mark.parametrize("lowers", list(Lowers))
def test_page_api_and_service_let_do_the_same(
    client: Client, two: City, plan: Plan, who: str, lowers: Lowers
) -> None:
    by = two.ben if who in ("author", "recused") else getattr(two, who)
    if who == "author":
        plan.change_request.authors.add(by)
    if who == "recused":
        client.force_login(by)
        client.post(
            reverse("plan-decide", args=[plan.change_request_id]), {"deed": "recusal", "rationale": WHY}
        )
    offered = f'name="lowers" value="{lowers}"' in page(client, by, plan).content.decode()
    # A form that names another revision is refused after the question who may, so nothing is opened yet.
    by_page = send(client, by, plan, lowers, seen_digest="c" * 64).status_code
    by_api = ask(client, by, plan.change_request_id, "c" * 64, lowers=lowers).status_code
    allowed = {Lowers.QUORUM: {"ben"}, Lowers.DISTRICT: {"ben", "chloe", "nora"}}
    if who in allowed[lowers]:
        assert (by_page, by_api, offered) == (409, 409, True)
        assert open_break_glass(**glass_form(plan.change_request, by, lowers)).opened_by == by
    else:
        assert (by_page, by_api, offered) == (403, 403, False)
        with pytest.raises(Refused, match=r"needs the role|author of this revision|stepped back"):
            open_break_glass(**glass_form(plan.change_request, by, lowers))


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"lowers": "everything"}, 422),
        ({"lowers": ""}, 422),
        ({"hours": "5"}, 422),
        ({"hours": "two"}, 422),
        ({"hours": "-1"}, 422),
        ({"rationale": "now"}, 422),
        ({"seen_digest": "c" * 64}, 409),
    ],
)
def test_a_bad_form_is_refused_and_its_text_kept(
    client: Client, two: City, plan: Plan, said: dict[str, str], status: int
) -> None:
    answer = send(client, two.ben, plan, **said)
    assert answer.status_code == status
    kept = answer.content.decode()
    assert "Not done." in kept
    assert said.get("rationale", WHY) in kept
    assert not BreakGlass.objects.exists()


@pytest.mark.parametrize(
    "said",
    [{"lowers": "everything"}, {"hours": "two"}, {"hours": 5}, {"hours": 10**30}, {"reason": "now"}],
)
def test_the_api_refuses_it_too(client: Client, two: City, plan: Plan, said: dict[str, object]) -> None:
    assert ask(client, two.ben, plan.change_request_id, plan.digest, **said).status_code == 422
    assert not BreakGlass.objects.exists()


def test_by_api_it_is_told_with_the_request(client: Client, two: City, plan: Plan) -> None:
    answer = ask(client, two.ben, plan.change_request_id, plan.digest)
    assert answer.status_code == 201
    told = answer.json()["break_glass"]
    assert (told["lowers"], told["hours"], told["told"]) == ("quorum", 2, two.nora.pseudonym)
    again = client.get(reverse("api-request", args=[told["review"]])).json()
    assert (again["kind"], again["break_glass"]) == ("after_review", None)
    assert ask(client, two.ben, told["review"], again["digest"]).json()["reason"] == "outside_policy"


def test_on_hold_it_is_not_offered(client: Client, two: City, plan: Plan) -> None:
    hold(two)
    assert "Break the glass" not in page(client, two.ben, plan).content.decode()
    assert send(client, two.ben, plan).status_code == 409


# --- another district -----------------------------------------------------------------------------------------


def test_another_districts_supervisor_reads_and_decides_exactly_this_plan(
    client: Client, two: City, plan: Plan
) -> None:
    other = open_plan(two)
    assert page(client, two.bea, plan).status_code == 403
    opened = break_glass(two, plan.change_request, Lowers.DISTRICT, by=two.chloe)
    assert page(client, two.bea, plan).status_code == 200
    assert "1 decision waits for you" in client.get(reverse("inbox")).content.decode()
    rows = client.get(reverse("api-requests")).json()["results"]
    assert [each["id"] for each in rows] == [plan.change_request_id]
    assert client.get(reverse("api-plan", args=[plan.change_request_id])).status_code == 200
    for number in (other.pk, opened.review_id):
        assert client.get(reverse("api-request", args=[number])).status_code == 403
    ballot = {"verdict": "approve", "rationale": WHY, "seen_digest": plan.digest}
    assert client.post(reverse("plan-decide", args=[plan.change_request_id]), ballot).status_code == 302
    later(two, hours=2)
    assert page(client, two.bea, plan).status_code == 403
    assert client.get(reverse("api-requests")).json()["results"] == []


# --- the second person and the review -------------------------------------------------------------------------


def test_the_second_person_finds_it_in_her_inbox_until_it_is_judged(
    client: Client, two: City, plan: Plan
) -> None:
    opened = break_glass(two, plan.change_request)
    client.force_login(two.nora)
    said = client.get(reverse("inbox")).content.decode()
    assert "You were told of a break-glass" in said
    client.force_login(two.chloe)
    assert "You were told" not in client.get(reverse("inbox")).content.decode()
    cast_vote(**vote(opened.review, two.chloe))
    client.force_login(two.nora)
    assert "You were told" not in client.get(reverse("inbox")).content.decode()


def test_the_board_judges_it_on_its_page(client: Client, two: City, plan: Plan) -> None:
    review = break_glass(two, plan.change_request).review
    client.force_login(two.chloe)
    said = client.get(reverse("request", args=[review.pk])).content.decode()
    for words in (
        "What is judged",
        "It was justified",
        "It was not justified",
        "Ben Supervisor broke the glass",
        WHY,
    ):
        assert words in said
    for deed in ("withdrawal", "revocation"):
        assert f'value="{deed}"' not in said
    form = {"verdict": "reject", "rationale": WHY, "seen_digest": review.digest}
    assert client.post(reverse("request-decide", args=[review.pk]), form).status_code == 302
    said = client.get(reverse("request", args=[review.pk])).content.decode()
    assert "found it not justified" in said
    client.force_login(two.ben)
    assert 'value="withdrawal"' not in client.get(reverse("request", args=[review.pk])).content.decode()
    client.force_login(two.eve)
    assert client.get(reverse("request", args=[review.pk])).status_code == 403


# --- in public ------------------------------------------------------------------------------------------------


def public(client: Client) -> str:
    client.logout()
    return client.get(reverse("portal-glass", args=["rivermark"])).content.decode()


def by_api(client: Client) -> dict[str, Any]:
    client.logout()
    (told,) = client.get(reverse("api-public-glass") + "?jurisdiction=rivermark").json()["results"]
    found: dict[str, Any] = told
    return found


def test_without_any_the_public_page_says_so(client: Client, city: City) -> None:
    assert "The glass was never broken" in public(client)
    assert by_api(client)["figures"] == {
        "opened": 0, "reviewed": 0, "justified": 0, "not_justified": 0, "waiting": 0, "overdue": 0,
    }  # fmt: skip


def test_at_once_the_public_reads_a_count_and_nothing_else(client: Client, two: City, plan: Plan) -> None:
    opened = break_glass(two, plan.change_request)
    for said in (public(client), str(by_api(client))):
        for secret in ("Central", "Ben", WHY, opened.salt, opened.digest, opened.request_digest, "told of"):
            assert secret not in said
    assert "The glass was broken once" in public(client)
    assert by_api(client)["figures"]["waiting"] == 1
    assert by_api(client)["rows"] == []


def test_what_the_board_found_is_counted_at_once(client: Client, two: City) -> None:
    opened = [break_glass(two, open_plan(two, each * 64)) for each in "abcd"]
    cast_vote(**vote(opened[0].review, two.chloe))
    cast_vote(**vote(opened[1].review, two.chloe, Verdict.REJECT))
    assert public_glasses(two.jurisdiction).figures == Figures(4, 1, 1, 2, 0)
    assert "judged 2 of 4: 1 justified, 1 not" in public(client)
    later(two, days=REVIEW_DAYS)
    assert public_glasses(two.jurisdiction).figures == Figures(4, 1, 1, 0, 2)
    assert "2 are overdue" in public(client)
    cast_vote(**vote(opened[2].review, two.nora))
    assert by_api(client)["figures"]["overdue"] == 1


def test_after_the_delay_each_is_told_with_its_reason_and_finding(
    client: Client, two: City, plan: Plan
) -> None:
    opened = break_glass(two, plan.change_request)
    cast_vote(**vote(opened.review, two.chloe))
    just_before = LONGEST_LIVE + timedelta(hours=6) - timedelta(minutes=5)
    later(two, seconds=int(just_before.total_seconds()))
    assert by_api(client)["rows"] == []
    later(two, minutes=6)
    (row,) = by_api(client)["rows"]
    assert (row["digest"], row["salt"], row["standing"]) == (opened.digest, opened.salt, "justified")
    assert [(each["by"], each["verdict"]) for each in row["findings"]] == [("Chloe Board", "approve")]
    assert "Ben" not in row["by"], "a supervisor appears by role and alias"
    assert row["told"] == "Nora Chair"
    said = public(client)
    for words in (WHY, opened.salt, "Nora Chair was told", "Chloe Board: justified"):
        assert words in said


def test_a_finding_given_late_opens_late(client: Client, two: City, plan: Plan) -> None:
    opened = break_glass(two, plan.change_request)
    later(two, days=20)
    late = "The night shift was short of people; nobody else could be reached."
    cast_vote(**vote(opened.review, two.chloe) | {"rationale": late})
    assert "the reason opens later" in public(client)
    assert late not in public(client)
    later(two, days=10)
    assert late in public(client)


def test_an_unknown_city_has_none(client: Client, city: City) -> None:
    assert client.get(reverse("portal-glass", args=["nowhere"])).status_code == 404
    assert client.get(reverse("api-public-glass") + "?jurisdiction=nowhere").status_code == 404


def test_the_released_decision_tells_of_it(two: City, plan: Plan) -> None:
    opened = break_glass(two, plan.change_request)
    cast_vote(**vote(ChangeRequest.objects.get(pk=plan.change_request_id), two.ben))
    section = decision_section(decision(Plan.objects.get(pk=plan.pk)), two.jurisdiction)
    assert [line.deed for line in section.votes] == ["broke the glass", "approved"]
    assert section.votes[0].entry == opened.ledger_index
    assert section.votes[0].rationale == WHY


def test_an_approval_that_outlived_the_glass_is_told_as_void(client: Client, two: City, plan: Plan) -> None:
    break_glass(two, plan.change_request, hours=1)
    cast_vote(**vote(ChangeRequest.objects.get(pk=plan.change_request_id), two.ben))
    assert "made by the schedule within the minute" in page(client, two.ben, plan).content.decode()
    later(two, hours=1)
    said = page(client, two.ben, plan).content.decode()
    assert "the approval is void" in said
    assert "made by the schedule within the minute" not in said
    assert 'name="deed" value="revocation"' in said
