"""Snap points: an injected burst is found, ordinary repeats are not."""

import numpy as np
import pytest

from forecasting.core.drift import DriftCheck, FallbackPolicy, fallback_due
from forecasting.core.drift_inputs import delays_by_week, reporting_delay_check
from forecasting.core.limits import CannotForecast
from forecasting.core.snap_points import LEAST_SNAP_COUNT, snap_point_check
from tests.core.forecasting.drift_examples import RECENT, WEEKS, City, stationary, with_delay, with_snap_burst

SEEDS = 150


def check(city: City) -> DriftCheck:
    return snap_point_check(city.x, city.y, city.week, RECENT)


def test_an_injected_burst_is_found_at_its_coordinate() -> None:
    for seed in range(20):
        found = check(with_snap_burst(stationary(seed), seed))
        assert found.breached
        assert found.statistic == pytest.approx(0.06, abs=0.03)
    assert "12,345.6 E 6,543.2 N" in found.sentence
    assert "default point" in found.remedy


def test_a_burst_in_one_week_only_is_found_too() -> None:
    city = stationary(3)
    chosen = np.flatnonzero(city.week == WEEKS - 1)[:20]
    city.x[chosen], city.y[chosen] = 11, 22
    assert check(city).breached


def test_a_stationary_city_with_repeats_is_quiet() -> None:
    """In 150 stationary cities with near repeats and uneven addresses, at most 1 in 50 is called a snap point."""
    assert np.mean([check(stationary(seed)).breached for seed in range(SEEDS)]) <= 0.02


def test_an_address_that_was_always_busy_is_no_snap_point() -> None:
    city = stationary(4)
    always = np.random.default_rng(4).random(len(city.day)) < 0.08
    city.x[always], city.y[always] = 500, 600
    found = check(city)
    assert not found.breached
    assert "No coordinate suddenly holds many" in found.sentence


def test_flurries_such_as_places_always_had_are_no_snap_points() -> None:
    """Sixty addresses have a dozen or two incidents within four weeks each, some of them now: that is usual here."""
    city, rng = stationary(8), np.random.default_rng(8)
    block = city.week // RECENT
    for number in range(60):
        size = 14 if number % 13 == 12 else 17
        chosen = rng.choice(np.flatnonzero(block == number % 13), size, replace=False)
        city.x[chosen], city.y[chosen] = 1_000_000 + number, number
    assert not check(city).breached
    chosen = np.flatnonzero(city.week >= WEEKS - RECENT)[:100]
    city.x[chosen], city.y[chosen] = 11, 22
    assert check(city).breached


def test_no_more_than_what_once_happened_before_is_no_snap_point() -> None:
    city = stationary(10)
    for week, size, at in ((20, 40, 11), (WEEKS - 1, 16, 22)):
        chosen = np.flatnonzero(city.week == week)[:size]
        city.x[chosen], city.y[chosen] = at, at
    assert not check(city).breached


def test_ordinary_repeats_are_allowed_for_even_where_none_was_so_large_before() -> None:
    """Addresses that have seven incidents in some months and none in others: eleven in one month is not a default."""
    city, rng = stationary(9), np.random.default_rng(9)
    block = city.week // RECENT
    for number in range(200):
        size = 11 if number == 12 else 7
        chosen = rng.choice(np.flatnonzero(block == number % 13), size, replace=False)
        city.x[chosen], city.y[chosen] = 1_000_000 + number % 100, 0
    assert not check(city).breached


def test_a_handful_is_no_snap_point_however_unlikely() -> None:
    city = stationary(5, per_week=10)
    chosen = np.flatnonzero(city.week >= WEEKS - RECENT)[: LEAST_SNAP_COUNT - 1]
    city.x[chosen], city.y[chosen] = 11, 22
    assert not check(city).breached


def test_moving_the_city_changes_nothing_but_the_coordinate() -> None:
    city = with_snap_burst(stationary(6), 6)
    here = check(city)
    there = snap_point_check(city.x + 1_000, city.y - 500, city.week, RECENT)
    assert (here.statistic, here.p_value) == (there.statistic, there.p_value)


def test_an_injected_burst_and_an_injected_delay_lead_to_the_fallback_a_policy_demands() -> None:
    city = with_delay(with_snap_burst(stationary(1), 1), 1, days=1.0, first_week=WEEKS - 6)
    delays = delays_by_week(city.day, city.day + city.delay, WEEKS * 7 - 1, 14)
    checks = [check(city), reporting_delay_check(delays, RECENT, np.random.default_rng(1))]
    made = fallback_due(checks, FallbackPolicy(frozenset({"snap_points", "reporting_delay"})))
    assert (made.due, made.because) == (True, ("snap_points", "reporting_delay"))
    assert all(each.remedy for each in checks)


def test_a_short_history_is_refused() -> None:
    city = stationary(7)
    young = city.week >= WEEKS - 10
    with pytest.raises(CannotForecast) as refused:
        snap_point_check(city.x[young], city.y[young], city.week[young] - (WEEKS - 10), RECENT)
    assert refused.value.reason == "history_too_short"
    with pytest.raises(CannotForecast):
        snap_point_check(city.x[:0], city.y[:0], city.week[:0], RECENT)
