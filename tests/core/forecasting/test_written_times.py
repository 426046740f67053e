"""Moments and lengths of time as people write them."""

from datetime import UTC, datetime

import pytest

from forecasting.core.written_times import days_from, moment_from


@pytest.mark.parametrize(("written", "days"), [("7d", 7), ("28 D", 28), ("4w", 28)])
def test_days_and_weeks_are_read(written: str, days: int) -> None:
    assert days_from(written) == days


@pytest.mark.parametrize("written", ["7", "0d", "1.5d", "a week", "-7d", ""])
def test_what_is_no_length_of_time_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(ValueError, match="like 7d or 4w"):
        days_from(written)


def test_a_date_is_its_local_midnight_and_a_time_is_local() -> None:
    assert moment_from("2023-12-01", "America/New_York") == datetime(2023, 12, 1, 5, tzinfo=UTC)
    assert moment_from("2023-07-01T06:00", "America/New_York") == datetime(2023, 7, 1, 10, tzinfo=UTC)


def test_a_moment_with_its_own_offset_keeps_it() -> None:
    assert moment_from("2023-12-01T06:00+00:00", "America/New_York") == datetime(2023, 12, 1, 6, tzinfo=UTC)


def test_what_is_no_date_is_refused_with_an_example() -> None:
    with pytest.raises(ValueError, match="like 2023-12-01"):
        moment_from("1 December", "UTC")
