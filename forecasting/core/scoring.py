"""How good a forecast was: hit rate, PAI, PEI*, Poisson deviance, each with its n/N and interval.

Rules, stated once: cells are flagged from the highest expected density (count / area inside) down;
equal densities are put in an order drawn from the given generator; a cell that would carry the
flagged area beyond the budget, and every cell after it, is left out. Areas are areas inside the boundary.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from forecasting.core.incidents import BoolArray, FloatArray, IntArray

COVERAGES = (0.01, 0.05, 0.20)
"""Shares of the city's area at which hit rates are reported."""

Z_95 = 1.959963984540054
"""Normal quantile of a two-sided 95 % interval."""


def density_order(expected: FloatArray, area: FloatArray, rng: np.random.Generator) -> IntArray:
    """Return the cells from the highest density to the lowest, ties in an order drawn from ``rng``.

    ``expected`` and ``area`` have shape ``(n,)``.
    """
    lottery = rng.permutation(len(expected))
    return np.lexsort((lottery, -(expected / area)))


def flag_cells(order: IntArray, area: FloatArray, budget: float) -> BoolArray:
    """Return which cells are flagged, shape ``(n,)``: the first of ``order`` whose areas fit in ``budget``.

    ``budget`` is in the unit of ``area``; a billionth of it is forgiven to rounding.
    """
    fits = np.cumsum(area[order]) <= budget * (1 + 1e-9)
    flagged = np.zeros(len(area), dtype=np.bool_)
    flagged[order[fits]] = True
    return flagged


@dataclass(frozen=True)
class Hits:
    """What a flagged set of ``cells`` caught: ``n`` of ``total`` incidents in ``area`` of ``total_area``.

    ``best`` is the most that as many cells could have caught with hindsight.
    """

    n: int
    total: int
    area: float
    total_area: float
    best: int
    cells: int


def count_hits(flagged: BoolArray, observed: FloatArray, area: FloatArray) -> Hits:
    """Count what a flagged set caught; arrays have shape ``(n,)``, ``observed`` holds incidents per cell."""
    cells = int(flagged.sum())
    best = np.sort(observed)[::-1][:cells].sum()
    caught, everything = observed[flagged].sum(), observed.sum()
    return Hits(int(caught), int(everything), float(area[flagged].sum()), float(area.sum()), int(best), cells)


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; all NaN where it is not defined (no incidents, no area)."""

    value: float
    low: float
    high: float

    def times(self, factor: float) -> Estimate:
        """Return the estimate on another scale."""
        return Estimate(self.value * factor, self.low * factor, self.high * factor)


UNDEFINED = Estimate(float("nan"), float("nan"), float("nan"))


def wilson_interval(n: int, total: int) -> Estimate:
    """Return the proportion ``n / total`` with Wilson's 95 % score interval (Wilson 1927), within [0, 1].

    1 of 20 gives 0.05 (0.009 to 0.236). Undefined when ``total`` is 0.
    """
    if total == 0:
        return UNDEFINED
    share, z2 = n / total, Z_95**2
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z_95 / (1 + z2 / total) * np.sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    return Estimate(share, max(0.0, float(centre - half)), min(1.0, float(centre + half)))


def hit_rate(hits: Hits) -> Estimate:
    """Share of incidents inside the flagged area, ``n / N``: 0 none, 1 all. Interval: Wilson."""
    return wilson_interval(hits.n, hits.total)


def prediction_accuracy_index(hits: Hits) -> Estimate:
    """PAI = ``(n / N) / (a / A)`` (Chainey, Tompson & Uhlig 2008): 1 is chance, ``A / a`` catches all.

    Interval: Wilson's on ``n / N``, scaled. Not comparable across areas flagged, grids or N.
    """
    return hit_rate(hits).times(hits.total_area / hits.area) if hits.area > 0 else UNDEFINED


def prediction_efficiency_index(hits: Hits) -> Estimate:
    """PEI* = ``n / n*``: caught, of the most that as many cells of this grid could have caught (NIJ 2017).

    0 none, 1 as good as hindsight. Interval: Wilson's on ``n / N``, scaled by ``N / n*`` and cut at 1.
    """
    if hits.best == 0:
        return UNDEFINED
    scaled = hit_rate(hits).times(hits.total / hits.best)
    return Estimate(scaled.value, scaled.low, min(1.0, scaled.high))


def deviance_by_cell(observed: FloatArray, expected: FloatArray) -> FloatArray:
    """``2 x (c ln(c / mu) - (c - mu))`` per cell, shape ``(n,)``, with ``0 ln 0 = 0``.

    Raises ValueError unless every expected count is above 0.
    """
    if not (expected > 0).all():
        raise ValueError("A Poisson deviance needs expected counts above 0 in every cell.")
    return np.asarray(2 * (xlogy(observed, observed / expected) - (observed - expected)), dtype=np.float64)


def poisson_deviance(observed: FloatArray, expected: FloatArray) -> float:
    """``2 x sum(c ln(c / mu) - (c - mu))`` over cells (McCullagh & Nelder 1989).

    0 is perfect; no upper end. Shapes ``(n,)``; expected counts above 0.
    """
    return float(deviance_by_cell(observed, expected).sum())


def deviance_estimate(observed: FloatArray, expected: FloatArray) -> Estimate:
    """Return one window's deviance with a 95 % interval that treats cells as independent draws."""
    parts = deviance_by_cell(observed, expected)
    half = Z_95 * float(np.sqrt(len(parts)) * parts.std())
    return Estimate(float(parts.sum()), float(parts.sum()) - half, float(parts.sum()) + half)


def deviance_skill(observed: FloatArray, expected: FloatArray, reference: FloatArray) -> Estimate:
    """``1 - D / D_reference`` of one window: 0 equals the reference, 1 is perfect, below 0 worse.

    The interval is the ratio estimator's (Cochran 1977, section 2.11), over cells as independent draws.
    """
    ours, theirs = deviance_by_cell(observed, expected), deviance_by_cell(observed, reference)
    if not theirs.sum() > 0:
        return UNDEFINED
    ratio = float(ours.sum() / theirs.sum())
    half = Z_95 * float(np.sqrt(((ours - ratio * theirs) ** 2).sum()) / theirs.sum())
    return Estimate(1 - ratio, 1 - ratio - half, 1 - ratio + half)


@dataclass(frozen=True)
class WindowScore:
    """How one forecast did in one window: hits by coverage, hits of its own flags (if any), deviance."""

    hits: dict[float, Hits]
    flagged: Hits | None
    deviance: float
    observed: int
    expected: float


def score_window(
    expected: FloatArray,
    observed: FloatArray,
    area: FloatArray,
    rng: np.random.Generator,
    flagged: BoolArray | None = None,
) -> WindowScore:
    """Score expected counts against the incidents that happened; arrays of shape ``(n,)``, one per cell."""
    order = density_order(expected, area, rng)
    sets = {share: flag_cells(order, area, share * float(area.sum())) for share in COVERAGES}
    return WindowScore(
        hits={share: count_hits(chosen, observed, area) for share, chosen in sets.items()},
        flagged=None if flagged is None else count_hits(flagged, observed, area),
        deviance=poisson_deviance(observed, expected),
        observed=int(observed.sum()),
        expected=float(expected.sum()),
    )
