"""When windows open and shifts begin."""

from datetime import UTC, datetime

from forecasting.core.upcoming import next_opening, upcoming_shifts, window_end
from governance.core.policy import DEFAULT_SHIFTS

ZONE = "America/New_York"


def test_a_window_opens_with_the_first_shift_of_the_day() -> None:
    friday = datetime(2024, 6, 14, 9, 0, tzinfo=UTC)  # 05:00
    assert next_opening(friday, ZONE, DEFAULT_SHIFTS) == datetime(2024, 6, 14, 10, 0, tzinfo=UTC)
    assert next_opening(datetime(2024, 6, 14, 10, 1, tzinfo=UTC), ZONE, DEFAULT_SHIFTS).day == 15


def test_a_window_keeps_its_local_hour_over_a_clock_change() -> None:
    start = datetime(2024, 10, 31, 10, 0, tzinfo=UTC)  # 06:00, summer time
    assert window_end(start, 7, ZONE) == datetime(2024, 11, 7, 11, 0, tzinfo=UTC)


def test_tonights_shift_is_the_next_one_to_begin() -> None:
    (night,) = upcoming_shifts(datetime(2024, 6, 14, 20, 40, tzinfo=UTC), ZONE, DEFAULT_SHIFTS, ["night"])
    assert night.starts_at == datetime(2024, 6, 15, 2, 0, tzinfo=UTC)
    assert night.ends_at == datetime(2024, 6, 15, 10, 0, tzinfo=UTC)


def test_a_shift_that_has_begun_is_planned_for_tomorrow() -> None:
    begun = datetime(2024, 6, 15, 2, 0, tzinfo=UTC)
    (night,) = upcoming_shifts(begun, ZONE, DEFAULT_SHIFTS, ["night"])
    assert night.starts_at == datetime(2024, 6, 16, 2, 0, tzinfo=UTC)
