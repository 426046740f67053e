"""THE APPROVAL RULE."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.core.approval import (
    Ballot,
    Decision,
    Proposal,
    Rule,
    Verdict,
    Voter,
    check_ballot,
    check_may_recuse,
    check_may_revoke,
    check_redeemable,
    check_standing,
    decide,
    is_overridden,
    stage_of_vote,
    waits_for,
    with_override,
)
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.core.stages import OVERRIDE, Stage
from governance.core.states import State

NOW = datetime(2024, 6, 14, 20, 40, tzinfo=UTC)
DIGEST = "a" * 64
PROPOSAL = Proposal(State.OPEN, DIGEST, NOW + timedelta(hours=4), frozenset({1}))
RULE = Rule(
    stages=(Stage("supervisor", Permission.DECIDE_PLANS, 1),),
    required_evidence=("plan_disparity",),
    blocking_verdicts=("fail",),
    rationale_min_length=20,
)
BEN = Voter(2, is_service=False, stages=("supervisor",))
WHY = "Matches what residents reported."
PASSED = {"plan_disparity": "pass"}


def approve(person: int, digest: str = DIGEST) -> Ballot:
    return Ballot(person, Verdict.APPROVE, digest)


def test_an_eligible_person_may_vote() -> None:
    check_standing(PROPOSAL, BEN, now=NOW)
    assert stage_of_vote(Verdict.APPROVE, BEN, [], RULE, DIGEST) == RULE.stages[0]
    check_ballot(PROPOSAL, RULE, approve(2), rationale=WHY, evidence=PASSED)


@pytest.mark.parametrize(
    ("proposal", "voter", "reason"),
    [
        (PROPOSAL, Voter(3, is_service=True), Reason.SERVICE_MAY_NOT_VOTE),
        (PROPOSAL, Voter(1, is_service=False), Reason.AUTHOR_MAY_NOT_VOTE),
        (PROPOSAL, Voter(2, is_service=False, linked=frozenset({1})), Reason.AUTHOR_MAY_NOT_VOTE),
        (replace(PROPOSAL, recused=frozenset({2})), BEN, Reason.RECUSED),
        (replace(PROPOSAL, recused=frozenset({7})), replace(BEN, linked=frozenset({7})), Reason.RECUSED),
        (replace(PROPOSAL, expires_at=NOW), BEN, Reason.EXPIRED),
        *[
            (replace(PROPOSAL, state=state), BEN, Reason.NOT_OPEN)
            for state in State
            if state is not State.OPEN
        ],
    ],
)
def test_somebody_without_standing_is_refused(proposal: Proposal, voter: Voter, reason: Reason) -> None:
    with pytest.raises(Refused) as refusal:
        check_standing(proposal, voter, now=NOW)
    assert refusal.value.reason is reason


def test_a_vote_on_an_earlier_revision_does_not_use_up_the_vote_on_this_one() -> None:
    assert stage_of_vote(Verdict.APPROVE, BEN, [approve(2, "b" * 64)], RULE, DIGEST).name == "supervisor"


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


def staged(*quorums: int, disjoint: bool = True) -> Rule:
    """Return a rule of supervisors, then the board, then supervisors again; the last shares the first's voters."""
    kinds = (Permission.DECIDE_PLANS, Permission.DECIDE_POLICY, Permission.DECIDE_PLANS)
    names = ("first", "second", "third")[: len(quorums)]
    stages = [
        Stage(name, kind, quorum, ("first",) if disjoint and number else ())
        for number, (name, kind, quorum) in enumerate(zip(names, kinds, quorums, strict=False))
    ]
    return replace(RULE, stages=tuple(stages))


def test_a_quorum_of_distinct_people_decides() -> None:
    two = staged(2)
    assert decide([approve(2)], two, DIGEST) == Decision(None, two.stages[0])
    assert decide([approve(2), approve(2)], two, DIGEST).verdict is None
    assert decide([approve(2), approve(3)], two, DIGEST) == Decision(Verdict.APPROVE, None)


def test_votes_on_another_revision_count_for_nothing() -> None:
    assert decide([approve(2, "b" * 64)], RULE, DIGEST).verdict is None


def test_one_return_sends_it_back() -> None:
    assert (
        decide([approve(2), Ballot(3, Verdict.RETURN, DIGEST)], staged(2), DIGEST).verdict is Verdict.RETURN
    )


def said(word: str) -> list[Ballot]:
    """Read ballots such as "1:first+ 2:second-": who, in which stage, for or against; 1/7 votes in 7's place."""
    marks = {"+": Verdict.APPROVE, "-": Verdict.REJECT, "<": Verdict.RETURN}
    parts = [each.split(":") for each in word.split()]
    return [
        Ballot(
            int(who.split("/")[0]),
            marks[stage[-1]],
            DIGEST,
            stage[:-1],
            int(who.split("/")[1]) if "/" in who else None,
        )
        for who, stage in parts
    ]


@pytest.mark.parametrize(
    ("votes", "verdict", "stage"),
    [
        ("", None, "first"),
        ("1:first+", None, "second"),
        ("1:first+ 2:second+", None, "second"),
        ("1:first+ 2:second+ 3:second+", Verdict.APPROVE, None),
        ("1:first+ 1:second+ 2:second+", None, "second"),  # she counts once over both stages
        ("1:first+ 8/1:second+ 2:second+", None, "second"),  # so does whoever votes in her place
        ("1:first+ 2:second+ 9/2:second+", None, "second"),
        ("8/2:first+ 2:second+ 3:second+", None, "second"),
        ("1:first-", Verdict.REJECT, None),
        ("1:second-", None, "first"),
        ("1:second- 2:second-", Verdict.REJECT, None),
        ("1:second- 1:second-", None, "first"),
        ("1:second<", Verdict.RETURN, None),
        ("1:nowhere+", None, "first"),
    ],
)
def test_stages_decide_one_after_another(votes: str, verdict: Verdict | None, stage: str | None) -> None:
    decision = decide(said(votes), staged(1, 2), DIGEST)
    assert (decision.verdict, decision.stage.name if decision.stage else None) == (verdict, stage)


def test_where_stages_share_no_voters_one_person_may_speak_in_both() -> None:
    rule, both = staged(1, 1, disjoint=False), Voter(1, is_service=False, stages=("first", "second"))
    assert decide(said("1:first+ 1:second+"), rule, DIGEST).verdict is Verdict.APPROVE
    assert stage_of_vote(Verdict.APPROVE, both, said("1:first+"), rule, DIGEST).name == "second"


@pytest.mark.parametrize(
    ("voter", "votes", "verdict", "answer"),
    [
        (Voter(1, False, ("first",)), "", Verdict.APPROVE, "first"),
        (Voter(1, False, ("second",)), "", Verdict.APPROVE, Reason.TOO_EARLY),
        (Voter(1, False, ("second",)), "", Verdict.REJECT, "second"),
        (Voter(1, False, ("second",)), "2:first+", Verdict.APPROVE, "second"),
        (Voter(1, False, ("first", "second")), "", Verdict.APPROVE, "first"),
        (Voter(1, False, ("first", "second")), "1:first+", Verdict.APPROVE, Reason.ALREADY_VOTED),
        (Voter(1, False, ("second",), frozenset({2})), "2:first+", Verdict.APPROVE, Reason.ALREADY_VOTED),
        (Voter(1, False, ("second",)), "8/1:first+", Verdict.APPROVE, Reason.ALREADY_VOTED),
        (Voter(1, False, ("first",)), "2:first+", Verdict.REJECT, Reason.TOO_LATE),
        (Voter(1, False, ()), "", Verdict.REJECT, Reason.NOT_PERMITTED),
        (Voter(1, False, ("first",)), "2:first+ 3:second+ 4:second+", Verdict.REJECT, Reason.TOO_LATE),
    ],
)
def test_the_stage_of_a_vote(voter: Voter, votes: str, verdict: Verdict, answer: str | Reason) -> None:
    try:
        stage: str | Reason = stage_of_vote(verdict, voter, said(votes), staged(1, 2), DIGEST).name
    except Refused as refusal:
        stage = refusal.reason
    assert stage == answer


@pytest.mark.parametrize(
    ("voter", "votes", "asked"),
    [
        (Voter(1, False, ("first",)), "", True),
        (Voter(1, False, ("second",)), "", False),
        (Voter(1, False, ("second",)), "2:first+", True),
        (Voter(1, False, ("first",)), "1:first+", False),
        (Voter(1, True, ("first",)), "", False),
    ],
)
def test_who_is_asked_now(voter: Voter, votes: str, *, asked: bool) -> None:
    proposal = replace(PROPOSAL, authors=frozenset())
    assert waits_for(proposal, voter, said(votes), staged(1, 2), now=NOW) is asked


# --- overriding a failed audit --------------------------------------------------------------------------------

FAILED = {"plan_disparity": "fail"}


@pytest.mark.parametrize(
    ("evidence", "first"),
    [(FAILED, OVERRIDE), (PASSED, "supervisor"), ({}, "supervisor"), ({"x": "fail"}, "supervisor")],
)
def test_the_boards_stage_stands_in_front_only_where_evidence_failed(
    evidence: dict[str, str], first: str
) -> None:
    assert with_override(RULE, evidence).stages[0].name == first


def test_a_failed_audit_needs_the_boards_quorum_and_then_the_supervisor() -> None:
    rule, one, two = with_override(RULE, FAILED), said("5:override+"), said("5:override+ 6:override+")
    assert decide(one, rule, DIGEST).stage == rule.stages[0]
    assert not is_overridden(one, rule, DIGEST)
    assert is_overridden(two, rule, DIGEST)
    assert decide(two, rule, DIGEST) == Decision(None, RULE.stages[0])
    assert decide([*two, approve(2)], rule, DIGEST).verdict is Verdict.APPROVE
    check_ballot(PROPOSAL, rule, approve(2), rationale=WHY, evidence=FAILED, cast=two)
    for cast in ([], one):
        with pytest.raises(Refused) as refusal:
            check_ballot(PROPOSAL, rule, approve(2), rationale=WHY, evidence=FAILED, cast=cast)
        assert refusal.value.reason is Reason.EVIDENCE_FAILED


def test_the_supervisor_is_asked_too_while_the_board_may_override() -> None:
    rule = with_override(RULE, FAILED)
    assert waits_for(PROPOSAL, BEN, [], rule, now=NOW)
    assert (
        stage_of_vote(Verdict.APPROVE, BEN, [], rule, DIGEST).name == "supervisor"
    )  # its evidence refuses it


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
    if decide(ballots, staged(quorum), DIGEST).verdict is Verdict.APPROVE:
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


@pytest.mark.parametrize(
    ("proposal", "voter", "seen", "reason"),
    [
        (replace(PROPOSAL, state=State.APPROVED), BEN, DIGEST, None),
        (
            replace(PROPOSAL, state=State.APPROVED),
            Voter(1, is_service=False),
            DIGEST,
            Reason.AUTHOR_MAY_NOT_VOTE,
        ),
        (
            replace(PROPOSAL, state=State.APPROVED),
            Voter(3, is_service=True),
            DIGEST,
            Reason.SERVICE_MAY_NOT_VOTE,
        ),
        (replace(PROPOSAL, state=State.APPROVED, recused=frozenset({2})), BEN, DIGEST, Reason.RECUSED),
        (replace(PROPOSAL, state=State.APPROVED), BEN, "b" * 64, Reason.DIGEST_CHANGED),
        (replace(PROPOSAL, state=State.APPROVED, expires_at=NOW), BEN, DIGEST, Reason.EXPIRED),
        *[
            (replace(PROPOSAL, state=state), BEN, DIGEST, Reason.NOT_OPEN)
            for state in State
            if state is not State.APPROVED
        ],
    ],
)
def test_who_may_take_which_approval_back(
    proposal: Proposal, voter: Voter, seen: str, reason: Reason | None
) -> None:
    try:
        check_may_revoke(proposal, voter, seen, now=NOW)
        answer = None
    except Refused as refusal:
        answer = refusal.reason
    assert answer is reason


@pytest.mark.parametrize(
    ("state", "ballots", "reason"),
    [
        (State.OPEN, [], None),
        (State.RETURNED, [], None),
        (State.REVOKED, [], None),
        (State.OPEN, [approve(2, "b" * 64)], None),
        (State.OPEN, [approve(2)], Reason.ALREADY_VOTED),
        (State.APPROVED, [], Reason.NOT_OPEN),
        (State.EXECUTED, [], Reason.NOT_OPEN),
    ],
)
def test_who_may_step_back(state: State, ballots: list[Ballot], reason: Reason | None) -> None:
    try:
        check_may_recuse(replace(PROPOSAL, state=state), BEN, ballots)
        answer = None
    except Refused as refusal:
        answer = refusal.reason
    assert answer is reason
