"""The Poisson regression behind the blend."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import PoissonRegressor

from forecasting.core.estimators import Coefficients, TrainingWindow, fit_blend
from forecasting.core.incidents import FloatArray


def window_of(slopes: list[float], seed: int, size: int = 4000) -> TrainingWindow:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(size, len(slopes)))
    exposure = rng.uniform(0.5, 2.0, size)
    return TrainingWindow(
        features, exposure, rng.poisson(exposure * np.exp(features @ slopes - 1)).astype(float)
    )


def expected_total(fitted: Coefficients, window: TrainingWindow) -> float:
    return float((window.exposure * np.exp(fitted.intercept + window.features @ fitted.slopes)).sum())


def test_the_fit_agrees_with_scikit_learns_poisson_regression() -> None:
    window, ridge = window_of([0.6, 0.3], 1), 2.0
    ours = fit_blend([window], ridge)
    theirs = PoissonRegressor(alpha=ridge / window.exposure.sum(), tol=1e-9, max_iter=1000)
    theirs.fit(window.features, window.counts / window.exposure, sample_weight=window.exposure)
    assert ours.slopes == pytest.approx(theirs.coef_, abs=1e-5)
    assert ours.intercept == pytest.approx(theirs.intercept_, abs=1e-5)


def test_two_windows_are_fitted_as_one_table_would_be() -> None:
    one, other = window_of([0.5, 0.2], 2), window_of([0.5, 0.2], 3)
    together = TrainingWindow(
        np.vstack([one.features, other.features]),
        np.concatenate([one.exposure, other.exposure]),
        np.concatenate([one.counts, other.counts]),
    )
    assert fit_blend([one, other], 1.0).slopes == pytest.approx(fit_blend([together], 1.0).slopes, rel=1e-9)


def test_known_slopes_are_found() -> None:
    assert fit_blend([window_of([0.6, 0.3], 4, 40_000)], 1.0).slopes == pytest.approx([0.6, 0.3], abs=0.03)


def test_a_slope_that_wants_to_be_negative_is_zero_and_the_others_are_fitted_without_it() -> None:
    window = window_of([0.6, -0.4], 5)
    fitted = fit_blend([window], 1.0)
    alone = fit_blend([TrainingWindow(window.features[:, :1], window.exposure, window.counts)], 1.0)
    assert fitted.slopes[1] == 0.0
    assert fitted.slopes[0] == pytest.approx(alone.slopes[0], rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_no_other_slopes_above_zero_are_better(seed: int) -> None:
    wanted = np.random.default_rng(seed).normal(0.0, 0.4, 6)
    window, ridge = window_of(wanted.tolist(), seed, 1500), 1.0
    fitted = fit_blend([window], ridge)

    def worse(beta: FloatArray) -> tuple[float, FloatArray]:
        linear = beta[0] + window.features @ beta[1:]
        expected = window.exposure * np.exp(linear)
        missed = window.counts - expected
        value = window.counts @ linear - expected.sum() - 0.5 * ridge * (beta[1:] ** 2).sum()
        return -value, -np.array([missed.sum(), *(window.features.T @ missed - ridge * beta[1:])])

    bounds = [(None, None), *[(0.0, None)] * 6]
    theirs = minimize(worse, np.zeros(7), jac=True, bounds=bounds, options={"ftol": 1e-15, "gtol": 1e-9})
    ours = np.array([fitted.intercept, *fitted.slopes])
    assert worse(ours)[0] <= theirs.fun + 1e-8 * abs(theirs.fun)
    assert ours == pytest.approx(theirs.x, abs=1e-4)


def test_with_every_slope_at_zero_only_the_level_is_left() -> None:
    window = window_of([-0.5], 6)
    fitted = fit_blend([window], 1.0)
    assert fitted.slopes.tolist() == [0.0]
    assert expected_total(fitted, window) == pytest.approx(window.counts.sum())


def test_the_fitted_total_equals_the_observed_total() -> None:
    window = window_of([0.6, 0.3], 7)
    fitted = fit_blend([window], 1.0)
    assert expected_total(fitted, window) == pytest.approx(window.counts.sum())


def test_nothing_to_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match="Nothing to fit"):
        fit_blend([TrainingWindow(np.zeros((2, 1)), np.ones(2), np.zeros(2))], 1.0)
