"""Predictive intervals of counts: gamma-Poisson, with dispersion learned from past windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from forecasting.core.incidents import FloatArray, IntArray

NEARLY_POISSON = 1e-6
"""Below this dispersion the Poisson distribution is used; the difference is out of sight."""


@dataclass(frozen=True)
class Dispersion:
    """How far past counts strayed from what was expected, beyond chance.

    A count with mean ``m`` is Poisson with mean ``m x g x d x h``: ``g`` is a gamma factor of the cell, ``d`` of
    its district and ``h`` of the whole city in the window, each with mean 1 and the variance given here.
    All are 0 where Poisson chance explains the past.
    """

    cell: float
    city: float
    district: float = 0.0

    @property
    def single(self) -> float:
        """Dispersion of one cell's count: its variance is ``m + single x m**2``."""
        return (1 + self.cell) * (1 + self.district) * (1 + self.city) - 1


def estimate_dispersion(
    expected: Sequence[FloatArray], observed: Sequence[FloatArray], districts: NDArray[np.str_]
) -> Dispersion:
    """Estimate dispersion by moments from past windows (one pair of arrays of shape ``(n,)`` each).

    Every window's forecast is first scaled to its total. ``district`` compares products of different cells'
    errors within one district (shape ``(n,)``) with products of their means, ``cell`` squared errors with
    squared means, ``city`` the totals themselves. Negative estimates become 0.
    """
    pairs = list(zip(expected, observed, strict=True))
    scaled = [(mean * (count.sum() / mean.sum()), count) for mean, count in pairs]
    numbers = np.unique(districts, return_inverse=True)[1]
    district = _ratio([_between_cells(mean, count - mean, numbers) for mean, count in scaled])
    own = _ratio([(((count - mean) ** 2 - mean).sum(), (mean**2).sum()) for mean, count in scaled])
    cell = max(0.0, (1 + own) / (1 + district) - 1)
    found = Dispersion(cell, 0.0, district)
    city = _ratio([_between_windows(mean, count, numbers, found) for mean, count in pairs])
    return Dispersion(cell, city, district)


def _between_cells(mean: FloatArray, error: FloatArray, numbers: IntArray) -> tuple[float, float]:
    means, errors = np.bincount(numbers, mean), np.bincount(numbers, error)
    return (errors**2).sum() - (error**2).sum(), (means**2).sum() - (mean**2).sum()


def _between_windows(
    mean: FloatArray, count: FloatArray, numbers: IntArray, found: Dispersion
) -> tuple[float, float]:
    total = float(mean.sum())
    return float(count.sum() - total) ** 2 - total - _inside(mean, numbers, found), total**2


def _ratio(parts: Sequence[tuple[float, float]]) -> float:
    below = float(sum(bottom for _, bottom in parts))
    return max(0.0, float(sum(top for top, _ in parts)) / below) if below > 0 else 0.0


def _inside(mean: FloatArray, numbers: IntArray, found: Dispersion) -> float:
    """Variance of a sum over cells beyond chance, without the city's factor."""
    cells, districts = float((mean**2).sum()), float((np.bincount(numbers, mean) ** 2).sum())
    return found.cell * (1 + found.district) * cells + found.district * districts


def count_interval(
    mean: FloatArray, dispersion: float | FloatArray, level: float
) -> tuple[IntArray, IntArray]:
    """Return the central predictive interval of counts, shapes ``(n,)``.

    Counts are negative binomial with mean ``mean`` and variance ``mean + dispersion x mean**2``
    (Poisson where the dispersion vanishes). ``low`` is the largest count with at most
    ``(1 - level) / 2`` of the probability below it, ``high`` the smallest with at most that above it.
    Counts are whole, so the interval covers at least ``level``, and far more where the mean is small.
    """
    tail = (1 - level) / 2
    spread = np.broadcast_to(np.asarray(dispersion, dtype=np.float64), mean.shape)
    low, high = _quantile(tail, mean, spread), _quantile(1 - tail, mean, spread)
    return low.astype(np.int64), high.astype(np.int64)


def _quantile(probability: float, mean: FloatArray, spread: FloatArray) -> FloatArray:
    poisson = spread < NEARLY_POISSON
    answer = np.zeros(mean.shape)
    answer[poisson] = stats.poisson.ppf(probability, mean[poisson])
    size = 1 / spread[~poisson]
    answer[~poisson] = stats.nbinom.ppf(probability, size, size / (size + mean[~poisson]))
    return np.maximum(answer, 0.0)


def set_interval(
    mean: FloatArray, districts: NDArray[np.str_], dispersion: Dispersion, level: float
) -> tuple[int, int]:
    """Return the predictive interval of the sum over a set of cells (arrays of shape ``(k,)``).

    Cell factors average out over the set, district factors over its districts, the city's factor does not; a
    negative binomial matches the sum's variance. An empty set gives (0, 0).
    """
    total = float(mean.sum())
    if total <= 0:
        return 0, 0
    numbers = np.unique(districts, return_inverse=True)[1]
    inside = _inside(mean, numbers, dispersion) / total**2
    spread = inside * (1 + dispersion.city) + dispersion.city
    low, high = count_interval(np.array([total]), spread, level)
    return int(low[0]), int(high[0])


def group_intervals(
    mean: FloatArray, districts: NDArray[np.str_], dispersion: Dispersion, level: float
) -> dict[str, tuple[int, int]]:
    """Return ``set_interval`` for every district, by name, in sorted order; arrays of shape ``(n,)``."""
    return {
        str(name): set_interval(mean[districts == name], districts[districts == name], dispersion, level)
        for name in np.unique(districts)
    }


def intervals_held(
    mean: FloatArray,
    observed: FloatArray,
    districts: NDArray[np.str_],
    dispersion: Dispersion,
    level: float,
) -> tuple[int, int]:
    """Return in how many districts the observed sum lay inside ``set_interval``, and how many there are.

    Arrays of shape ``(n,)``, one entry per cell. At level 0.9 about 9 of 10 should hold, over many windows.
    """
    intervals = group_intervals(mean, districts, dispersion, level)
    held = [low <= observed[districts == name].sum() <= high for name, (low, high) in intervals.items()]
    return sum(map(bool, held)), len(held)
