"""What drift checks look at: the incidents known of about a year, and how forecasts turned out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.db import connection

from forecasting.core.drift_round import LONGEST_DELAY, WEEKS, Reports, Scored
from forecasting.core.incidents import IntArray
from forecasting.core.local_days import last_whole_day, local_days
from forecasting.core.scorecard import BASELINE, FORECAST
from forecasting.selectors.drift import is_by_fallback
from forecasting.selectors.profiles import profile_named, reporting_delay
from forecasting.selectors.runs import interval_level, recipe_in_force
from forecasting.selectors.scores import scorecards_of
from governance.selectors import districts_of

if TYPE_CHECKING:
    from governance.models import Jurisdiction

SPAN = timedelta(days=7 * WEEKS + LONGEST_DELAY + 14)
MOST_WINDOWS = 26
"""Scored windows that drift of a forecast is judged on, at most."""


def last_day_known(jurisdiction: Jurisdiction, moment: datetime) -> int:
    """Return the last local day (since 1970) that was over, and usually reported, at a moment."""
    delay = reporting_delay(jurisdiction).total_seconds()
    return last_whole_day(int(moment.timestamp()), delay, jurisdiction.timezone)


def reports_known(
    jurisdiction: Jurisdiction, category: str, as_of: datetime, unplaced: IntArray | None
) -> Reports:
    """Return what was known of a category's incidents at a moment, about a year back."""
    query = """
        SELECT x, y, extract(epoch FROM occurred_from)::bigint, extract(epoch FROM reported_at)::bigint,
               coalesce(district_id, 0)
        FROM forecasting_incident
        WHERE jurisdiction_id = %s AND category = %s AND occurred_from >= %s AND known_at <= %s
          AND (superseded_at IS NULL OR superseded_at > %s)
        ORDER BY occurred_from, x, y
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [jurisdiction.pk, category, as_of - SPAN, as_of, as_of])
        rows = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 5)
    districts = districts_of(jurisdiction)
    number = {district.pk: index for index, district in enumerate(districts)}
    area = np.array([number.get(int(each), -1) for each in rows[:, 4]], dtype=np.int64)
    return Reports(
        x=rows[:, 0],
        y=rows[:, 1],
        occurred=local_days(rows[:, 2], jurisdiction.timezone),
        reported=local_days(rows[:, 3], jurisdiction.timezone),
        area=area,
        areas=[district.name for district in districts],
        unplaced=unplaced,
        last=last_day_known(jurisdiction, as_of),
        has_reported=profile_named(jurisdiction.profile).times.reported is not None,
    )


def windows_scored(jurisdiction: Jurisdiction, category: str, moment: datetime) -> Scored:
    """Return the latest scored windows of a category, oldest first; skill is that of the recipe in force alone."""
    cards = list(reversed(scorecards_of(jurisdiction, category)[:MOST_WINDOWS]))
    recipe = recipe_in_force(jurisdiction, category, moment)
    own = [
        card
        for card in cards
        if recipe is not None
        and card.run.recipe_id == recipe.pk
        and card.figures[FORECAST]["deviance"]["value"] is not None
        and card.figures[BASELINE]["deviance"]["value"] is not None
        and not is_by_fallback(card.run)
    ]
    return Scored(
        observed=np.array([card.observed for card in cards], dtype=np.int64),
        expected=np.array([card.run.total for card in cards], dtype=np.float64),
        low=np.array([card.run.total_low for card in cards], dtype=np.float64),
        high=np.array([card.run.total_high for card in cards], dtype=np.float64),
        level=np.array([interval_level(card.run) for card in cards], dtype=np.float64),
        deviance=np.array([card.figures[FORECAST]["deviance"]["value"] for card in own], dtype=np.float64),
        reference=np.array([card.figures[BASELINE]["deviance"]["value"] for card in own], dtype=np.float64),
    )
