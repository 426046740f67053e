"""In how many redraws a place stays among the flagged."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from forecasting.core.estimators import Coefficients
from forecasting.core.grid import Grid, make_grid
from forecasting.core.incidents import FloatArray
from forecasting.core.intervals import Dispersion
from forecasting.core.pipeline import Forecast, make_forecast
from forecasting.core.recipe import Recipe, standard_recipe
from forecasting.core.scoring import density_order, flag_cells
from forecasting.core.stability import rank_stability, stays_sentence
from forecasting.core.stages import LogLinear
from forecasting.core.training import Training, surfaces_for
from forecasting.core.windows import Window
from tests.core.forecasting.forecast_examples import small_city, small_history, week

CELL = 10_000.0  # area of a cell of the small grid


def square(side: int) -> Grid:
    """Return a whole square of cells of 100 m."""
    return make_grid(shapely.box(0, 0, side * 100, side * 100), 100.0)


def made(expected: FloatArray, dispersion: Dispersion, slopes: FloatArray, features: FloatArray) -> Forecast:
    """Return a forecast of the given counts, learned from 13 windows of ten times its size."""
    size, names = len(expected), tuple(f"term_{number}" for number in range(len(slopes)))
    stage = LogLinear(Coefficients(0.0, slopes), names)
    training = Training(stage, dispersion, 1.0, 13, round(float(expected.sum()) * 130))
    nothing = np.zeros(size, dtype=np.int64)
    return Forecast(
        window=Window(0, 7),
        expected=expected,
        low=nothing,
        high=nothing,
        baseline=expected,
        rank=nothing,
        flagged=nothing > 0,
        base=1.0,
        factors={},
        training=training,
        features=features,
        importance=(),
        outside=0,
        notes={},
    )


def shares(
    expected: FloatArray, dispersion: Dispersion, places: int, grid: Grid, recipe: Recipe | None = None
) -> FloatArray:
    """Return the shares for a forecast that may flag so many cells, with coefficients that are known."""
    known = recipe or standard_recipe("counts", ("theft",))
    forecast = made(expected, dispersion, np.ones(1), np.zeros((len(grid), 1)))
    return rank_stability(forecast, known, grid, places * CELL, seed=1)


def test_a_cell_far_above_the_others_always_stays_and_the_far_below_never_come() -> None:
    expected = np.full(100, 0.001)
    expected[[3, 4]] = 50.0
    stable = shares(expected, Dispersion(0.3, 0.1, 0.05), 2, square(10))
    assert stable[[3, 4]].tolist() == [1.0, 1.0]
    assert stable.sum() == pytest.approx(2.0)


def test_of_exchangeable_cells_each_stays_in_about_half_of_the_redraws() -> None:
    stable = shares(np.ones(100), Dispersion(0.5, 0.0, 0.0), 50, square(10))
    assert stable.mean() == pytest.approx(0.5)
    assert np.abs(stable - 0.5).max() < 0.15


def test_without_anything_uncertain_the_flagged_set_is_always_the_same() -> None:
    expected = np.arange(1.0, 101.0)
    stable = shares(expected, Dispersion(0.0, 0.0, 0.0), 5, square(10))
    assert stable.tolist() == [0.0] * 95 + [1.0] * 5


def test_the_share_is_how_often_such_a_cell_truly_is_among_the_first() -> None:
    """Rates are drawn as the model says; the flagged are truly flagged as often as their shares add up to."""
    rng, grid = np.random.default_rng(4), square(20)
    expected, variance = rng.gamma(0.5, 1.0, 400), 0.6
    stable = shares(expected, Dispersion(variance, 0.0, 0.0), 40, grid)
    chosen = flag_cells(density_order(expected, grid.area, rng), grid.area, 40 * CELL)
    truly = np.mean([
        flag_cells(
            density_order(expected * rng.gamma(1 / variance, variance, 400), grid.area, rng), grid.area, 40 * CELL
        )[chosen].mean()
        for _ in range(300)
    ])  # fmt: skip
    assert 0.3 < truly < 0.9
    assert stable[chosen].mean() == pytest.approx(truly, abs=0.02)


def test_uncertain_coefficients_move_ranks_and_more_data_moves_them_less() -> None:
    rng, grid = np.random.default_rng(8), square(20)
    features = rng.standard_normal((400, 2))
    expected = np.exp(features @ np.array([0.5, 0.4])) * 0.02
    fitted = replace(standard_recipe("blend", ("theft",)), ridge=1e-6)
    forecast = made(expected, Dispersion(0.0, 0.0, 0.0), np.array([0.5, 0.4]), features)
    little = replace(forecast, training=replace(forecast.training, incidents=300))
    much = replace(forecast, training=replace(forecast.training, incidents=300_000))
    sure, unsure = (rank_stability(each, fitted, grid, 40 * CELL, seed=1) for each in (much, little))
    top = np.argsort(-expected)[:40]
    assert unsure[top].mean() + 0.02 < sure[top].mean() < 1.0


def test_the_same_seed_gives_the_same_shares_and_a_real_forecast_has_no_gap() -> None:
    city, recipe = small_city(), standard_recipe("blend", ("burglary",))
    surfaces = surfaces_for({"burglary": small_history()}, city, recipe, "burglary")
    forecast = make_forecast(surfaces, city, recipe, week(), flag_area=1e5, seed=1)
    first, again, other = (rank_stability(forecast, recipe, city.grid, 1e5, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert ((first >= 0) & (first <= 1)).all()
    assert first[forecast.rank == 1] > 0.95  # the hot cell


def test_nothing_may_be_flagged_and_nothing_is() -> None:
    assert not shares(np.ones(100), Dispersion(0.5, 0.0, 0.0), 0, square(10)).any()


def test_as_many_places_stay_as_may_be_flagged_and_it_is_said_plainly() -> None:
    stable = shares(np.random.default_rng(1).gamma(0.3, 1.0, 400), Dispersion(0.5, 0.0, 0.0), 16, square(20))
    assert stable.sum() == pytest.approx(16)
    assert stays_sentence(0.81, flagged=True) == "stays among the flagged places in 8 of 10 redraws"
    assert stays_sentence(0.0, flagged=False) == "comes among the flagged places in 0 of 10 redraws"
