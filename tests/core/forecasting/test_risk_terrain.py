"""Risk terrain: planted relative risks come back within their intervals, and nothing is found where nothing is."""

from functools import cache

import numpy as np
import pytest
from shapely.geometry import box

from forecasting.core import risk_terrain
from forecasting.core.grid import make_grid
from forecasting.core.incidents import FloatArray
from forecasting.core.limits import CannotForecast
from forecasting.core.risk_terrain import (
    RiskTerrain,
    fit_risk_terrain,
    relative_risk,
)
from tests.core.forecasting.terrain_examples import (
    PLANTED,
    crowded_counts,
    planted_counts,
    terrain_city,
)


def fitted(counts: FloatArray, seed: int) -> RiskTerrain:
    grid, layers = terrain_city(seed)
    return fit_risk_terrain(counts, grid, layers, unit_metres=1.0, generator=np.random.default_rng(1))


@cache
def planted(seed: int) -> RiskTerrain:
    """What is learned of the planted city; fitted once for all tests."""
    grid, layers = terrain_city(seed)
    return fitted(planted_counts(grid, layers, seed + 50), seed)


@pytest.mark.parametrize("seed", [0, 1])
def test_planted_relative_risks_come_back_within_their_intervals(seed: int) -> None:
    found = {each.what: each for each in planted(seed).factors}
    assert {each.layer for each in found} == {"bars", "stops", "parks"}  # and not "lights"
    assert set(found) == set(PLANTED)
    for what, times in PLANTED.items():
        risk = found[what].risk
        assert risk.low < times < risk.high
        assert risk.high / risk.low < 1.6


@pytest.mark.parametrize("seed", [0, 1])
def test_where_nothing_matters_nothing_is_kept(seed: int) -> None:
    grid, _ = terrain_city(seed)
    counts = np.random.default_rng(seed + 70).poisson(1.0, len(grid)).astype(float)
    assert fitted(counts, seed).factors == ()


@pytest.mark.parametrize("seed", [0, 2])
def test_crowding_that_no_layer_knows_of_is_not_laid_to_a_layer(seed: int) -> None:
    """A criterion for independent counts keeps layers here whose neighbourhoods happen to be busy."""
    grid, _ = terrain_city(seed)
    made = fitted(crowded_counts(grid, 100 + seed), seed)
    assert made.factors == ()
    assert made.dispersion > 1.2


def test_the_same_generator_gives_the_same_terrain_and_a_layer_has_one_factor_at_most() -> None:
    grid, layers = terrain_city(0)
    counts = planted_counts(grid, layers, 50)
    one = planted(0)
    assert one == fitted(counts, 0)
    assert len({each.what.layer for each in one.factors}) == len(one.factors)
    assert one.useful <= one.considered == 36
    assert one.incidents == int(counts.sum())


def test_relative_risk_is_the_product_of_the_factors_that_hold() -> None:
    grid, layers = terrain_city(1)
    made = planted(1)
    risk = relative_risk(made, grid, layers, unit_metres=1.0)
    times = sorted(each.risk.value for each in made.factors)
    assert risk.min() == pytest.approx(times[0], rel=1e-9)
    assert risk.max() == pytest.approx(times[1] * times[2], rel=1e-9)
    assert (risk * made.base).sum() == pytest.approx(made.incidents, rel=1e-6)


def test_a_factor_says_what_goes_with_what_and_how_sure_it_is() -> None:
    bars = next(each for each in planted(0).factors if each.what.layer == "bars")
    assert bars.sentence.startswith("being within 150 m of bars goes with × 2.")
    assert 0 < bars.cells < 2500
    assert bars.incidents > bars.cells


def refused(changes: dict[str, object]) -> CannotForecast:
    grid, layers = terrain_city(0)
    given: dict[str, object] = {"counts": np.ones(len(grid)), "grid": grid, "layers": layers, **changes}
    with pytest.raises(CannotForecast) as refusal:
        fit_risk_terrain(**given, unit_metres=1.0, generator=np.random.default_rng(1))  # type: ignore[arg-type]
    return refusal.value


def test_no_layer_too_few_incidents_or_too_small_a_grid_is_refused() -> None:
    grid, _ = terrain_city(0)
    assert refused({"layers": {}}).reason == "bad_input"
    assert refused({"counts": np.zeros(len(grid))}).reason == "too_few_incidents"
    small = make_grid(box(0, 0, 1000, 1000), 100.0)
    assert refused({"grid": small, "counts": np.full(100, 9.0)}).reason == "too_few_cells"


def test_too_many_cells_are_refused_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(risk_terrain, "MOST_CELLS", 2000)
    problem = refused({})
    assert problem.reason == "grid_too_large"
    assert "Choose a larger cell" in problem.message
