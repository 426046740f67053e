"""Windows of time: what is known before an origin, what is forecast after it, and the shifts inside.

An incident is *history* at an origin when its last possible second lies before the origin, and
belongs to a window ``[start, end)`` when its last possible second lies in it. The two rules cut time
without overlap, so nothing from inside a window can reach its own forecast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from forecasting.core.incidents import BoolArray, Incidents, IntArray
from forecasting.core.limits import CannotForecast

DAY = 86_400
HOURS = 24
DAYS_OF_WEEK = 7


class ShiftHours(Protocol):
    """A shift by its local hours: ``start_hour`` up to ``end_hour``, past midnight where smaller."""

    @property
    def name(self) -> str:
        """What people call the shift."""

    @property
    def start_hour(self) -> int:
        """Local hour at which the shift starts, 0 to 23."""

    @property
    def end_hour(self) -> int:
        """Local hour at which the shift ends, 0 to 24."""


@dataclass(frozen=True)
class Window:
    """The half-open time ``[start, end)`` in UTC epoch seconds; ``start`` is the forecast's origin."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise CannotForecast(
                "bad_window", "A window must end after it starts; check --from and --horizon."
            )

    @property
    def days(self) -> float:
        """Length in days of 86,400 seconds."""
        return (self.end - self.start) / DAY


@dataclass(frozen=True)
class ShiftSlot:
    """One shift on one day of a window.

    ``index`` counts slots from the window's start; ``weekday`` (Monday = 0) is that of the local date
    on which the shift starts; ``share`` is the part of the shift's own length inside the window, (0, 1].
    ``start`` and ``end`` are UTC epoch seconds, clipped to the window.
    """

    index: int
    shift: int
    weekday: int
    start: int
    end: int
    share: float


def history(incidents: Incidents, moment: int) -> BoolArray:
    """Return which incidents were over before ``moment`` (UTC seconds), shape ``(n,)``."""
    return incidents.ends < moment


def falls_in(incidents: Incidents, window: Window) -> BoolArray:
    """Return which incidents belong to ``window``, shape ``(n,)``."""
    return (incidents.ends >= window.start) & (incidents.ends < window.end)


def days_later(moment: int, days: int, timezone: str) -> int:
    """Return the same local wall-clock time ``days`` later (or earlier), UTC seconds.

    A day with a clock change has 23 or 25 hours here, so windows keep starting at the same local
    hour. A wall-clock time skipped by a clock change is read with the offset before the change.
    """
    zone = ZoneInfo(timezone)
    local = datetime.fromtimestamp(moment, zone).replace(tzinfo=None) + timedelta(days=days)
    return int(local.replace(tzinfo=zone).timestamp())


def rolling_windows(first: int, days: int, count: int, timezone: str) -> tuple[Window, ...]:
    """Return ``count`` adjoining windows of ``days`` local days, the first one starting at ``first``."""
    edges = [days_later(first, days * number, timezone) for number in range(count + 1)]
    return tuple(Window(start, end) for start, end in pairwise(edges))


def training_windows(
    last_end: int, days: int, count: int, earliest: int, timezone: str
) -> tuple[Window, ...]:
    """Return up to ``count`` adjoining windows of ``days`` days, the latest ending at ``last_end``.

    Windows whose origin lies before ``earliest`` are left out: they would have no history to learn
    from. Ordered from the oldest to the newest; may be empty.
    """
    edges = [days_later(last_end, -days * number, timezone) for number in range(count, -1, -1)]
    pairs = pairwise(edges)
    return tuple(Window(start, end) for start, end in pairs if start >= earliest)


def shift_slots(window: Window, timezone: str, shifts: Sequence[ShiftHours]) -> tuple[ShiftSlot, ...]:
    """Return the shifts of a window in order of time, clipped to it.

    With a window that opens when the first shift does, ``index`` is ``day * len(shifts) + shift``.
    Shifts are local: one that spans a clock change is an hour shorter or longer. Raises
    CannotForecast (``bad_recipe``) unless the shifts cover each hour of the day exactly once.
    """
    shift_of_hour(shifts)
    zone = ZoneInfo(timezone)
    opening = datetime.fromtimestamp(window.start, zone).date() - timedelta(days=1)
    closing = datetime.fromtimestamp(window.end, zone).date()
    dates = [opening + timedelta(days=day) for day in range((closing - opening).days + 1)]
    spans = [
        (*_span(day, shift, zone), number, day.weekday())
        for day in dates
        for number, shift in enumerate(shifts)
    ]
    inside = sorted(span for span in spans if span[0] < window.end and span[1] > window.start)
    return tuple(_slot(index, span, window) for index, span in enumerate(inside))


def _span(day: date, shift: ShiftHours, zone: ZoneInfo) -> tuple[int, int]:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (wall-clock time, the zone is added below)
    length = (shift.end_hour - shift.start_hour) % HOURS or HOURS
    start = (midnight + timedelta(hours=shift.start_hour)).replace(tzinfo=zone)
    end = (midnight + timedelta(hours=shift.start_hour + length)).replace(tzinfo=zone)
    return int(start.timestamp()), int(end.timestamp())


def _slot(index: int, span: tuple[int, int, int, int], window: Window) -> ShiftSlot:
    start, end, shift, weekday = span
    clipped = max(start, window.start), min(end, window.end)
    return ShiftSlot(index, shift, weekday, *clipped, share=(clipped[1] - clipped[0]) / (end - start))


def shift_of_hour(shifts: Sequence[ShiftHours]) -> IntArray:
    """Return which shift owns each local hour, shape ``(24,)``.

    Raises CannotForecast (``bad_recipe``) when an hour has no shift or two.
    """
    owner = np.full(HOURS, -1, dtype=np.int64)
    for number, shift in enumerate(shifts):
        length = (shift.end_hour - shift.start_hour) % HOURS or HOURS
        hours = (shift.start_hour + np.arange(length)) % HOURS
        if (owner[hours] >= 0).any():
            raise CannotForecast(
                "bad_recipe", f"Shift {shift.name!r} overlaps another; each hour needs one shift."
            )
        owner[hours] = number
    if (owner < 0).any():
        raise CannotForecast(
            "bad_recipe", f"Hour {int(np.argmin(owner))} has no shift; each hour needs one shift."
        )
    return owner


def week_slot(moments: IntArray, timezone: str, shifts: Sequence[ShiftHours]) -> IntArray:
    """Return the slot of the week of each moment: ``weekday * len(shifts) + shift``, shape ``(n,)``.

    ``moments`` are UTC seconds. The weekday (Monday = 0) is that of the local date on which the
    shift started, so the small hours of Saturday belong to Friday night.
    """
    owner = shift_of_hour(shifts)
    moments_utc = pl.from_epoch(pl.Series(moments, dtype=pl.Int64), time_unit="s").dt.replace_time_zone("UTC")
    stamps = moments_utc.dt.convert_time_zone(timezone)
    hour = stamps.dt.hour().to_numpy().astype(np.int64)
    weekday = stamps.dt.weekday().to_numpy().astype(np.int64) - 1
    starts = np.array([shift.start_hour for shift in shifts], dtype=np.int64)
    shift = owner[hour]
    begun_yesterday = hour < starts[shift]
    slot: IntArray = (weekday - begun_yesterday) % DAYS_OF_WEEK * len(shifts) + shift
    return slot
