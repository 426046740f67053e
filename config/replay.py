"""The steps of a replay: to the moment a week's forecast is issued, then to the afternoon it is decided on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from forecasting.core.upcoming import next_opening
from forecasting.selectors.runs import latest_window_end
from governance import clock
from governance.selectors import policy_in_force

if TYPE_CHECKING:
    from governance.models import Jurisdiction

ISSUE_BEFORE = timedelta(hours=1)
DECIDE_AFTER = timedelta(hours=10, minutes=40)


@dataclass(frozen=True)
class Step:
    """Two moments of one step (UTC): the forecast is issued, and the plans of that day wait for their decision."""

    issue_at: datetime
    decide_at: datetime


def next_step(jurisdiction: Jurisdiction) -> Step:
    """Return the step that follows: where the running window ends, or at the next opening when none runs."""
    now = clock.now(jurisdiction)
    opening = latest_window_end(jurisdiction)
    if opening is None or opening - ISSUE_BEFORE <= now:
        terms = policy_in_force(jurisdiction).terms
        opening = next_opening(now + ISSUE_BEFORE * 2, jurisdiction.timezone, terms.shifts)
    return Step(opening - ISSUE_BEFORE, opening + DECIDE_AFTER)
