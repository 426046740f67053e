"""The table of areas that a release publishes: forecast, baseline and outcome side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from public_portal.core.privacy import CountTable, suppress, to_a_tenth


@dataclass(frozen=True)
class AreaFigures:
    """One area's figures before treatment. Never stored, never shown.

    `expected`, `baseline`: incidents in the window as the forecast and as past counts alone would have it.
    `low`, `high`: the forecast's interval of the count. `observed`: incidents recorded.
    """

    area: str
    name: str
    expected: float
    low: int
    high: int
    baseline: float
    observed: int


def area_table(figures: Sequence[AreaFigures], suppress_below: int) -> dict[str, Any]:
    """Apply the publication rule: forecasts to a tenth, small counts hidden so that no total gives them away.

    Returns plain data: `rows` (one per area, by name; `observed` None = hidden), `observed` (the total, None =
    hidden), `hidden` (how many areas). Raises ValueError where two figures name one area.
    """
    counts = CountTable(
        rows=tuple(each.area for each in figures),
        columns=("observed",),
        counts=tuple((each.observed,) for each in figures),
    )
    shown = suppress(counts, suppress_below)
    rows = [
        {
            "area": each.area,
            "name": each.name,
            "expected": to_a_tenth(each.expected),
            "low": each.low,
            "high": each.high,
            "baseline": to_a_tenth(each.baseline),
            "observed": cell[0],
        }
        for each, cell in zip(figures, shown.cells, strict=True)
    ]
    rows.sort(key=lambda row: (str(row["name"]), str(row["area"])))
    return {"rows": rows, "observed": shown.total, "hidden": shown.hidden}


def shares_of(covered: int, elsewhere: int, suppress_below: int) -> dict[str, int | None]:
    """Publish incidents inside and outside the plans' places: either may be hidden, and then the other is too."""
    counts = CountTable(("covered", "elsewhere"), ("incidents",), ((covered,), (elsewhere,)))
    shown = suppress(counts, suppress_below)
    return {"covered": shown.cells[0][0], "observed": shown.total}
