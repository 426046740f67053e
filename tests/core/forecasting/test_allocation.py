"""Which places a plan proposes."""

import numpy as np
import pytest

from forecasting.core.allocation import Budget, choose_places, covered_share, rate_interval

EXPECTED = np.array([0.1, 0.5, 0.0, 0.3, 0.1])


def budget(**changes: float) -> Budget:
    values = {"hours": 8.0, "visits": 2, "visit_minutes": 12, "cap_minutes": 60, "most_places": 12} | changes
    counted = ("visits", "visit_minutes", "cap_minutes", "most_places")
    return Budget(values["hours"], *(int(values[key]) for key in counted))


def test_the_most_expected_incidents_come_first_and_ties_keep_their_order() -> None:
    assert choose_places(EXPECTED, budget()).tolist() == [1, 3, 0, 4]


def test_hours_limit_how_many_places_are_proposed() -> None:
    assert budget(hours=1.0).places == 2
    assert choose_places(EXPECTED, budget(hours=1.0)).tolist() == [1, 3]


def test_the_dosage_cap_limits_the_minutes_of_one_place() -> None:
    assert budget(visits=4, cap_minutes=30).minutes_per_place == 30


def test_without_dispersion_the_interval_closes_on_the_forecast() -> None:
    low, high = rate_interval(EXPECTED, 0.0, 0.9)
    assert low.tolist() == high.tolist() == EXPECTED.tolist()


def test_the_interval_of_a_rate_holds_nine_tenths_of_its_gamma_draws() -> None:
    low, high = rate_interval(np.array([2.0]), 0.5, 0.9)
    draws = np.random.default_rng(1).gamma(2.0, 1.0, 200_000)
    assert np.mean((draws > low[0]) & (draws < high[0])) == pytest.approx(0.9, abs=0.01)


def test_the_share_covered_is_that_of_the_expected_counts() -> None:
    share = covered_share(EXPECTED, np.array([1, 3]), 0.5, 0.9, np.random.default_rng(1))
    assert share.value == pytest.approx(0.8)
    assert share.low < 0.8 < share.high <= 1


def test_nothing_expected_means_nothing_covered() -> None:
    share = covered_share(np.zeros(3), np.array([0]), 0.5, 0.9, np.random.default_rng(1))
    assert (share.value, share.low, share.high) == (0, 0, 0)
