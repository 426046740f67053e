"""Public comment: how long, what, and what it holds up."""

from datetime import UTC, datetime, timedelta

import pytest

from governance.core.commenting import (
    COMMENT_MAX,
    check_answerable,
    check_comment_open,
    check_text,
    check_vote_open,
    closes_at,
)
from governance.core.refusals import Reason, Refused
from governance.core.states import State

NOW = datetime(2024, 6, 14, 9, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=1)


def test_a_comment_is_taken_until_the_days_are_over() -> None:
    closes = closes_at(NOW, 14)
    check_comment_open(State.OPEN, closes=closes, now=closes - timedelta(seconds=1))
    with pytest.raises(Refused) as refusal:
        check_comment_open(State.OPEN, closes=closes, now=closes)
    assert refusal.value.reason is Reason.TOO_LATE


@pytest.mark.parametrize("state", [each for each in State if each is not State.OPEN])
def test_what_does_not_wait_for_votes_takes_no_comment(state: State) -> None:
    with pytest.raises(Refused) as refusal:
        check_comment_open(state, closes=SOON, now=NOW)
    assert refusal.value.reason is Reason.NOT_OPEN


def test_people_vote_once_the_days_are_over_and_everybody_has_an_answer() -> None:
    check_vote_open(closes=NOW, unanswered=0, now=NOW)


@pytest.mark.parametrize(
    ("closes", "unanswered", "said"),
    [(SOON, 0, "may comment until"), (NOW, 1, "1 comment waits"), (NOW, 3, "3 comments wait")],
)
def test_nobody_votes_before(closes: datetime, unanswered: int, said: str) -> None:
    with pytest.raises(Refused, match=said) as refusal:
        check_vote_open(closes=closes, unanswered=unanswered, now=NOW)
    assert refusal.value.reason is Reason.TOO_EARLY


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("short", Reason.RATIONALE_TOO_SHORT),
        ("\u2800" * 40, Reason.RATIONALE_TOO_SHORT),
        ("x" * (COMMENT_MAX + 1), Reason.TOO_LARGE),
        ("a comment with \x07 in it", Reason.BAD_INPUT),
    ],
)
def test_a_text_that_nobody_could_read_is_refused(text: str, reason: Reason) -> None:
    with pytest.raises(Refused) as refusal:
        check_text(text, "your comment")
    assert refusal.value.reason is reason


def test_a_text_of_two_lines_is_fine() -> None:
    check_text("Twelve places\nare too many.", "your comment")


def test_comments_are_answered_before_the_decision() -> None:
    check_answerable(State.OPEN)
    check_answerable(State.RETURNED)
    with pytest.raises(Refused) as refusal:
        check_answerable(State.APPROVED)
    assert refusal.value.reason is Reason.NOT_OPEN
