"""How late reports come: measured per category where a city's export tells, the profile's figure where not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection

from forecasting.core.delay import ReportingDelay, estimate_delay
from forecasting.core.limits import CannotForecast
from forecasting.selectors.profiles import profile_named, reporting_delay

if TYPE_CHECKING:
    from forecasting.core.incidents import IntArray
    from forecasting.models import ForecastRun
    from governance.models import Jurisdiction

LOOKS_BACK = timedelta(days=365)
"""Delays are learned from the incidents of so long: habits of reporting change."""


@dataclass(frozen=True)
class Wait:
    """How long a window waits for its score, and the delay that was measured for it (None: the profile's alone)."""

    span: timedelta
    measured: ReportingDelay | None

    @property
    def said(self) -> str:
        """Where the wait comes from, in words."""
        if self.measured is None:
            return "by the city's profile"
        return f"as measured on {self.measured.pairs:,} incidents"


def score_wait(run: ForecastRun) -> Wait:
    """Return how long a run's window waits for its score, from what was known when it ended.

    First until nine tenths of its incidents are usually reported, in whole days, then the profile's time from a report
    to the export.
    """
    profile = reporting_delay(run.jurisdiction)
    measured = measured_delay(run.jurisdiction, run.category, run.window_end)
    days = round((run.window_end - run.window_start) / timedelta(days=1))
    late = measured.window_wait(max(days, 1)) if measured else 0
    return Wait(profile + timedelta(days=late), measured)


def measured_delay(jurisdiction: Jurisdiction, category: str, as_of: datetime) -> ReportingDelay | None:
    """Return the delay of a category as it could be known at a moment; None where the export does not tell.

    An incident occurred on the last local day that it can have, and never after it was reported.
    """
    profile = profile_named(jurisdiction.profile)
    if profile.times.reported is None:
        return None
    complete = as_of - reporting_delay(jurisdiction)
    occurred, reported = _days(jurisdiction, category, complete - LOOKS_BACK, as_of)
    last = complete.astimezone(ZoneInfo(jurisdiction.timezone)).date().toordinal() - 1
    try:
        return estimate_delay(occurred, reported, last, category=category)
    except CannotForecast:
        return None


def _days(
    jurisdiction: Jurisdiction, category: str, since: datetime, as_of: datetime
) -> tuple[IntArray, IntArray]:
    """Return the local days of occurrence and report as ordinals (day 1 is 1 January of year 1), shape ``(n,)``."""
    query = """
        SELECT (least(occurred_to, reported_at) AT TIME ZONE %(zone)s)::date - DATE '0001-01-01' + 1 AS occurred,
               (reported_at AT TIME ZONE %(zone)s)::date - DATE '0001-01-01' + 1 AS reported,
               count(*)
        FROM forecasting_incident
        WHERE jurisdiction_id = %(jurisdiction)s AND category = %(category)s AND occurred_from >= %(since)s
          AND known_at <= %(as_of)s AND (superseded_at IS NULL OR superseded_at > %(as_of)s)
        GROUP BY 1, 2
        ORDER BY 1, 2
    """
    values: dict[str, Any] = {
        "zone": jurisdiction.timezone,
        "jurisdiction": jurisdiction.pk,
        "category": category,
        "since": since,
        "as_of": as_of,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        table = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 3)
    return np.repeat(table[:, 0], table[:, 2]), np.repeat(table[:, 1], table[:, 2])
