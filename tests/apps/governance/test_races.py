"""Two people at once, and what somebody tries who wants to count twice: real threads, real connections."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from governance.core.approval import Verdict
from governance.core.refusals import Reason, Refused
from governance.core.roles import Role
from governance.core.states import State
from governance.core.training import right_answers
from governance.models import ChangeRequest, LedgerEntry, RoleGrant, User, Vote
from governance.permissions import put_in_role
from governance.services.cast_vote import cast_vote
from governance.services.complete_training import complete_training
from governance.services.redeem_approval import redeem_approval
from governance.services.revise_change_request import revise_change_request
from tests.apps.governance.test_deeds import approved, refused
from tests.apps.governance.test_stages import vote
from tests.apps.governance.test_voting import open_plan
from tests.cast import City, build_city

ROUNDS = 200
TWO = {"plan": [{"name": "supervisor", "permission": "decide_plans", "quorum": 2}]}


def second_supervisor(city: City) -> User:
    """Give Central a second supervisor, as the set-up does."""
    return appoint(city, User.objects.create_user("una@example.org", name="Una Second"), Role.SUPERVISOR)


def appoint(city: City, user: User, role: Role) -> User:
    district = city.central if role is Role.SUPERVISOR else None
    RoleGrant.objects.create(user=user, role=role, jurisdiction=city.jurisdiction, district=district)
    put_in_role(user, role, city.jurisdiction, district)
    complete_training(role=role, answers=right_answers(role), by=user)
    return user


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Do each deed in a thread and on a connection of its own, all let go at the same moment."""
    start = Barrier(len(deeds))

    def do(deed: Callable[[], object]) -> object:
        try:
            start.wait()
            return deed()
        except Refused as refusal:
            return refusal.reason
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(do, deeds))


def test_two_simultaneous_voters_never_leave_a_decided_request_pending(fresh_database: str) -> None:
    city = build_city(policy={"stages": TWO})
    una = second_supervisor(city)
    requests = [open_plan(city, format(number, "064x")) for number in range(ROUNDS)]
    before, started = LedgerEntry.objects.count(), time.monotonic()
    start = Barrier(2)

    def votes_of(who: User) -> None:
        try:
            for request in requests:
                start.wait(timeout=60)  # both let go at the same moment, request by request
                cast_vote(**vote(request, who))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(votes_of, (city.ben, una)))
    print(f"{2 * ROUNDS} votes, two at a time, in {time.monotonic() - started:.1f} s")
    assert ChangeRequest.objects.filter(state=State.APPROVED).count() == ROUNDS
    assert Vote.objects.count() == LedgerEntry.objects.count() - before == 2 * ROUNDS


def test_one_person_in_two_windows_at_once_votes_once(fresh_database: str) -> None:
    city = build_city(policy={"stages": TWO})
    second_supervisor(city)
    request = open_plan(city)
    said = at_once(*[lambda: cast_vote(**vote(request, city.ben)).state] * 2)
    assert sorted(map(str, said)) == ["already_voted", "open"]
    assert Vote.objects.count() == 1


def test_an_edit_and_a_vote_at_once_never_approve_what_was_not_seen(fresh_database: str) -> None:
    city = build_city()
    for number in range(20):
        request = open_plan(city, format(number, "064x"))
        edit: dict[str, Any] = {
            "change_request_id": request.pk,
            "seen_digest": request.digest,
            "digest": format(1000 + number, "064x"),
            "rests_on": [],
            "adds": True,
            "by": city.ana,
        }
        at_once(
            partial(cast_vote, **vote(request, city.ben)),
            partial(revise_change_request, **edit),
        )
        request.refresh_from_db()
        assert (request.state, request.revision) == (
            State.OPEN,
            2,
        )  # approved first or not, the edit voids it
        refused(Reason.NOT_APPROVED, redeem_approval, digest=request.digest, kind="plan", by=city.scheduler)


# --- one after the other --------------------------------------------------------------------------------------


def test_two_roles_are_not_two_votes(db: None) -> None:
    both = [
        {"name": "supervisor", "permission": "decide_plans", "quorum": 1},
        {"name": "board", "permission": "decide_policy", "quorum": 1, "disjoint_from": ["supervisor"]},
    ]
    city = build_city(policy={"stages": {"plan": both}})
    appoint(city, city.ben, Role.BOARD_MEMBER)
    request = open_plan(city)
    assert cast_vote(**vote(request, city.ben)).state == "open"
    refused(Reason.ALREADY_VOTED, cast_vote, **vote(request, city.ben))
    assert cast_vote(**vote(request, city.chloe)).state == "approved"


def test_a_vote_on_what_was_edited_in_between_is_refused(city: City) -> None:
    seen = open_plan(city)
    revise_change_request(
        change_request_id=seen.pk,
        seen_digest=seen.digest,
        digest="d" * 64,
        rests_on=[],
        adds=True,
        by=city.ana,
    )
    refused(Reason.DIGEST_CHANGED, cast_vote, **vote(seen, city.ben))


def test_a_form_sent_again_counts_for_nothing(city: City) -> None:
    request = approved(city)
    refused(Reason.NOT_OPEN, cast_vote, **vote(request, city.ben))
    revise_change_request(
        change_request_id=request.pk,
        seen_digest=request.digest,
        digest="d" * 64,
        rests_on=[],
        adds=True,
        by=city.ana,
    )
    refused(Reason.DIGEST_CHANGED, cast_vote, **vote(request, city.ben))
    assert Vote.objects.count() == 1


@pytest.mark.parametrize("verdict", list(Verdict))
def test_who_lost_her_role_between_reading_and_voting_says_nothing(city: City, verdict: Verdict) -> None:
    request = open_plan(city)
    RoleGrant.objects.filter(user=city.ben).update(revoked_at="2024-06-01T00:00Z")
    refused(Reason.NOT_PERMITTED, cast_vote, **vote(request, city.ben, verdict))
