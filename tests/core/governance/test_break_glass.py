"""The break-glass rule: what it eases, for how long, for whom; and what it never does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.core.approval import Ballot, Proposal, Rule, Verdict, Voter, check_apart, decide
from governance.core.break_glass import (
    BREAKABLE,
    LONGEST_HOURS,
    LOWERS_WORDS,
    OPENERS,
    REVIEW,
    Figures,
    Glass,
    Lowers,
    Standing,
    check_breakable,
    check_finding,
    check_may_open,
    check_own_end,
    choose_told,
    figures,
    glass_digest,
    in_force,
    lifts_district,
    review_digest,
    standing_of,
    under_glass,
    watching,
)
from governance.core.holds import GOVERNING
from governance.core.refusals import Reason, Refused
from governance.core.roles import VOTES, Permission
from governance.core.stages import DEFAULT_STAGES, OVERRIDE, Stage
from governance.core.states import State

NOW = datetime(2024, 6, 14, 22, 0, tzinfo=UTC)
DIGEST = "a" * 64
SUPERVISOR = Stage("supervisor", Permission.DECIDE_PLANS, 2)
BOARD = Stage("board", Permission.DECIDE_POLICY, 3, ("supervisor",))
TOLD, ANA, BEN, UNA = 9, 1, 2, 3


def rule(*stages: Stage) -> Rule:
    return Rule(stages or (SUPERVISOR,), ("plan_disparity",), ("fail",), 20, 2)


def glass(lowers: Lowers = Lowers.QUORUM, **changes: Any) -> Glass:
    said = {"digest": DIGEST, "opened_at": NOW, "ends_at": NOW + timedelta(hours=4), "told": TOLD}
    return Glass(lowers, **{**said, **changes})


def proposal(**changes: Any) -> Proposal:
    said = {
        "state": State.OPEN,
        "digest": DIGEST,
        "expires_at": NOW + timedelta(hours=6),
        "authors": frozenset({ANA}),
    }
    return Proposal(**{**said, **changes})


def may_open(**changes: Any) -> None:
    said: dict[str, Any] = {
        "proposal": proposal(),
        "opener": Voter(BEN, False),
        "rule": rule(),
        "cast": [],
        "lowers": Lowers.QUORUM,
        "hours": 2,
        "seen_digest": DIGEST,
        "on_district": True,
        "now": NOW,
    }
    check_may_open(**{**said, **changes})


def refused(reason: Reason, **changes: Any) -> str:
    with pytest.raises(Refused) as refusal:
        may_open(**changes)
    assert refusal.value.reason is reason
    return refusal.value.message


@pytest.mark.parametrize(
    ("minutes", "digest", "counts"),
    [
        (-1, DIGEST, False),
        (0, DIGEST, True),
        (239, DIGEST, True),
        (240, DIGEST, False),
        (10, "b" * 64, False),
    ],
)
def test_it_counts_from_its_opening_until_its_end_and_for_one_revision(
    minutes: int, digest: str, *, counts: bool
) -> None:
    moment = NOW + timedelta(minutes=minutes)
    assert in_force(glass(), digest, moment) is counts
    assert lifts_district(glass(Lowers.DISTRICT), digest, moment) is counts
    assert watching(glass(), digest, moment) == (frozenset({TOLD}) if counts else frozenset())
    assert (under_glass(rule(), glass(), digest, moment) != rule()) is counts
    assert not in_force(None, digest, moment)
    assert not lifts_district(None, digest, moment)
    assert watching(None, digest, moment) == frozenset()


def test_one_person_is_enough_in_each_stage_and_no_stage_is_left_out() -> None:
    board = Stage(OVERRIDE, Permission.DECIDE_POLICY, 2)
    eased = under_glass(rule(board, SUPERVISOR, BOARD), glass(), DIGEST, NOW)
    assert [(each.name, each.quorum) for each in eased.stages] == [
        (OVERRIDE, 2),
        ("supervisor", 1),
        ("board", 1),
    ]
    assert (eased.required_evidence, eased.blocking_verdicts, eased.override_quorum) == (
        ("plan_disparity",),
        ("fail",),
        2,
    )


def test_each_eases_its_own_thing_alone() -> None:
    assert under_glass(rule(), glass(Lowers.DISTRICT), DIGEST, NOW) == rule()
    assert not lifts_district(glass(Lowers.QUORUM), DIGEST, NOW)


def test_who_was_told_does_not_vote_nor_does_whoever_counts_as_one_with_her() -> None:
    watched = proposal(watching=watching(glass(), DIGEST, NOW))
    for voter in (Voter(TOLD, False), Voter(BEN, False, linked=frozenset({TOLD}))):
        with pytest.raises(Refused) as refusal:
            check_apart(watched, voter)
        assert refusal.value.reason is Reason.HAD_A_PART
    check_apart(watched, Voter(BEN, False))


@pytest.mark.parametrize(
    "kind", ["policy", "recipe", "role_grant", "hold_lift", "ledger_recovery", REVIEW, "x"]
)
def test_only_a_plan_can_be_eased(kind: str) -> None:
    with pytest.raises(Refused, match="deployment plans alone") as refusal:
        check_breakable(kind)
    assert refusal.value.reason is Reason.OUTSIDE_POLICY
    assert {"plan"} == BREAKABLE
    check_breakable("plan")


def test_an_entitled_person_who_is_no_author_opens_it() -> None:
    may_open()
    may_open(lowers=Lowers.DISTRICT, rule=rule(Stage("supervisor", Permission.DECIDE_PLANS, 1)))


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        (Reason.AUTHOR_MAY_NOT_VOTE, {"opener": Voter(ANA, False)}),
        (Reason.AUTHOR_MAY_NOT_VOTE, {"opener": Voter(BEN, False, linked=frozenset({ANA}))}),
        (Reason.SERVICE_MAY_NOT_VOTE, {"opener": Voter(BEN, True)}),
        (Reason.RECUSED, {"proposal": proposal(recused=frozenset({BEN}))}),
        (Reason.NOT_OPEN, {"proposal": proposal(state=State.APPROVED)}),
        (Reason.NOT_OPEN, {"proposal": proposal(state=State.RETURNED)}),
        (Reason.EXPIRED, {"now": NOW + timedelta(hours=6)}),
        (Reason.DIGEST_CHANGED, {"seen_digest": "b" * 64}),
        (Reason.BAD_INPUT, {"hours": 0}),
        (Reason.BAD_INPUT, {"hours": LONGEST_HOURS + 1}),
        (Reason.BAD_INPUT, {"hours": -3}),
        (Reason.OUTSIDE_POLICY, {"rule": rule(Stage("supervisor", Permission.DECIDE_PLANS, 1))}),
        (Reason.OUTSIDE_POLICY, {"lowers": Lowers.DISTRICT, "on_district": False}),
        (Reason.OUTSIDE_POLICY, {"lowers": Lowers.DISTRICT, "rule": rule(BOARD)}),
        (Reason.TOO_LATE, {"cast": [Ballot(UNA, Verdict.REJECT, DIGEST)]}),
    ],
)
def test_everything_else_is_refused(reason: Reason, changes: dict[str, Any]) -> None:
    assert refused(reason, **changes)


def test_a_no_to_an_earlier_revision_and_a_yes_stand_in_nobodys_way() -> None:
    may_open(cast=[Ballot(UNA, Verdict.REJECT, "b" * 64), Ballot(UNA, Verdict.APPROVE, DIGEST)])


def test_the_boards_word_on_a_failed_audit_is_no_quorum_to_lower() -> None:
    one = Stage("supervisor", Permission.DECIDE_PLANS, 1)
    refused(Reason.OUTSIDE_POLICY, rule=rule(Stage(OVERRIDE, Permission.DECIDE_POLICY, 2), one))


def test_the_chair_is_told_unless_she_had_a_part() -> None:
    board = [(4, False), (7, True), (5, False)]
    assert choose_told(board, ()) == 7
    assert choose_told(board, {7}) == 4
    assert choose_told(board, {4, 7}) == 5
    with pytest.raises(Refused) as refusal:
        choose_told(board, {4, 5, 7})
    assert refusal.value.reason is Reason.QUORUM_UNREACHABLE
    with pytest.raises(Refused):
        choose_told([], ())


def test_a_review_ends_with_a_finding_and_in_no_other_way() -> None:
    with pytest.raises(Refused):
        check_own_end(REVIEW)
    check_own_end("plan")
    with pytest.raises(Refused):
        check_finding(REVIEW, Verdict.RETURN)
    for verdict in (Verdict.APPROVE, Verdict.REJECT):
        check_finding(REVIEW, verdict)
    check_finding("plan", Verdict.RETURN)
    assert REVIEW in GOVERNING, "no hold stops a review"
    assert DEFAULT_STAGES[REVIEW][0].permission is Permission.DECIDE_POLICY


@pytest.mark.parametrize(
    ("state", "late", "standing"),
    [
        (State.OPEN, False, Standing.WAITING),
        (State.OPEN, True, Standing.OVERDUE),
        (State.APPROVED, True, Standing.JUSTIFIED),
        (State.EXECUTED, True, Standing.JUSTIFIED),
        (State.REJECTED, False, Standing.NOT_JUSTIFIED),
        (State.EXPIRED, True, Standing.OVERDUE),
    ],
)
def test_a_review_that_nobody_decided_is_overdue_for_ever(
    state: State, standing: Standing, *, late: bool
) -> None:
    assert standing_of(state, NOW, NOW if late else NOW - timedelta(seconds=1)) is standing


def test_the_figures_count_each_once() -> None:
    said = figures([Standing.WAITING, Standing.OVERDUE, Standing.JUSTIFIED, Standing.NOT_JUSTIFIED])
    assert said == Figures(opened=4, justified=1, not_justified=1, waiting=1, overdue=1)
    assert said.reviewed == 2


def test_a_digest_says_all_and_without_its_salt_nothing() -> None:
    said: dict[str, Any] = {
        "jurisdiction": "rivermark",
        "request": DIGEST,
        "lowers": Lowers.QUORUM,
        "hours": 4,
        "salt": "0" * 64,
    }
    others: list[dict[str, Any]] = [
        {"jurisdiction": "other"},
        {"request": "b" * 64},
        {"lowers": Lowers.DISTRICT},
        {"hours": 3},
        {"salt": "1" * 64},
    ]
    digests = {glass_digest(**{**said, **each}) for each in others}
    assert len(digests | {glass_digest(**said)}) == len(others) + 1
    assert review_digest(glass_digest(**said)) not in digests


def test_each_easing_has_its_words_and_its_openers_who_can_vote() -> None:
    assert set(LOWERS_WORDS) == set(OPENERS) == set(Lowers)
    assert {each for some in OPENERS.values() for each in some} <= VOTES


# --- invariants -----------------------------------------------------------------------------------------------

people = st.integers(0, 6)
stages = st.lists(
    st.builds(
        Stage, st.sampled_from(["a", "b", "c", OVERRIDE]), st.sampled_from(sorted(VOTES)), st.integers(1, 4)
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda each: each.name,
)
moments = st.integers(-300, 600).map(lambda minutes: NOW + timedelta(minutes=minutes))
glasses = st.builds(
    Glass,
    st.sampled_from(list(Lowers)),
    st.sampled_from([DIGEST, "b" * 64]),
    moments,
    moments,
    people,
)


@given(stages, st.none() | glasses, moments)
def test_no_stage_is_dropped_added_reordered_or_without_a_person(
    listed: list[Stage], opened: Glass | None, moment: datetime
) -> None:
    before = rule(*listed)
    after = under_glass(before, opened, DIGEST, moment)
    for old, new in zip(before.stages, after.stages, strict=True):
        assert (new.name, new.permission, new.disjoint_from) == (old.name, old.permission, old.disjoint_from)
        assert 1 <= new.quorum <= old.quorum
        assert new.quorum == old.quorum or old.name != OVERRIDE
    if opened is None or not in_force(opened, DIGEST, moment):
        assert after == before


@given(
    stages,
    st.none() | glasses,
    moments,
    st.lists(
        st.builds(Ballot, people, st.sampled_from(list(Verdict)), st.just(DIGEST), st.sampled_from("abc"))
    ),
)
def test_nothing_is_approved_without_a_person_in_each_stage(
    listed: list[Stage], opened: Glass | None, moment: datetime, ballots: list[Ballot]
) -> None:
    after = under_glass(rule(*listed), opened, DIGEST, moment)
    if decide(ballots, after, DIGEST).verdict is Verdict.APPROVE:
        for stage in listed:
            said = {
                each.person
                for each in ballots
                if each.stage == stage.name and each.verdict is Verdict.APPROVE
            }
            assert said, stage


@given(st.lists(st.tuples(people, st.booleans()), unique_by=lambda each: each[0]), st.sets(people))
def test_who_is_told_never_had_a_part(board: list[tuple[int, bool]], apart: set[int]) -> None:
    try:
        told = choose_told(board, apart)
    except Refused:
        assert {person for person, _ in board} <= apart
    else:
        assert told not in apart
        assert told in {person for person, _ in board}
