"""Public comment: what stays open for how long, what may be said, and what has to be answered before a vote."""

from datetime import datetime, timedelta
from unicodedata import category

from governance.core.approval import BLANKS
from governance.core.refusals import Reason, Refused
from governance.core.states import UNDECIDED, State

COMMENTED = ("policy", "recipe")
"""Kinds of requests that everybody may comment on before people vote."""
COMMENT_MIN = 10
COMMENT_MAX = 2_000
"""Characters of a comment, and of an answer: enough for an argument, and short enough to be read by a board."""


def closes_at(opened: datetime, days: int) -> datetime:
    """Return when the comment on something opened then ends."""
    return opened + timedelta(days=days)


def check_comment_open(state: State, *, closes: datetime, now: datetime) -> None:
    """Refuse a comment on what is decided or no longer open to comment."""
    if state is not State.OPEN:
        raise Refused(
            Reason.NOT_OPEN,
            f"This request is {state.value}, so comments are no longer taken. Nothing was kept.",
        )
    if now >= closes:
        raise Refused(
            Reason.TOO_LATE,
            f"The time for comments ended on {closes:%d %B %Y, %H:%M} UTC. Nothing was kept; a complaint can be made "
            "at any time.",
        )


def check_answerable(state: State) -> None:
    """Refuse an answer to a comment on something that is already decided: it comes before the vote or not at all."""
    if state not in UNDECIDED:
        raise Refused(
            Reason.NOT_OPEN, f"This request is {state.value}; comments are answered before the decision."
        )


def check_text(text: str, what: str) -> None:
    """Refuse a text that nobody could read: too little that shows, too much, or control characters."""
    seen = "".join(char if char.isprintable() and char not in BLANKS else " " for char in text)
    if len(" ".join(seen.split())) < COMMENT_MIN:
        raise Refused(Reason.RATIONALE_TOO_SHORT, f"Write {what} in at least {COMMENT_MIN} characters.")
    if len(text) > COMMENT_MAX:
        raise Refused(
            Reason.TOO_LARGE,
            f"Write {what} in at most {COMMENT_MAX:,} characters; this one has {len(text):,}.",
        )
    if any(category(char) == "Cc" and char not in "\n\r\t" for char in text):
        raise Refused(
            Reason.BAD_INPUT, "What you wrote holds control characters; type it again without them."
        )


def check_vote_open(*, closes: datetime, unanswered: int, now: datetime) -> None:
    """Refuse a vote while the public may still comment, or while somebody waits for an answer."""
    if now < closes:
        raise Refused(
            Reason.TOO_EARLY,
            f"Everybody may comment until {closes:%d %B %Y, %H:%M} UTC; people vote after that.",
        )
    if unanswered:
        said = "1 comment waits" if unanswered == 1 else f"{unanswered:,} comments wait"
        raise Refused(
            Reason.TOO_EARLY,
            f"{said} for an answer, and every comment is answered before the vote.",
        )
