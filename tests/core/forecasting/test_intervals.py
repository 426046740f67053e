"""Predictive intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from forecasting.core.intervals import (
    Dispersion,
    count_interval,
    estimate_dispersion,
    group_intervals,
    set_interval,
)


def test_without_dispersion_the_interval_is_the_poissons() -> None:
    low, high = count_interval(np.array([2.0, 10.0]), 0.0, 0.9)
    assert low.tolist() == [0, 5]
    assert high.tolist() == [5, 15]


def test_dispersion_widens_the_interval() -> None:
    low, high = count_interval(np.array([10.0]), 0.5, 0.9)
    assert (int(low[0]), int(high[0])) == (1, 25)
    assert int(high[0]) == stats.nbinom.ppf(0.95, 2, 2 / 12)


@given(st.floats(0.001, 500), st.floats(0, 5), st.sampled_from([0.5, 0.8, 0.9]))
def test_an_interval_holds_at_least_its_nominal_probability(mean: float, spread: float, level: float) -> None:
    low, high = count_interval(np.array([mean]), spread, level)
    law = stats.poisson(mean) if spread < 1e-6 else stats.nbinom(1 / spread, 1 / (1 + spread * mean))
    assert law.cdf(high[0]) - law.cdf(low[0] - 1) >= level - 1e-9


def test_dispersion_is_found_again_in_counts_drawn_with_it() -> None:
    rng = np.random.default_rng(1)
    mean = rng.uniform(0.5, 3.0, 5000)
    windows = [
        rng.poisson(mean * rng.gamma(2.0, 0.5, 5000) * rng.gamma(25.0, 0.04)).astype(float)
        for _ in range(200)
    ]
    found = estimate_dispersion([mean] * 200, windows)
    assert found.cell == pytest.approx(0.5, rel=0.05)
    assert found.city == pytest.approx(0.04, rel=0.25)
    assert found.single == found.cell + found.city + found.cell * found.city


def test_counts_steadier_than_chance_have_no_dispersion() -> None:
    mean = np.full(50, 4.0)
    assert estimate_dispersion([mean, mean], [mean, mean]) == Dispersion(0.0, 0.0)


def test_windows_without_incidents_estimate_nothing() -> None:
    assert estimate_dispersion([np.ones(3)], [np.zeros(3)]).cell == 0.0


def test_cell_factors_average_out_over_a_set_and_the_citys_does_not() -> None:
    cells = np.full(100, 1.0)
    by_cells = set_interval(cells, Dispersion(1.0, 0.0), 0.9)
    by_city = set_interval(cells, Dispersion(0.0, 1.0), 0.9)
    assert by_cells == (78, 124)
    assert by_city[1] > 250


def test_the_interval_of_a_set_covers_what_is_drawn() -> None:
    rng = np.random.default_rng(2)
    mean = rng.uniform(0.1, 1.0, 200)
    draws = rng.poisson(mean * rng.gamma(2.0, 0.5, (4000, 200)) * rng.gamma(50.0, 0.02, (4000, 1))).sum(
        axis=1
    )
    low, high = set_interval(mean, Dispersion(0.5, 0.02), 0.9)
    assert 0.88 <= np.mean((draws >= low) & (draws <= high)) <= 0.93


def test_an_empty_set_expects_nothing() -> None:
    assert set_interval(np.array([]), Dispersion(1.0, 1.0), 0.9) == (0, 0)


def test_every_group_gets_its_interval_by_name() -> None:
    intervals = group_intervals(
        np.array([1.0, 9.0, 1.0]), np.array(["b", "a", "b"]), Dispersion(0.0, 0.0), 0.9
    )
    assert intervals == {"a": (4, 14), "b": (0, 5)}
