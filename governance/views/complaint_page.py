"""What the pages of complaints show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance import clock, redress, selectors
from governance.core.complaints import (
    FILINGS_PER_ADDRESS,
    KINDS,
    OUTCOMES,
    UNANSWERED,
    WORDS_MAX,
    WORDS_MIN,
    ComplaintKind,
    ComplaintOutcome,
    ComplaintState,
    days_late,
    is_overdue,
    words_of,
)
from governance.core.roles import Role
from governance.core.spoken import spoken_date, spoken_moment

if TYPE_CHECKING:
    from datetime import datetime

    from governance.models import Complaint, ComplaintStep, Jurisdiction, User

FIELDS = ("kind", "entry", "area", "words", "contact")
ERASED = "These words were erased. Their salted digest stays in the record."
HEADINGS = {
    ComplaintState.FILED: "Your complaint was received",
    ComplaintState.ACKNOWLEDGED: "Your complaint is being looked into",
    ComplaintState.WITHDRAWN: "Your complaint was withdrawn",
}
DEEDS = {"file": "Filed", "take": "Taken", "answer": "Answered", "withdraw": "Withdrawn"}
BY_NAME = frozenset({Role.BOARD_MEMBER, Role.BOARD_CHAIR})


@dataclass(frozen=True)
class Step:
    """One deed as a reader meets it."""

    said: str
    when: str
    entry: int


@dataclass(frozen=True)
class Line:
    """One complaint as a line of the desk."""

    complaint: Complaint
    about: str
    deadline: str
    late: str
    taken_by: str
    outcome: str


def form_context(jurisdiction: Jurisdiction, typed: dict[str, str]) -> dict[str, Any]:
    """Return what the public form shows."""
    policy = selectors.policy_in_force(jurisdiction)
    return {
        "jurisdiction": jurisdiction,
        "typed": typed,
        "kinds": [(kind.value, title) for kind, title in KINDS.items()],
        "areas": selectors.areas_of(jurisdiction),
        "days": policy.terms.complaint_days,
        "retention": policy.terms.complaint_retention_days,
        "least": WORDS_MIN,
        "most": WORDS_MAX,
        "per_day": FILINGS_PER_ADDRESS,
    }


def follow_context(complaint: Complaint) -> dict[str, Any]:
    """Return what whoever filed it reads behind the private link."""
    state = ComplaintState(complaint.state)
    outcome = OUTCOMES[ComplaintOutcome(complaint.outcome)] if complaint.outcome else ""
    waits = state in UNANSWERED
    return _told(complaint) | {
        "jurisdiction": complaint.jurisdiction,
        "heading": f"Your complaint was answered: {outcome.lower()}" if outcome else HEADINGS[state],
        "waits": waits,
        "nobody": state is ComplaintState.FILED and not redress.readers_for(complaint),
        "retention": selectors.policy_in_force(complaint.jurisdiction).terms.complaint_retention_days,
    }


def case_context(complaint: Complaint, by: User) -> dict[str, Any]:
    """Return what somebody who may answer it reads, and what she may do."""
    taken_by = redress.still_taken_by(complaint)
    contact = getattr(complaint, "contact", None)
    state = ComplaintState(complaint.state)
    waits = state in UNANSWERED
    return _told(complaint) | {
        "here": complaint.jurisdiction,
        "waits": waits,
        "may_take": waits and taken_by is None,
        "may_answer": waits and taken_by == by.pk,
        "taken_by": complaint.taken_by,
        "contact": contact.contact if contact else "",
        "outcomes": [(each.value, title) for each, title in OUTCOMES.items()],
        "least": selectors.policy_in_force(complaint.jurisdiction).terms.rationale_min_length,
        "most": WORDS_MAX,
        "sent": {"outcome": "", "reason": "", "remedy": ""},
    }


def desk_context(jurisdiction: Jurisdiction, by: User) -> dict[str, Any]:
    """Return what waits at the desk, the nearest deadline first, without what she had a part in."""
    rows = redress.complaints_in(jurisdiction)
    hers = redress.with_a_part(by, rows)
    waiting = [row for row in rows if row.state in UNANSWERED]
    mine = [_line(row) for row in waiting if row.pk not in hers]
    closed = [row for row in rows if row.state not in UNANSWERED and row.pk not in hers]
    return {
        "here": jurisdiction,
        "waiting": mine,
        "overdue": sum(bool(line.late) for line in mine),
        "closed": [_line(row) for row in sorted(closed, key=_closed_at, reverse=True)][:50],
        "kept_from_her": sum(row.pk in hers for row in waiting),
    }


def _told(complaint: Complaint) -> dict[str, Any]:
    """Return what both sides read: where it stands, until when, what was written."""
    steps = list(complaint.steps.select_related("user"))
    texts = {step.deed: step.text for step in steps}
    return {
        "complaint": complaint,
        "about": KINDS[ComplaintKind(complaint.kind)],
        "outcome": OUTCOMES[ComplaintOutcome(complaint.outcome)] if complaint.outcome else "",
        "filed": _moment(complaint, complaint.filed_at),
        "deadline": _date(complaint, complaint.due_at),
        "late": _late(complaint),
        "steps": [_step(complaint, step) for step in steps],
        "words": _words(texts.get("file")),
        "answer": _words(texts["answer"]) if "answer" in texts else "",
    }


def _words(text: str | None) -> str:
    return ERASED if text is None else words_of(text)


def _step(complaint: Complaint, step: ComplaintStep) -> Step:
    return Step(f"{DEEDS[step.deed]}{_by(step)}", _moment(complaint, step.at), step.ledger_index)


def _by(step: ComplaintStep) -> str:
    """Board members act by name, everybody else by role and pseudonym, residents as the public."""
    role = Role(step.role)
    if role is Role.RESIDENT:
        return ""
    who = step.user.name if role in BY_NAME else step.user.pseudonym
    return f" by {who}, {selectors.role_title(role).lower()}"


def _line(row: Complaint) -> Line:
    about = KINDS[ComplaintKind(row.kind)]
    if row.about_entry is not None:
        about = f"{about}: entry {row.about_entry}"
    elif row.area:
        about = f"{about}: {row.area.name}"
    return Line(
        complaint=row,
        about=about,
        deadline=_date(row, row.due_at),
        late=_late(row),
        taken_by=row.taken_by.name if row.taken_by else "nobody yet",
        outcome=OUTCOMES[ComplaintOutcome(row.outcome)] if row.outcome else row.state.capitalize(),
    )


def _late(row: Complaint) -> str:
    """How long it has been overdue, in words; "" while it is not."""
    now = clock.now(row.jurisdiction)
    if not is_overdue(ComplaintState(row.state), row.due_at, now):
        return ""
    days = days_late(row.due_at, now)
    return f"overdue by {days} day{'' if days == 1 else 's'}"


def _closed_at(row: Complaint) -> datetime:
    return row.closed_at or row.filed_at


def _moment(row: Complaint, at: datetime) -> str:
    return spoken_moment(clock.local(at, row.jurisdiction))


def _date(row: Complaint, at: datetime) -> str:
    return spoken_date(clock.local(at, row.jurisdiction))
