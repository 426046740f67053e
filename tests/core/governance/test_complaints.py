"""The rule of complaints: states, who may take and answer, what may be written, until when."""

from datetime import UTC, datetime, timedelta

import pytest

from governance.core.complaints import (
    CONTACT_MAX,
    FILINGS_PER_ADDRESS,
    KINDS,
    OUTCOMES,
    OWNERS,
    TRANSITIONS,
    UNANSWERED,
    WORDS_MAX,
    WORDS_MIN,
    ComplaintDeed,
    ComplaintKind,
    ComplaintOutcome,
    ComplaintOwner,
    ComplaintState,
    Reader,
    check_about,
    check_allowance,
    check_answerer,
    check_contact,
    check_remedy,
    check_taker,
    check_words,
    days_late,
    deadline,
    is_overdue,
    next_state,
    reply,
    statement,
    words_of,
)
from governance.core.refusals import Reason, Refused, status_code

DUE = datetime(2024, 6, 30, 12, tzinfo=UTC)
ALICE, BOB = Reader(1, had_a_part=False), Reader(2, had_a_part=False)
WHY = "The plan sent patrols where nobody had reported anything."


@pytest.mark.parametrize("state", list(ComplaintState))
@pytest.mark.parametrize("deed", list(ComplaintDeed))
def test_the_table_leads_where_it_says_and_refuses_the_rest(
    state: ComplaintState, deed: ComplaintDeed
) -> None:
    if (state, deed) in TRANSITIONS:
        assert next_state(state, deed) is TRANSITIONS[state, deed]
        return
    with pytest.raises(Refused) as refusal:
        next_state(state, deed)
    assert refusal.value.reason is Reason.NOT_OPEN


def test_every_state_has_somebody_who_acts_next_or_is_final() -> None:
    assert set(OWNERS) == set(ComplaintState)
    for state, owner in OWNERS.items():
        leads_on = any(source is state for source, _ in TRANSITIONS)
        assert leads_on == (owner is not ComplaintOwner.NOBODY) == (state in UNANSWERED)


def test_no_complaint_is_answered_that_nobody_took() -> None:
    assert {source for (source, deed) in TRANSITIONS if deed is ComplaintDeed.ANSWER} == {
        ComplaintState.ACKNOWLEDGED
    }


@pytest.mark.parametrize(
    ("part", "taken_by", "take", "answer"),
    [
        (False, None, None, Reason.NOT_PERMITTED),
        (False, 1, Reason.ALREADY_DONE, None),
        (False, 2, Reason.ALREADY_DONE, Reason.NOT_PERMITTED),
        (True, None, Reason.HAD_A_PART, Reason.HAD_A_PART),
        (True, 1, Reason.HAD_A_PART, Reason.HAD_A_PART),
        (True, 2, Reason.HAD_A_PART, Reason.HAD_A_PART),
    ],
)
def test_who_may_take_and_who_may_answer(
    *, part: bool, taken_by: int | None, take: Reason | None, answer: Reason | None
) -> None:
    for check, expected in ((check_taker, take), (check_answerer, answer)):
        said = None
        try:
            check(Reader(1, part), taken_by=taken_by)
        except Refused as refusal:
            said = refusal.reason
        assert said is expected


def test_a_second_taker_is_told_apart_from_the_first() -> None:
    with pytest.raises(Refused, match="You have taken"):
        check_taker(ALICE, taken_by=ALICE.person)
    with pytest.raises(Refused, match="Somebody else"):
        check_taker(BOB, taken_by=ALICE.person)


@pytest.mark.parametrize("state", list(ComplaintState))
@pytest.mark.parametrize(("minutes", "passed"), [(-1, False), (0, True), (1, True)])
def test_only_what_waits_past_its_deadline_is_overdue(
    state: ComplaintState, *, minutes: int, passed: bool
) -> None:
    now = DUE + timedelta(minutes=minutes)
    assert is_overdue(state, DUE, now) == (passed and state in UNANSWERED)


@pytest.mark.parametrize(("hours", "days"), [(-1, 0), (0, 1), (5, 1), (24, 1), (49, 2)])
def test_days_late_are_whole_and_at_least_one(hours: int, days: int) -> None:
    assert days_late(DUE, DUE + timedelta(hours=hours)) == days


def test_the_deadline_is_so_many_days_after_filing() -> None:
    assert deadline(DUE, 30) == datetime(2024, 7, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "entry", "area", "refused"),
    [
        (ComplaintKind.DECISION, None, "", True),
        (ComplaintKind.DECISION, 0, "", False),
        (ComplaintKind.PLACE, 3, "", True),
        (ComplaintKind.PLACE, None, "a1", False),
        (ComplaintKind.DATA, None, "", False),
        (ComplaintKind.CONDUCT, 4, "", False),
        (ComplaintKind.OTHER, None, "", False),
    ],
)
def test_a_decision_needs_its_entry_and_a_place_its_area(
    kind: ComplaintKind, entry: int | None, area: str, *, refused: bool
) -> None:
    if not refused:
        check_about(kind, entry=entry, area=area)
        return
    with pytest.raises(Refused) as refusal:
        check_about(kind, entry=entry, area=area)
    assert refusal.value.reason is Reason.BAD_INPUT


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x" * WORDS_MIN, None),
        ("x" * WORDS_MAX, None),
        ("First line.\nSecond line of it.", None),
        ("x" * (WORDS_MIN - 1), Reason.RATIONALE_TOO_SHORT),
        (" \u200b" * 40, Reason.RATIONALE_TOO_SHORT),
        ("\u3164" * 40, Reason.RATIONALE_TOO_SHORT),
        ("x" * (WORDS_MAX + 1), Reason.TOO_LARGE),
        ("x" * WORDS_MIN + "\x00", Reason.BAD_INPUT),
    ],
)
def test_words_are_long_enough_to_see_and_short_enough_to_read(text: str, reason: Reason | None) -> None:
    if reason is None:
        check_words(text, least=WORDS_MIN, what="it")
        return
    with pytest.raises(Refused) as refusal:
        check_words(text, least=WORDS_MIN, what="it")
    assert refusal.value.reason is reason


@pytest.mark.parametrize(
    ("contact", "reason"),
    [
        ("", None),
        ("someone@example.org", None),
        ("x" * (CONTACT_MAX + 1), Reason.TOO_LARGE),
        ("one\ntwo", Reason.BAD_INPUT),
        ("a\x1b[0m", Reason.BAD_INPUT),
    ],
)
def test_a_way_to_be_reached_is_one_line(contact: str, reason: Reason | None) -> None:
    if reason is None:
        check_contact(contact)
        return
    with pytest.raises(Refused) as refusal:
        check_contact(contact)
    assert refusal.value.reason is reason


@pytest.mark.parametrize("outcome", list(ComplaintOutcome))
def test_only_what_is_not_upheld_may_be_answered_without_saying_what_will_be_done(
    outcome: ComplaintOutcome,
) -> None:
    check_remedy(outcome, WHY, 20)
    if outcome is ComplaintOutcome.NOT_UPHELD:
        check_remedy(outcome, "", 20)
        return
    with pytest.raises(Refused) as refusal:
        check_remedy(outcome, "soon", 20)
    assert refusal.value.reason is Reason.RATIONALE_TOO_SHORT


def test_one_address_files_its_share_and_no_more() -> None:
    check_allowance(FILINGS_PER_ADDRESS - 1)
    with pytest.raises(Refused) as refusal:
        check_allowance(FILINGS_PER_ADDRESS)
    assert status_code(refusal.value.reason) == 429


def test_who_had_a_part_is_refused_as_who() -> None:
    assert status_code(Reason.HAD_A_PART) == 403


@pytest.mark.parametrize("words", [WHY, f"{WHY}\n\nAnd a second paragraph.", "About: nothing\n\nreally"])
def test_what_somebody_wrote_is_read_back_without_the_head(words: str) -> None:
    for kind in ComplaintKind:
        assert words_of(statement(kind, words, entry=4, area="Old Town")) == words
    assert words_of(reply(ComplaintOutcome.NOT_UPHELD, words, "")) == words
    assert words_of(reply(ComplaintOutcome.UPHELD, words, "It stops.")).startswith(words)


def test_the_head_commits_to_what_it_is_about_and_how_it_ended() -> None:
    text = statement(ComplaintKind.DECISION, WHY, entry=4, area="")
    assert text == f"About: A decision or a plan that was published\nEntry: 4\n\n{WHY}"
    assert reply(ComplaintOutcome.UPHELD, WHY, "It stops.") == (
        f"Outcome: Upheld\n\n{WHY}\n\nWhat will be done: It stops."
    )


def test_every_kind_and_outcome_has_its_words() -> None:
    assert set(KINDS) == set(ComplaintKind)
    assert set(OUTCOMES) == set(ComplaintOutcome)
