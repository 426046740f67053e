"""Drift of a forecast: by hand, quiet on stationary windows, loud on planted drift, and the fallback it leads to."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from forecasting.core import drift
from forecasting.core.drift import (
    FALSE_ALARMS,
    DriftCheck,
    FallbackPolicy,
    calibration_check,
    cusum,
    fallback_due,
    randomised_pit,
    rolling_skill,
    skill_check,
    total_check,
)
from forecasting.core.limits import CannotForecast

WINDOWS = 26
SPREAD = 0.02


def totals(
    rng: np.random.Generator, mean: float = 120.0, shift: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Forecasts and negative binomial totals; ``shift`` multiplies the second half of what happens."""
    expected = mean * rng.uniform(0.8, 1.2, WINDOWS)
    happens = expected * np.where(np.arange(WINDOWS) < WINDOWS // 2, 1.0, shift)
    return rng.poisson(happens * rng.gamma(1 / SPREAD, SPREAD, WINDOWS)), expected


def made_check(name: str, *, breached: bool) -> DriftCheck:
    return DriftCheck(name, 1.0, 0.5, 0.001, breached, "It is so.", "Do this." if breached else "")  # type: ignore[arg-type]


def test_rolling_skill_by_hand() -> None:
    skill = rolling_skill(np.array([8.0, 9.0, 12.0]), np.array([10.0, 10.0, 10.0]), 2)
    assert skill == pytest.approx([1 - 17 / 20, 1 - 21 / 20])


def test_a_forecast_that_became_worse_than_counts_is_told_with_a_remedy() -> None:
    rng = np.random.default_rng(1)
    reference = rng.uniform(900, 1100, WINDOWS)
    ours = reference * np.where(np.arange(WINDOWS) < 18, 0.9, 1.08) + rng.normal(0, 15, WINDOWS)
    check = skill_check(ours, reference)
    assert check.breached
    assert check.statistic < check.threshold < 0
    assert "worse than counting past reports" in check.sentence
    assert "counts" in check.remedy


def test_a_forecast_as_good_as_counts_is_rarely_called_worse() -> None:
    breaches = 0
    for seed in range(1000):
        rng = np.random.default_rng(seed)
        reference = rng.uniform(900, 1100, WINDOWS)
        breaches += skill_check(reference + rng.normal(0, 20, WINDOWS), reference).breached
    assert breaches / 1000 == pytest.approx(FALSE_ALARMS, abs=0.01)


def test_a_forecast_equal_to_counts_is_no_breach() -> None:
    same = np.full(WINDOWS, 1000.0)
    check = skill_check(same, same)
    assert not check.breached
    assert (check.statistic, check.remedy) == (0.0, "")


def test_pit_by_hand_and_uniform_when_calibrated() -> None:
    pit = randomised_pit(np.array([0]), np.array([2.0]), 0.0, np.random.default_rng(1))
    assert 0 < pit[0] < np.exp(-2)
    rng = np.random.default_rng(2)
    expected = rng.uniform(0.2, 30, 5000) * rng.choice([0.1, 1.0], 5000)
    counts = rng.poisson(expected * rng.gamma(1 / 0.3, 0.3, 5000))
    assert stats.kstest(randomised_pit(counts, expected, 0.3, rng), "uniform").pvalue > 0.01
    assert stats.kstest(randomised_pit(counts, expected, 0.0, rng), "uniform").pvalue < 1e-6


def test_totals_outside_their_distributions_breach_calibration() -> None:
    rng = np.random.default_rng(3)
    expected = np.full(60, 100.0)
    check = calibration_check(rng.poisson(expected * rng.gamma(4, 0.25, 60)), expected, 0.0, rng)
    assert check.breached
    assert "of 60 totals fell inside their 90 % intervals" in check.sentence
    assert "Refit" in check.remedy


def test_cusum_by_hand() -> None:
    up, down = cusum(np.array([1.0, 2.0, -1.0, -3.0]))
    assert up.tolist() == [0.5, 2.0, 0.5, 0.0]
    assert down.tolist() == [0.0, 0.0, 0.5, 3.0]


def test_a_rise_of_a_fifth_is_seen_in_the_totals_with_when_it_began() -> None:
    checks = [
        total_check(*totals(np.random.default_rng(seed), shift=1.3), SPREAD, np.random.default_rng(seed))
        for seed in range(20)
    ]
    assert np.mean([check.breached for check in checks]) > 0.9
    told = next(check for check in checks if check.breached)
    assert "more incidents were recorded than forecast" in told.sentence
    assert "missing or doubled" in told.remedy


def test_a_fall_is_seen_as_a_fall() -> None:
    check = total_check(*totals(np.random.default_rng(4), shift=0.6), SPREAD, np.random.default_rng(4))
    assert check.breached
    assert "fewer incidents" in check.sentence


def test_stationary_totals_raise_false_alarms_at_the_rate_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measured over 400 seeds: 1 in 100 for each of the two checks, give or take chance."""
    monkeypatch.setattr(drift, "LIMIT_PATHS", 3_000)
    alarms = np.zeros(2)
    for seed in range(400):
        rng = np.random.default_rng(seed)
        observed, expected = totals(rng)
        alarms += (
            total_check(observed, expected, SPREAD, rng).breached,
            calibration_check(observed, expected, SPREAD, rng).breached,
        )
    assert (alarms / 400 <= 0.025).all()


@pytest.mark.parametrize("few", [7, 0])
def test_too_few_windows_are_refused(few: int) -> None:
    rng, some = np.random.default_rng(0), np.ones(few)
    judges: list[Callable[[], DriftCheck]] = [
        lambda: skill_check(some, some),
        lambda: total_check(some.astype(np.int64), some, 0.0, rng),
        lambda: calibration_check(some.astype(np.int64), some, 0.0, rng),
    ]
    for judge in judges:
        with pytest.raises(CannotForecast, match="at least 8 scored windows") as refused:
            judge()
        assert refused.value.reason == "history_too_short"


def test_the_policy_says_which_breach_demands_counts() -> None:
    checks = [made_check("skill", breached=True), made_check("shares", breached=True)]
    made = fallback_due(checks, FallbackPolicy(frozenset({"skill"}), together=3))
    assert (made.due, made.because) == (True, ("skill",))
    assert made.sentence == "The policy demands the forecast by counts until these are put right: skill."


def test_several_breaches_together_demand_it_too() -> None:
    checks = [made_check(name, breached=True) for name in ("shares", "geocoding", "snap_points")]
    made = fallback_due(checks, FallbackPolicy(frozenset(), together=3))
    assert made.because == ("shares", "geocoding", "snap_points")
    assert "snap points" in made.sentence


def test_nothing_breached_keeps_the_model() -> None:
    checks = [made_check("skill", breached=False), made_check("shares", breached=True)]
    made = fallback_due(checks, FallbackPolicy())
    assert (made.due, made.because) == (False, ())
    assert "one check is breached" in made.sentence
    assert "No check is breached" in fallback_due(checks[:1], FallbackPolicy()).sentence
