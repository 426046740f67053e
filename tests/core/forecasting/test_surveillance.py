"""EARS and Poisson Z: by hand, against loops, and by the false alarms they promise."""

from math import sqrt
from statistics import mean, stdev

import numpy as np
import pytest
from scipy import stats

from forecasting.core import surveillance
from forecasting.core.limits import CannotForecast
from forecasting.core.surveillance import (
    EarsRule,
    day_z,
    ears,
    ears_p_values,
    poisson_z,
    poisson_z_p_value,
)

EXACT = EarsRule(least_spread=0.0)


def test_c1_and_c2_by_hand() -> None:
    counts = np.array([1, 2, 3, 4, 5, 6, 7, 0, 0, 12, 0, 0], dtype=np.float64)
    scores = ears(counts, EXACT)
    assert scores.c1[7] == pytest.approx((0 - 4) / 2.160246899)
    assert scores.c2[9] == pytest.approx((12 - 4) / 2.160246899)  # days 0 to 6, leaving out days 7 and 8
    assert np.isnan(scores.c1[6])
    assert np.isnan(scores.c2[8])


def test_c3_adds_what_three_days_have_above_one() -> None:
    rng = np.random.default_rng(1)
    counts = rng.poisson(4, 40).astype(np.float64)
    counts[[20, 21, 22]] += (5, 6, 7)
    scores = ears(counts, EXACT)
    assert scores.c3[22] == pytest.approx(sum(max(0.0, scores.c2[day] - 1) for day in (20, 21, 22)))
    assert np.isnan(scores.c3[10])
    assert np.isfinite(scores.c3[11])


def test_every_day_agrees_with_plain_loops() -> None:
    counts = np.random.default_rng(2).poisson(6, (3, 50))
    scores = ears(counts.astype(np.float64), EXACT)
    for row in range(3):
        plain = [int(each) for each in counts[row]]
        for day in range(9, 50):
            one, two = plain[day - 7 : day], plain[day - 9 : day - 2]
            assert scores.c1[row, day] == pytest.approx((plain[day] - mean(one)) / stdev(one))
            assert scores.c2[row, day] == pytest.approx((plain[day] - mean(two)) / stdev(two))


def test_a_baseline_without_scatter_borrows_half_an_incident() -> None:
    counts = np.zeros(20)
    counts[-1] = 2
    assert ears(counts).c1[-1] == pytest.approx(2 / 0.5)
    assert ears(counts, EXACT).c1[-1] == np.inf


def test_alarms_are_above_their_limits_and_never_before_the_baseline_is_full() -> None:
    counts = np.tile(np.array([3.0, 5.0]), 15)
    counts[-1] = 30
    c1, c2, c3 = ears(counts).alarms()
    assert (c1[-1], c2[-1], c3[-1]) == (True, True, True)
    assert c1[:-1].sum() == c2[:-1].sum() == c3[:-1].sum() == 0


def test_poisson_z_by_hand() -> None:
    assert poisson_z(np.array([25.0, 16.0, 4.0]), np.array([16.0, 16.0, 9.0])).tolist() == [2.0, 0.0, -2.0]


def test_poisson_z_promises_the_false_alarms_it_says() -> None:
    rng = np.random.default_rng(3)
    past, now = rng.poisson(20, (20_000, 4)).mean(axis=1), rng.poisson(20, 20_000)
    z = poisson_z(now.astype(np.float64), past)
    assert z.std() == pytest.approx(sqrt(1 + 1 / 4), rel=0.03)
    assert (poisson_z_p_value(z, 4) <= 0.05).mean() == pytest.approx(0.05, abs=0.008)


@pytest.fixture
def fewer_histories(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough for a share of 1 in 20."""
    monkeypatch.setattr(surveillance, "QUIET_HISTORIES", 999)


@pytest.mark.usefixtures("fewer_histories")
@pytest.mark.parametrize("level", [0.3, 2.0, 15.0])
def test_p_values_of_quiet_series_are_not_too_small(level: float) -> None:
    rng = np.random.default_rng(4)
    p = ears_p_values(rng.poisson(level, (150, 60)).astype(np.float64), rng)
    assert p.shape == (150, 3)
    assert (p <= 0.05).mean() < 0.085


@pytest.mark.usefixtures("fewer_histories")
def test_p_values_allow_for_scatter_beyond_poisson() -> None:
    rng = np.random.default_rng(5)
    counts = rng.poisson(rng.gamma(2, 5.0, (150, 90)))
    assert (ears_p_values(counts.astype(np.float64), rng) <= 0.05).mean() < 0.085


@pytest.mark.parametrize("level", [0.3, 3.0, 30.0])
def test_the_p_value_of_a_single_day_is_not_too_small(level: float) -> None:
    rng = np.random.default_rng(11)
    even = rng.poisson(level, (20_000, 40)).astype(np.float64)
    uneven = rng.poisson(level * rng.gamma(3, 1 / 3, (20_000, 40))).astype(np.float64)
    assert (day_z(even)[1] <= 0.01).mean() < 0.013
    assert (day_z(uneven)[1] <= 0.01).mean() < 0.02


def test_the_z_of_a_day_is_wheelers() -> None:
    counts = np.append(np.full(40, 9.0), 25.0)[None, :]
    z, p = day_z(counts)
    assert z[0] == 2 * (5 - 3)
    assert p[0] == pytest.approx(stats.nbinom.sf(24, 360, 360 / 369))  # the mean is known from 40 days of 9


def test_short_or_impossible_series_are_refused() -> None:
    with pytest.raises(CannotForecast, match="at least 12 days to be judged; got 11"):
        ears(np.zeros(11))
    with pytest.raises(CannotForecast, match="at least 28 days"):
        day_z(np.zeros((1, 27)))
    for bad in (-1.0, np.nan):
        with pytest.raises(CannotForecast, match="from 0 up") as refused:
            ears(np.append(np.zeros(20), bad))
        assert refused.value.reason == "bad_input"
