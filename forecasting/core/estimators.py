"""The log-linear blend: Poisson regression on relative log surfaces, by Newton's method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.core.incidents import FloatArray, IntArray

MAX_STEPS = 100
LONGEST_STEP = 1.0
TOLERANCE = 1e-10


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

    ``ridge`` penalises the squared slopes. The term with the most negative slope is set to 0 and the
    rest fitted again, until none is negative: a backward elimination with at most ``terms`` fits, each
    of which Newton's method carries to ``TOLERANCE``, so that the answer does not hang on where a
    search stopped. The windows are never copied into one table.

    Raises ValueError when the counts are all 0.
    """
    if not sum(window.counts.sum() for window in windows) > 0:
        raise ValueError("Nothing to fit: no incidents in the training windows.")
    active = np.arange(windows[0].features.shape[1])
    beta = _newton(windows, active, ridge)
    while len(active) and beta[1:].min() < 0:
        active = np.delete(active, int(beta[1:].argmin()))
        beta = _newton(windows, active, ridge)
    slopes = np.zeros(windows[0].features.shape[1])
    slopes[active] = beta[1:]
    return Coefficients(float(beta[0]), slopes)


def _newton(windows: Sequence[TrainingWindow], active: IntArray, ridge: float) -> FloatArray:
    designs = [_design(window.features[:, active]) for window in windows]
    penalty = np.array([0.0, *[ridge] * len(active)])
    beta = np.zeros(len(penalty))
    beta[0] = np.log(sum(w.counts.sum() for w in windows) / sum(w.exposure.sum() for w in windows))
    for _ in range(MAX_STEPS):
        step = _step(windows, designs, penalty, beta)
        beta = beta + step
        if np.abs(step).max() < TOLERANCE:
            break
    return beta


def _design(features: FloatArray) -> FloatArray:
    return np.column_stack([np.ones(len(features)), features])


def _step(
    windows: Sequence[TrainingWindow], designs: Sequence[FloatArray], penalty: FloatArray, beta: FloatArray
) -> FloatArray:
    gradient, curvature = -penalty * beta, np.diag(penalty)
    for window, design in zip(windows, designs, strict=True):
        expected = window.exposure * np.exp(design @ beta)
        gradient = gradient + design.T @ (window.counts - expected)
        curvature = curvature + (design * expected[:, None]).T @ design
    step = np.linalg.solve(curvature, gradient)
    return np.asarray(step * min(1.0, LONGEST_STEP / max(np.abs(step).max(), 1e-300)), dtype=np.float64)
