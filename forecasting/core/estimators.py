"""The log-linear blend: Poisson regression on relative log surfaces, by Newton's method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.core.incidents import FloatArray

MAX_STEPS = 100
LONGEST_STEP = 1.0
TOLERANCE = 1e-10
HALVINGS = 30
ROUNDING = 1e-14
"""Relative change of a log-likelihood that rounding alone may make."""


@dataclass(frozen=True)
class Coefficients:
    """``expected = area fraction x exp(intercept + features @ slopes)``; ``slopes`` has shape ``(terms,)``.

    A slope is never negative: more past incidents never lower a forecast.
    """

    intercept: float
    slopes: FloatArray


@dataclass(frozen=True)
class TrainingWindow:
    """One past window: ``features`` (shape ``(n, terms)``) as known at its origin, and what then happened.

    ``exposure`` (shape ``(n,)``, > 0) is the cell's share of area times the city's level; ``counts``
    (shape ``(n,)``) are the incidents of the window.
    """

    features: FloatArray
    exposure: FloatArray
    counts: FloatArray


def fit_blend(windows: Sequence[TrainingWindow], ridge: float) -> Coefficients:
    """Fit Poisson counts to features by penalised maximum likelihood, with slopes >= 0.

    ``ridge`` (> 0) penalises the squared slopes, so there is one best answer; projected Newton steps (Bertsekas
    1982) carry it to ``TOLERANCE``, so that it does not hang on where a search stopped. The windows are never
    copied into one table.

    Raises ValueError when the counts are all 0.
    """
    seen = sum(window.counts.sum() for window in windows)
    if not seen > 0:
        raise ValueError("Nothing to fit: no incidents in the training windows.")
    designs = [_design(window.features) for window in windows]
    penalty = np.array([0.0, *[ridge] * windows[0].features.shape[1]])
    beta = np.zeros(len(penalty))
    beta[0] = np.log(seen / sum(window.exposure.sum() for window in windows))
    here = _slope(windows, designs, penalty, beta)
    for _ in range(MAX_STEPS):
        step = _direction(here, beta)
        ahead, there = _along(windows, designs, penalty, beta, step, here.likelihood)
        moved = float(np.abs(ahead - beta).max())
        beta, here = ahead, there
        if moved < TOLERANCE:
            break
    return Coefficients(float(beta[0]), beta[1:])


@dataclass(frozen=True)
class _Slope:
    """The penalised log-likelihood at a point, its gradient and its negative curvature."""

    likelihood: float
    gradient: FloatArray
    curvature: FloatArray


def _design(features: FloatArray) -> FloatArray:
    return np.column_stack([np.ones(len(features)), features])


def _slope(
    windows: Sequence[TrainingWindow], designs: Sequence[FloatArray], penalty: FloatArray, beta: FloatArray
) -> _Slope:
    likelihood = -0.5 * float(penalty @ beta**2)
    gradient, curvature = -penalty * beta, np.diag(penalty)
    for window, design in zip(windows, designs, strict=True):
        linear = design @ beta
        expected = window.exposure * np.exp(linear)
        likelihood += float(window.counts @ linear - expected.sum())
        gradient = gradient + design.T @ (window.counts - expected)
        curvature = curvature + (design * expected[:, None]).T @ design
    return _Slope(likelihood, gradient, curvature)


def _direction(here: _Slope, beta: FloatArray) -> FloatArray:
    """Return the Newton step of the coefficients that are free to move: not those held at 0 from below."""
    held = (beta <= 0) & (here.gradient <= 0)
    held[0] = False
    free = np.flatnonzero(~held)
    step = np.zeros(len(beta))
    step[free] = np.linalg.solve(here.curvature[np.ix_(free, free)], here.gradient[free])
    return step * min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), 1e-300))


def _along(
    windows: Sequence[TrainingWindow],
    designs: Sequence[FloatArray],
    penalty: FloatArray,
    beta: FloatArray,
    step: FloatArray,
    least: float,
) -> tuple[FloatArray, _Slope]:
    """Return the point on the step, cut off where slopes turn negative, that is not worse, halving it until so."""
    for halving in range(HALVINGS):
        ahead = beta + step * 0.5**halving
        ahead[1:] = np.maximum(ahead[1:], 0.0)
        there = _slope(windows, designs, penalty, ahead)
        if there.likelihood >= least - abs(least) * ROUNDING:
            return ahead, there
    return beta, _slope(windows, designs, penalty, beta)
