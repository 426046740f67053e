"""The pages of access: the review, accounts, roles asked for, training, and the password asked again."""

import csv
import html
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance import clock
from governance.core.roles import PERMISSION_LABELS, ROLES, Permission, Role
from governance.core.training import right_answers
from governance.models import ChangeRequest, LedgerEntry, RoleGrant, User, Vote
from governance.permissions import CONFIRM_AFTER, SIGNED_IN_AT, can
from governance.selectors import account
from governance.services.create_account import create_account
from governance.services.delegate_role import delegate_role
from governance.services.grant_role import grant_role
from governance.tasks import apply_role_grants
from tests.apps.governance.board import WHY, ask, build_board_city, person, vote
from tests.cast import PASSWORD, City

NEW_PASSWORD = "a-long-enough-first-word"


@pytest.fixture
def city(db: None) -> City:
    """The small city with a board of three and an administrator."""
    return build_board_city()


def text(answer: Any) -> str:
    return str(answer.content.decode())


def opened(client: Client, who: User, name: str = "access", *args: int) -> Any:
    client.force_login(who)
    return client.get(reverse(name, args=args))


def long_ago(client: Client) -> None:
    """Let the sign-in of this session be older than a decision allows."""
    session = client.session
    session[SIGNED_IN_AT] -= CONFIRM_AFTER
    session.save()


# --- the review -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [("amir", 200), ("chloe", 200), ("nora", 200), ("dev", 200), ("ana", 403), ("ben", 403), ("eve", 403)],
)
def test_the_review_is_open_to_administrators_the_board_and_auditors(
    client: Client, city: City, who: str, status: int
) -> None:
    for name in ("access", "access-csv"):
        assert opened(client, person(who), name).status_code == status


def test_the_review_says_who_may_what_where_since_when_and_on_whose_word(client: Client, city: City) -> None:
    asked = ask(city, city.eve)
    vote(asked, city.chloe)
    vote(asked, person("nora"))
    apply_role_grants()
    ask(city, city.dev)
    page = text(opened(client, person("amir")))
    assert "9 people hold a role in Rivermark; 6 of them may vote. 1 request for a role is undecided." in page
    assert "Dev Auditor to be board member" in page
    assert reverse("role-request", args=[asked.change_request_id]) in page, "on whose word: the board's vote"
    grant = RoleGrant.objects.get(user=city.eve)
    for index in (grant.ledger_index, RoleGrant.objects.get(user=city.ben).ledger_index):
        assert index is not None
        assert reverse("record-entry", args=[index]) in page
    assert "not completed: no vote yet" in page.lower()
    assert "Central" in page
    rows = list(csv.DictReader(io.StringIO(text(opened(client, person("dev"), "access-csv")))))
    ben = next(row for row in rows if row["person"] == "Ben Supervisor")
    assert (ben["role"], ben["district"], ben["votes"], ben["training"]) == (
        "supervisor",
        "central",
        "yes",
        "completed",
    )
    assert PERMISSION_LABELS[Permission.DECIDE_PLANS] in ben["may"]
    assert len(rows) == RoleGrant.objects.filter(revoked_at=None).count()


def test_the_review_and_its_csv_list_lent_roles_with_giver_and_end(client: Client, city: City) -> None:
    until = clock.now(city.jurisdiction) + timedelta(days=2)
    lent = delegate_role(
        taker=city.dev,
        role=Role.SUPERVISOR,
        jurisdiction=city.jurisdiction,
        district=city.central,
        until=until,
        reason="I am on leave until Monday morning.",
        by=city.ben,
    )
    page = text(opened(client, person("amir")))
    assert "Lent for a time" in page
    assert reverse("record-entry", args=[lent.ledger_index]) in page
    rows = list(csv.DictReader(io.StringIO(text(opened(client, city.chloe, "access-csv")))))
    row = next(each for each in rows if each["in_place_of"])
    assert (row["person"], row["role"], row["district"]) == ("Dev Auditor", "supervisor", "central")
    assert row["in_place_of"] == f"Ben Supervisor ({city.ben.pseudonym})"
    assert (row["until"], row["entry"]) == (f"{until:%Y-%m-%dT%H:%MZ}", str(lent.ledger_index))
    assert row["training"] == "not completed: no vote yet"
    assert {each["until"] for each in rows if not each["in_place_of"]} == {""}


def test_the_review_of_a_large_city_costs_no_more_queries(client: Client, city: City) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert opened(client, person("amir")).status_code == 200
        return len(captured)

    cost()
    small = cost()
    for number in range(12):
        made = create_account(
            email=f"p{number}@example.org",
            name=f"P {number}",
            jurisdiction=city.jurisdiction,
            by=person("amir"),
        )
        grant_role(user=made, role=Role.ANALYST, jurisdiction=city.jurisdiction, by=person("amir"))
        ask(city, made)
    assert cost() == small


def test_a_request_builds_one_checker_however_often_it_asks(client: Client, city: City) -> None:
    client.force_login(city.chloe)
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("access"))
    asked = [each["sql"] for each in captured if "guardian_groupobjectpermission" in each["sql"]]
    assert len(asked) == 1, "one question to guardian about one container"


def test_a_name_that_looks_like_a_formula_is_none_in_the_csv(client: Client, city: City) -> None:
    made = create_account(
        email="x@example.org", name="=1+1", jurisdiction=city.jurisdiction, by=person("amir")
    )
    grant_role(user=made, role=Role.ANALYST, jurisdiction=city.jurisdiction, by=person("amir"))
    assert "'=1+1" in text(opened(client, person("amir"), "access-csv"))


def test_everybody_reads_what_each_role_may_do(client: Client, db: None) -> None:
    page = html.unescape(text(client.get(reverse("roles"))))
    for terms in ROLES.values():
        assert terms.title in page
    assert all(label[0].upper() + label[1:] in page for label in PERMISSION_LABELS.values())


# --- accounts and roles -----------------------------------------------------------------------------------------


def test_a_self_made_second_account_gets_no_vote_over_http(client: Client, city: City) -> None:
    client.force_login(person("amir"))
    made = client.post(reverse("access-account"), {"email": "second@example.org", "name": "Second Amir"})
    link = re.search(r"http://testserver(/first-password/[^<\s]+)", text(made))
    assert link
    page = client.get(link.group(1), follow=True)
    words = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    client.post(page.redirect_chain[-1][0], words)
    assert "does not work any more" in text(Client().get(link.group(1), follow=True)), "the link works once"
    second = account("second@example.org")
    for role in ("board_member", "board_chair"):
        sent = {"account": second.pk, "role": role, "district": "", "reason": WHY}
        assert client.post(reverse("access-give"), sent).status_code == 302
    refusal = client.post(reverse("access-give"), {"account": second.pk, "role": "service"})
    assert refusal.status_code == 422
    asked = ChangeRequest.objects.filter(kind="role_grant").order_by("id").first()
    assert asked is not None
    decide = {"verdict": "approve", "rationale": WHY, "seen_digest": asked.digest}
    assert client.post(reverse("role-decide", args=[asked.pk]), decide).status_code == 403
    client.logout()
    assert client.login(username="second@example.org", password=NEW_PASSWORD)
    assert client.post(reverse("role-decide", args=[asked.pk]), decide).status_code == 403
    assert client.post(reverse("api-votes", args=[asked.pk]), decide).status_code == 403
    assert client.get(reverse("access")).status_code == 403
    assert apply_role_grants() == 0
    assert not Vote.objects.exists()
    assert not [each for each in Permission if can(second, each, city.jurisdiction)]


def test_an_administrator_gives_a_role_without_a_vote_and_ends_it(client: Client, city: City) -> None:
    client.force_login(person("amir"))
    client.post(reverse("access-give"), {"account": city.eve.pk, "role": "auditor"})
    grant = RoleGrant.objects.get(user=city.eve, revoked_at=None)
    client.post(reverse("access-revoke", args=[grant.pk]))
    grant.refresh_from_db()
    assert grant.revoked_by == person("amir")
    actions = LedgerEntry.objects.order_by("-index").values_list("action", flat=True)
    assert list(actions[:2]) == ["role.revoked", "role.granted"]


def test_an_administrator_closes_an_account_which_then_cannot_sign_in(client: Client, city: City) -> None:
    client.force_login(person("amir"))
    close = reverse("access-close", args=[city.ben.pk])
    short = client.post(close, {"reason": "left"})
    assert (short.status_code, "left" in text(short)) == (422, True)
    assert client.post(close, {"reason": WHY}).status_code == 302
    assert not Client().login(username="ben@example.org", password=PASSWORD)
    assert client.post(reverse("access-close", args=[city.scheduler.pk]), {"reason": WHY}).status_code == 404


@pytest.mark.parametrize("who", ["chloe", "dev"])
def test_who_only_reviews_changes_nothing(client: Client, city: City, who: str) -> None:
    client.force_login(person(who))
    before = LedgerEntry.objects.count()
    grant = RoleGrant.objects.get(user=city.ben)
    for name, args, sent in (
        ("access-account", [], {"email": "x@example.org", "name": "X"}),
        ("access-close", [city.ben.pk], {"reason": WHY}),
        ("access-give", [], {"account": city.eve.pk, "role": "auditor"}),
        ("access-revoke", [grant.pk], {}),
    ):
        assert client.post(reverse(name, args=args), sent).status_code == 403
    assert LedgerEntry.objects.count() == before


def test_the_board_reads_the_request_decides_it_and_the_reason_stands_there(
    client: Client, city: City
) -> None:
    asked = ask(city, city.eve, role=Role.SUPERVISOR, district=city.north)
    number = asked.change_request_id
    inbox = text(opened(client, city.chloe, "inbox"))
    assert reverse("role-request", args=[number]) in inbox
    page = text(opened(client, city.chloe, "role-request", number))
    for words in ("Shall Eve Nobody be supervisor?", "North", WHY, asked.change_request.digest, "no role"):
        assert words in page
    decide = {"verdict": "approve", "rationale": WHY, "seen_digest": asked.change_request.digest}
    short = client.post(reverse("role-decide", args=[number]), decide | {"rationale": "yes"})
    assert (short.status_code, ">yes</textarea>" in text(short)) == (422, True)
    assert client.post(reverse("role-decide", args=[number]), decide).status_code == 302
    assert "Not yours to decide" in text(client.get(reverse("role-request", args=[number])))
    client.force_login(person("nora"))
    done = client.post(reverse("role-decide", args=[number]), decide, follow=True)
    assert "The board agreed" in text(done)


# --- training ---------------------------------------------------------------------------------------------------


def test_a_new_voter_is_led_to_her_module_and_votes_after_it(client: Client, city: City) -> None:
    asked = ask(city, city.eve)
    vote(asked, city.chloe)
    vote(asked, person("nora"))
    apply_role_grants()
    other = ask(city, city.dev)
    client.force_login(account("eve@example.org"))
    assert reverse("training") in text(client.get(reverse("inbox")))
    address = reverse("role-decide", args=[other.change_request_id])
    decide = {"verdict": "approve", "rationale": WHY, "seen_digest": other.change_request.digest}
    refusal = client.post(address, decide)
    assert (refusal.status_code, reverse("training") in text(refusal), WHY in text(refusal)) == (
        403,
        True,
        True,
    )
    api = client.post(reverse("api-votes", args=[other.change_request_id]), decide)
    assert (api.status_code, api.json()["reason"]) == (403, "not_trained")
    answers = {f"q{number}": str(right) for number, right in enumerate(right_answers(Role.BOARD_MEMBER), 1)}
    wrong = client.post(reverse("training"), {"role": "board_member", **answers, "q1": "0"})
    assert wrong.status_code == 422
    assert text(wrong).count(" checked>") == len(answers), "what was answered is kept"
    assert client.post(reverse("training"), {"role": "board_member", **answers}).status_code == 302
    assert client.post(reverse("training"), {"role": "analyst"}).status_code == 404
    assert client.post(address, decide).status_code == 302
    assert "completed" in text(client.get(reverse("training")))


# --- the password again -----------------------------------------------------------------------------------------


def test_an_old_sign_in_is_asked_for_the_password_and_what_was_typed_is_sent_as_it_was(
    client: Client, city: City
) -> None:
    asked_of_the_board = ask(city, city.eve).change_request
    client.force_login(city.chloe)
    long_ago(client)
    typed = "Fits <b>what</b> residents reported &\nwhat I saw on Monday."
    decide = {"verdict": "reject", "rationale": typed, "seen_digest": asked_of_the_board.digest}
    address = reverse("role-decide", args=[asked_of_the_board.pk])
    asked = client.post(address, decide)
    assert asked.status_code == 403
    page = text(asked)
    assert "Your password, please" in page
    for name, value in decide.items():
        shown = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        assert f'name="{name}" value="{shown}"' in page
    assert not Vote.objects.exists()
    wrong = client.post(address, {**decide, "password_again": "not-it"})
    assert (wrong.status_code, "not your password" in text(wrong)) == (403, True)
    assert "not-it" not in text(wrong)


def test_the_right_password_sends_the_vote_and_counts_for_five_minutes(client: Client, city: City) -> None:
    asked = ask(city, city.eve)
    client.force_login(city.chloe)
    long_ago(client)
    address = reverse("role-decide", args=[asked.change_request_id])
    decide = {"verdict": "approve", "rationale": WHY, "seen_digest": asked.change_request.digest}
    assert client.post(address, {**decide, "password_again": PASSWORD}).status_code == 302
    assert Vote.objects.get().rationale == WHY
    other = ask(city, city.dev)
    again = {**decide, "seen_digest": other.change_request.digest}
    assert client.post(reverse("role-decide", args=[other.change_request_id]), again).status_code == 302


def test_an_edit_while_the_password_was_asked_still_voids_what_was_seen(client: Client, city: City) -> None:
    asked = ask(city, city.eve)
    client.force_login(city.chloe)
    long_ago(client)
    decide = {"verdict": "approve", "rationale": WHY, "seen_digest": "0" * 64, "password_again": PASSWORD}
    answer = client.post(reverse("role-decide", args=[asked.change_request_id]), decide)
    assert (answer.status_code, WHY in text(answer)) == (409, True)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("access-account", {"email": "x@example.org", "name": "X"}),
        ("access-give", {"role": "auditor"}),
        ("access-close", {"reason": WHY}),
        ("access-revoke", {}),
    ],
)
def test_every_deed_about_access_asks_for_a_fresh_sign_in(
    client: Client, city: City, name: str, sent: dict[str, str]
) -> None:
    client.force_login(person("amir"))
    long_ago(client)
    before = LedgerEntry.objects.count()
    number = {"access-close": city.ben.pk, "access-revoke": RoleGrant.objects.get(user=city.ben).pk}.get(name)
    answer = client.post(reverse(name, args=[number] if number else []), sent)
    assert (answer.status_code, "Your password, please" in text(answer)) == (403, True)
    assert LedgerEntry.objects.count() == before


def test_the_api_says_why_it_wants_a_fresh_sign_in(client: Client, city: City) -> None:
    asked = ask(city, city.eve)
    client.force_login(city.chloe)
    long_ago(client)
    decide = {"verdict": "approve", "rationale": WHY, "seen_digest": asked.change_request.digest}
    answer = client.post(reverse("api-votes", args=[asked.change_request_id]), decide)
    assert (answer.status_code, answer.json()["reason"]) == (403, "sign_in_again")
    assert not Vote.objects.exists()


def test_the_sign_in_page_leaves_the_mark_and_a_session_without_one_is_old(
    client: Client, city: City
) -> None:
    client.post(reverse("login"), {"username": "chloe@example.org", "password": PASSWORD})
    asked = ask(city, city.eve)
    decide = {"verdict": "approve", "rationale": WHY, "seen_digest": asked.change_request.digest}
    address = reverse("role-decide", args=[asked.change_request_id])
    session = client.session
    mark = session.pop(SIGNED_IN_AT)
    session.save()
    assert client.post(address, decide).status_code == 403
    session[SIGNED_IN_AT] = mark + 3600  # a clock that was set back must not make a session fresh for longer
    session.save()
    assert client.post(address, decide).status_code == 403
    session[SIGNED_IN_AT] = mark
    session.save()
    assert client.post(address, decide).status_code == 302


def test_who_asked_for_a_role_withdraws_it_and_a_member_steps_back(client: Client, city: City) -> None:
    asked = ask(city, city.eve)
    address = reverse("role-decide", args=[asked.change_request_id])
    client.force_login(city.chloe)
    assert client.post(address, {"deed": "recusal", "rationale": WHY}).status_code == 302
    assert "stepped back from the decision" in text(
        client.get(reverse("role-request", args=[asked.change_request_id]))
    )
    client.force_login(person("amir"))
    assert "Withdraw this request" in text(
        opened(client, person("amir"), "role-request", asked.change_request_id)
    )
    assert client.post(address, {"deed": "withdrawal", "rationale": WHY}).status_code == 302
    asked.change_request.refresh_from_db()
    assert asked.change_request.state == "withdrawn"
