"""When the next window opens, and which shifts of it need plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from forecasting.core.windows import ShiftHours, days_later

HOURS = 24


@dataclass(frozen=True)
class UpcomingShift:
    """One shift on one day, UTC."""

    name: str
    starts_at: datetime
    ends_at: datetime


def next_opening(now: datetime, timezone: str, shifts: Sequence[ShiftHours]) -> datetime:
    """Return the first moment at or after `now` at which the day's first shift begins (UTC)."""
    zone = ZoneInfo(timezone)
    local = now.astimezone(zone)
    opening = local.replace(hour=shifts[0].start_hour, minute=0, second=0, microsecond=0)
    if opening < local:
        opening += timedelta(days=1)
    return opening.astimezone(UTC)


def window_end(start: datetime, days: int, timezone: str) -> datetime:
    """Return the same local hour `days` later (UTC)."""
    return datetime.fromtimestamp(days_later(int(start.timestamp()), days, timezone), UTC)


def upcoming_shifts(
    now: datetime, timezone: str, shifts: Sequence[ShiftHours], names: Sequence[str]
) -> tuple[UpcomingShift, ...]:
    """Return the next occurrence, strictly after `now`, of every shift named, in order of time."""
    zone = ZoneInfo(timezone)
    local = now.astimezone(zone)
    found = []
    for shift in shifts:
        if shift.name in names:
            start = local.replace(hour=shift.start_hour, minute=0, second=0, microsecond=0)
            if start <= local:
                start += timedelta(days=1)
            length = (shift.end_hour - shift.start_hour - 1) % HOURS + 1
            end = start + timedelta(hours=length)
            found.append(UpcomingShift(shift.name, start.astimezone(UTC), end.astimezone(UTC)))
    return tuple(sorted(found, key=lambda each: each.starts_at))
