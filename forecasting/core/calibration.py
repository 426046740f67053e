"""Is the uncertainty right: where the counts that came fell in the distributions that were sealed before.

The probability integral transform of a count is randomised, ``u = F(c - 1) + V (F(c) - F(c - 1))`` with ``V`` uniform
on [0, 1] (Smith 1985; Czado, Gneiting & Held 2009, Biometrics 65:1254): if ``F`` is right, ``u`` is uniform, however
small the counts. An interval of whole counts covers more than its level even when ``F`` is right; ``u`` does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from forecasting.core.incidents import BoolArray, FloatArray, IntArray
from forecasting.core.intervals import NEARLY_POISSON, Dispersion, count_interval, set_spread, summed
from forecasting.core.pooling import block_samples, ratio_of_sums
from forecasting.core.scoring import Estimate

BINS = 10
"""Bars of a PIT histogram."""

LEAST_MEAN = 1e-12
"""A district that expects less than this expects nothing; its distribution is taken at this mean."""


@dataclass(frozen=True)
class Predicted:
    """Distributions of counts, shape ``(k,)``: negative binomial of this mean, variance ``mean + spread mean**2``."""

    mean: FloatArray
    spread: FloatArray

    def cumulative(self, count: FloatArray) -> FloatArray:
        """Return the probability of at most ``count``, shape ``(k,)``; 0 below 0."""
        spread = np.maximum(self.spread, NEARLY_POISSON)
        poisson = stats.poisson.cdf(count, self.mean)
        wider = stats.nbinom.cdf(count, 1 / spread, 1 / (1 + spread * self.mean))
        return np.where(count < 0, 0.0, np.where(self.spread < NEARLY_POISSON, poisson, wider))


def predicted_districts(
    mean: FloatArray, districts: NDArray[np.str_], dispersion: Dispersion
) -> tuple[NDArray[np.str_], Predicted]:
    """Return the districts' names in sorted order and the distributions of their counts; arrays of shape ``(n,)``."""
    names, numbers = np.unique(districts, return_inverse=True)
    cells = np.maximum(mean, LEAST_MEAN)
    spread = [
        set_spread(cells[numbers == each], districts[numbers == each], dispersion)
        for each in range(len(names))
    ]
    return names, Predicted(summed(cells, numbers), np.array(spread))


def predicted_cells(mean: FloatArray, dispersion: Dispersion) -> Predicted:
    """Return the distributions of the cells' own counts; ``mean`` has shape ``(n,)``."""
    return Predicted(np.maximum(mean, LEAST_MEAN), np.full(len(mean), dispersion.single))


def pit_range(predicted: Predicted, observed: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return ``F(c - 1)`` and ``F(c)`` of the observed counts, shape ``(k,)`` each."""
    return predicted.cumulative(observed - 1), predicted.cumulative(observed)


def randomised_pit(predicted: Predicted, observed: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return ``u`` of every count, shape ``(k,)``, in [0, 1]: uniform if the distributions are right."""
    return _drawn(*pit_range(predicted, observed), rng)


def _drawn(below: FloatArray, upto: FloatArray, rng: np.random.Generator) -> FloatArray:
    return below + rng.random(len(below)) * (upto - below)


def chance_inside(below: FloatArray, upto: FloatArray, level: float) -> FloatArray:
    """Return the probability, over ``V`` alone, that ``u`` lies in the central range of ``level``; shape ``(k,)``.

    Its mean is the coverage that randomising gives on average: the same figure without the luck of the draw.
    """
    tail = (1 - level) / 2
    width = np.maximum(upto - below, 1e-300)
    inside = np.clip(np.minimum(upto, 1 - tail) - np.maximum(below, tail), 0.0, None)
    return np.asarray(np.clip(inside / width, 0.0, 1.0))


@dataclass(frozen=True)
class Placement:
    """One window's districts, shape ``(k,)`` each.

    ``pit``: ``u``; ``covered``: whether it is in the central range, and ``chance``: how likely over ``V``;
    ``width``: of the interval of whole counts, beside the ``mean``.
    """

    names: NDArray[np.str_]
    pit: FloatArray
    covered: BoolArray
    chance: FloatArray
    width: FloatArray
    mean: FloatArray


def place_districts(
    mean: FloatArray,
    observed: FloatArray,
    districts: NDArray[np.str_],
    dispersion: Dispersion,
    level: float,
    rng: np.random.Generator,
) -> Placement:
    """Say where each district's count fell in its sealed distribution; arrays of shape ``(n,)``, one entry per cell.

    ``covered``: ``(1 - level) / 2 <= u <= (1 + level) / 2``. ``width`` is that of the interval of whole counts.
    """
    names, predicted = predicted_districts(mean, districts, dispersion)
    numbers = np.unique(districts, return_inverse=True)[1]
    below, upto = pit_range(predicted, summed(observed, numbers))
    pit = _drawn(below, upto, rng)
    tail = (1 - level) / 2
    low, high = count_interval(predicted.mean, predicted.spread, level)
    return Placement(
        names=names,
        pit=pit,
        covered=(pit >= tail) & (pit <= 1 - tail),
        chance=chance_inside(below, upto, level),
        width=(high - low).astype(np.float64),
        mean=predicted.mean,
    )


def pit_counts(pit: FloatArray) -> IntArray:
    """Return how many ``u`` lie in each of ``BINS`` equal parts of [0, 1], shape ``(BINS,)``."""
    return np.histogram(pit, BINS, (0.0, 1.0))[0].astype(np.int64)


@dataclass(frozen=True)
class Calibration:
    """Districts over many windows: ``n`` of ``total`` covered, with an interval from resampled blocks of windows.

    ``chance`` is the coverage averaged over ``V``. ``sharpness`` is the sum of interval widths over the sum of
    means: of two that cover alike, the smaller is better. ``counts`` (shape ``(BINS,)``) is the PIT histogram: flat
    if right, a U if too narrow, a hump if too wide, a slope if too high or low.
    """

    n: int
    total: int
    windows: int
    coverage: Estimate
    chance: Estimate
    sharpness: Estimate
    counts: IntArray


def pool_placements(placements: Sequence[Placement], rng: np.random.Generator) -> Calibration:
    """Pool the windows of one category, in order of time; at least one."""
    samples = block_samples(len(placements), rng)
    totals = np.array([len(each.pit) for each in placements], dtype=np.float64)

    def rate(values: Sequence[float], bottom: FloatArray = totals) -> Estimate:
        return ratio_of_sums(np.array(values, dtype=np.float64), bottom, samples)

    covered = [float(each.covered.sum()) for each in placements]
    means = np.array([each.mean.sum() for each in placements])
    return Calibration(
        n=int(sum(covered)),
        total=int(totals.sum()),
        windows=len(placements),
        coverage=rate(covered),
        chance=rate([float(each.chance.sum()) for each in placements]),
        sharpness=rate([float(each.width.sum()) for each in placements], means),
        counts=pit_counts(np.concatenate([each.pit for each in placements])),
    )


def coverage_by_district(placements: Sequence[Placement]) -> dict[str, tuple[int, int]]:
    """Return in how many of its windows each district was covered: shown, not judged."""
    found: dict[str, tuple[int, int]] = {}
    for each in placements:
        for name, covered in zip(each.names.tolist(), each.covered.tolist(), strict=True):
            n, total = found.get(name, (0, 0))
            found[name] = n + covered, total + 1
    return found
