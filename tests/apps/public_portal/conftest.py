"""A closed and scored week of the small city, with an audited and decided plan, ready to be released."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pytest

from audits.services.import_residents import import_residents
from audits.services.run_audit import run_audit
from forecasting.models import ForecastRun, Plan, PlanClosure
from governance import clock
from governance.core.approval import Verdict
from governance.services.advance_clock import advance_clock
from governance.services.cast_vote import cast_vote
from tests.cast import City
from tests.factories.forecasts import Where, add_areas, add_plan, add_run, add_score, residents_csv

WHY = "Matches what residents reported in the last two weeks."
EVEN: Where = lambda x, y: np.round(x * 30 + y * 41) % 4 == 0  # noqa: E731


@dataclass(frozen=True)
class Week:
    """One week: its forecast and the plan that Ben approved for its first night."""

    city: City
    start: datetime
    run: ForecastRun
    plan: Plan


def add_week(city: City, *, by_counts: bool = False) -> Week:
    """Forecast the coming week, audit it, propose and approve a plan; the clock stands in its first night."""
    run = add_run(city, flagged=EVEN, by_counts=by_counts)
    plan = add_plan(city, run, places=EVEN)
    for kind, digest in (("run", run.digest), ("plan", plan.digest)):
        run_audit(subject_kind=kind, subject_digest=digest, by=city.scheduler)
    cast_vote(
        change_request_id=plan.change_request_id,
        verdict=Verdict.APPROVE,
        rationale=WHY,
        seen_digest=plan.digest,
        by=city.ben,
    )
    return Week(city, run.window_start, run, plan)


def close_week(week: Week, *, hours_after: float = 7, observed: Callable[[int], int] | None = None) -> None:
    """Go past the window's end; score the run (some areas with many incidents) and close the plan."""
    later = week.run.window_end + timedelta(hours=hours_after)
    advance_clock(jurisdiction=week.city.jurisdiction, to=later, by=week.city.scheduler)
    week.city.jurisdiction.refresh_from_db()
    add_score(week.run, observed or (lambda cell: 7 if cell % 53 == 0 else int(cell % 37 == 0)))
    PlanClosure.objects.create(
        plan=week.plan, journal_digest="c" * 64, covered=6, observed=19, closed_at=later, ledger_index=0
    )


@pytest.fixture
def week(city: City) -> Week:
    """Return a live week: nothing about it may be public."""
    codes = add_areas(city)
    import_residents(
        jurisdiction=city.jurisdiction, filename="census.csv", data=residents_csv(codes), by=city.scheduler
    )
    return add_week(city)


@pytest.fixture
def closed_week(week: Week) -> Week:
    """Return the same week past its window and delay, scored."""
    close_week(week)
    assert clock.now(week.city.jurisdiction) > week.run.window_end
    return week
