"""How good the data are: what is known of each category, counted by the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection

from forecasting.core.data_quality import Known
from forecasting.core.gaps import LOOK_BACK, find_gaps
from forecasting.core.incidents import IntArray
from forecasting.models import Batch
from forecasting.selectors.profiles import profile_named
from forecasting.selectors.reports import last_day_known
from governance import clock

if TYPE_CHECKING:
    from governance.models import Jurisdiction

NO_TIME = timedelta(hours=23)
"""An incident that may have happened at any time of so long a stretch has no time of day."""

_KNOWN = """
    jurisdiction_id = %(here)s AND known_at <= %(now)s AND (superseded_at IS NULL OR superseded_at > %(now)s)
    AND occurred_from >= %(since)s AND occurred_from < %(until)s
"""
_FIGURES = f"""
    SELECT category, count(*), count(*) FILTER (WHERE found_by = 'police'),
           count(*) FILTER (WHERE occurred_to - occurred_from >= %(no_time)s),
           extract(epoch FROM percentile_disc(0.5) WITHIN GROUP (ORDER BY reported_at - occurred_to)) / 3600,
           extract(epoch FROM percentile_disc(0.9) WITHIN GROUP (ORDER BY reported_at - occurred_to)) / 3600
    FROM forecasting_incident WHERE {_KNOWN} GROUP BY category ORDER BY category
"""
_MOST = f"""
    SELECT category, max(held) FROM (
        SELECT category, count(*) AS held FROM forecasting_incident WHERE {_KNOWN} GROUP BY category, x, y
    ) AS at_one GROUP BY category
"""
_QUALITY = f"""
    SELECT category, geocode_quality, count(*) FROM forecasting_incident WHERE {_KNOWN} GROUP BY 1, 2
"""
_DAYS = f"""
    SELECT category, (occurred_from AT TIME ZONE %(zone)s)::date - date '1970-01-01', count(*)
    FROM forecasting_incident WHERE {_KNOWN} GROUP BY 1, 2
"""


def last_batch(jurisdiction: Jurisdiction) -> Batch | None:
    """Return the newest file that came in."""
    return Batch.objects.filter(jurisdiction=jurisdiction).order_by("-id").first()


def data_known(jurisdiction: Jurisdiction, unplaced: Mapping[str, IntArray] | None) -> list[Known]:
    """Return what is known of each category over the last year, by its name; four queries, however many there are.

    `unplaced`: local days of the incidents without a point, by category; None where that is not known.
    """
    now = clock.now(jurisdiction)
    last = last_day_known(jurisdiction, now)
    first = last - LOOK_BACK + 1
    values = {
        "here": jurisdiction.pk,
        "now": now,
        "since": _midnight(jurisdiction, first),
        "until": _midnight(jurisdiction, last + 1),
        "no_time": NO_TIME,
        "zone": jurisdiction.timezone,
    }
    most = dict(_rows(_MOST, values))
    qualities = _rows(_QUALITY, values)
    days = _rows(_DAYS, values)
    reports = profile_named(jurisdiction.profile).times.reported is not None
    return [
        Known(
            category=category,
            days=LOOK_BACK,
            rows=rows,
            unplaced=None if unplaced is None else _within(unplaced.get(category), first, last),
            by_quality={quality: n for name, quality, n in qualities if name == category},
            untimed=untimed,
            police=police,
            delay_median=float(median) if reports else None,
            delay_ninety=float(ninety) if reports else None,
            most_at_one=most[category],
            gaps=_gaps([(day, n) for name, day, n in days if name == category], first, last),
        )
        for category, rows, police, untimed, median, ninety in _rows(_FIGURES, values)
    ]


def _rows(query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def _midnight(jurisdiction: Jurisdiction, day: int) -> datetime:
    """Return the moment at which a local day (since 1970) begins."""
    zone = ZoneInfo(jurisdiction.timezone)
    return datetime(1970, 1, 1, tzinfo=zone) + timedelta(days=day)


def _within(days: IntArray | None, first: int, last: int) -> int:
    return 0 if days is None else int(((days >= first) & (days <= last)).sum())


def _gaps(counted: list[tuple[int, int]], first: int, last: int) -> Any:
    """Gaps between the first incident known and the last whole day."""
    begun = max(first, min(day for day, _ in counted))
    counts = np.zeros(last - begun + 1, dtype=np.int64)
    for day, n in counted:
        if begun <= day <= last:
            counts[day - begun] = n
    return find_gaps(counts, begun)
