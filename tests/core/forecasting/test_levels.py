"""The city's level."""

import numpy as np
import pytest

from forecasting.core.levels import recent_daily_rate
from forecasting.core.windows import DAY


def test_a_steady_city_has_its_own_rate() -> None:
    ends = np.arange(0, 400 * DAY, DAY // 4)
    assert recent_daily_rate(ends, 400 * DAY, 28.0, 0) == pytest.approx(4.0, rel=0.02)


def test_a_short_history_is_not_mistaken_for_a_quiet_one() -> None:
    ends = np.arange(390 * DAY, 400 * DAY, DAY // 4)
    assert recent_daily_rate(ends, 400 * DAY, 28.0, 390 * DAY) == pytest.approx(4.0, rel=0.02)


def test_recent_weeks_outweigh_old_ones() -> None:
    ends = np.concatenate([np.arange(0, 372 * DAY, DAY), np.arange(372 * DAY, 400 * DAY, DAY // 3)])
    assert recent_daily_rate(ends, 400 * DAY, 28.0, 0) == pytest.approx(2.0, rel=0.05)


def test_nothing_after_the_cut_is_seen() -> None:
    ends = np.arange(0, 100 * DAY, DAY)
    later = np.concatenate([ends, np.full(1000, 100 * DAY)])
    assert recent_daily_rate(later, 100 * DAY, 28.0, 0) == recent_daily_rate(ends, 100 * DAY, 28.0, 0)


def test_no_time_observed_is_no_rate() -> None:
    assert recent_daily_rate(np.array([5]), 5, 28.0, 5) == 0.0
