"""The split of a forecast over shifts."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.core.incidents import Incidents
from forecasting.core.shares import group_numbers, shrunk_profiles, slot_weights, window_shares
from forecasting.core.windows import Window, shift_slots


@dataclass(frozen=True)
class Shift:
    name: str
    start_hour: int
    end_hour: int


HALVES = (Shift("early", 0, 12), Shift("late", 12, 24))
MONDAY = int(datetime(2023, 12, 4, tzinfo=UTC).timestamp())
HOUR = 3600


def happened(*intervals: tuple[int, int]) -> Incidents:
    begins, ends = (np.array(side, dtype=np.int64) for side in zip(*intervals, strict=True))
    return Incidents(np.zeros(len(begins)), np.zeros(len(begins)), begins, ends)


def test_a_point_in_time_falls_in_one_slot() -> None:
    weights = slot_weights(happened((MONDAY + HOUR, MONDAY + HOUR)), np.array([0]), 2, "UTC", HALVES)
    assert weights.shape == (2, 14)
    assert weights[0, 0] == 1.0
    assert weights.sum() == 1.0


def test_an_incident_of_some_time_that_day_is_spread_over_the_day() -> None:
    weights = slot_weights(happened((MONDAY, MONDAY + 24 * HOUR - 1)), np.array([0]), 1, "UTC", HALVES)
    assert weights[0, :2].tolist() == [0.5, 0.5]


def test_a_district_without_incidents_has_the_citys_profile() -> None:
    profiles = shrunk_profiles(np.array([[9.0, 29.0], [0.0, 0.0]]), 10.0)
    assert profiles[1].tolist() == pytest.approx([0.25, 0.75])


def test_a_profile_by_hand() -> None:
    profiles = shrunk_profiles(np.array([[9.0, 29.0], [10.0, 0.0]]), 10.0)
    city = np.array([20.0, 30.0]) / 50
    assert profiles[1].tolist() == pytest.approx(((np.array([10.0, 0.0]) + 10 * city) / 20).tolist())


@given(
    st.lists(st.lists(st.floats(0, 1e4), min_size=4, max_size=4), min_size=1, max_size=5), st.floats(0.1, 1e3)
)
def test_profiles_always_sum_to_one(rows: list[list[float]], strength: float) -> None:
    assert shrunk_profiles(np.array(rows), strength).sum(axis=1) == pytest.approx(np.ones(len(rows)))


def test_a_window_takes_the_parts_of_the_week_it_holds() -> None:
    profiles = np.full((1, 14), 1 / 14)
    profiles[0, 0], profiles[0, 1] = 3 / 14, 0.5 / 14
    slots = shift_slots(Window(MONDAY + 6 * HOUR, MONDAY + 24 * HOUR), "UTC", HALVES)
    shares = window_shares(profiles, slots, 2)
    assert shares[0].tolist() == pytest.approx([0.75, 0.25])


def test_groups_are_numbered_in_sorted_order() -> None:
    names, numbers = group_numbers(np.array(["west", "east", "west"]))
    assert names.tolist() == ["east", "west"]
    assert numbers.tolist() == [1, 0, 1]
