"""Poisson regression beside a referee, and the penalty by its own conditions."""

import numpy as np
import pytest
from sklearn.linear_model import PoissonRegressor

from forecasting.core.incidents import FloatArray
from forecasting.core.penalised_poisson import (
    best_strength,
    elastic_net_path,
    fit_poisson,
    strength_path,
)

TRUE = np.array([0.7, -0.4, 0.0, 0.0])


def made_up(cells: int = 3000) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A table of two columns that matter and two that do not, exposure, counts."""
    rng = np.random.default_rng(5)
    table = (rng.random((cells, 4)) < 0.3).astype(float)
    exposure = rng.uniform(0.2, 1.0, cells)
    return table, exposure, rng.poisson(exposure * np.exp(table @ TRUE)).astype(float)


def test_the_fit_is_the_referees() -> None:
    table, exposure, counts = made_up()
    fit = fit_poisson(table, exposure, counts)
    referee = PoissonRegressor(alpha=0.0, tol=1e-9, max_iter=1000)
    referee.fit(table, counts / exposure, sample_weight=exposure)
    assert fit.slopes == pytest.approx(referee.coef_, abs=1e-4)
    assert fit.intercept == pytest.approx(referee.intercept_, abs=1e-4)
    assert fit.expected.sum() == pytest.approx(counts.sum())


def test_without_columns_the_rate_is_all_there_is() -> None:
    fit = fit_poisson(np.empty((2, 0)), np.array([1.0, 3.0]), np.array([2.0, 6.0]))
    assert np.exp(fit.intercept) == pytest.approx(2.0)
    assert fit.expected.tolist() == pytest.approx([2.0, 6.0])


def test_a_column_that_parts_the_cells_with_incidents_from_the_others_does_not_run_away() -> None:
    table = np.repeat([[0.0], [1.0]], 50, axis=0)
    fit = fit_poisson(table, np.ones(100), table[:, 0] * 3)
    assert np.isfinite(fit.slopes).all()
    assert fit.expected[-1] == pytest.approx(3.0, rel=1e-3)


def test_nothing_to_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match="no incidents"):
        fit_poisson(np.zeros((3, 1)), np.ones(3), np.zeros(3))


@pytest.mark.parametrize("mix", [0.5, 1.0])
def test_every_point_of_the_path_meets_the_conditions_of_its_optimum(mix: float) -> None:
    """A slope that is not 0 balances its gradient and the penalty; one that is 0 has too small a gradient."""
    table, exposure, counts = made_up()
    strengths = strength_path(table, exposure, counts, mix)[::6]
    path = elastic_net_path(table, exposure, counts, strengths, mix)
    spread = table.std(axis=0)
    centred = (table - table.mean(axis=0)) / spread
    for strength, intercept, slopes in zip(strengths, path.intercepts, path.slopes, strict=True):
        left = counts - exposure * np.exp(intercept + table @ slopes)
        gradient, scaled = centred.T @ left / len(counts), slopes * spread
        inside = scaled != 0
        owed = strength * (mix * np.sign(scaled) + (1 - mix) * scaled)
        assert gradient[inside] == pytest.approx(owed[inside], abs=1e-5)
        assert (np.abs(gradient[~inside]) <= strength * mix + 1e-5).all()
        assert left.sum() == pytest.approx(0.0, abs=1e-2)


def test_the_path_begins_with_nothing_and_ends_near_the_fit_without_penalty() -> None:
    table, exposure, counts = made_up()
    path = elastic_net_path(table, exposure, counts, strength_path(table, exposure, counts, 1.0), 1.0)
    assert path.slopes[0] == pytest.approx(np.zeros(4), abs=1e-6)
    assert path.slopes[-1] == pytest.approx(fit_poisson(table, exposure, counts).slopes, abs=0.02)


def test_left_out_folds_choose_to_keep_what_matters_and_nothing_where_nothing_does() -> None:
    table, exposure, counts = made_up()
    folds = np.arange(len(counts)) % 5
    strengths = strength_path(table, exposure, counts, 0.5)
    best = best_strength(table, exposure, counts, folds, strengths, 0.5)
    kept = elastic_net_path(table, exposure, counts, strengths[: best + 1], 0.5).slopes[-1]
    assert kept[0] > 0.5
    assert kept[1] < -0.2
    noise = np.random.default_rng(2).poisson(exposure).astype(float)
    strengths = strength_path(table, exposure, noise, 0.5)
    assert best_strength(table, exposure, noise, folds, strengths, 0.5) <= 6
