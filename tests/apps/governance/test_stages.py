"""Requests that several groups of people decide one after another."""

from datetime import UTC, datetime
from typing import Any

import pytest

from governance.core.approval import Verdict
from governance.core.refusals import Reason, Refused
from governance.models import ChangeRequest, LedgerEntry, RoleGrant, Vote
from governance.selectors import ballots_on, voters_for, waiting_for
from governance.services.cast_vote import cast_vote
from governance.services.open_change_request import open_change_request
from governance.services.redeem_approval import redeem_approval
from governance.services.revoke_role import revoke_role
from tests.apps.governance.test_deeds import refused
from tests.apps.governance.test_voting import WHY, open_plan
from tests.cast import City, build_city

TWO_STAGES = [
    {"name": "supervisor", "permission": "decide_plans", "quorum": 1},
    {"name": "board", "permission": "decide_policy", "quorum": 1, "disjoint_from": ["supervisor"]},
]


@pytest.fixture
def staged(db: None) -> City:
    """Return a city in which the board confirms what a supervisor approved."""
    return build_city(policy={"stages": {"plan": TWO_STAGES}})


def vote(request: ChangeRequest, by: Any, verdict: Verdict = Verdict.APPROVE) -> dict[str, Any]:
    return {
        "change_request_id": request.pk,
        "verdict": verdict,
        "rationale": WHY,
        "seen_digest": request.digest,
        "by": by,
    }


def test_one_stage_decides_after_the_other(staged: City) -> None:
    request = open_plan(staged)
    assert waiting_for(staged.jurisdiction, staged.ben) == [request]
    assert waiting_for(staged.jurisdiction, staged.chloe) == []
    refused(Reason.TOO_EARLY, cast_vote, **vote(request, staged.chloe))
    assert cast_vote(**vote(request, staged.ben)).state == "open"
    assert waiting_for(staged.jurisdiction, staged.chloe) == [request]
    assert cast_vote(**vote(request, staged.chloe)).state == "approved"
    assert [each.stage for each in ballots_on(request)] == ["supervisor", "board"]
    assert b'"stage":"board"' in bytes(
        LedgerEntry.objects.get(index=Vote.objects.latest("id").ledger_index).leaf
    )
    assert redeem_approval(digest=request.digest, kind="plan", by=staged.scheduler).state == "executed"


def test_a_later_stage_may_say_no_before_its_turn(staged: City) -> None:
    request = open_plan(staged)
    assert cast_vote(**vote(request, staged.chloe, Verdict.REJECT)).state == "rejected"


def test_an_approver_of_any_stage_who_lost_her_role_voids_the_approval(staged: City) -> None:
    request = open_plan(staged)
    cast_vote(**vote(request, staged.ben))
    cast_vote(**vote(request, staged.chloe))
    revoke_role(role_grant_id=RoleGrant.objects.get(user=staged.chloe).pk, by=staged.scheduler)
    refused(Reason.NOT_APPROVED, redeem_approval, digest=request.digest, kind="plan", by=staged.scheduler)


def test_those_who_could_vote_are_those_of_every_stage(staged: City) -> None:
    assert voters_for(open_plan(staged)) == [staged.ben, staged.chloe, staged.nora]


@pytest.mark.parametrize(
    ("people", "said"),
    [
        (("ben",), "needs 1 person, and 0 may vote"),
        (("nora", "chloe"), "“board” needs 1 person, and 0 may vote"),
    ],
)
def test_what_too_few_may_decide_is_not_opened(staged: City, people: tuple[str, ...], said: str) -> None:
    RoleGrant.objects.filter(user__in=[getattr(staged, each) for each in people]).update(
        revoked_at="2024-06-01T00:00Z"
    )
    refused(Reason.QUORUM_UNREACHABLE, open_plan, city=staged)
    with pytest.raises(Refused, match=said):
        open_plan(staged)
    assert not ChangeRequest.objects.exists()


def test_whoever_proposes_does_not_count_as_a_voter(city: City) -> None:
    plan: dict[str, Any] = {
        "kind": "plan",
        "jurisdiction": city.jurisdiction,
        "district": city.central,
        "title": "Mine",
        "digest": "a" * 64,
        "rests_on": [],
        "expires_at": datetime(2030, 1, 1, tzinfo=UTC),
    }
    refused(Reason.QUORUM_UNREACHABLE, open_change_request, **plan, by=city.ben)
    assert open_change_request(**plan, by=city.ana).state == "open"
