"""Days as people count them."""

from datetime import date

import numpy as np

from forecasting.core.local_days import daily_counts, date_of, last_whole_day, local_days

MIDNIGHT = 1_718_337_600  # 14 June 2024, 04:00 UTC: midnight in New York
DAY = (date(2024, 6, 14) - date(1970, 1, 1)).days


def test_a_day_begins_at_local_midnight() -> None:
    moments = np.array([MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 86_399, MIDNIGHT + 86_400])
    assert local_days(moments, "America/New_York").tolist() == [DAY - 1, DAY, DAY, DAY + 1]
    assert local_days(moments, "UTC").tolist() == [DAY, DAY, DAY + 1, DAY + 1]


def test_a_numbered_day_has_its_date() -> None:
    assert date_of(DAY) == date(2024, 6, 14)


def test_the_last_whole_day_is_over_and_its_reports_are_in() -> None:
    assert last_whole_day(MIDNIGHT, 0, "America/New_York") == DAY - 1
    assert last_whole_day(MIDNIGHT + 5 * 3600, 6 * 3600, "America/New_York") == DAY - 2
    assert last_whole_day(MIDNIGHT + 6 * 3600, 6 * 3600, "America/New_York") == DAY - 1


def test_events_are_counted_by_day_and_others_left_out() -> None:
    days = np.array([9, 10, 10, 12, 13])
    assert daily_counts(days, 10, 12).tolist() == [2, 0, 1]
