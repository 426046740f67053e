"""Uncertainty by drawing whole areas again: the area-cluster bootstrap.

Neighbours share their flags, so residents of one area are not independent evidence. Each draw therefore takes
n areas with replacement, with all groups of an area together. (Fairlearn's own bootstrap draws rows, which
breaks areas apart and gives intervals of the wrong width.)

Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapters 6 and 13; Cameron, Gelbach
and Miller, "Bootstrap-Based Improvements for Inference with Clustered Errors", Review of Economics and
Statistics 90 (2008).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audits.core.groups import GroupTable
from audits.core.rates import ratio_or_nan

Floats = NDArray[np.float64]

DRAWS = 2000
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """Percentile interval of one number: a group's disparity ratio, or any other metric.

    `low`, `high`: ends, NaN where no draw could be judged. `level`: coverage aimed at, 0.95. `defined`: share
    of draws in which the number existed, 0 to 1; a ratio has none where the group or every flagged area was
    left out of the draw.
    """

    low: float
    high: float
    level: float
    defined: float


def ratio_intervals(
    table: GroupTable,
    exposure: Floats,
    *,
    generator: np.random.Generator,
    draws: int = DRAWS,
    level: float = LEVEL,
) -> tuple[Interval, ...]:
    """Interval of each group's disparity ratio, in the table's order.

    `exposure`: shape (n,), share of each area that is flagged. The ends are percentiles (1 - level) / 2 and
    (1 + level) / 2 of the draws whose ratio exists. Same generator state, same interval.
    Raises ValueError without areas, or with fewer than 100 draws.
    """
    if not table.areas or draws < 100:
        raise ValueError(f"cannot resample {len(table.areas)} areas in {draws} draws")
    ratios = _drawn_ratios(table, exposure, area_counts(len(table.areas), draws, generator))
    return tuple(percentile_interval(ratios[:, column], level) for column in range(len(table.groups)))


def area_counts(areas: int, draws: int, generator: np.random.Generator) -> Floats:
    """How often each area was taken in each draw: shape (draws, areas), each row adding up to `areas`."""
    return generator.multinomial(areas, np.full(areas, 1 / areas), size=draws).astype(np.float64)


def _drawn_ratios(table: GroupTable, exposure: Floats, taken: Floats) -> Floats:
    """Disparity ratio of each group in each draw, shape (draws, k): the direct formula as matrix products."""
    flagged = exposure[:, None]
    group_rate = ratio_or_nan(taken @ (table.counts * flagged), taken @ table.counts)
    reference = ratio_or_nan(taken @ (table.residents * exposure), taken @ table.residents)
    return ratio_or_nan(group_rate, reference[:, None])


def percentile_interval(ratios: Floats, level: float = LEVEL) -> Interval:
    """Return the percentiles (1 - level) / 2 and (1 + level) / 2 of the draws, shape (draws,), that exist.

    Draws that are NaN or infinite are left out and counted in `defined`.
    """
    known = ratios[np.isfinite(ratios)]
    defined = known.size / ratios.size
    if not known.size:
        return Interval(np.nan, np.nan, level, defined)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level, defined)
