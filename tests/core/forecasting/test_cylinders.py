"""Cylinders: likelihood ratios by hand, runs of days, and the quick way through the shuffles."""

from math import log

import numpy as np
import pytest

from forecasting.core import cylinders
from forecasting.core.cylinders import (
    counts_by_day,
    cylinders_over,
    log_likelihood_ratio,
    null_ratios,
    runs_of_days,
)
from forecasting.core.zones import make_zones


def test_the_ratio_by_hand() -> None:
    observed, expected = np.array([8.0, 2.0, 20.0]), np.array([4.0, 4.0, 20.0])
    ratio = log_likelihood_ratio(observed, expected, 20)
    assert ratio == pytest.approx([8 * log(2) + 12 * log(12 / 16), 0.0, 0.0])


def test_the_ratio_of_everything_at_once_is_finite() -> None:
    assert log_likelihood_ratio(np.array([20.0]), np.array([10.0]), 20) == pytest.approx([20 * log(2)])


def test_runs_count_backwards_from_their_end() -> None:
    day = np.array([0, 3, 4, 4, 9])
    zones = make_zones(np.array([0.0]), np.array([0.0]), np.array([5]), 1.0, 1.0)
    table = cylinders_over(zones, day, 10, 4, last_day_only=False)
    counts = counts_by_day(np.zeros(5, dtype=np.int64), day, table)
    assert runs_of_days(counts, table, 4)[0].tolist() == [2, 3, 3, 3]  # ends before day 5
    assert runs_of_days(counts, table, 1)[0].tolist() == [0, 1, 1, 1]  # clipped at the first day
    assert table.run_totals[9].tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("last_day_only", [True, False])
def test_the_quick_way_gives_the_same_as_looking_at_every_cylinder(
    monkeypatch: pytest.MonkeyPatch, *, last_day_only: bool
) -> None:
    rng = np.random.default_rng(4)
    x, y = rng.uniform(0, 5, (2, 30))
    where, day = rng.integers(0, 30, 200), rng.integers(0, 30, 200)
    zones = make_zones(x, y, np.bincount(where, minlength=30), 2.0, 0.5)
    table = cylinders_over(zones, day, 30, 8, last_day_only=last_day_only)
    quick = null_ratios(where, day, table, 60, np.random.default_rng(1))
    monkeypatch.setattr(cylinders, "FIRST_LOOKS", 60)
    assert quick == pytest.approx(null_ratios(where, day, table, 60, np.random.default_rng(1)))


def test_a_bar_that_nothing_reaches_falls_back_to_every_cylinder(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    where, day = rng.integers(0, 10, 40), rng.integers(0, 30, 40)
    zones = make_zones(np.arange(10.0), np.zeros(10), np.bincount(where, minlength=10), 2.0, 0.5)
    table = cylinders_over(zones, day, 30, 8, last_day_only=True)
    looks = null_ratios(where, day, table, 40, np.random.default_rng(1))
    monkeypatch.setattr(cylinders, "FIRST_LOOKS", 1)
    assert looks == pytest.approx(null_ratios(where, day, table, 40, np.random.default_rng(1)))


def test_large_counts_use_wider_numbers() -> None:
    zones = make_zones(np.zeros(1), np.zeros(1), np.array([1]), 1.0, 1.0)
    small = cylinders_over(zones, np.zeros(100, dtype=np.int64), 4, 2, last_day_only=True)
    large = cylinders_over(zones, np.zeros(40_000, dtype=np.int64), 4, 2, last_day_only=True)
    assert (small.kind, large.kind) == (np.int16, np.int32)
