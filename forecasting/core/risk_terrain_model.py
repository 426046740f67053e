"""The risk terrain as a model in backtests: the city's level spread by what stands near, never by past counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np

from forecasting.core.features import Surfaces
from forecasting.core.fingerprint import round_significant
from forecasting.core.incidents import FloatArray
from forecasting.core.intervals import Dispersion, estimate_dispersion
from forecasting.core.layers import Layer
from forecasting.core.levels import recent_daily_rate
from forecasting.core.recipe import Recipe
from forecasting.core.risk_terrain import RiskTerrain, fit_risk_terrain, relative_risk
from forecasting.core.training import City, knowledge_cut
from forecasting.core.windows import DAY, Window, days_later, training_windows

RISK_TERRAIN = "risk_terrain"
"""Its name in a backtest."""

SPAN_DAYS = 730
"""Incidents of so many days before the origin teach the relative risks."""

LayersAt = Callable[[int], Mapping[str, Layer]]
"""The context that was known at a moment (UTC seconds)."""


@dataclass(frozen=True)
class TerrainForecast:
    """Expected incidents per cell over a window, shape ``(n,)``, how far counts stray, and the terrain behind it."""

    expected: FloatArray
    dispersion: Dispersion
    terrain: RiskTerrain


def terrain_forecast(
    surfaces: Surfaces, city: City, recipe: Recipe, window: Window, layers_at: LayersAt, *, seed: int
) -> TerrainForecast:
    """Forecast a window from the layers known at its origin and the incidents over by then.

    ``recipe`` gives the reporting delay, the training windows that teach the dispersion, and how recent the weeks are
    that fix the city's level. ``seed`` decides which blocks of space are left out together.

    Raises CannotForecast (``bad_input`` where no layer was known, and as ``fit_risk_terrain``).
    """
    grid, cut = city.grid, knowledge_cut(window.start, recipe)
    layers = layers_at(cut)
    past = surfaces.counts(cut - SPAN_DAYS * DAY, cut)
    terrain = fit_risk_terrain(
        past, grid, layers, unit_metres=city.unit_metres, generator=np.random.default_rng(seed)
    )
    shape = grid.fraction * relative_risk(terrain, grid, layers, unit_metres=city.unit_metres)
    ends = surfaces.incidents.ends
    rate = recent_daily_rate(ends, cut, recipe.level_half_life_days, int(ends.min()))
    expected = round_significant(shape * (rate * window.days / shape.sum()))
    return TerrainForecast(expected, _dispersion(surfaces, city, recipe, window.start, shape), terrain)


def _dispersion(surfaces: Surfaces, city: City, recipe: Recipe, origin: int, shape: FloatArray) -> Dispersion:
    last = days_later(origin, -ceil(recipe.reporting_delay_days), city.timezone)
    first = int(surfaces.incidents.ends.min())
    windows = training_windows(last, recipe.training_days, recipe.training_windows, first, city.timezone)
    counts = [surfaces.counts(each.start, each.end) for each in windows]
    if not counts or not sum(count.sum() for count in counts):
        return Dispersion(0.0, 0.0)
    level = float(np.mean([count.sum() for count in counts]))
    return estimate_dispersion([shape * (level / shape.sum())] * len(counts), counts, city.grid.district)
