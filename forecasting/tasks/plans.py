"""Plans that are proposed, carried out and closed."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from celery import shared_task

from forecasting.core.upcoming import UpcomingShift, upcoming_shifts
from forecasting.selectors.plans import plans_to_close, plans_to_execute
from forecasting.selectors.profiles import reporting_delay
from forecasting.selectors.runs import run_covering
from forecasting.services.close_plan import close_plan
from forecasting.services.execute_plan import execute_plan
from forecasting.services.propose_plan import propose_plan
from forecasting.tasks.turn import in_turn
from governance import clock
from governance.selectors import districts_of, jurisdiction_named, jurisdictions, policy_in_force

if TYPE_CHECKING:
    from governance.models import District, Jurisdiction


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
    return in_turn(
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
        in_turn(execute_plan, plan_id=plan.pk)
        for jurisdiction in jurisdictions()
        for plan in plans_to_execute(jurisdiction)
    )


@shared_task
def close_due() -> int:
    """Close executed plans whose shift and reporting delay are over; returns how many."""
    return sum(
        in_turn(close_plan, plan_id=plan.pk)
        for jurisdiction in jurisdictions()
        for plan in plans_to_close(jurisdiction, clock.now(jurisdiction) - reporting_delay(jurisdiction))
    )
