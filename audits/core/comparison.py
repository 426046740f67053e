"""One whole audit as plain values: the places in question and a baseline of the same size, side by side.

Nothing here decides anything: the metric is in `disparity`, the interval in `resampling`, the verdict in
`verdict`. This puts them together, so that a proposal and "counting alone" always stand in the same table.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audits.core.disparity import Disparity, Spread, disparities, spread
from audits.core.groups import GroupTable
from audits.core.resampling import DRAWS, LEVEL, Interval, ratio_intervals
from audits.core.verdict import Judgement, Standard, Wording, judge

Floats = NDArray[np.float64]
Plain = str | int | float | None
_DIGITS = 6


@dataclass(frozen=True)
class Comparison:
    """How the groups fare under one set of places."""

    disparities: tuple[Disparity, ...]
    intervals: tuple[Interval, ...]
    judgement: Judgement
    spread: Spread


def compare_groups(
    table: GroupTable, exposure: Floats, standard: Standard, wording: Wording, *, seed: int
) -> Comparison:
    """Measure, resample and judge one set of places.

    `exposure`: shape (n,), share of each of the table's areas inside the places. The bootstrap's generator is
    made from `seed`, so the same input gives the same intervals. Areas without residents carry no evidence
    and are left out. Raises ValueError where shapes disagree.
    """
    if exposure.shape != table.residents.shape:
        raise ValueError(f"{exposure.size} exposures for {len(table.areas)} areas")
    lived_in = table.residents > 0
    table, exposure = _only(table, lived_in), exposure[lived_in]
    measured = disparities(table, exposure)
    intervals = _intervals(table, exposure, seed)
    judgement = judge(measured, intervals, standard, wording)
    return Comparison(measured, intervals, judgement, spread(table, exposure))


def table_of(comparison: Comparison) -> list[dict[str, Plain]]:
    """Rows for a report: one per group, numbers to 6 significant digits, None where nothing can be said."""
    return [
        {
            "group": measured.group,
            "residents": round(measured.residents),
            "areas": measured.areas,
            "rate": rounded(measured.rate),
            "reference_rate": rounded(measured.reference_rate),
            "ratio": rounded(measured.ratio),
            "low": rounded(interval.low),
            "high": rounded(interval.high),
            "difference": rounded(measured.difference),
            "defined": rounded(interval.defined),
            "verdict": judged.verdict.value,
            "sentence": judged.sentence,
        }
        for measured, interval, judged in zip(
            comparison.disparities, comparison.intervals, comparison.judgement.groups, strict=True
        )
    ]


def rounded(value: float) -> float | None:
    """Six significant digits; None for a number that does not exist."""
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None


def _only(table: GroupTable, kept: NDArray[np.bool_]) -> GroupTable:
    names = tuple(name for name, keep in zip(table.areas, kept, strict=True) if keep)
    return GroupTable(names, table.groups, table.counts[kept], table.residents[kept])


def _intervals(table: GroupTable, exposure: Floats, seed: int) -> tuple[Interval, ...]:
    if not table.areas:
        return tuple(Interval(math.nan, math.nan, LEVEL, 0.0) for _ in table.groups)
    return ratio_intervals(table, exposure, generator=np.random.default_rng(seed), draws=DRAWS)
