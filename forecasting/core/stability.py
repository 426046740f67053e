"""How stable a place's rank is: in how many redraws of what is uncertain it stays among the flagged.

A forecast flags the cells of the highest expected density. Past windows teach how far the true rates of cells and
districts stray from what is expected (their gamma factors) and how well the coefficients are known (the curvature
of the fit). Both are redrawn; the places that are flagged then are counted. Under the model a cell's share of
redraws is the probability that it truly belongs to the flagged set: 0 never, 1 always.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.intervals import NEARLY_POISSON, Dispersion
from forecasting.core.pipeline import Forecast
from forecasting.core.recipe import Recipe
from forecasting.core.scoring import density_order, flag_cells
from forecasting.core.stages import LogLinear

DRAWS = 200
"""Redraws; the standard error of a share of one half is 0.035."""

OF_TEN = 10


def rank_stability(forecast: Forecast, recipe: Recipe, grid: Grid, flag_area: float, seed: int) -> FloatArray:
    """Return each cell's share of redraws in which it is among the flagged, shape ``(n,)``, in [0, 1].

    ``flag_area`` (CRS unit^2) is what the forecast may flag. Coefficients that a recipe does not fit are known, and
    those of a stage that is not log-linear are taken as known. The same seed gives the same shares.
    """
    rng = np.random.default_rng([seed, DRAWS])
    features, stage = forecast.features, forecast.training.stage
    spread = _coefficient_spread(forecast, features, recipe)
    numbers = np.unique(grid.district, return_inverse=True)[1]
    slopes = stage.coefficients.slopes if isinstance(stage, LogLinear) else np.zeros(features.shape[1])
    dispersion = forecast.training.dispersion
    flagged = np.zeros(len(grid))
    for _ in range(DRAWS):
        moved = np.maximum(slopes + spread @ rng.standard_normal(len(slopes)), 0.0) - slopes
        rate = forecast.expected * np.exp(features @ moved) * _strayed(dispersion, numbers, rng)
        flagged += flag_cells(density_order(rate, grid.area, rng), grid.area, flag_area)
    return flagged / DRAWS


def _strayed(dispersion: Dispersion, districts: IntArray, rng: np.random.Generator) -> FloatArray:
    """Draw the gamma factors of cells and their districts, shape ``(n,)``, mean 1."""
    cell = _gamma(dispersion.cell, len(districts), rng)
    return cell * _gamma(dispersion.district, int(districts.max()) + 1, rng)[districts]


def _gamma(variance: float, size: int, rng: np.random.Generator) -> FloatArray:
    return np.ones(size) if variance < NEARLY_POISSON else rng.standard_gamma(1 / variance, size) * variance


def _coefficient_spread(forecast: Forecast, features: FloatArray, recipe: Recipe) -> NDArray[np.float64]:
    """Return a square root of the slopes' covariance, shape ``(terms, terms)``; zeros where nothing is fitted.

    The penalised fit's covariance is ``H^-1 J H^-1`` (Huber 1967): ``H`` the curvature of the Poisson likelihood with
    the recipe's ridge, ``J`` the variance of its slope, dispersion included. Both are taken at the forecast's own
    features, at the training windows' number and size.
    """
    terms, training = features.shape[1], forecast.training
    if not (recipe.fitted and isinstance(training.stage, LogLinear)):
        return np.zeros((terms, terms))
    mean = forecast.expected * (training.incidents / training.windows / forecast.total)
    centred = features - np.average(features, axis=0, weights=mean)
    variance = mean + training.dispersion.single * mean**2
    curvature = training.windows * (centred.T * mean) @ centred + recipe.ridge * np.eye(terms)
    noise = training.windows * (centred.T * variance) @ centred
    half = np.linalg.solve(curvature, np.linalg.cholesky(noise + 1e-9 * np.trace(noise) * np.eye(terms)))
    return np.asarray(half)


def stays_sentence(stability: float, *, flagged: bool) -> str:
    """Say how stable a place is, as in "stays among the flagged places in 8 of 10 redraws"."""
    verb = "stays" if flagged else "comes"
    return f"{verb} among the flagged places in {round(stability * OF_TEN)} of {OF_TEN} redraws"
