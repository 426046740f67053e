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
    intervals_held,
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
    mean, districts = rng.uniform(0.5, 3.0, 3000), np.repeat([f"{each:02}" for each in range(30)], 100)

    def drawn() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        by_district = np.repeat(rng.gamma(1 / 0.08, 0.08, 30), 100)
        return rng.poisson(mean * rng.gamma(2.0, 0.5, 3000) * by_district * rng.gamma(25.0, 0.04)).astype(
            float
        )

    found = estimate_dispersion([mean] * 300, [drawn() for _ in range(300)], districts, half_life=None)
    assert found.cell == pytest.approx(0.5, rel=0.05)
    assert found.district == pytest.approx(0.08, rel=0.1)
    assert found.city == pytest.approx(0.04, rel=0.25)
    assert found.single == pytest.approx((1 + found.cell) * (1 + found.district) * (1 + found.city) - 1)


def test_counts_steadier_than_chance_have_no_dispersion() -> None:
    mean = np.full(50, 4.0)
    assert estimate_dispersion([mean, mean], [mean, mean], np.repeat(["a", "b"], 25)) == Dispersion(0.0, 0.0)


def test_windows_without_incidents_estimate_nothing() -> None:
    assert estimate_dispersion([np.ones(3)], [np.zeros(3)], np.array(["a", "a", "a"])).cell == 0.0


def test_cell_factors_average_out_over_a_set_and_district_factors_over_districts() -> None:
    cells, one = np.full(100, 1.0), np.repeat(["a"], 100)
    ten = np.repeat([str(each) for each in range(10)], 10)
    assert set_interval(cells, one, Dispersion(1.0, 0.0), 0.9) == (78, 124)
    assert set_interval(cells, one, Dispersion(0.0, 1.0), 0.9)[1] > 250
    assert set_interval(cells, one, Dispersion(0.0, 0.0, 1.0), 0.9)[1] > 250
    assert 130 < set_interval(cells, ten, Dispersion(0.0, 0.0, 1.0), 0.9)[1] < 190


def test_the_interval_of_a_set_covers_what_is_drawn() -> None:
    rng = np.random.default_rng(2)
    mean, districts = rng.uniform(0.1, 1.0, 200), np.repeat(["a", "b"], 100)
    by_district = np.repeat(rng.gamma(20.0, 0.05, (4000, 2)), 100, axis=1)
    rates = mean * rng.gamma(2.0, 0.5, (4000, 200)) * by_district * rng.gamma(50.0, 0.02, (4000, 1))
    draws = rng.poisson(rates).sum(axis=1)
    low, high = set_interval(mean, districts, Dispersion(0.5, 0.02, 0.05), 0.9)
    assert 0.88 <= np.mean((draws >= low) & (draws <= high)) <= 0.93


def test_an_empty_set_expects_nothing() -> None:
    assert set_interval(np.array([]), np.array([]), Dispersion(1.0, 1.0), 0.9) == (0, 0)


def test_every_group_gets_its_interval_by_name() -> None:
    intervals = group_intervals(
        np.array([1.0, 9.0, 1.0]), np.array(["b", "a", "b"]), Dispersion(0.0, 0.0), 0.9
    )
    assert intervals == {"a": (4, 14), "b": (0, 5)}


def test_intervals_that_held_are_counted() -> None:
    mean, groups = np.array([1.0, 9.0, 1.0]), np.array(["b", "a", "b"])
    assert intervals_held(mean, np.array([0.0, 14.0, 5.0]), groups, Dispersion(0.0, 0.0), 0.9) == (2, 2)
    assert intervals_held(mean, np.array([1.0, 15.0, 5.0]), groups, Dispersion(0.0, 0.0), 0.9) == (0, 2)
