"""Predictive intervals of counts: gamma-Poisson, with dispersion learned from past windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from forecasting.core.incidents import FloatArray, IntArray

NEARLY_POISSON = 1e-6
"""Below this dispersion the Poisson distribution is used; the difference is out of sight."""

WINDOWS_HALVED = 3.0
"""A window this many windows older weighs half: the best log score of districts in Philadelphia 2018-2021, of none,
9, 6, 4, 3 and 2. Later years had no say."""

MOST = 50.0
"""No dispersion is taken for larger: an interval of it would say nothing."""


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


@dataclass(frozen=True)
class _Past:
    """One past window by district, shape ``(k,)``: what was expected and seen; ``squares``: of the cells' means."""

    weight: float
    mean: FloatArray
    seen: FloatArray
    squares: FloatArray
    cell_squares: float  # squared errors of the cells

    @property
    def scaled(self) -> tuple[FloatArray, FloatArray]:
        """Means and squares once the forecast is scaled to the window's total."""
        ratio = float(self.seen.sum() / self.mean.sum())
        return self.mean * ratio, self.squares * ratio**2


def estimate_dispersion(
    expected: Sequence[FloatArray],
    observed: Sequence[FloatArray],
    districts: NDArray[np.str_],
    half_life: float | None = WINDOWS_HALVED,
) -> Dispersion:
    """Estimate dispersion from past windows, the oldest first (one pair of arrays of shape ``(n,)`` each).

    ``cell`` compares squared errors of cells, beyond Poisson's, with products of different cells' errors in one
    district. ``district`` and ``city`` are what makes Pearson's mean square 1 (Breslow 1984, Applied Statistics
    33:38): of the districts' counts, the forecast scaled to the window's total, and of the totals themselves.
    So each district counts alike, large or small. A window ``half_life`` windows older weighs half (None: all
    weigh the same). Estimates below 0 become 0.
    """
    numbers = np.unique(districts, return_inverse=True)[1]
    weights = [1.0 if half_life is None else 0.5 ** (age / half_life) for age in range(len(expected))][::-1]
    past = [
        _past(weight, mean, count, numbers)
        for weight, mean, count in zip(weights, expected, observed, strict=True)
    ]
    cell = _cell_dispersion(past)
    district = _root(lambda value: _district_excess(past, cell, value))
    return Dispersion(
        cell, _root(lambda value: _city_excess(past, Dispersion(cell, value, district))), district
    )


def _past(weight: float, mean: FloatArray, count: FloatArray, numbers: IntArray) -> _Past:
    return _Past(
        weight,
        summed(mean, numbers),
        summed(count, numbers),
        summed(mean**2, numbers),
        cell_squares=float(((count - mean) ** 2).sum()),
    )


def summed(values: FloatArray, numbers: IntArray) -> FloatArray:
    """Return the sums of ``values`` over the members of each group, by the group's number."""
    return np.bincount(numbers, values).astype(np.float64)


def _cell_dispersion(past: Sequence[_Past]) -> float:
    own = _ratio(
        [
            (each.weight * (each.cell_squares - each.mean.sum()), each.weight * each.squares.sum())
            for each in past
        ]
    )
    shared = _ratio([_between_cells(each) for each in past])
    return max(0.0, (1 + own) / (1 + shared) - 1)


def _between_cells(past: _Past) -> tuple[float, float]:
    """Products of different cells' errors in one district, and of their means."""
    errors = float(((past.seen - past.mean) ** 2).sum()) - past.cell_squares
    return past.weight * errors, past.weight * float((past.mean**2 - past.squares).sum())


def _ratio(parts: Sequence[tuple[float, float]]) -> float:
    below = float(sum(bottom for _, bottom in parts))
    return max(0.0, float(sum(top for top, _ in parts)) / below) if below > 0 else 0.0


def _district_excess(past: Sequence[_Past], cell: float, district: float) -> float:
    """Pearson's square of the districts' counts within the window's total, less its degrees of freedom."""
    excess = 0.0
    for each in past:
        if each.seen.sum() > 0:
            mean, squares = each.scaled
            variance = mean + cell * (1 + district) * squares + district * mean**2
            excess += each.weight * float(((each.seen - mean) ** 2 / variance).sum() - (len(mean) - 1))
    return excess


def _city_excess(past: Sequence[_Past], found: Dispersion) -> float:
    """Pearson's square of the windows' totals, less the number of windows."""
    excess = 0.0
    for each in past:
        total = float(each.mean.sum())
        inside = (
            found.cell * (1 + found.district) * each.squares.sum() + found.district * (each.mean**2).sum()
        )
        variance = total + float(inside) * (1 + found.city) + found.city * total**2
        excess += each.weight * ((float(each.seen.sum()) - total) ** 2 / variance - 1)
    return excess


def _root(excess: Callable[[float], float]) -> float:
    """Return where a falling function crosses 0, within 0 and ``MOST``."""
    if excess(0.0) <= 0:
        return 0.0
    return MOST if excess(MOST) >= 0 else float(optimize.brentq(excess, 0.0, MOST))


def _inside(mean: FloatArray, numbers: IntArray, found: Dispersion) -> float:
    """Variance of a sum over cells beyond chance, without the city's factor."""
    cells, districts = float((mean**2).sum()), float((summed(mean, numbers) ** 2).sum())
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


def set_spread(mean: FloatArray, districts: NDArray[np.str_], dispersion: Dispersion) -> float:
    """Return the dispersion of the sum over a set of cells (arrays of shape ``(k,)``, some mean above 0).

    Cell factors average out over the set, district factors over its districts, the city's factor does not. The
    sum's variance is its mean plus this times the mean's square.
    """
    numbers = np.unique(districts, return_inverse=True)[1]
    inside = _inside(mean, numbers, dispersion) / float(mean.sum()) ** 2
    return inside * (1 + dispersion.city) + dispersion.city


def set_interval(
    mean: FloatArray, districts: NDArray[np.str_], dispersion: Dispersion, level: float
) -> tuple[int, int]:
    """Return the predictive interval of the sum over a set of cells (arrays of shape ``(k,)``).

    A negative binomial matches the sum's variance (``set_spread``). An empty set gives (0, 0).
    """
    total = float(mean.sum())
    if total <= 0:
        return 0, 0
    low, high = count_interval(np.array([total]), set_spread(mean, districts, dispersion), level)
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
