"""One map through every metric that its figures allow: value, interval, evidence and reasons for what is missing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audits.core.audited import NAMES
from audits.core.comparison import Plain, rounded
from audits.core.draws import drawn_cities, whole_city
from audits.core.evidence import Floors, denominators, what_is_missing
from audits.core.margins import bounds, smallest_effect
from audits.core.metrics import METRICS, Metric
from audits.core.resampling import DRAWS, Interval, percentile_interval

if TYPE_CHECKING:
    from audits.core.audited import Audited
    from audits.core.draws import Draws

Floats = NDArray[np.float64]

INSUFFICIENT = "insufficient"
MEASURED = "measured"


@dataclass(frozen=True)
class Figure:
    """One metric of one group.

    `value` with its `interval`; `residents`: people of the group. `verdict`: "measured", or "insufficient" with
    the reason, which is never a pass. `conservative`: the smallest effect within the census margins, NaN where no
    margins were given or nothing is neutral.
    """

    row: int
    metric: str
    group: str
    residents: float
    value: float
    interval: Interval
    verdict: str
    reason: str
    conservative: float = math.nan


@dataclass(frozen=True)
class AuditTable:
    """All figures of one map, and for each metric that could not be computed the reason, by its name."""

    figures: tuple[Figure, ...]
    not_available: dict[str, str]


def audit_table(
    audited: Audited,
    *,
    seed: int,
    draws: int = DRAWS,
    floors: Floors | None = None,
    margins: Floats | None = None,
    clusters: NDArray[np.int64] | None = None,
    metrics: Sequence[Metric] = METRICS,
) -> AuditTable:
    """Compute every metric whose figures are known, with its area-cluster bootstrap interval at 95 %.

    `margins`: (n, k), census margins at 90 %, drawn with the areas where given. `clusters`: (n,), areas to draw
    together. All metrics use the same draws, so two maps audited with one seed can be compared draw by draw.
    Raises ValueError where a shape is wrong, there is no area, or fewer than 100 draws are asked for.
    """
    generator = np.random.default_rng(seed)
    drawn = drawn_cities(audited.table, generator, draws=draws, margins=margins, clusters=clusters)
    engine = _Engine(audited, drawn, floors or Floors(), margins)
    figures: list[Figure] = []
    not_available: dict[str, str] = {}
    for metric in metrics:
        unknown = [NAMES[name] for name in metric.needs if audited.figure(name) is None]
        if unknown:
            not_available[metric.name] = f"not available, because {' and '.join(unknown)} are not known here"
        else:
            figures += engine.figures(metric)
    return AuditTable(tuple(figures), not_available)


def side_by_side(
    maps: Mapping[str, Audited], *, seed: int, draws: int = DRAWS, floors: Floors | None = None
) -> dict[str, AuditTable]:
    """Put several maps of one city (the recipe, last year's counts, what was delivered) through the same table.

    All are measured on the same draws, so what differs between them is the maps. Raises ValueError where two maps
    are not of the same residents.
    """
    tables = [audited.table for audited in maps.values()]
    for table in tables[1:]:
        same = np.array_equal(table.counts, tables[0].counts) and np.array_equal(
            table.residents, tables[0].residents
        )
        if not same or (table.areas, table.groups) != (tables[0].areas, tables[0].groups):
            raise ValueError("maps can only be compared over the same residents")
    return {
        name: audit_table(audited, seed=seed, draws=draws, floors=floors) for name, audited in maps.items()
    }


def plain_figures(table: AuditTable) -> list[dict[str, Plain]]:
    """Rows for a report or for JSON: numbers to 6 significant digits, None where nothing can be said."""
    return [
        {
            "row": each.row,
            "metric": each.metric,
            "group": each.group,
            "residents": round(each.residents),
            "value": rounded(each.value),
            "low": rounded(each.interval.low),
            "high": rounded(each.interval.high),
            "defined": rounded(each.interval.defined),
            "conservative": rounded(each.conservative),
            "verdict": each.verdict,
            "reason": each.reason,
        }
        for each in table.figures
    ]


class _Engine:
    """What all metrics of one audit share."""

    def __init__(self, audited: Audited, drawn: Draws, floors: Floors, margins: Floats | None) -> None:
        self.audited, self.drawn, self.floors = audited, drawn, floors
        self.whole = whole_city(audited.table)
        self.found = denominators(audited)
        self.ends = () if margins is None else bounds(audited.table, margins)

    def figures(self, metric: Metric) -> list[Figure]:
        """Compute one metric for every group."""
        inputs = [self.audited.figure(name) for name in metric.needs]
        values: Floats = metric.function(self.whole, *inputs)[0]
        drawn: Floats = np.vstack([metric.function(part, *inputs) for part in self.drawn.parts()])
        conservative = self._conservative(metric, values, inputs)
        return [
            self._figure(metric, group, values, percentile_interval(drawn[:, group]), conservative[group])
            for group in range(values.size)
        ]

    def _figure(
        self, metric: Metric, number: int, values: Floats, interval: Interval, conservative: float
    ) -> Figure:
        table = self.audited.table
        name, value = table.groups[number], float(values[number])
        found = {each: float(self.found[each][number]) for each in metric.rests_on}
        reason = what_is_missing(name, metric.rests_on, found, value, interval, self.floors)
        return Figure(
            metric.row,
            metric.name,
            name,
            float(table.totals[number]),
            value,
            interval,
            INSUFFICIENT if reason else MEASURED,
            reason,
            float(conservative),
        )

    def _conservative(self, metric: Metric, values: Floats, inputs: Sequence[Floats | None]) -> Floats:
        if not self.ends or metric.neutral is None:
            return np.full(values.size, np.nan)
        at_ends = [
            metric.function(type(self.whole)(self.whole.taken, counts, self.whole.residents), *inputs)[0]
            for counts in self.ends
        ]
        return smallest_effect(np.vstack([values, *at_ends]), metric.neutral)
