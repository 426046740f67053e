"""The trivial forecasts that every model is shown beside."""

from __future__ import annotations

import numpy as np

from forecasting.core.densities import LEAST_FRACTION
from forecasting.core.features import Surfaces
from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray, Incidents
from forecasting.core.recipe import MODELS

FLOOR = 0.05
"""What an empty cell is given, in units of the city's average cell, so that no forecast is exactly 0."""


def history_counts(counts: FloatArray, fraction: FloatArray, total: float) -> FloatArray:
    """Spread ``total`` expected incidents over the cells as all past incidents were spread.

    ``counts`` (shape ``(n,)``) holds the past incidents of every cell, ``fraction`` (shape ``(n,)``) the
    share of each cell inside the boundary. Returns expected counts, shape ``(n,)``, sum ``total``.
    The reference of every scorecard; its formula is that of Wheeler & Steenbeek 2021's "prior counts"
    with a floor of one twentieth of the average cell.
    """
    inside = np.maximum(fraction, LEAST_FRACTION)
    average = float((counts / inside * fraction).sum() / fraction.sum())
    density = counts / inside + FLOOR * average if average > 0 else np.ones_like(counts)
    expected = density * fraction
    return np.asarray(expected * (total / expected.sum()), dtype=np.float64)


def faded_counts(incidents: Incidents, grid: Grid, cut: int, total: float) -> FloatArray:
    """Spread ``total`` over the cells as past incidents were spread, each halved with every half-life of its age.

    The model ``decayed`` of ``MODELS``, its half-life and floor included. Only incidents over before ``cut`` (UTC
    seconds) are used. Returns expected counts, shape ``(n,)``, sum ``total``.
    """
    surfaces = Surfaces(grid, incidents, MODELS["decayed"][1], unit_metres=1.0)
    shape = grid.fraction * np.exp(surfaces.features(cut).sum(axis=1))
    return np.asarray(shape * (total / shape.sum()), dtype=np.float64)
