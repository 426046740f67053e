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

    A count with mean ``m`` is Poisson with mean ``m x g x h``; ``g`` is a gamma factor of the cell with
    mean 1 and variance ``cell``, ``h`` one of the whole city in the window with variance ``city``.
    Both are 0 where Poisson chance explains the past.
    """

    cell: float
    city: float

    @property
    def single(self) -> float:
        """Dispersion of one cell's count: its variance is ``m + single x m**2``."""
        return self.cell + self.city + self.cell * self.city


def estimate_dispersion(expected: Sequence[FloatArray], observed: Sequence[FloatArray]) -> Dispersion:
    """Estimate dispersion by moments from past windows (one pair of arrays of shape ``(n,)`` each).

    ``city`` compares the totals, whose variance is ``M + cell x sum(m**2) + city x M**2``; ``cell``
    compares cells after each window's forecast was scaled to its total. Negative estimates become 0.
    """
    scaled = [mean * (count.sum() / mean.sum()) for mean, count in zip(expected, observed, strict=True)]
    excess = sum(float(((c - m) ** 2 - m).sum()) for m, c in zip(scaled, observed, strict=True))
    squares = sum(float((m**2).sum()) for m in scaled)
    cell = max(0.0, excess / squares) if squares > 0 else 0.0
    return Dispersion(cell, _city_dispersion(expected, observed, cell))


def _city_dispersion(expected: Sequence[FloatArray], observed: Sequence[FloatArray], cell: float) -> float:
    excess = [
        (count.sum() - mean.sum()) ** 2 - mean.sum() - cell * (mean**2).sum()
        for mean, count in zip(expected, observed, strict=True)
    ]
    squares = sum(float(mean.sum()) ** 2 for mean in expected)
    return max(0.0, float(np.sum(excess)) / squares) if squares > 0 else 0.0


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


def set_interval(mean: FloatArray, dispersion: Dispersion, level: float) -> tuple[int, int]:
    """Return the predictive interval of the sum over a set of cells (``mean`` has shape ``(k,)``).

    Cell factors average out over the set, the city's factor does not: the sum's variance is
    ``M + cell x sum(m**2) + city x M**2``, matched by a negative binomial. An empty set gives (0, 0).
    """
    total = float(mean.sum())
    if total <= 0:
        return 0, 0
    spread = dispersion.cell * float((mean**2).sum()) / total**2 * (1 + dispersion.city) + dispersion.city
    low, high = count_interval(np.array([total]), spread, level)
    return int(low[0]), int(high[0])


def group_intervals(
    mean: FloatArray, groups: NDArray[np.str_], dispersion: Dispersion, level: float
) -> dict[str, tuple[int, int]]:
    """Return ``set_interval`` for every group (such as a district) of cells, by name, in sorted order."""
    return {str(group): set_interval(mean[groups == group], dispersion, level) for group in np.unique(groups)}
