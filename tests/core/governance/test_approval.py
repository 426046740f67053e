"""THE APPROVAL RULE."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.core.approval import (
    Ballot,
    Proposal,
    Rule,
    Verdict,
    Voter,
    check_ballot,
    check_redeemable,
    check_standing,
    decide,
)
from governance.core.refusals import Reason, Refused
from governance.core.states import State

NOW = datetime(2024, 6, 14, 20, 40, tzinfo=UTC)
DIGEST = "a" * 64
PROPOSAL = Proposal(State.OPEN, DIGEST, NOW + timedelta(hours=4), frozenset({1}))
RULE = Rule(
    quorum=1, required_evidence=("plan_disparity",), blocking_verdicts=("fail",), rationale_min_length=20
)
BEN = Voter(2, is_service=False)
WHY = "Matches what residents reported."
PASSED = {"plan_disparity": "pass"}


def approve(person: int, digest: str = DIGEST) -> Ballot:
    return Ballot(person, Verdict.APPROVE, digest)


def test_an_eligible_person_may_vote() -> None:
    check_standing(PROPOSAL, BEN, [], now=NOW)
    check_ballot(PROPOSAL, RULE, approve(2), rationale=WHY, evidence=PASSED)


@pytest.mark.parametrize(
    ("proposal", "voter", "ballots", "reason"),
    [
        (PROPOSAL, Voter(3, is_service=True), [], Reason.SERVICE_MAY_NOT_VOTE),
        (PROPOSAL, Voter(1, is_service=False), [], Reason.AUTHOR_MAY_NOT_VOTE),
        (PROPOSAL, BEN, [approve(2)], Reason.ALREADY_VOTED),
        (replace(PROPOSAL, expires_at=NOW), BEN, [], Reason.EXPIRED),
        *[
            (replace(PROPOSAL, state=state), BEN, [], Reason.NOT_OPEN)
            for state in State
            if state is not State.OPEN
        ],
    ],
)
def test_somebody_without_standing_is_refused(
    proposal: Proposal, voter: Voter, ballots: list[Ballot], reason: Reason
) -> None:
    with pytest.raises(Refused) as refusal:
        check_standing(proposal, voter, ballots, now=NOW)
    assert refusal.value.reason is reason


def test_a_vote_on_an_earlier_revision_does_not_use_up_the_vote_on_this_one() -> None:
    check_standing(PROPOSAL, BEN, [approve(2, "b" * 64)], now=NOW)


@pytest.mark.parametrize(
    ("ballot", "rationale", "evidence", "reason"),
    [
        (approve(2, "b" * 64), WHY, PASSED, Reason.DIGEST_CHANGED),
        (approve(2), "Fine by me.", PASSED, Reason.RATIONALE_TOO_SHORT),
        (approve(2), " " * 40, PASSED, Reason.RATIONALE_TOO_SHORT),
        (approve(2), "Yes." + " " * 40 + "Go.", PASSED, Reason.RATIONALE_TOO_SHORT),
        (approve(2), "\u200b\u2060\ufeff\u202e\u3164" * 10, PASSED, Reason.RATIONALE_TOO_SHORT),
        (approve(2), WHY + "\x00", PASSED, Reason.BAD_INPUT),
        (approve(2), "Long. " * 2000, PASSED, Reason.TOO_LARGE),
        (approve(2), WHY, {}, Reason.EVIDENCE_MISSING),
        (approve(2), WHY, {"plan_disparity": "fail"}, Reason.EVIDENCE_FAILED),
    ],
)
def test_a_ballot_that_may_not_count_is_refused(
    ballot: Ballot, rationale: str, evidence: dict[str, str], reason: Reason
) -> None:
    with pytest.raises(Refused) as refusal:
        check_ballot(PROPOSAL, RULE, ballot, rationale=rationale, evidence=evidence)
    assert refusal.value.reason is reason


@pytest.mark.parametrize("verdict", [Verdict.REJECT, Verdict.RETURN])
def test_saying_no_needs_no_evidence(verdict: Verdict) -> None:
    check_ballot(PROPOSAL, RULE, Ballot(2, verdict, DIGEST), rationale=WHY, evidence={})


def test_a_quorum_of_distinct_people_decides() -> None:
    two = replace(RULE, quorum=2)
    assert decide([approve(2)], two, DIGEST) is None
    assert decide([approve(2), approve(2)], two, DIGEST) is None
    assert decide([approve(2), approve(3)], two, DIGEST) is Verdict.APPROVE


def test_votes_on_another_revision_count_for_nothing() -> None:
    assert decide([approve(2, "b" * 64)], RULE, DIGEST) is None


def test_one_return_sends_it_back() -> None:
    assert decide([approve(2), Ballot(3, Verdict.RETURN, DIGEST)], RULE, DIGEST) is Verdict.RETURN


@given(
    st.lists(
        st.builds(
            Ballot, st.integers(1, 4), st.sampled_from(list(Verdict)), st.sampled_from([DIGEST, "b" * 64])
        ),
        max_size=8,
    ),
    st.integers(1, 3),
)
def test_nothing_is_approved_without_its_quorum_on_the_same_digest(
    ballots: list[Ballot], quorum: int
) -> None:
    if decide(ballots, replace(RULE, quorum=quorum), DIGEST) is Verdict.APPROVE:
        people = {
            each.person for each in ballots if each.digest == DIGEST and each.verdict is Verdict.APPROVE
        }
        assert len(people) >= quorum


@pytest.mark.parametrize("state", [state for state in State if state is not State.APPROVED])
def test_only_an_approved_request_can_be_acted_on(state: State) -> None:
    with pytest.raises(Refused) as refusal:
        check_redeemable(replace(PROPOSAL, state=state), now=NOW)
    assert refusal.value.reason is Reason.NOT_APPROVED


def test_an_expired_approval_cannot_be_acted_on() -> None:
    with pytest.raises(Refused) as refusal:
        check_redeemable(replace(PROPOSAL, state=State.APPROVED, expires_at=NOW), now=NOW)
    assert refusal.value.reason is Reason.EXPIRED
