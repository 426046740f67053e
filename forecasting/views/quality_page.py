"""What the page of data quality says: each category's figures over the last year, with n of N."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecasting.core.data_quality import Figure, Known, quality_figures
from forecasting.core.wording import incidents_of, percent
from forecasting.intake.unplaced import unplaced_days
from forecasting.selectors.quality import data_known, last_batch
from governance import clock
from governance.core.spoken import spoken_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.models import Jurisdiction


@dataclass(frozen=True)
class Line:
    """One figure as the table shows it."""

    name: str
    value: str
    held: str
    sentence: str


@dataclass(frozen=True)
class Section:
    """One category."""

    category: str
    title: str
    lines: tuple[Line, ...]


def quality_context(jurisdiction: Jurisdiction) -> dict[str, Any]:
    """Return everything the page of data quality shows."""
    known = data_known(jurisdiction, unplaced_days(jurisdiction))
    batch = last_batch(jurisdiction)
    return {
        "jurisdiction": jurisdiction,
        "sections": [_section(each) for each in known],
        "rows": sum(each.rows for each in known),
        "with_gaps": [incidents_of(each.category) for each in known if each.gaps],
        "batch": batch,
        "came_in": spoken_date(clock.local(batch.ingested_at, jurisdiction)) if batch else "",
        "refusals": _refusals(batch.refusals) if batch else [],
    }


def _refusals(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Reasons in words with their counts, the most frequent first."""
    return [(name.replace("_", " "), n) for name, n in sorted(counts.items(), key=lambda item: -item[1])]


def _section(known: Known) -> Section:
    lines = tuple(_line(figure) for figure in quality_figures(known))
    return Section(known.category, incidents_of(known.category).capitalize(), lines)


def _line(figure: Figure) -> Line:
    if figure.share is not None:
        low, high = (percent(each) for each in (figure.share.low, figure.share.high))
        return Line(
            figure.name,
            f"{percent(figure.share.value)} % [{low}–{high}]",
            f"{figure.n:,} of {figure.total:,}",
            figure.sentence,
        )
    held = f"{figure.n:,} of {figure.total:,}" if figure.total else ""
    return Line(figure.name, "" if figure.n is None else f"{figure.n:,}", held, figure.sentence)
