"""THE PUBLICATION RULE, version 1: what may be shown to everybody, when, and how coarse.

1. Coarsen. Nothing finer than an area is published; a cell counts for the area that holds its centre.
2. Delay. Nothing about a window is published before its end plus the policy's delay.
3. Suppress. A count of 1 to k - 1 incidents is hidden, and so many other numbers with it that no hidden small
   count can be worked out from the totals shown beside it. A zero is shown.

Forecasts and baselines are rounded to a tenth: consecutive baselines to full precision would differ by
exactly the counts that were hidden in between.

What the rule does not do: it is no differential privacy. Someone who knows all but one of the incidents in an
area can still learn of the last one where a count is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from public_portal.core.suppression import UNLIMITED, Arc, Kind, hide, protect

RULE = "v1"


@dataclass(frozen=True)
class CountTable:
    """Incidents by row (area) and column (category, or week): whole numbers, none negative.

    `counts`: one tuple per row, in the order of `rows`, with one number per column.
    Raises ValueError where the shape is wrong, a name repeats or a count is negative.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        if len(self.counts) != len(self.rows) or any(len(row) != len(self.columns) for row in self.counts):
            raise ValueError(f"expected {len(self.rows)} rows of {len(self.columns)} counts")
        if len(set(self.rows)) < len(self.rows) or len(set(self.columns)) < len(self.columns):
            raise ValueError("a row or a column is named twice")
        if any(count < 0 for row in self.counts for count in row):
            raise ValueError("a count cannot be negative")


@dataclass(frozen=True)
class PublishedCounts:
    """The table as everybody may see it: None is a hidden number.

    `row_totals` is None throughout in a table of one column, and `column_totals` in a table of one row,
    because there they would repeat the cells.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[int | None, ...], ...]
    row_totals: tuple[int | None, ...]
    column_totals: tuple[int | None, ...]
    total: int | None

    @property
    def hidden(self) -> int:
        """How many cells are hidden."""
        return sum(cell is None for row in self.cells for cell in row)


def to_a_tenth(value: float) -> float:
    """Round an area's forecast or baseline (incidents) as it may be shown."""
    return round(value, 1)


def public_from(window_end: datetime, delay: timedelta) -> datetime:
    """First moment at which anything about a window may be public: its end plus the policy's delay.

    Raises ValueError for a negative delay or a time without a zone.
    """
    if delay < timedelta(0):
        raise ValueError("a negative delay would publish a live window")
    if window_end.tzinfo is None:
        raise ValueError("the window's end needs a time zone")
    return window_end + delay


def is_public(window_end: datetime, delay: timedelta, now: datetime) -> bool:
    """Say whether a window's results may be shown at `now`."""
    return now >= public_from(window_end, delay)


def suppress(table: CountTable, below: int) -> PublishedCounts:
    """Hide every count of 1 to `below` - 1, and what would give one away.

    `below`: the policy's k; 0 or 1 hides nothing, 2 is treated as 3 (a hidden count could only be 1). Totals
    in that range are hidden too. Which cells are hidden depends only on the table, so the same table is
    always published alike.
    """
    arcs = _as_flow(table)
    below = 3 if below == 2 else below
    if below > 1:
        arcs = protect([hide(arc, below) if 0 < arc.value < below else arc for arc in arcs], below)
    return _as_published(table, [None if arc.hidden else arc.value for arc in arcs])


def _as_flow(table: CountTable) -> list[Arc]:
    """The table as a closed flow: cells row by row, then row totals, column totals and the total."""
    total = _shown(Kind.TOTAL, "end", "start", sum(map(sum, table.counts)))
    if not _has_margins(table):
        return [*(_shown(Kind.CELL, "start", "end", value) for row in table.counts for value in row), total]
    cells = [
        _shown(Kind.CELL, f"row {i}", f"column {j}", value)
        for i, row in enumerate(table.counts)
        for j, value in enumerate(row)
    ]
    rows = [_shown(Kind.TOTAL, "start", f"row {i}", sum(row)) for i, row in enumerate(table.counts)]
    columns = [
        _shown(Kind.TOTAL, f"column {j}", "end", sum(column))
        for j, column in enumerate(zip(*table.counts, strict=True))
    ]
    return [*cells, *rows, *columns, total]


def _as_published(table: CountTable, shown: Sequence[int | None]) -> PublishedCounts:
    n, width = len(table.rows), len(table.columns)
    cells = tuple(tuple(shown[i * width : (i + 1) * width]) for i in range(n))
    margins = shown[n * width : -1]
    return PublishedCounts(
        rows=table.rows,
        columns=table.columns,
        cells=cells,
        row_totals=tuple(margins[:n]) or (None,) * n,
        column_totals=tuple(margins[n:]) or (None,) * width,
        total=shown[-1],
    )


def _has_margins(table: CountTable) -> bool:
    """Do row and column totals say more than the cells do? In a single row or column they do not."""
    return len(table.rows) > 1 and len(table.columns) > 1


def _shown(kind: Kind, start: str, end: str, value: int) -> Arc:
    return Arc(start, end, value, kind, low=0, high=UNLIMITED, hidden=False)
