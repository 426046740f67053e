"""What somebody tries who wants more than her one vote, on the pages and the API, where she would try it.

The races are run on real connections. The same rules from inside: test_races, test_stages, test_delegation, test_deeds;
a hold during a long computation: tests/apps/forecasting/test_holds_stop; an administrator's second account:
test_access_pages.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance import clock
from governance.core.refusals import Reason, Refused
from governance.core.roles import Role
from governance.core.training import right_answers
from governance.models import ChangeRequest, LedgerEntry, RoleGrant, User, Vote
from governance.services.advance_clock import advance_clock
from governance.services.complete_training import complete_training
from governance.services.create_account import create_account
from governance.services.deactivate_account import deactivate_account
from governance.services.grant_role import grant_role
from governance.services.redeem_approval import redeem_approval
from governance.services.revise_change_request import revise_change_request
from governance.services.revoke_delegation import revoke_delegation
from governance.services.revoke_role import revoke_role
from governance.tasks import apply_role_grants, expire_requests
from tests.apps.governance.board import ask, build_board_city, person
from tests.apps.governance.test_api import add_request
from tests.apps.governance.test_deeds import refused
from tests.apps.governance.test_delegation import lend
from tests.apps.governance.test_races import at_once
from tests.apps.governance.test_voting import open_plan
from tests.asking import reason_of
from tests.cast import City, build_city, train

WHY = "Matches the reports of the last two weeks."
TWO_STAGES = [
    {"name": "supervisor", "permission": "decide_plans", "quorum": 1},
    {"name": "board", "permission": "decide_policy", "quorum": 1, "disjoint_from": ["supervisor"]},
]


@pytest.fixture
def board_city(db: None) -> City:
    """The small city with a board of three and an administrator."""
    return build_board_city()


def signed_in(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


def form(request: ChangeRequest, **changed: str) -> dict[str, str]:
    return {"verdict": "approve", "rationale": WHY, "seen_digest": request.digest} | changed


def by_page(who: User, request: ChangeRequest, **changed: str) -> int:
    """Send the form of the request's page; return the answer's status (302: recorded)."""
    address = reverse("request-decide", args=[request.pk])
    return signed_in(who).post(address, form(request, **changed)).status_code


def by_api(who: User, request: ChangeRequest, **changed: str) -> Any:
    address = reverse("api-votes", args=[request.pk])
    return signed_in(who).post(address, form(request, **changed), content_type="application/json")


def by_api_status(who: User, request: ChangeRequest) -> int:
    return int(by_api(who, request).status_code)


def edited(request: ChangeRequest, by: User, digest: str = "d" * 64) -> ChangeRequest:
    return revise_change_request(
        change_request_id=request.pk,
        seen_digest=request.digest,
        digest=digest,
        rests_on=[],
        adds=True,
        by=by,
    )


def second_role(city: City) -> City:
    """Let Ben sit on the board too, and have learnt it."""
    RoleGrant.objects.filter(user=city.chloe).update(user=city.ben)
    city.ben.groups.add(*city.chloe.groups.all())
    train(city.jurisdiction)
    return city


# --- voting twice through two roles -----------------------------------------------------------------------------


def test_voting_twice_through_two_roles(db: None) -> None:
    city = second_role(build_city(policy={"stages": {"plan": TWO_STAGES}}))
    request = open_plan(city)
    assert by_page(city.ben, request) == 302
    assert by_page(city.ben, request) == 409
    assert reason_of(by_api(city.ben, request)) == (409, "already_voted")
    request.refresh_from_db()
    assert (request.state, Vote.objects.count()) == ("open", 1)


def test_voting_through_two_roles_in_two_windows_at_once(fresh_database: str) -> None:
    city = second_role(build_city(policy={"stages": {"plan": TWO_STAGES}}))
    for number in range(5):
        request, before = open_plan(city, format(number, "064x")), Vote.objects.count()
        said = at_once(partial(by_page, city.ben, request), partial(by_api_status, city.ben, request))
        assert sorted(map(int, map(str, said))) in ([201, 409], [302, 409])
        request.refresh_from_db()
        assert (request.state, Vote.objects.count()) == ("open", before + 1)


# --- approving through a delegate of the author -------------------------------------------------------------------


def test_approving_through_a_delegate_of_the_author(city: City) -> None:
    request = edited(open_plan(city), city.ben)
    assert reason_of(by_api(city.ben, request)) == (403, "author_may_not_vote")
    said = {
        "taker": city.dev.email,
        "role": "supervisor",
        "jurisdiction": city.jurisdiction.slug,
        "district": "central",
        "until": (clock.now(city.jurisdiction) + timedelta(days=1)).isoformat(),
        "reason": WHY,
    }
    made = signed_in(city.ben).post(reverse("api-delegations"), said, content_type="application/json")
    assert made.status_code == 201, "lending is allowed"
    learn(city.dev)
    assert reason_of(by_api(city.dev, request)) == (403, "author_may_not_vote")
    assert by_page(city.dev, request) == 403
    signed_in(city.ben).delete(reverse("api-delegation", args=[made.json()["id"]]))
    assert reason_of(by_api(city.dev, request)) == (403, "not_permitted"), "and without it she holds no vote"
    assert not Vote.objects.exists()


# --- an edit between view and vote --------------------------------------------------------------------------------


def test_an_edit_between_view_and_vote(city: City) -> None:
    request, client = add_request(city, kind="ledger_recovery"), signed_in(city.chloe)
    page = client.get(reverse("request", args=[request.pk])).content.decode()
    seen = re.search(r'name="seen_digest" value="([0-9a-f]{64})"', page)
    assert seen
    edited(request, city.ana)
    sent = form(request, seen_digest=seen.group(1))
    answer = client.post(reverse("request-decide", args=[request.pk]), sent)
    assert answer.status_code == 409
    assert WHY in answer.content.decode(), "what she typed is kept"
    assert "d" * 64 in answer.content.decode(), "and she is shown what stands there now"
    assert reason_of(by_api(city.chloe, request)) == (409, "digest_changed")
    assert not Vote.objects.exists()


def test_an_edit_back_to_what_was_voted_on_brings_no_vote_back(city: City) -> None:
    request = add_request(city, kind="ledger_recovery")
    first = request.digest
    assert by_page(city.chloe, request) == 302
    changed = edited(request, city.ana)
    with pytest.raises(Refused) as refusal:
        edited(changed, city.ana, digest=first)
    assert refusal.value.reason is Reason.ALREADY_VOTED
    changed.refresh_from_db()
    assert (changed.digest, changed.revision, changed.state) == ("d" * 64, 2, "open")
    assert edited(edited(changed, city.ana, digest="e" * 64), city.ana).revision == 4, (
        "nobody voted on that one"
    )


# --- a replayed form --------------------------------------------------------------------------------------------


def test_a_replayed_form(city: City) -> None:
    request, client = add_request(city, kind="ledger_recovery"), signed_in(city.chloe)
    address, sent = reverse("request-decide", args=[request.pk]), form(request)
    assert client.post(address, sent).status_code == 302
    entries = LedgerEntry.objects.count()
    assert client.post(address, sent).status_code == 409
    edited(request, city.ana)
    entries += 1
    assert client.post(address, sent).status_code == 409, "nor does it count for the next revision"
    assert (Vote.objects.count(), LedgerEntry.objects.count()) == (1, entries)


def test_a_form_replayed_eight_times_at_once_is_one_vote(fresh_database: str) -> None:
    city = build_city()
    request, entries = add_request(city, kind="ledger_recovery"), LedgerEntry.objects.count()
    said = at_once(*[partial(by_page, city.chloe, request)] * 8)
    assert sorted(map(str, said)) == ["302"] + ["409"] * 7
    assert (Vote.objects.count(), LedgerEntry.objects.count()) == (1, entries + 1)


# --- an expired approval executed -------------------------------------------------------------------------------


def agreed(city: City) -> ChangeRequest:
    """Let two of the board agree that Eve sits on it too, by page and API."""
    request = ask(city, city.eve).change_request
    assert by_page(city.chloe, request) == 302
    assert by_api(city.nora, request).status_code == 201
    request.refresh_from_db()
    assert request.state == "approved"
    return request


def test_an_expired_approval_executed(board_city: City) -> None:
    request = agreed(board_city)
    advance_clock(jurisdiction=board_city.jurisdiction, to=request.expires_at, by=board_city.ana)
    entries = LedgerEntry.objects.count()
    assert apply_role_grants() == 0
    assert LedgerEntry.objects.count() == entries
    assert expire_requests() == 1
    assert apply_role_grants() == 0
    assert not RoleGrant.objects.filter(user=board_city.eve).exists()


def test_an_expired_approval_executed_while_its_expiry_is_recorded(fresh_database: str) -> None:
    city = build_city()
    for number in range(10):
        request = open_plan(city, format(number, "064x"))
        assert by_api(city.ben, request).status_code == 201
        advance_clock(jurisdiction=city.jurisdiction, to=request.expires_at, by=city.ana)
        redeem = partial(redeem_approval, digest=request.digest, kind="plan", by=city.scheduler)
        done, said = at_once(expire_requests, redeem)
        assert (done, said) in [(1, Reason.EXPIRED), (1, Reason.NOT_APPROVED)]
        request.refresh_from_db()
        assert (request.state, request.executed_at) == ("expired", None)


# --- a revoked approver -----------------------------------------------------------------------------------------


def end_by_page(city: City, who: User) -> None:
    grant = RoleGrant.objects.get(user=who, revoked_at=None)
    address = reverse("access-revoke", args=[grant.pk])
    assert signed_in(person("amir")).post(address).status_code == 302


def test_a_revoked_approver(board_city: City) -> None:
    request = agreed(board_city)
    end_by_page(board_city, board_city.chloe)
    entries = LedgerEntry.objects.count()
    assert apply_role_grants() == 0
    request.refresh_from_db()
    assert (request.state, LedgerEntry.objects.count()) == ("approved", entries)
    assert not RoleGrant.objects.filter(user=board_city.eve).exists()


def end_her_role(city: City) -> None:
    revoke_role(role_grant_id=RoleGrant.objects.get(user=city.chloe).pk, by=person("amir"))


def close_her_account(city: City) -> None:
    deactivate_account(user=city.chloe, reason=WHY, jurisdiction=city.jurisdiction, by=person("amir"))


@pytest.mark.parametrize("end", [end_her_role, close_her_account])
def test_an_approver_revoked_while_the_approval_is_redeemed(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch, end: Callable[[City], None]
) -> None:
    """No execution is entered after the entry by which one of its approvers lost her right."""
    city = build_board_city()
    request = agreed(city)
    between_check_and_entry(monkeypatch, partial(end, city))
    assert apply_role_grants() == 0
    request.refresh_from_db()
    assert request.state == "approved"
    assert not RoleGrant.objects.filter(user=city.eve).exists()
    assert LedgerEntry.objects.latest("index").action in ("role.revoked", "account.deactivated")


def between_check_and_entry(monkeypatch: pytest.MonkeyPatch, deed: Callable[[], object]) -> None:
    """Let somebody do something, on a connection of her own, just when an execution has passed its checks."""
    here = "governance.services.redeem_approval.next_state"
    real = import_module("governance.services.redeem_approval").next_state

    def after_the_checks(*arguments: Any) -> Any:
        (said,) = at_once(deed)
        assert not isinstance(said, Reason), said
        return real(*arguments)

    monkeypatch.setattr(here, after_the_checks)


def test_a_delegation_ended_while_the_approval_is_redeemed(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = build_city()
    lent, request = lend(city, city.ben, city.bea), open_plan(city)
    assert by_api(city.bea, request).status_code == 201
    between_check_and_entry(monkeypatch, partial(revoke_delegation, delegation_id=lent.pk, by=city.ben))
    refused_but_for_the_end(city, request)


def refused_but_for_the_end(city: City, request: ChangeRequest) -> None:
    """Expect that the execution is refused, and that only what happened meanwhile is in the record."""
    before = LedgerEntry.objects.count()
    (said,) = at_once(partial(redeem_approval, digest=request.digest, kind="plan", by=city.scheduler))
    assert isinstance(said, Reason)
    request.refresh_from_db()
    assert (request.state, LedgerEntry.objects.count()) == ("approved", before + 1)


# --- a hold placed during execution -----------------------------------------------------------------------------


def test_a_hold_placed_during_execution(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    city = build_city()
    request = open_plan(city)
    assert by_api(city.ben, request).status_code == 201

    def stop() -> None:
        said = {
            "jurisdiction": city.jurisdiction.slug,
            "what": "everything:",
            "rationale": WHY,
            "seen": "0",
        }
        answer = signed_in(city.chloe).post(reverse("hold-place"), said)
        assert answer.status_code == 302, answer.content

    between_check_and_entry(monkeypatch, stop)
    refused_but_for_the_end(city, request)
    monkeypatch.undo()
    refused(Reason.ON_HOLD, redeem_approval, digest=request.digest, kind="plan", by=city.scheduler)


def learn(who: User) -> None:
    complete_training(role=Role.SUPERVISOR, answers=right_answers(Role.SUPERVISOR), by=who)


# --- a self-made second account ---------------------------------------------------------------------------------


def test_a_self_made_second_account(board_city: City) -> None:
    """A supervisor with a friend among the administrators: her second account never becomes a second person."""
    city, amir = board_city, person("amir")
    second = create_account(
        email="ben.2@example.org", name="Ben Again", jurisdiction=city.jurisdiction, by=amir
    )
    request = edited(open_plan(city), city.ben)
    refused(
        Reason.OUTSIDE_POLICY,
        grant_role,
        user=second,
        role=Role.SUPERVISOR,
        jurisdiction=city.jurisdiction,
        by=amir,
    )
    assert reason_of(by_api(second, request)) == (403, "not_permitted")
    grant_role(user=second, role=Role.ANALYST, jurisdiction=city.jurisdiction, by=amir)
    assert reason_of(by_api(second, request)) == (403, "not_permitted")
    lent = lend(city, city.ben, second)
    assert reason_of(by_api(second, request)) == (403, "author_may_not_vote")
    own = open_plan(city, "e" * 64)
    assert by_api(second, own).status_code == 201, "in his place she votes, and that is his one vote"
    assert reason_of(by_api(city.ben, own)) == (409, "not_open")
    revoke_delegation(delegation_id=lent.pk, by=city.ben)
    assert reason_of(by_api(second, request)) == (403, "not_permitted")
    refused(Reason.NOT_APPROVED, redeem_approval, digest=own.digest, kind="plan", by=city.scheduler)
