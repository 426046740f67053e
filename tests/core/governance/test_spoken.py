"""Moments in words."""

from datetime import UTC, datetime, timedelta

import pytest

from governance.core.spoken import (
    spoken_date,
    spoken_day,
    spoken_deadline,
    spoken_moment,
    spoken_remaining,
    spoken_window,
)

FRIDAY = datetime(2024, 6, 14, 16, 40, tzinfo=UTC)
LATER = datetime(2024, 6, 14, 21, 0, tzinfo=UTC)
SATURDAY = datetime(2024, 6, 15, 6, 0, tzinfo=UTC)


def test_a_day_is_named_without_leading_zeros() -> None:
    assert spoken_day(datetime(2024, 6, 7, tzinfo=UTC)) == "Friday 7 June"
    assert spoken_date(FRIDAY) == "14 June 2024"


def test_a_moment_has_its_day_and_its_time() -> None:
    assert spoken_moment(FRIDAY) == "Friday 14 June, 16:40"


def test_a_deadline_today_is_a_time_alone() -> None:
    assert spoken_deadline(LATER, FRIDAY) == "21:00"
    assert spoken_deadline(SATURDAY, FRIDAY) == "Saturday 15 June, 06:00"


def test_a_window_names_the_second_day_only_when_it_is_another() -> None:
    assert spoken_window(FRIDAY, LATER) == "Friday 14 June, 16:40 to 21:00"
    assert spoken_window(FRIDAY, SATURDAY) == "Friday 14 June, 16:40 to Saturday 15 June, 06:00"


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=2), "in 2 days"),
        (timedelta(hours=47), "in 47 hours"),
        (timedelta(minutes=119), "in 119 minutes"),
        (timedelta(minutes=2), "in 2 minutes"),
        (timedelta(seconds=119), "now"),
        (timedelta(days=-1), "now"),
    ],
)
def test_what_is_left_is_told_in_one_unit(left: timedelta, said: str) -> None:
    assert spoken_remaining(left) == said
