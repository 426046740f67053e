"""Moments and lengths of time as people write them in commands: ``2023-12-01T06:00``, ``28d``."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

_DAYS = re.compile(r"(?P<number>\d{1,4})\s*(?P<unit>[dw])", re.IGNORECASE)
DAYS_PER_UNIT = {"d": 1, "w": 7}


def days_from(written: str) -> int:
    """Return whole days: ``7d``, ``4w`` (28). Raises ValueError with an example."""
    match = _DAYS.fullmatch(written.strip())
    days = int(match["number"]) * DAYS_PER_UNIT[match["unit"].lower()] if match else 0
    if days < 1:
        raise ValueError(f"{written!r} is not a length of time: write days or weeks, like 7d or 4w")
    return days


def moment_from(written: str, timezone: str) -> datetime:
    """Return a local date, or date and time, as an aware moment; a date means its midnight.

    A moment that names its own offset keeps it. Raises ValueError with an example.
    """
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError:
        raise ValueError(f"{written!r} is not a date: write it like 2023-12-01 or 2023-12-01T06:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))
