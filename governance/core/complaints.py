"""Complaints: what they may be about, who acts next, what may be written, and who may answer.

A resident needs no account and no name. Whoever answers had no part in what is complained about; the same person
who takes a complaint answers it, by the policy's deadline, with an outcome and a reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from unicodedata import category

from governance.core.approval import BLANKS
from governance.core.refusals import Reason, Refused

WORDS_MIN = 20
WORDS_MAX = 4_000
CONTACT_MAX = 200
FILINGS_PER_ADDRESS = 10
"""Complaints that one network address may file on one day (UTC): a library's readers share one."""
_GAP = "\n\n"


class ComplaintKind(StrEnum):
    """What a complaint is about."""

    DECISION = "decision"
    PLACE = "place"
    DATA = "data"
    CONDUCT = "conduct"
    OTHER = "other"


KINDS: Mapping[ComplaintKind, str] = MappingProxyType(
    {
        ComplaintKind.DECISION: "A decision or a plan that was published",
        ComplaintKind.PLACE: "A place or an area",
        ComplaintKind.DATA: "The data",
        ComplaintKind.CONDUCT: "How somebody acted",
        ComplaintKind.OTHER: "Something else",
    }
)


class ComplaintState(StrEnum):
    """Where a complaint stands."""

    FILED = "filed"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class ComplaintDeed(StrEnum):
    """What moves a complaint from state to state."""

    TAKE = "take"
    ANSWER = "answer"
    WITHDRAW = "withdraw"


class ComplaintOwner(StrEnum):
    """Who has to act in a state; nobody acts in a final one."""

    READERS = "readers"
    TAKER = "taker"
    NOBODY = "nobody"


OWNERS: Mapping[ComplaintState, ComplaintOwner] = MappingProxyType(
    {
        ComplaintState.FILED: ComplaintOwner.READERS,
        ComplaintState.ACKNOWLEDGED: ComplaintOwner.TAKER,
        ComplaintState.ANSWERED: ComplaintOwner.NOBODY,
        ComplaintState.WITHDRAWN: ComplaintOwner.NOBODY,
    }
)

TRANSITIONS: Mapping[tuple[ComplaintState, ComplaintDeed], ComplaintState] = MappingProxyType(
    {
        (ComplaintState.FILED, ComplaintDeed.TAKE): ComplaintState.ACKNOWLEDGED,
        (ComplaintState.FILED, ComplaintDeed.WITHDRAW): ComplaintState.WITHDRAWN,
        (
            ComplaintState.ACKNOWLEDGED,
            ComplaintDeed.TAKE,
        ): ComplaintState.ACKNOWLEDGED,  # from one who may no more
        (ComplaintState.ACKNOWLEDGED, ComplaintDeed.ANSWER): ComplaintState.ANSWERED,
        (ComplaintState.ACKNOWLEDGED, ComplaintDeed.WITHDRAW): ComplaintState.WITHDRAWN,
    }
)

UNANSWERED: tuple[ComplaintState, ...] = (ComplaintState.FILED, ComplaintState.ACKNOWLEDGED)


class ComplaintOutcome(StrEnum):
    """How a complaint was answered."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    NOT_UPHELD = "not_upheld"
    NOT_OURS = "not_ours"


OUTCOMES: Mapping[ComplaintOutcome, str] = MappingProxyType(
    {
        ComplaintOutcome.UPHELD: "Upheld",
        ComplaintOutcome.PARTLY_UPHELD: "Partly upheld",
        ComplaintOutcome.NOT_UPHELD: "Not upheld",
        ComplaintOutcome.NOT_OURS: "Not ours to decide",
    }
)


@dataclass(frozen=True)
class Reader:
    """Somebody who wants to take or answer a complaint; `had_a_part`: in the deed that it is about."""

    person: int
    had_a_part: bool


def next_state(state: ComplaintState, deed: ComplaintDeed) -> ComplaintState:
    """State after a deed; a deed the table does not allow is refused.

    Raises Refused(NOT_OPEN).
    """
    try:
        return TRANSITIONS[state, deed]
    except KeyError:
        raise Refused(
            Reason.NOT_OPEN,
            f"This complaint is {state.value}; one cannot {deed.value} it. Nothing was changed.",
        ) from None


def check_taker(reader: Reader, *, taken_by: int | None) -> None:
    """Refuse who had a part in what is complained about, and a second taker.

    `taken_by`: who has taken it and may still answer it. Raises Refused(HAD_A_PART | ALREADY_DONE).
    """
    check_no_part(reader)
    if taken_by is not None:
        mine = taken_by == reader.person
        raise Refused(
            Reason.ALREADY_DONE,
            "You have taken this complaint already; answer it below."
            if mine
            else "Somebody else has taken this complaint, a moment ago or earlier. Nothing was changed.",
        )


def check_answerer(reader: Reader, *, taken_by: int | None) -> None:
    """Refuse an answer by anybody but the taker, and by her too where she came to have a part since.

    Raises Refused(HAD_A_PART | NOT_PERMITTED).
    """
    check_no_part(reader)
    if taken_by != reader.person:
        raise Refused(
            Reason.NOT_PERMITTED, "Whoever takes a complaint answers it. Take it first, unless somebody has."
        )


def check_no_part(reader: Reader) -> None:
    """Refuse who had a part: an author, a voter, whoever carried it out, whoever attached evidence.

    Raises Refused(HAD_A_PART).
    """
    if reader.had_a_part:
        raise Refused(
            Reason.HAD_A_PART,
            "You had a part in what this complaint is about, so somebody else has to read and answer it.",
        )


def deadline(filed_at: datetime, days: int) -> datetime:
    """The moment by which a complaint is to be answered."""
    return filed_at + timedelta(days=days)


def is_overdue(state: ComplaintState, due_at: datetime, now: datetime) -> bool:
    """Whether it waits for an answer and the deadline has passed."""
    return state in UNANSWERED and now >= due_at


def days_late(due_at: datetime, now: datetime) -> int:
    """Whole days since the deadline, at least 1 once it has passed; 0 before."""
    return 0 if now < due_at else max(1, (now - due_at).days)


def check_about(kind: ComplaintKind, *, entry: int | None, area: str) -> None:
    """Refuse a complaint that does not say what it is about: a decision its entry, a place its area.

    Raises Refused(BAD_INPUT).
    """
    if kind is ComplaintKind.DECISION and entry is None:
        raise Refused(
            Reason.BAD_INPUT,
            "Say which decision: the number of its entry in the public record, as the decisions page shows it.",
        )
    if kind is ComplaintKind.PLACE and not area:
        raise Refused(Reason.BAD_INPUT, "Say which area it is about; choose it from the list.")


def check_words(text: str, *, least: int, what: str) -> None:
    """Refuse a text that a reader could not read; only what shows counts towards `least`.

    Raises Refused(RATIONALE_TOO_SHORT | TOO_LARGE | BAD_INPUT).
    """
    seen = "".join(char if char.isprintable() and char not in BLANKS else " " for char in text)
    if len(" ".join(seen.split())) < least:
        raise Refused(Reason.RATIONALE_TOO_SHORT, f"Write {what} in at least {least} characters.")
    if len(text) > WORDS_MAX:
        raise Refused(
            Reason.TOO_LARGE,
            f"Write {what} in at most {WORDS_MAX:,} characters; these are {len(text):,}.",
        )
    if _has_controls(text):
        raise Refused(Reason.BAD_INPUT, "The text holds control characters; type it again without them.")


def check_contact(contact: str) -> None:
    """Refuse a way to be reached that is longer than a line.

    Raises Refused(TOO_LARGE | BAD_INPUT).
    """
    if len(contact) > CONTACT_MAX:
        raise Refused(Reason.TOO_LARGE, f"A way to reach you has at most {CONTACT_MAX} characters.")
    if "\n" in contact or _has_controls(contact):
        raise Refused(
            Reason.BAD_INPUT, "A way to reach you is one line: an e-mail address or a telephone number."
        )


def check_allowance(filed: int) -> None:
    """Refuse one more complaint from an address that filed its share today.

    Raises Refused(TOO_OFTEN).
    """
    if filed >= FILINGS_PER_ADDRESS:
        raise Refused(
            Reason.TOO_OFTEN,
            f"{FILINGS_PER_ADDRESS} complaints came from your network address today, which is the most it may send. "
            "Nothing was stored. Copy what you wrote and send it tomorrow, or from another place.",
        )


def check_remedy(outcome: ComplaintOutcome, remedy: str, least: int) -> None:
    """Refuse an answer without what will be done, unless the complaint is not upheld.

    Raises Refused(RATIONALE_TOO_SHORT | TOO_LARGE | BAD_INPUT).
    """
    needed = outcome is not ComplaintOutcome.NOT_UPHELD
    what = "who can decide it" if outcome is ComplaintOutcome.NOT_OURS else "what will be done, and by when,"
    check_words(remedy, least=least if needed else 0, what=what)


def statement(kind: ComplaintKind, words: str, *, entry: int | None, area: str) -> str:
    """The text whose salted digest enters the log: what it is about, a blank line, the resident's words."""
    about = [f"About: {KINDS[kind]}"]
    if entry is not None:
        about.append(f"Entry: {entry}")
    if area:
        about.append(f"Area: {area}")
    return "\n".join(about) + _GAP + words


def reply(outcome: ComplaintOutcome, reason: str, remedy: str) -> str:
    """The text whose salted digest enters the log: the outcome, a blank line, the reason, what will be done."""
    done = f"{_GAP}What will be done: {remedy}" if remedy else ""
    return f"Outcome: {OUTCOMES[outcome]}{_GAP}{reason}{done}"


def words_of(text: str) -> str:
    """What a person wrote of a `statement` or a `reply`, without the head."""
    return text.partition(_GAP)[2]


def _has_controls(text: str) -> bool:
    return any(category(char) == "Cc" and char not in "\n\r\t" for char in text)
