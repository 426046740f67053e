"""The cylinders of a space-time scan: their counts, their likelihood ratios, and the best of every shuffle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.zones import Zones

SMALLEST_CLUSTER = 2
"""One incident alone is never a cluster."""

FIRST_LOOKS = 9
"""Shuffles evaluated in full before the quick way starts; they set the bars it may skip below."""

Counts = NDArray[np.signedinteger[Any]]


@dataclass(frozen=True)
class Cylinders:
    """What stays the same in every shuffle: zones, days that can end a cluster, incidents of every run of days."""

    zones: Zones
    first: int  # the earliest day in any run
    lengths: int
    ends: IntArray  # exclusive last days
    run_totals: IntArray  # (ends, lengths): incidents of the run of length l + 1 before ends[e]
    total: int

    @property
    def kind(self) -> type[np.int16] | type[np.int32]:
        """The smallest whole numbers that hold every count: half the memory is twice the speed."""
        return np.int16 if self.total < np.iinfo(np.int16).max else np.int32

    def expected(self, end: int) -> FloatArray:
        """Expected incidents of the cylinders that end before ``ends[end]``, shape ``(ranks, centres, lengths)``."""
        return np.asarray(
            self.zones.totals[:, :, None] * (self.run_totals[end] / self.total), dtype=np.float64
        )


def cylinders_over(
    zones: Zones, day: IntArray, days: int, max_days: int, *, last_day_only: bool
) -> Cylinders:
    """Prepare the runs of up to ``max_days`` days of ``days`` days; ``day`` (shape ``(n,)``) is that of each incident.

    With ``last_day_only``, only runs that end on the last day.
    """
    ends = np.array([days]) if last_day_only else np.arange(1, days + 1)
    sums = np.concatenate([[0], np.cumsum(np.bincount(day, minlength=days))])
    starts = np.maximum(ends[:, None] - np.arange(1, max_days + 1), 0)
    first = max(int(ends[0]) - max_days, 0)
    return Cylinders(zones, first, max_days, ends, sums[ends][:, None] - sums[starts], len(day))


def counts_by_day(where: IntArray, day: IntArray, table: Cylinders) -> Counts:
    """Incidents by place and day from ``table.first`` on, one empty place at the end."""
    late = day >= table.first
    places, days = table.zones.members.shape[1] + 1, int(table.ends[-1]) - table.first
    flat = np.bincount(where[late] * days + day[late] - table.first, minlength=places * days)
    return flat.reshape(places, days).astype(table.kind)


def runs_of_days(counts: Counts, table: Cylinders, end: int) -> Counts:
    """Incidents of each place in the runs of days that end before ``ends[end]``, shape ``(places + 1, lengths)``."""
    last = int(table.ends[end]) - table.first
    first = max(last - table.lengths, 0)
    runs = np.empty((len(counts), table.lengths), dtype=counts.dtype)
    np.cumsum(counts[:, first:last][:, ::-1], axis=1, out=runs[:, : last - first])
    runs[:, last - first :] = runs[:, last - first - 1][:, None]
    return runs


def log_likelihood_ratio(observed: FloatArray, expected: FloatArray, total: float) -> FloatArray:
    """``c ln(c / mu) + (C - c) ln((C - c) / (C - mu))`` where ``c > mu``, else 0; shapes broadcast.

    ``C`` is ``total``. Kulldorff et al. 2005, the logarithm of their generalised likelihood ratio.
    """
    rest, rest_expected = total - observed, total - expected
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = xlogy(observed, observed / expected) + xlogy(rest, rest / rest_expected)
    return np.where(observed > expected, ratio, 0.0)


def ratios_of(counts: Counts, table: Cylinders, end: int) -> FloatArray:
    """The ratios of the cylinders that end before ``ends[end]``, shape ``(ranks, centres, lengths)``; 0 = not tried."""
    observed = table.zones.sums(runs_of_days(counts, table, end))
    ratio = log_likelihood_ratio(observed.astype(np.float64), table.expected(end), table.total)
    ratio[(observed < SMALLEST_CLUSTER) | ~table.zones.valid[:, :, None]] = 0.0
    return ratio


def null_ratios(
    where: IntArray,
    day: IntArray,
    table: Cylinders,
    simulations: int,
    rng: np.random.Generator,
    *,
    bar: float = np.inf,
    times: int = 0,
) -> FloatArray:
    """The best ratio of every shuffle, shape ``(simulations,)``, or fewer where ``times`` of them reached ``bar``.

    Stopping then spares most shuffles where nothing is found, and the p-value stays valid (Besag & Clifford 1991);
    ``times`` 0 never stops.

    A few shuffles are evaluated in full. From then on a cylinder is evaluated only where its count reaches the number
    that a bar would need: first the middle one of those, then one below their lowest, at last none. The best
    cylinder is above the bar wherever any is, so the result is the same as if all were evaluated.
    """
    made = [
        best_ratio(counts_by_day(where, rng.permutation(day), table), table)
        for _ in range(min(FIRST_LOOKS, simulations))
    ]
    levels = (float(np.median(made)), 0.75 * min(made))
    needed = [[_needed(table, end, level) for end in range(len(table.ends))] for level in levels]
    while len(made) < simulations and not (times and sum(each >= bar for each in made) >= times):
        made.append(_quick_best(counts_by_day(where, rng.permutation(day), table), table, needed))
    return np.array(made)


def best_ratio(counts: Counts, table: Cylinders) -> float:
    """The highest ratio of all cylinders."""
    return max(float(ratios_of(counts, table, end).max()) for end in range(len(table.ends)))


def _needed(table: Cylinders, end: int, bar: float) -> Counts:
    """The smallest count with a ratio of at least ``bar`` in each cylinder; more than there are where none has.

    Found by halving: the ratio grows with the count above what is expected.
    """
    run = table.run_totals[end]
    low = np.maximum(np.arange(table.total + 1)[:, None] * (run / table.total), SMALLEST_CLUSTER - 1).astype(
        np.int64
    )
    expected = np.arange(table.total + 1)[:, None] * (run / table.total)
    high = np.broadcast_to(run + 1, low.shape).copy()
    while (high - low > 1).any():
        middle = (low + high) // 2
        ratio = log_likelihood_ratio(middle.astype(np.float64), expected, table.total)
        enough = (ratio >= bar) & (middle >= SMALLEST_CLUSTER)
        high, low = np.where(enough, middle, high), np.where(enough, low, middle)
    never = np.iinfo(table.kind).max
    needed = np.asarray(high.astype(table.kind)[table.zones.totals])
    needed[~table.zones.valid] = never
    return needed


def _quick_best(counts: Counts, table: Cylinders, needed: Sequence[Sequence[Counts]]) -> float:
    for level in needed:
        best = max(
            _best_above(runs_of_days(counts, table, end), table, end, bar) for end, bar in enumerate(level)
        )
        if best > 0:
            return best
    return best_ratio(counts, table)


def _best_above(runs: Counts, table: Cylinders, end: int, needed: Counts) -> float:
    """The best ratio among the cylinders that reach their needed count, 0.0 where none does.

    Circles grow rank by rank, so that what is added up and compared stays in the processor's cache.
    """
    held, joining = np.zeros_like(runs[:-1]), np.empty_like(runs[:-1])
    best = 0.0
    for rank, members in enumerate(table.zones.members):
        np.take(runs, members, axis=0, out=joining, mode="clip")
        held += joining
        reached = held >= needed[rank]
        if reached.any():
            best = max(best, _best_of(np.flatnonzero(reached), held, rank, table, end))
    return best


def _best_of(at: IntArray, held: Counts, rank: int, table: Cylinders, end: int) -> float:
    """The best ratio among the cylinders at positions ``at`` of one rank."""
    centre, length = np.divmod(at, table.lengths)
    expected = table.zones.totals[rank, centre] * (table.run_totals[end, length] / table.total)
    return float(log_likelihood_ratio(held.ravel()[at].astype(np.float64), expected, table.total).max())
