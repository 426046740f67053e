"""Forecasts and plans that happen by themselves: rows in a state, each deed safe to repeat."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from celery import shared_task
from django.core.cache import cache
from django.db import transaction

from forecasting.core.limits import MIN_INCIDENTS
from forecasting.core.recipe import categories_read, recipe_from_dict
from forecasting.core.upcoming import UpcomingShift, next_opening, upcoming_shifts, window_end
from forecasting.selectors.drift import (
    drift_runs,
    fallback_in_force,
    has_news,
    reason_to_end,
    round_asking_for_fallback,
)
from forecasting.selectors.extracts import extract_numbered, known_counts
from forecasting.selectors.findings import finding_runs
from forecasting.selectors.plans import plans_to_close, plans_to_execute
from forecasting.selectors.profiles import reporting_delay
from forecasting.selectors.recipes import drafts_approved, evaluation_numbered, evaluations_waiting
from forecasting.selectors.runs import (
    latest_window_end,
    latest_window_start,
    recipe_in_force,
    run_covering,
    run_for,
    run_numbered,
)
from forecasting.selectors.scores import runs_to_score
from forecasting.services.adopt_recipe import adopt_recipe
from forecasting.services.check_drift import check_drift
from forecasting.services.close_plan import close_plan
from forecasting.services.end_fallback import end_fallback
from forecasting.services.evaluate_recipe import evaluate_recipe
from forecasting.services.execute_plan import execute_plan
from forecasting.services.issue_forecast import issue_forecast
from forecasting.services.look_for_findings import look_for_findings
from forecasting.services.propose_plan import propose_plan
from forecasting.services.score_forecast import score_forecast
from forecasting.services.seal_extract import seal_extract
from forecasting.services.start_fallback import start_fallback
from governance import clock
from governance.core.holds import Subject
from governance.core.refusals import Reason, Refused
from governance.holds import check_not_held, first_time
from governance.selectors import (
    districts_of,
    jurisdiction_named,
    jurisdictions,
    policy_in_force,
    scheduler_account,
)
from governance.services.redeem_approval import redeem_approval

if TYPE_CHECKING:
    from forecasting.models import RecipeDraft, RecipeEvaluation
    from governance.models import District, Jurisdiction, User

log = logging.getLogger("lamplight.forecasting")

DAYS = 7
TRIAL_SECONDS = 30 * 60  # after this long a trial that never came to an end is begun anew
LOOK_EVERY = timedelta(
    days=1
)  # how often findings are looked for and drift is checked, by the jurisdiction's clock
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
        category for category in missing if _in_turn(_not_held, jurisdiction=jurisdiction, category=category)
    ]
    if wanted:
        sealed = seal_extract(
            jurisdiction=jurisdiction, as_of=moment, categories=wanted, by=scheduler_account()
        )
        for category in wanted:
            issue_one.delay(slug, category, sealed.pk, int(start.timestamp()), int(end.timestamp()))
    return len(wanted)


def _not_held(*, jurisdiction: Jurisdiction, category: str, by: User) -> None:
    """Refuse a category whose forecast a hold stops, before an extract is sealed for nothing."""
    recipe = recipe_in_force(jurisdiction, category, clock.now(jurisdiction))
    check_not_held(jurisdiction, Subject(frozenset({recipe.digest} if recipe else ()), category=category))


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
    return _in_turn(
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
    return _in_turn(score_forecast, run=run, extract=extract)


# --- recipes --------------------------------------------------------------------------------------------------


@shared_task
def evaluate_drafts() -> int:
    """Ask for one trial of an ordered evaluation in every jurisdiction, the oldest first; returns how many.

    One a turn: trials take long, and where tasks run in line the schedule has other things to do between them.
    """
    return sum(_evaluate_next(jurisdiction) for jurisdiction in jurisdictions())


def _evaluate_next(jurisdiction: Jurisdiction) -> bool:
    for evaluation, category in evaluations_waiting(jurisdiction):
        if cache.add(f"trial-{evaluation.pk}-{category}", value=True, timeout=TRIAL_SECONDS):
            evaluate_one.delay(evaluation.pk, category)
            return True
    return False


@shared_task
def evaluate_one(evaluation_id: int, category: str) -> bool:
    """Try one category of a draft, on an extract of what was known when its evaluation was ordered."""
    evaluation = evaluation_numbered(evaluation_id)
    return evaluation is not None and _in_turn(_tried, evaluation=evaluation, category=category)


def _tried(*, evaluation: RecipeEvaluation, category: str, by: User) -> None:
    recipe = recipe_from_dict(evaluation.draft.body)
    sealed = seal_extract(
        jurisdiction=evaluation.draft.jurisdiction,
        as_of=evaluation.as_of,
        categories=sorted(set().union(*(categories_read(recipe, each) for each in recipe.categories))),
        by=by,
    )
    evaluate_recipe(evaluation=evaluation, category=category, extract=sealed, by=by)


@shared_task
def adopt_approved_recipes() -> int:
    """Put the recipes that people approved into use; returns how many.

    An approval is used up and its recipe adopted in one transaction. What can no longer be adopted stays as it is,
    with the reason in the application log, until it expires.
    """
    return sum(
        _in_turn(_adopted, draft=draft)
        for jurisdiction in jurisdictions()
        for draft in drafts_approved(jurisdiction)
    )


def _adopted(*, draft: RecipeDraft, by: User) -> None:
    with transaction.atomic():
        redeem_approval(digest=draft.digest, kind="recipe", jurisdiction=draft.jurisdiction, by=by)
        adopt_recipe(
            jurisdiction=draft.jurisdiction, name=draft.title, recipe=recipe_from_dict(draft.body), by=by
        )


# --- what is emerging, what has drifted -------------------------------------------------------------------------


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
    return extract is not None and _in_turn(
        look_for_findings, jurisdiction=jurisdiction_named(slug), extract=extract, category=category
    )


def _watched(jurisdiction: Jurisdiction, moment: datetime) -> list[str]:
    """Return the categories that may be forecast, have incidents enough to try, and are not on hold."""
    counts = known_counts(jurisdiction, moment)
    return [
        category
        for category in policy_in_force(jurisdiction).terms.allowed_categories
        if counts.get(category, 0) >= MIN_INCIDENTS
        and _in_turn(_not_held, jurisdiction=jurisdiction, category=category)
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
    checked = _in_turn(check_drift, jurisdiction=jurisdiction, category=category)
    settle_fallback(jurisdiction, category)
    return checked


def settle_fallback(jurisdiction: Jurisdiction, category: str) -> None:
    """Begin or end forecasts by counts in one category, where rounds of checks and policy say so."""
    running = fallback_in_force(jurisdiction, category)
    if running is not None and reason_to_end(running):
        _in_turn(end_fallback, fallback=running)
    elif running is None and (asking := round_asking_for_fallback(jurisdiction, category)):
        _in_turn(start_fallback, drift_run=asking)


# --- plans ----------------------------------------------------------------------------------------------------


@shared_task
def propose_due() -> int:
    """Propose the plans of the coming shifts in every jurisdiction; returns how many plans there are for them."""
    return sum(propose_due_in(jurisdiction.slug) for jurisdiction in jurisdictions())


@shared_task
def propose_due_in(slug: str, *, scripted: bool = False) -> int:
    """Propose one plan per district, category and coming shift that a forecast covers."""
    jurisdiction = jurisdiction_named(slug)
    terms, moment = policy_in_force(jurisdiction).terms, clock.now(jurisdiction)
    coming = upcoming_shifts(moment, jurisdiction.timezone, terms.shifts, terms.plan_shifts)
    wanted = [
        (shift, category, district)
        for shift in coming
        for category in terms.plan_categories
        if run_covering(jurisdiction, category, shift.starts_at)
        for district in districts_of(jurisdiction)
    ]
    # The record is public and in order: in the districts' order it would say whose plan each entry is about.
    secrets.SystemRandom().shuffle(wanted)
    return sum(_propose_one(jurisdiction, *each, scripted=scripted) for each in wanted)


def _propose_one(
    jurisdiction: Jurisdiction, shift: UpcomingShift, category: str, district: District, *, scripted: bool
) -> bool:
    return _in_turn(
        propose_plan,
        jurisdiction=jurisdiction,
        district=district,
        category=category,
        shift=shift.name,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        scripted=scripted,
    )


@shared_task
def execute_approved() -> int:
    """Turn approved plans into briefings; returns how many. One that has expired is left to its expiry."""
    return sum(
        _in_turn(execute_plan, plan_id=plan.pk)
        for jurisdiction in jurisdictions()
        for plan in plans_to_execute(jurisdiction)
    )


@shared_task
def close_due() -> int:
    """Close executed plans whose shift and reporting delay are over; returns how many."""
    return sum(
        _in_turn(close_plan, plan_id=plan.pk)
        for jurisdiction in jurisdictions()
        for plan in plans_to_close(jurisdiction, clock.now(jurisdiction) - reporting_delay(jurisdiction))
    )


def _in_turn(deed: Callable[..., object], **arguments: object) -> bool:
    """Do one deed as the scheduler; one that is refused must not hold up the others."""
    try:
        deed(**arguments, by=scheduler_account())
    except Refused as refusal:
        if refusal.reason is not Reason.ON_HOLD or first_time(deed.__name__, refusal):
            log.warning("not done deed=%s reason=%s %s", deed.__name__, refusal.reason, refusal.message)
        return False
    return True
