"""What is emerging and what has drifted, looked at day by day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from celery import shared_task

from forecasting.core.limits import MIN_INCIDENTS
from forecasting.selectors.drift import (
    drift_runs,
    fallback_in_force,
    has_news,
    reason_to_end,
    round_asking_for_fallback,
)
from forecasting.selectors.extracts import extract_numbered, known_counts
from forecasting.selectors.findings import finding_runs
from forecasting.services.check_drift import check_drift
from forecasting.services.end_fallback import end_fallback
from forecasting.services.look_for_findings import look_for_findings
from forecasting.services.seal_extract import seal_extract
from forecasting.services.start_fallback import start_fallback
from forecasting.tasks.turn import in_turn, not_held
from governance import clock
from governance.selectors import jurisdiction_named, jurisdictions, policy_in_force, scheduler_account

if TYPE_CHECKING:
    from governance.models import Jurisdiction

LOOK_EVERY = timedelta(days=1)  # of findings and of drift, by the jurisdiction's clock


@shared_task
def look_for_findings_due() -> int:
    """Look for what is emerging in every jurisdiction; returns how many categories were looked at."""
    return sum(look_for_findings_due_in(jurisdiction.slug) for jurisdiction in jurisdictions())


@shared_task
def look_for_findings_due_in(slug: str) -> int:
    """Look once a day at every category that may be forecast, all in one sealed extract."""
    jurisdiction = jurisdiction_named(slug)
    moment = clock.now(jurisdiction)
    wanted = [
        category
        for category in _watched(jurisdiction, moment)
        if (last := finding_runs(jurisdiction, category).first()) is None or moment - last.as_of >= LOOK_EVERY
    ]
    if wanted:
        sealed = seal_extract(
            jurisdiction=jurisdiction, as_of=moment, categories=wanted, by=scheduler_account()
        )
        for category in wanted:
            look_at_one.delay(slug, category, sealed.pk)
    return len(wanted)


@shared_task
def look_at_one(slug: str, category: str, extract_id: int) -> bool:
    """Look for what is emerging in one category."""
    extract = extract_numbered(extract_id)
    return extract is not None and in_turn(
        look_for_findings, jurisdiction=jurisdiction_named(slug), extract=extract, category=category
    )


def _watched(jurisdiction: Jurisdiction, moment: datetime) -> list[str]:
    """Return the categories that may be forecast, have incidents enough to try, and are not on hold."""
    counts = known_counts(jurisdiction, moment)
    return [
        category
        for category in policy_in_force(jurisdiction).terms.allowed_categories
        if counts.get(category, 0) >= MIN_INCIDENTS
        and in_turn(not_held, jurisdiction=jurisdiction, category=category)
    ]


@shared_task
def check_drift_due() -> int:
    """Check drift in every jurisdiction; returns how many categories were checked."""
    return sum(check_drift_due_in(jurisdiction.slug) for jurisdiction in jurisdictions())


@shared_task
def check_drift_due_in(slug: str) -> int:
    """Check drift once a day, and again when a file came in; end fallbacks that nothing asks for any more."""
    jurisdiction = jurisdiction_named(slug)
    moment = clock.now(jurisdiction)
    wanted = [
        category
        for category in _watched(jurisdiction, moment)
        if (last := drift_runs(jurisdiction, category).first()) is None
        or moment - last.as_of >= LOOK_EVERY
        or has_news(last)
    ]
    for category in wanted:
        check_one.delay(slug, category)
    for category in policy_in_force(jurisdiction).terms.allowed_categories:
        settle_fallback(jurisdiction, category)
    return len(wanted)


@shared_task
def check_one(slug: str, category: str) -> bool:
    """Check drift of one category, and let forecasts by counts begin or end as the policy demands."""
    jurisdiction = jurisdiction_named(slug)
    checked = in_turn(check_drift, jurisdiction=jurisdiction, category=category)
    settle_fallback(jurisdiction, category)
    return checked


def settle_fallback(jurisdiction: Jurisdiction, category: str) -> None:
    """Begin or end forecasts by counts in one category, where rounds of checks and policy say so."""
    running = fallback_in_force(jurisdiction, category)
    if running is not None and reason_to_end(running):
        in_turn(end_fallback, fallback=running)
    elif running is None and (asking := round_asking_for_fallback(jurisdiction, category)):
        in_turn(start_fallback, drift_run=asking)
