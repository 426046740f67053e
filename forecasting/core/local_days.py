"""Days as people count them: local dates, numbered from 1 January 1970."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from forecasting.core.incidents import IntArray

FIRST = date(1970, 1, 1)


def local_days(moments: IntArray, timezone: str) -> IntArray:
    """Return the local date of each moment (UTC seconds), as days since 1 January 1970, shape ``(n,)``."""
    stamps = pl.from_epoch(pl.Series(moments, dtype=pl.Int64), time_unit="s").dt.replace_time_zone("UTC")
    dates = stamps.dt.convert_time_zone(timezone).dt.date().cast(pl.Int32)
    return np.asarray(dates.to_numpy(), dtype=np.int64)


def date_of(day: int) -> date:
    """Return the date of a numbered day."""
    return FIRST + timedelta(days=day)


def last_whole_day(moment: int, delay_seconds: float, timezone: str) -> int:
    """Return the last local day that was over, and whose usual reports were in, at a moment (UTC seconds)."""
    return int(local_days(np.array([moment - round(delay_seconds)], dtype=np.int64), timezone)[0]) - 1


def daily_counts(days: IntArray, first: int, last: int) -> IntArray:
    """Count events by day from ``first`` to ``last``, both in; ``days`` has shape ``(n,)``."""
    inside = days[(days >= first) & (days <= last)] - first
    return np.bincount(inside, minlength=last - first + 1).astype(np.int64)
