"""Drift of the data: by hand, quiet on a stationary city, loud on an injected delay, shift and lost geocodes."""

import numpy as np
import pytest

from forecasting.core.drift_inputs import (
    delays_by_week,
    geocoding_check,
    jensen_shannon,
    reporting_delay_check,
    share_checks,
    stability_index,
)
from forecasting.core.limits import CannotForecast
from tests.core.forecasting.drift_examples import AREAS, RECENT, WEEKS, City, stationary, with_delay

LONGEST = 14
AS_OF = WEEKS * 7 - 1
SEEDS = 150


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def delays(city: City) -> np.ndarray:
    return delays_by_week(city.day, city.day + city.delay, AS_OF, LONGEST)


def test_divergence_by_hand() -> None:
    same, apart = np.array([1.0, 3.0]), np.array([[5.0, 0.0], [0.0, 5.0]])
    assert jensen_shannon(same, 7 * same) == pytest.approx(0.0)
    assert jensen_shannon(apart[0], apart[1]) == pytest.approx(1.0)
    p, q = np.array([0.5, 0.5]), np.array([0.9, 0.1])
    middle = (p + q) / 2
    by_hand = sum(
        0.5 * each * np.log2(each / m) for part in (p, q) for each, m in zip(part, middle, strict=True)
    )
    assert jensen_shannon(p, q) == pytest.approx(by_hand)


def test_stability_index_by_hand() -> None:
    assert stability_index(np.array([49.5, 49.5]), np.array([89.5, 9.5])) == pytest.approx(
        (0.5 - 0.9) * np.log(0.5 / 0.9) + (0.5 - 0.1) * np.log(0.5 / 0.1)
    )


def test_delays_are_counted_only_where_they_are_complete() -> None:
    occurred = np.array([0, 1, 6, 7, 13, 14, 20, 21])
    delay = np.array([0, 2, 1, 3, 0, 1, 2, 0])
    table = delays_by_week(occurred, occurred + delay, as_of=22, longest=2)
    assert table.shape == (3, 3)  # weeks end on days 20, 13 and 6; day 21 is too young, one delay too long
    assert table.tolist() == [[1, 1, 1], [1, 0, 0], [0, 1, 1]]


def test_an_injected_delay_is_seen_and_named() -> None:
    for seed in range(10):
        late = with_delay(stationary(seed), seed, days=1.0, first_week=WEEKS - 6)
        check = reporting_delay_check(delays(late), RECENT, rng(seed))
        assert check.breached
        assert check.statistic > check.threshold
    assert "days after they happened" in check.sentence
    assert "Reports come later" in check.remedy
    assert "too low" in check.remedy


def test_reports_that_come_earlier_are_seen_as_earlier() -> None:
    city = stationary(1)
    slow = City(city.day, city.area, city.x, city.y, city.delay + np.where(city.week < WEEKS - 6, 2, 0))
    check = reporting_delay_check(delays(slow), RECENT, rng())
    assert check.breached
    assert "earlier" in check.remedy


def test_a_shift_between_areas_is_seen_and_the_area_named() -> None:
    table = stationary(2).by_area()
    table[-RECENT:, 3] *= 2
    for check in share_checks(table, AREAS, RECENT, rng()):
        assert check.breached
        assert "Hill" in check.sentence
        assert check.remedy.startswith("Look at Hill first")


def test_lost_geocodes_are_seen_and_a_gain_is_no_breach() -> None:
    totals = stationary(3).by_area().sum(axis=1).astype(np.int64)
    unplaced = rng(3).binomial(totals, 0.03)
    lost = unplaced.copy()
    lost[-RECENT:] = rng(4).binomial(totals[-RECENT:], 0.12)
    assert not geocoding_check(totals - unplaced, unplaced, RECENT, rng()).breached
    check = geocoding_check(totals - lost, lost, RECENT, rng())
    assert check.breached
    assert "geocoder" in check.remedy
    lost[:-RECENT], lost[-RECENT:] = rng(5).binomial(totals[:-RECENT], 0.12), 0
    assert not geocoding_check(totals - lost, lost, RECENT, rng()).breached


def test_a_sure_but_tiny_drop_of_geocoding_is_no_breach() -> None:
    totals = np.full(WEEKS, 100_000)
    unplaced = np.where(np.arange(WEEKS) < WEEKS - RECENT, 2_000, 2_500)
    check = geocoding_check(totals - unplaced, unplaced, RECENT, rng())
    assert check.p_value < 0.01
    assert not check.breached


def test_a_stationary_city_raises_false_alarms_at_the_rate_stated() -> None:
    """Each of the four checks breaches in about 1 of 100 stationary cities (150 seeds here)."""
    alarms = np.zeros(4)
    for seed in range(SEEDS):
        city = stationary(seed)
        totals = city.by_area().sum(axis=1).astype(np.int64)
        unplaced = rng(seed).binomial(totals, 0.04)
        shares, index = share_checks(city.by_area(), AREAS, RECENT, rng(seed))
        alarms += (
            shares.breached,
            index.breached,
            geocoding_check(totals - unplaced, unplaced, RECENT, rng(seed)).breached,
            reporting_delay_check(delays(city), RECENT, rng(seed)).breached,
        )
    assert (alarms / SEEDS <= 0.04).all()
    assert alarms.sum() / (4 * SEEDS) <= 0.02


def test_the_same_seed_gives_the_same_verdict_and_the_order_of_areas_changes_nothing() -> None:
    table = stationary(5).by_area()
    one = share_checks(table, AREAS, RECENT, rng(1))
    assert one == share_checks(table, AREAS, RECENT, rng(1))
    turned = share_checks(table[:, ::-1], AREAS[::-1], RECENT, rng(1))
    assert [each.statistic for each in turned] == pytest.approx([each.statistic for each in one])
    assert turned[0].p_value == one[0].p_value


@pytest.mark.parametrize(
    ("table", "recent", "reason"),
    [
        (np.ones((11, 3)), 2, "history_too_short"),
        (np.ones((15, 3)), 4, "history_too_short"),
        (np.ones((16, 3)), 0, "history_too_short"),
        (np.vstack([np.ones((12, 3)), np.zeros((4, 3))]), 4, "too_few_incidents"),
        (np.full((16, 3), -1.0), 4, "bad_input"),
    ],
)
def test_what_cannot_be_judged_is_refused(table: np.ndarray, recent: int, reason: str) -> None:
    with pytest.raises(CannotForecast) as refused:
        share_checks(table, AREAS[:3], recent, rng())
    assert refused.value.reason == reason


def test_delays_without_a_complete_week_are_refused() -> None:
    with pytest.raises(CannotForecast, match="old enough"):
        delays_by_week(np.arange(10), np.arange(10), as_of=12, longest=10)
