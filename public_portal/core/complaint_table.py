"""Complaints as everybody may see them."""

from collections.abc import Mapping, Sequence
from typing import Any

from governance.core.complaint_figures import ComplaintFigures
from governance.core.complaints import KINDS, OUTCOMES
from public_portal.core.privacy import CountTable, suppress


def complaint_table(figures: ComplaintFigures, below: int) -> dict[str, Any]:
    """The figures treated by the publication rule: None is a hidden number.

    How many were filed, answered and withdrawn, and when, everybody can count from the record's own entries, so
    these stand as they are. What complaints were about and how they ended is in no entry: a count of 1 to
    `below` - 1 is hidden, with another one where it takes that; and where the known sum would still tell them
    (fewer than `below` complaints in all, say), every count is hidden.
    """
    return {
        "filed": figures.filed,
        "answered": figures.answered,
        "withdrawn": figures.withdrawn,
        "waiting": figures.waiting,
        "overdue": figures.overdue,
        "answered_late": figures.answered_late,
        "median_days": figures.median_days,
        "kinds": _rows(figures.by_kind, KINDS, below),
        "outcomes": _rows(figures.by_outcome, OUTCOMES, below),
    }


def _rows(counts: Mapping[Any, int], titles: Mapping[Any, str], below: int) -> list[dict[str, Any]]:
    return [
        {"word": each.value, "title": title, "count": count}
        for (each, title), count in zip(
            titles.items(), _shown([counts[each] for each in titles], below), strict=True
        )
    ]


def _shown(counts: Sequence[int], below: int) -> list[int | None]:
    """Return the counts that may be shown beside their sum, which everybody knows: all hidden where it tells them."""
    names = tuple(str(number) for number in range(len(counts)))
    published = suppress(CountTable(names, ("complaints",), tuple((count,) for count in counts)), below)
    if 0 < sum(counts) < below or published.total is None:
        return [None] * len(counts)
    return [cell for (cell,) in published.cells]
