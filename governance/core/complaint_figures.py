"""What is counted about complaints, before the publication rule treats it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from governance.core.complaints import ComplaintKind, ComplaintOutcome, ComplaintState, is_overdue

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Case:
    """One complaint as it is counted; `closed_at` is when it was answered or withdrawn."""

    kind: ComplaintKind
    state: ComplaintState
    outcome: ComplaintOutcome | None
    filed_at: datetime
    due_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class ComplaintFigures:
    """Counts of all complaints so far. `median_days`: from filing to answer, None without an answer.

    `answered_late` counts answers after the deadline, `overdue` those that wait and are past it.
    """

    filed: int
    answered: int
    withdrawn: int
    waiting: int
    overdue: int
    answered_late: int
    median_days: float | None
    by_kind: dict[ComplaintKind, int]
    by_outcome: dict[ComplaintOutcome, int]


def count_complaints(cases: Sequence[Case], now: datetime) -> ComplaintFigures:
    """Count the complaints of one jurisdiction as they stand at `now`; `filed` is the sum of the three states."""
    states = [case.state for case in cases]
    answered = [case for case in cases if case.state is ComplaintState.ANSWERED]
    days = [(case.closed_at - case.filed_at) / DAY for case in answered if case.closed_at is not None]
    late = [case for case in answered if case.closed_at is not None and case.closed_at > case.due_at]
    withdrawn = states.count(ComplaintState.WITHDRAWN)
    return ComplaintFigures(
        filed=len(cases),
        answered=len(answered),
        withdrawn=withdrawn,
        waiting=len(cases) - len(answered) - withdrawn,
        overdue=sum(is_overdue(case.state, case.due_at, now) for case in cases),
        answered_late=len(late),
        median_days=round(median(days), 1) if days else None,
        by_kind={kind: sum(case.kind is kind for case in cases) for kind in ComplaintKind},
        by_outcome={each: sum(case.outcome is each for case in answered) for each in ComplaintOutcome},
    )
