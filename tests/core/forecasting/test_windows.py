"""Windows, history, shifts, and clocks that change."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.core.incidents import Incidents
from forecasting.core.limits import CannotForecast
from forecasting.core.windows import (
    DAY,
    Window,
    days_later,
    falls_in,
    history,
    rolling_windows,
    shift_of_hour,
    shift_slots,
    training_windows,
    week_slot,
)

NEW_YORK = "America/New_York"


@dataclass(frozen=True)
class Shift:
    name: str
    start_hour: int
    end_hour: int


SHIFTS = (Shift("day", 6, 14), Shift("evening", 14, 22), Shift("night", 22, 6))


def moment(text: str, zone: str = NEW_YORK) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def points(*ends: int) -> Incidents:
    times = np.array(ends, dtype=np.int64)
    return Incidents(np.zeros(len(ends)), np.zeros(len(ends)), times, times)


def test_an_incident_at_the_origin_is_future_not_history() -> None:
    incidents = points(99, 100, 149, 150)
    assert history(incidents, 100).tolist() == [True, False, False, False]
    assert falls_in(incidents, Window(100, 150)).tolist() == [False, True, True, False]


def test_an_incident_that_may_still_be_going_on_at_the_origin_is_not_history() -> None:
    straddling = Incidents(np.zeros(1), np.zeros(1), np.array([50]), np.array([120]))
    assert not history(straddling, 100).any()
    assert falls_in(straddling, Window(100, 150)).all()


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=50), st.integers(1, 999))
def test_history_and_windows_never_share_an_incident_and_lose_none(ends: list[int], origin: int) -> None:
    incidents = points(*ends)
    before, after = history(incidents, origin), falls_in(incidents, Window(origin, 1001))
    assert (before ^ after).all()


def test_a_window_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(CannotForecast, match="end after it starts"):
        Window(10, 10)


def test_windows_keep_their_local_hour_across_a_clock_change() -> None:
    friday = moment("2023-03-10T06:00")
    assert days_later(friday, 7, NEW_YORK) == moment("2023-03-17T06:00")
    assert days_later(friday, 7, NEW_YORK) - friday == 7 * DAY - 3600


def test_rolling_windows_adjoin() -> None:
    windows = rolling_windows(moment("2023-10-27T06:00"), 7, 3, NEW_YORK)
    assert [window.end for window in windows[:-1]] == [window.start for window in windows[1:]]
    assert windows[1].days == pytest.approx(7 + 1 / 24)


def test_training_windows_end_at_the_origin_and_leave_out_what_has_no_history() -> None:
    origin = moment("2023-12-01T06:00")
    windows = training_windows(origin, 28, 13, days_later(origin, -100, NEW_YORK), NEW_YORK)
    assert len(windows) == 3
    assert windows[-1].end == origin
    assert windows[0].start == days_later(origin, -84, NEW_YORK)


def test_a_week_that_opens_with_the_day_shift_has_slots_day_by_day() -> None:
    window = rolling_windows(moment("2023-12-01T06:00"), 7, 1, NEW_YORK)[0]
    slots = shift_slots(window, NEW_YORK, SHIFTS)
    assert len(slots) == 21
    assert [slot.shift for slot in slots[:4]] == [0, 1, 2, 0]
    assert all(slot.index == number and slot.shift == number % 3 for number, slot in enumerate(slots))
    assert (slots[2].start, slots[2].end) == (moment("2023-12-01T22:00"), moment("2023-12-02T06:00"))
    assert slots[2].weekday == 4
    assert {slot.share for slot in slots} == {1.0}


def test_a_night_of_the_spring_clock_change_has_seven_hours() -> None:
    window = rolling_windows(moment("2023-03-10T06:00"), 7, 1, NEW_YORK)[0]
    slots = shift_slots(window, NEW_YORK, SHIFTS)
    assert len(slots) == 21
    assert slots[5].end - slots[5].start == 7 * 3600
    assert slots[-1].end == window.end


def test_a_window_from_midnight_starts_inside_last_nights_shift() -> None:
    slots = shift_slots(Window(moment("2023-12-01T00:00"), moment("2023-12-02T00:00")), NEW_YORK, SHIFTS)
    assert [(slot.shift, slot.weekday, slot.share) for slot in slots] == [
        (2, 3, 0.75), (0, 4, 1.0), (1, 4, 1.0), (2, 4, 0.25),
    ]  # fmt: skip


def test_slots_cover_the_window_without_gap() -> None:
    window = Window(moment("2023-11-03T09:17"), moment("2023-11-08T03:41"))
    slots = shift_slots(window, NEW_YORK, SHIFTS)
    assert slots[0].start == window.start
    assert slots[-1].end == window.end
    assert all(a.end == b.start for a, b in pairwise(slots))


def test_hours_without_a_shift_or_with_two_are_refused() -> None:
    with pytest.raises(CannotForecast, match="Hour 22 has no shift"):
        shift_of_hour((*SHIFTS[:2], Shift("small hours", 0, 6)))
    with pytest.raises(CannotForecast, match="overlaps another"):
        shift_of_hour((*SHIFTS, Shift("extra", 5, 7)))


def test_the_small_hours_of_saturday_belong_to_friday_night() -> None:
    moments = np.array([moment("2023-12-02T03:00"), moment("2023-12-02T06:00"), moment("2023-12-03T23:30")])
    assert week_slot(moments, NEW_YORK, SHIFTS).tolist() == [4 * 3 + 2, 5 * 3, 6 * 3 + 2]


@given(st.integers(1_500_000_000, 1_760_000_000))
def test_the_slot_of_the_week_agrees_with_the_slots_of_a_window(when: int) -> None:
    slot = week_slot(np.array([when]), NEW_YORK, SHIFTS)[0]
    around = shift_slots(Window(when, when + 1), NEW_YORK, SHIFTS)[0]
    assert slot == around.weekday * 3 + around.shift
