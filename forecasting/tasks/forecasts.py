"""Forecasts that are issued before their window and scored after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from celery import shared_task

from forecasting.core.limits import MIN_INCIDENTS
from forecasting.core.upcoming import next_opening, window_end
from forecasting.selectors.extracts import extract_numbered, known_counts
from forecasting.selectors.runs import (
    latest_window_end,
    latest_window_start,
    recipe_in_force,
    run_for,
    run_numbered,
)
from forecasting.selectors.scores import runs_to_score
from forecasting.services.issue_forecast import issue_forecast
from forecasting.services.score_forecast import score_forecast
from forecasting.services.seal_extract import seal_extract
from forecasting.tasks.turn import in_turn, not_held
from governance import clock
from governance.selectors import jurisdiction_named, jurisdictions, policy_in_force, scheduler_account

if TYPE_CHECKING:
    from governance.models import Jurisdiction

DAYS = 7
LEAD = timedelta(hours=12)  # a window's forecasts are issued at most this long before it opens


@shared_task
def issue_due() -> int:
    """Issue what is due in every jurisdiction; returns how many forecasts were asked for."""
    return sum(issue_due_in(jurisdiction.slug) for jurisdiction in jurisdictions())


@shared_task
def issue_due_in(slug: str) -> int:
    """Issue one jurisdiction's forecasts of the coming window: within `LEAD`, or at once when no window runs."""
    jurisdiction = jurisdiction_named(slug)
    moment, (start, _) = clock.now(jurisdiction), coming_window(jurisdiction)
    last = latest_window_end(jurisdiction)
    return issue_now(slug) if start - moment <= LEAD or last is None or last <= moment else 0


@shared_task
def issue_now(slug: str) -> int:
    """Issue what is missing of the coming window, from one sealed extract; returns how many were asked for."""
    jurisdiction = jurisdiction_named(slug)
    moment, (start, end) = clock.now(jurisdiction), coming_window(jurisdiction)
    due = due_categories(jurisdiction, moment)
    missing = [category for category in due if run_for(jurisdiction, category, start) is None]
    wanted = [
        category for category in missing if in_turn(not_held, jurisdiction=jurisdiction, category=category)
    ]
    if wanted:
        sealed = seal_extract(
            jurisdiction=jurisdiction, as_of=moment, categories=wanted, by=scheduler_account()
        )
        for category in wanted:
            issue_one.delay(slug, category, sealed.pk, int(start.timestamp()), int(end.timestamp()))
    return len(wanted)


def coming_window(jurisdiction: Jurisdiction) -> tuple[datetime, datetime]:
    """Return the window to forecast next: it begins where the last one ends, or with the next day's first shift."""
    moment = clock.now(jurisdiction)
    start = latest_window_end(jurisdiction)
    if start is None or start < moment:
        start = next_opening(moment, jurisdiction.timezone, policy_in_force(jurisdiction).terms.shifts)
    running = latest_window_start(jurisdiction)
    if running is not None and running >= moment:
        start = running  # issued, not open yet: what is missing of it comes first
    return start, window_end(start, DAYS, jurisdiction.timezone)


def due_categories(jurisdiction: Jurisdiction, moment: datetime) -> list[str]:
    """Return the categories that policy and recipe cover and that have incidents enough to try."""
    counts = known_counts(jurisdiction, moment)
    return [
        category
        for category in policy_in_force(jurisdiction).terms.allowed_categories
        if counts.get(category, 0) >= MIN_INCIDENTS and recipe_in_force(jurisdiction, category, moment)
    ]


@shared_task
def issue_one(slug: str, category: str, extract_id: int, start: int, end: int) -> bool:
    """Issue one category's forecast."""
    jurisdiction = jurisdiction_named(slug)
    recipe = recipe_in_force(jurisdiction, category, clock.now(jurisdiction))
    extract = extract_numbered(extract_id)
    if recipe is None or extract is None:
        return False
    return in_turn(
        issue_forecast,
        jurisdiction=jurisdiction,
        recipe=recipe,
        extract=extract,
        category=category,
        window_start=datetime.fromtimestamp(start, UTC),
        window_end=datetime.fromtimestamp(end, UTC),
    )


@shared_task
def score_due() -> int:
    """Score every run whose window and reporting delay are over; returns how many scores were asked for."""
    return sum(score_due_in(jurisdiction.slug) for jurisdiction in jurisdictions())


@shared_task
def score_due_in(slug: str) -> int:
    """Score one jurisdiction's runs that are due, all against one sealed extract."""
    jurisdiction = jurisdiction_named(slug)
    moment = clock.now(jurisdiction)
    due = runs_to_score(jurisdiction, moment)
    if due:
        categories = sorted({run.category for run in due})
        sealed = seal_extract(
            jurisdiction=jurisdiction, as_of=moment, categories=categories, by=scheduler_account()
        )
        for run in due:
            score_one.delay(run.pk, sealed.pk)
    return len(due)


@shared_task
def score_one(run_id: int, extract_id: int) -> bool:
    """Score one run."""
    run, extract = run_numbered(run_id), extract_numbered(extract_id)
    if run is None or extract is None:
        return False
    return in_turn(score_forecast, run=run, extract=extract)
