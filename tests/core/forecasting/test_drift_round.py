"""A round of drift checks: everything the data allow, on a made-up city with and without drift."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecasting.core.drift_round import RECENT, WEEKS, DriftRound, Reports, Scored, check_all
from forecasting.core.manifest import canonical_bytes
from tests.core.forecasting.drift_examples import AREAS, City, stationary, with_delay, with_snap_burst

FIRST = 19_000
LAST = FIRST + 7 * WEEKS - 1


def reports(city: City, **changes: object) -> Reports:
    none = np.empty(0, dtype=np.int64)
    day = FIRST + city.day
    made = Reports(city.x, city.y, day, day + city.delay, city.area, AREAS, none, LAST)
    return replace(made, **changes)  # type: ignore[arg-type]


def scored(windows: int, *, bias: float = 1.0, worse: float = 0.0, seed: int = 1) -> Scored:
    rng = np.random.default_rng(seed)
    expected = np.full(windows, 100.0)
    deviance = rng.normal(200, 5, windows)
    return Scored(
        observed=rng.poisson(expected * bias),
        expected=expected,
        low=expected - 16.45,
        high=expected + 16.45,
        level=np.full(windows, 0.9),
        deviance=deviance + worse,
        reference=deviance + rng.normal(2, 1, windows),
    )


def check(one: Reports, two: Scored | None = None) -> DriftRound:
    return check_all(one, two or scored(12), date(2024, 6, 12), np.random.default_rng(3))


def test_a_quiet_city_breaches_nothing() -> None:
    made = check(reports(stationary(1)))
    assert {each.name for each in made.checks} == {
        "skill", "calibration", "total", "shares", "shares_psi", "geocoding", "reporting_delay", "snap_points",
    }  # fmt: skip
    assert (made.breached, made.unjudged, made.fallback.due) == ((), (), False)


def test_quiet_cities_breach_a_check_about_once_in_a_hundred() -> None:
    rounds = [check(reports(stationary(seed)), scored(12, seed=seed)) for seed in range(12)]
    assert sum(len(made.breached) for made in rounds) <= 4  # of 96 checks


def test_a_burst_at_one_point_and_a_delay_are_each_found_alone() -> None:
    assert check(reports(with_snap_burst(stationary(2), 1))).breached == ("snap_points",)
    late = with_delay(stationary(2), 1, 4.0, WEEKS - 2 * RECENT)
    assert check(reports(late)).breached == ("reporting_delay",)


def test_a_forecast_that_is_worse_than_counts_asks_for_them() -> None:
    made = check(reports(stationary(1)), scored(12, worse=30.0))
    assert made.breached == ("skill",)
    assert made.fallback.due
    assert made.fallback.because == ("skill",)


def test_totals_that_run_away_ask_for_counts() -> None:
    made = check(reports(stationary(1)), scored(12, bias=1.5))
    assert {"calibration", "total"} <= set(made.breached)
    assert "total" in made.fallback.because


def test_what_cannot_be_judged_says_why_and_the_rest_is_judged() -> None:
    made = check(reports(stationary(1), unplaced=None, has_reported=False, areas=("One",)), scored(3))
    assert {each.name for each in made.unjudged} == {
        "skill", "calibration", "total", "shares", "geocoding", "reporting_delay",
    }  # fmt: skip
    assert [each.name for each in made.checks] == ["snap_points"]
    assert all(each.sentence for each in made.unjudged)


def test_incidents_without_a_point_lower_the_geocoding_rate() -> None:
    rng = np.random.default_rng(4)
    recent = rng.integers(LAST - 7 * RECENT + 1, LAST + 1, 150)
    made = check(reports(stationary(1), unplaced=recent))
    assert "geocoding" in made.breached


def test_weeks_before_the_first_incident_are_left_out() -> None:
    city = stationary(1)
    late = city.day >= 20 * 7
    short = City(city.day[late], city.area[late], city.x[late], city.y[late], city.delay[late])
    assert len(reports(short).weeks(reports(short).occurred)) == WEEKS - 20
    assert check(reports(short)).breached == ()


def test_the_dispersion_of_totals_is_read_off_their_intervals() -> None:
    wide = replace(scored(4), low=np.full(4, 100 - 32.897), high=np.full(4, 100 + 32.897))
    assert wide.dispersion == pytest.approx((20.0**2 - 100) / 100**2, rel=1e-4)
    assert scored(4).dispersion == pytest.approx(0.0, abs=1e-3)
    assert scored(0).dispersion == 0.0


def test_the_same_inputs_and_seed_give_the_same_bytes() -> None:
    first, second = (canonical_bytes(check(reports(stationary(1))).to_dict()) for _ in range(2))
    assert first == second


def test_a_single_area_has_no_shares() -> None:
    made = check(reports(stationary(1), areas=("One",)))
    assert [each.name for each in made.unjudged] == ["shares"]


def test_intervals_of_any_level_tell_the_same_dispersion() -> None:
    expected, reach = np.full(3, 100.0), np.sqrt(100.0 + 0.02 * 100.0**2)  # variance m + 0.02 m**2
    level = np.array([0.5, 0.9, 0.99])
    width = np.array([0.674490, 1.644854, 2.575829]) * reach
    made = replace(scored(3), expected=expected, low=expected - width, high=expected + width, level=level)
    assert made.dispersion == pytest.approx(0.02, rel=1e-5)
