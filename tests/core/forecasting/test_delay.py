"""Reporting delay: by hand, planted delays recovered from truncated pairs, intervals that hold what they promise."""

import numpy as np
import pytest

from forecasting.core.delay import ReportingDelay, delay_sentence, estimate_delay, nowcast
from forecasting.core.incidents import IntArray
from forecasting.core.limits import CannotForecast

AS_OF = 199
PMF = np.array([0.4, 0.2, 0.1, 0.08, 0.06, 0.05, 0.04, 0.03, 0.02, 0.01, 0.01])
TRUE = np.cumsum(PMF)
LONGEST = len(PMF) - 1


def pairs(seed: int, growth: float = 1.0, per_day: float = 12.0) -> tuple[IntArray, IntArray]:
    """Incidents of 200 days with known delays; ``growth`` times as many a day at the end as at the start."""
    rng = np.random.default_rng(seed)
    daily = rng.poisson(per_day * np.geomspace(1, growth, AS_OF + 1))
    occurred = np.repeat(np.arange(AS_OF + 1), daily)
    return occurred, occurred + rng.choice(len(PMF), len(occurred), p=PMF)


def learned(occurred: IntArray, reported: IntArray) -> ReportingDelay:
    return estimate_delay(occurred, reported, AS_OF, category="burglary", longest=LONGEST)


def test_the_chain_ladder_by_hand() -> None:
    """Two delays: of 60 old incidents 30 came at once and 30 a day later; the newest day shows only those at once."""
    occurred = np.repeat(np.arange(61), 4)
    delay = np.tile([0, 0, 1, 1], 61)
    made = estimate_delay(occurred, occurred + delay, 60, category="burglary", longest=1)
    assert made.complete == pytest.approx([0.5, 1.0])
    assert made.pairs == 242
    assert made.factor(0).value == pytest.approx(2.0)
    assert made.factor(5).value == 1.0


def test_planted_delays_are_recovered() -> None:
    made = learned(*pairs(1, per_day=60))
    assert made.complete == pytest.approx(TRUE, abs=0.015)
    assert made.complete[-1] == 1.0
    assert (np.diff(made.complete) >= 0).all()


def test_a_histogram_is_too_short_where_incidents_grow_and_ours_is_not() -> None:
    plain, ours = [], []
    for seed in range(20):
        occurred, reported = pairs(seed, growth=100.0)
        known = reported <= AS_OF
        plain.append(np.mean((reported - occurred)[known] <= 2))
        ours.append(learned(occurred, reported).complete[2])
    assert np.mean(plain) > TRUE[2] + 0.01
    assert np.mean(ours) == pytest.approx(TRUE[2], abs=0.006)


def test_reports_after_as_of_change_nothing() -> None:
    occurred, reported = pairs(2)
    known = reported <= AS_OF
    assert (learned(occurred, reported).complete == learned(occurred[known], reported[known]).complete).all()


def test_the_order_of_incidents_and_the_calendar_change_nothing() -> None:
    occurred, reported = pairs(3)
    mixed = np.random.default_rng(0).permutation(len(occurred))
    moved = estimate_delay(
        occurred[mixed] + 9000, reported[mixed] + 9000, AS_OF + 9000, category="burglary", longest=LONGEST
    )
    assert moved.complete == pytest.approx(learned(occurred, reported).complete)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    held = []
    for seed in range(150):
        made = learned(*pairs(seed))
        held.append(
            [made.completeness(age).low <= TRUE[age] <= made.completeness(age).high for age in (0, 2, 5)]
        )
    assert np.mean(held, axis=0) == pytest.approx(np.full(3, 0.95), abs=0.05)


def test_days_that_hang_together_widen_the_intervals() -> None:
    rng = np.random.default_rng(4)
    occurred = np.repeat(np.arange(AS_OF + 1), 30)
    at_once = np.repeat(rng.beta(1.2, 1.2, AS_OF + 1), 30) > rng.random(len(occurred))
    clumped = learned(occurred, occurred + np.where(at_once, 0, 3))
    even = learned(occurred, occurred + np.where(rng.random(len(occurred)) < 0.5, 0, 3))
    assert even.scatter < 1.3
    assert clumped.scatter > 5
    assert clumped.log_error[0] > 2 * even.log_error[0]


def later_known(seed: int) -> tuple[bool, bool]:
    """Nowcast the last ten days and look whether the truth lies inside."""
    occurred, reported = pairs(seed)
    made = learned(occurred, reported)
    ages = np.arange(10)
    days = AS_OF - ages
    seen = np.array([((occurred == day) & (reported <= AS_OF)).sum() for day in days])
    truth = np.array([(occurred == day).sum() for day in days])
    guess = nowcast(seen, ages, made, np.random.default_rng(seed))
    return bool(guess.total.low <= truth.sum() <= guess.total.high), bool(
        guess.low[0] <= truth[0] <= guess.high[0]
    )


def test_a_nowcast_holds_what_later_became_known() -> None:
    held = np.mean([later_known(seed) for seed in range(150)], axis=0)
    assert (held > 0.89).all()


def test_a_nowcast_of_scattered_delays_is_wider_and_complete_days_stay_as_they_are() -> None:
    calm = ReportingDelay("theft", 2, np.array([0.5, 0.8, 1.0]), np.zeros(3), 1.0, 500, 100)
    wild = ReportingDelay("theft", 2, np.array([0.5, 0.8, 1.0]), np.zeros(3), 6.0, 500, 100)
    counts, ages = np.array([20, 30, 40]), np.array([0, 1, 2])
    one, other = (nowcast(counts, ages, each, np.random.default_rng(1)) for each in (calm, wild))
    assert one.expected == pytest.approx([40, 37.5, 40])
    assert (one.low[2], one.high[2]) == (40, 40)
    assert other.high[0] - other.low[0] > 1.5 * (one.high[0] - one.low[0])
    assert (one.counted, one.left_out) == (90, 0)


def test_an_age_at_which_hardly_anything_is_reported_has_no_factor() -> None:
    made = ReportingDelay("theft", 1, np.array([0.05, 1.0]), np.zeros(2), 1.0, 500, 100)
    assert np.isnan(made.factor(0).value)
    guess = nowcast(np.array([1, 30]), np.array([0, 1]), made, np.random.default_rng(1))
    assert np.isnan(guess.expected[0])
    assert (guess.left_out, guess.counted, guess.total.value) == (1, 30, 30)


def test_the_sentence_says_how_fast_how_many_and_from_how_much() -> None:
    told = delay_sentence(learned(*pairs(1)))
    assert told.startswith("Half of burglaries are reported within one day, 95 of 100 within seven days.")
    assert "multiplied by 1.0" in told
    assert "incidents reported within 10 days" in told
    slow = ReportingDelay("theft", 9, np.linspace(0.01, 1, 10) ** 12, np.zeros(10), 1.0, 500, 100)
    assert "too few to judge" in delay_sentence(slow)


def test_too_few_pairs_days_or_wrong_times_are_refused() -> None:
    occurred, reported = pairs(1)
    few = slice(0, 60)
    recent = occurred >= AS_OF - 30
    for chosen, reason in (
        ((occurred[few], reported[few]), "too_few_incidents"),
        ((occurred[:0], reported[:0]), "too_few_incidents"),
        ((occurred[recent], reported[recent]), "history_too_short"),
        ((reported, occurred), "bad_input"),
        ((occurred, reported[:-1]), "bad_input"),
    ):
        with pytest.raises(CannotForecast) as refused:
            learned(*chosen)
        assert refused.value.reason == reason


def test_a_few_times_written_backwards_are_left_out() -> None:
    occurred, reported = pairs(1)
    bent = reported.copy()
    bent[:5] = occurred[:5] - 1
    assert learned(occurred, bent).pairs == learned(occurred[5:], reported[5:]).pairs


def test_a_window_is_complete_enough_long_before_its_last_day_is() -> None:
    """By hand: half come at once and half five days later, so of a week all but one day has to be in."""
    occurred = np.repeat(np.arange(120), 10)
    late = np.tile([0, 5], len(occurred) // 2)
    made = estimate_delay(occurred, occurred + late, 119, category="fraud", longest=20)
    assert made.window_wait(7) == 4  # one day at 0.5 and six at 1 make 0.93
    assert made.window_wait(7, share=0.95) == 5
    assert made.window_wait(7, share=0.75) == 2  # ages 2 to 8: three days at 0.5 and four at 1 make 0.79
    assert made.window_wait(28) == 0  # five days at 0.5 of 28 make 0.91


def test_nothing_late_is_nothing_to_wait_for() -> None:
    occurred = np.repeat(np.arange(120), 10)
    assert estimate_delay(occurred, occurred, 119, category="robbery", longest=20).window_wait(7) == 0
