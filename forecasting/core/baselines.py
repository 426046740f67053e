"""Trivial forecasts that every model is shown beside."""

from __future__ import annotations

import numpy as np

from forecasting.core.features import LEAST_FRACTION, decayed_counts
from forecasting.core.incidents import FloatArray, IntArray

FLOOR = 0.05
"""What an empty cell is given, in units of the city's average cell, so that no forecast is exactly 0."""


def history_counts(cells: IntArray, fraction: FloatArray, total: float) -> FloatArray:
    """Spread ``total`` expected incidents over the cells as all past incidents were spread.

    ``cells`` (shape ``(m,)``) holds the cell of every past incident, ``fraction`` (shape ``(n,)``) the
    share of each cell inside the boundary. Returns expected counts, shape ``(n,)``, sum ``total``.
    The reference of every scorecard; its formula is that of Wheeler & Steenbeek 2021's "prior counts"
    with a floor of one twentieth of the average cell.
    """
    return _spread(decayed_counts(cells, np.zeros(len(cells)), None, len(fraction)), fraction, total)


def decayed_history(
    cells: IntArray, ages_days: FloatArray, half_life_days: float, fraction: FloatArray, total: float
) -> FloatArray:
    """Spread ``total`` over the cells as past incidents were, each weighing ``0.5 ** (age / half-life)``.

    Shapes as in ``history_counts``; ``ages_days`` has shape ``(m,)``.
    """
    return _spread(decayed_counts(cells, ages_days, half_life_days, len(fraction)), fraction, total)


def _spread(counts: FloatArray, fraction: FloatArray, total: float) -> FloatArray:
    inside = np.maximum(fraction, LEAST_FRACTION)
    average = float((counts / inside * fraction).sum() / fraction.sum())
    density = counts / inside + FLOOR * average if average > 0 else np.ones_like(counts)
    expected = density * fraction
    return np.asarray(expected * (total / expected.sum()), dtype=np.float64)
