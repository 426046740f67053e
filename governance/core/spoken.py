"""Moments in words, the same on every page and document; the caller brings local time."""

from datetime import datetime, timedelta


def spoken_day(local: datetime) -> str:
    """A day without its year, as in "Friday 14 June"."""
    return f"{local:%A} {local.day} {local:%B}"


def spoken_date(local: datetime) -> str:
    """A day with its year, as in "14 June 2024"."""
    return f"{local.day} {local:%B} {local.year}"


def spoken_moment(local: datetime) -> str:
    """A day and a time, as in "Friday 14 June, 16:40"."""
    return f"{spoken_day(local)}, {local:%H:%M}"


def spoken_deadline(local: datetime, now: datetime) -> str:
    """A time alone when it is today, a day and a time otherwise."""
    return f"{local:%H:%M}" if local.date() == now.date() else spoken_moment(local)


def spoken_window(start: datetime, end: datetime) -> str:
    """From one moment to another, the second without its day when it is the same."""
    later = f"{end:%H:%M}" if start.date() == end.date() else spoken_moment(end)
    return f"{spoken_moment(start)} to {later}"


def spoken_remaining(left: timedelta) -> str:
    """How long there is still, in the largest unit that fits twice or more; less than two minutes is "now"."""
    minutes = left // timedelta(minutes=1)
    for unit, length in (("days", 24 * 60), ("hours", 60), ("minutes", 1)):
        if minutes >= 2 * length:
            return f"in {minutes // length} {unit}"
    return "now"
