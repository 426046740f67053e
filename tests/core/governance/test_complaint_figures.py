"""Counting complaints."""

from datetime import UTC, datetime, timedelta

from governance.core.complaint_figures import Case, count_complaints
from governance.core.complaints import ComplaintKind, ComplaintOutcome, ComplaintState

START = datetime(2024, 6, 1, tzinfo=UTC)
NOW = START + timedelta(days=40)


def case(
    state: ComplaintState,
    *,
    outcome: ComplaintOutcome | None = None,
    filed: int = 0,
    closed: int | None = None,
) -> Case:
    """Return a complaint filed and closed on these days, due 30 days after filing."""
    at = START + timedelta(days=filed)
    done = None if closed is None else START + timedelta(days=closed)
    return Case(ComplaintKind.DATA, state, outcome, at, at + timedelta(days=30), done)


def test_nothing_filed_counts_nothing() -> None:
    found = count_complaints([], NOW)
    assert (found.filed, found.answered, found.waiting, found.overdue, found.median_days) == (
        0,
        0,
        0,
        0,
        None,
    )
    assert set(found.by_kind.values()) == set(found.by_outcome.values()) == {0}


def test_each_is_counted_once_where_it_stands() -> None:
    found = count_complaints(
        [
            case(ComplaintState.FILED),  # due on day 30: overdue
            case(ComplaintState.ACKNOWLEDGED, filed=20),
            case(ComplaintState.WITHDRAWN, closed=35),
            case(ComplaintState.ANSWERED, outcome=ComplaintOutcome.UPHELD, closed=4),
            case(ComplaintState.ANSWERED, outcome=ComplaintOutcome.NOT_OURS, closed=10),
            case(ComplaintState.ANSWERED, outcome=ComplaintOutcome.UPHELD, closed=33),
        ],
        NOW,
    )
    assert (found.filed, found.answered, found.withdrawn, found.waiting) == (6, 3, 1, 2)
    assert (found.overdue, found.answered_late, found.median_days) == (1, 1, 10.0)
    assert found.by_outcome[ComplaintOutcome.UPHELD] == 2
    assert found.by_kind[ComplaintKind.DATA] == 6
    assert sum(found.by_outcome.values()) == found.answered
