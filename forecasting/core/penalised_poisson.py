"""Poisson regression with and without an elastic-net penalty, for a table of few columns and many cells.

The penalised log-likelihood is ``loglik / n - strength x (mix x |b|_1 + (1 - mix) / 2 x |b|^2)`` over columns scaled
to unit variance; the intercept is free (Zou & Hastie 2005; Friedman, Hastie & Tibshirani 2010, J. Stat. Software
33(1), section 3: a quadratic approximation, then coordinate descent on it).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.core.incidents import FloatArray, IntArray

STEPS = 60
SWEEPS = 500
TOLERANCE = 1e-8
LONGEST_STEP = 2.0
LARGEST = 20.0
"""Largest linear predictor: a column that separates cells with and without incidents would run away."""

REGULAR = 1e-9
"""Share of all incidents added to the information about each column, so that columns that repeat one another can be
fitted together: they share what one of them would have."""

STRENGTHS = 25
WEAKEST = 0.005
"""The path runs from the strength that keeps nothing down to this part of it."""


@dataclass(frozen=True)
class PoissonFit:
    """``expected = exposure x exp(intercept + table @ slopes)``, with the log-likelihood (without its constant).

    ``likelihood`` leaves out what does not hang on the coefficients. ``expected`` has shape ``(n,)``.
    """

    intercept: float
    slopes: FloatArray
    likelihood: float
    expected: FloatArray


def fit_poisson(table: FloatArray, exposure: FloatArray, counts: FloatArray) -> PoissonFit:
    """Fit counts (shape ``(n,)``) on columns (shape ``(n, p)``, p >= 0) by maximum likelihood, by Newton's method.

    ``exposure`` has shape ``(n,)`` and is above 0. Raises ValueError when the counts are all 0.
    """
    seen = float(counts.sum())
    if not seen > 0:
        raise ValueError("Nothing to fit: no incidents.")
    design = np.column_stack([np.ones(len(table)), table])
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(seen / exposure.sum())
    likelihood, expected = _likelihood(design, exposure, counts, beta)
    for _ in range(STEPS):
        curvature = (design * expected[:, None]).T @ design
        curvature[np.diag_indices_from(curvature)] += REGULAR * seen
        step: FloatArray = np.asarray(np.linalg.solve(curvature, design.T @ (counts - expected)), np.float64)
        step *= min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), 1e-300))
        ahead = _no_worse(design, exposure, counts, beta, step, likelihood)
        moved = float(np.abs(ahead - beta).max())
        beta = ahead
        likelihood, expected = _likelihood(design, exposure, counts, beta)
        if moved < TOLERANCE:
            break
    return PoissonFit(float(beta[0]), beta[1:], likelihood, expected)


def _likelihood(
    design: FloatArray, exposure: FloatArray, counts: FloatArray, beta: FloatArray
) -> tuple[float, FloatArray]:
    linear = np.clip(design @ beta, -LARGEST, LARGEST)
    expected = exposure * np.exp(linear)
    return float(counts @ linear - expected.sum()), expected


def _no_worse(
    design: FloatArray,
    exposure: FloatArray,
    counts: FloatArray,
    beta: FloatArray,
    step: FloatArray,
    least: float,
) -> FloatArray:
    """Return the point on the step, halved until it is not worse; the start where none is."""
    for halving in range(30):
        ahead: FloatArray = beta + step * 0.5**halving
        if _likelihood(design, exposure, counts, ahead)[0] >= least - abs(least) * 1e-13:
            return ahead
    return beta


@dataclass(frozen=True)
class Path:
    """Coefficients along falling strengths: ``slopes`` of shape ``(strengths, p)``, in the table's own units."""

    strengths: FloatArray
    intercepts: FloatArray
    slopes: FloatArray


def strength_path(table: FloatArray, exposure: FloatArray, counts: FloatArray, mix: float) -> FloatArray:
    """Return ``STRENGTHS`` falling strengths, the first of which just keeps every slope at 0."""
    scaled, _ = _scaled(table)
    expected = exposure * (counts.sum() / exposure.sum())
    top = float(np.abs(scaled.T @ (counts - expected)).max()) / (len(counts) * mix)
    return np.geomspace(max(top, 1e-12), max(top, 1e-12) * WEAKEST, STRENGTHS)


def elastic_net_path(
    table: FloatArray, exposure: FloatArray, counts: FloatArray, strengths: FloatArray, mix: float
) -> Path:
    """Fit along ``strengths`` (falling), each from the one before; ``mix`` 1 is the lasso, towards 0 the ridge."""
    scaled, spread = _scaled(table)
    design = np.column_stack([np.ones(len(scaled)), scaled])
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(max(float(counts.sum()), 1e-12) / exposure.sum())
    found = np.empty((len(strengths), design.shape[1]))
    for at, strength in enumerate(strengths):
        beta = _penalised(design, exposure, counts, beta, float(strength), mix)
        found[at] = beta
    slopes = found[:, 1:] / spread
    return Path(strengths, found[:, 0] - slopes @ table.mean(axis=0), slopes)


def _scaled(table: FloatArray) -> tuple[FloatArray, FloatArray]:
    spread = table.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    return (table - table.mean(axis=0)) / spread, spread


def _penalised(
    design: FloatArray,
    exposure: FloatArray,
    counts: FloatArray,
    beta: FloatArray,
    strength: float,
    mix: float,
) -> FloatArray:
    for _ in range(STEPS):
        _, expected = _likelihood(design, exposure, counts, beta)
        gram = (design * expected[:, None]).T @ design / len(counts)
        target = gram @ beta + design.T @ (counts - expected) / len(counts)
        ahead = _descend(gram, target, beta, strength, mix)
        step = ahead - beta
        step *= min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), 1e-300))
        beta = beta + step
        if float(np.abs(step).max()) < 1e-6:
            break
    return beta


def _descend(
    gram: FloatArray, target: FloatArray, beta: FloatArray, strength: float, mix: float
) -> FloatArray:
    """Minimise ``b' gram b / 2 - target' b`` plus the penalty, one coordinate after the other."""
    beta = beta.copy()
    soft, ridge = strength * mix, strength * (1 - mix)
    left = target - gram @ beta
    for _ in range(SWEEPS):
        largest = 0.0
        for at in range(len(beta)):
            old = beta[at]
            pull = left[at] + gram[at, at] * old
            new = (
                pull / gram[at, at]
                if at == 0
                else np.sign(pull) * max(abs(pull) - soft, 0.0) / (gram[at, at] + ridge)
                if gram[at, at] > 0
                else 0.0
            )
            if new != old:
                left -= gram[:, at] * (new - old)
                beta[at] = new
                largest = max(largest, abs(new - old))
        if largest < 1e-7:
            break
    return beta


def best_strength(
    table: FloatArray,
    exposure: FloatArray,
    counts: FloatArray,
    folds: IntArray,
    strengths: FloatArray,
    mix: float,
) -> int:
    """Return which strength has the least deviance on folds that were left out; ``folds``: a number per cell."""
    lost = np.zeros(len(strengths))
    for fold in np.unique(folds):
        out = folds == fold
        path = elastic_net_path(table[~out], exposure[~out], counts[~out], strengths, mix)
        linear = np.clip(path.intercepts + table[out] @ path.slopes.T, -LARGEST, LARGEST)
        lost += (exposure[out, None] * np.exp(linear)).sum(axis=0) - counts[out] @ linear
    return int(np.argmin(lost))
