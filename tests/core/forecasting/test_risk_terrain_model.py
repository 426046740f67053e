"""The risk terrain as a model: from layers known at the origin and incidents over by then, never from the window."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from forecasting.core.features import Surfaces
from forecasting.core.incidents import Incidents
from forecasting.core.layers import Layer
from forecasting.core.limits import CannotForecast
from forecasting.core.recipe import standard_recipe
from forecasting.core.risk_terrain_model import SPAN_DAYS, TerrainForecast, terrain_forecast
from forecasting.core.training import City
from forecasting.core.windows import DAY, Window
from governance.core.policy import Shift
from tests.core.forecasting.terrain_examples import CELL, planted_counts, terrain_city

ORIGIN = 1_700_000_000
WINDOW = Window(ORIGIN, ORIGIN + 28 * DAY)
SHIFTS = (Shift("day", 0, 0),)
RECIPE = standard_recipe("counts", ("theft",), cell_metres=CELL, horizon_days=28)


def parts(seed: int = 0, side: int = 36) -> tuple[City, dict[str, Layer], Incidents]:
    """A city with planted risks, and two years of incidents that follow them up to a month after the origin."""
    grid, layers = terrain_city(seed, side)
    counts = planted_counts(grid, layers, seed).astype(int) * 2
    rng = np.random.default_rng(seed)
    cell = np.repeat(np.arange(len(grid)), counts)
    x = (grid.columns[cell] + rng.random(len(cell))) * CELL
    y = (grid.rows[cell] + rng.random(len(cell))) * CELL
    ends = np.sort(rng.integers(ORIGIN - SPAN_DAYS * DAY, ORIGIN + 28 * DAY, len(cell)))
    return City(grid, 1.0, "UTC", SHIFTS), layers, Incidents(x, y, ends, ends)


def forecast(city: City, incidents: Incidents, layers: Mapping[str, Layer]) -> TerrainForecast:
    surfaces = Surfaces(city.grid, incidents, RECIPE.terms, 1.0)
    return terrain_forecast(surfaces, city, RECIPE, WINDOW, lambda _: layers, seed=1)


def test_it_spreads_the_citys_level_by_what_stands_near() -> None:
    city, layers, incidents = parts()
    made = forecast(city, incidents, layers)
    seen = int(((incidents.ends >= WINDOW.start) & (incidents.ends < WINDOW.end)).sum())
    assert made.expected.sum() == pytest.approx(seen, rel=0.35)
    assert made.terrain.factors
    truth = planted_counts(city.grid, layers, 0)
    assert np.corrcoef(made.expected, truth)[0, 1] > 0.3
    assert made.dispersion.cell >= 0


def test_what_happens_in_the_window_changes_nothing() -> None:
    city, layers, incidents = parts()
    before = incidents.where(incidents.ends < ORIGIN)
    assert np.array_equal(forecast(city, incidents, layers).expected, forecast(city, before, layers).expected)


def test_it_asks_for_the_layers_known_when_incidents_were() -> None:
    city, _, incidents = parts()
    asked: list[int] = []

    def layers_at(moment: int) -> Mapping[str, Layer]:
        asked.append(moment)
        return {}

    surfaces = Surfaces(city.grid, incidents, RECIPE.terms, 1.0)
    late = replace(RECIPE, reporting_delay_days=2.0)
    with pytest.raises(CannotForecast, match="none was known by then"):
        terrain_forecast(surfaces, city, late, WINDOW, layers_at, seed=1)
    assert asked == [ORIGIN - 2 * DAY]
