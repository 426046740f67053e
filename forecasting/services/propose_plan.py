"""Propose a plan: ranked places for one district, shift and category."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction

from forecasting.candidates import as_places, budget_of, candidates_for, rounded
from forecasting.core.allocation import Share, choose_places, covered_share
from forecasting.core.plan_body import PlanBody, plan_digest
from forecasting.models import ForecastRun, Plan
from forecasting.selectors.runs import run_covering
from governance import clock
from governance.core.holds import Subject
from governance.core.refusals import Reason as Why
from governance.core.refusals import Refused
from governance.core.roles import Permission
from governance.holds import check_not_held
from governance.ledger import record
from governance.permissions import check
from governance.selectors import policy_in_force
from governance.services.open_change_request import open_change_request

if TYPE_CHECKING:
    from governance.core.policy import Terms
    from governance.models import District, Jurisdiction, User
    from governance.selectors import PolicyInForce


@transaction.atomic
def propose_plan(
    *,
    jurisdiction: Jurisdiction,
    district: District,
    category: str,
    shift: str,
    starts_at: datetime,
    ends_at: datetime,
    by: User,
    scripted: bool = False,
) -> Plan:
    """Choose places until the policy's hours are used, and put the plan to the district's supervisors.

    One plan per district, category and shift: asked again, the one there is is returned. The plan rests on the
    forecast whose window holds the shift. Raises Refused(NOT_PERMITTED | OUTSIDE_POLICY | NOT_FOUND | TOO_LATE |
    TOO_LITTLE_DATA | ON_HOLD).
    """
    role = check(by, Permission.PROPOSE, jurisdiction, district)
    policy = policy_in_force(jurisdiction)
    known = Plan.objects.filter(
        district=district, run__category=category, starts_at=starts_at, shift=shift
    ).order_by("-revision")
    if plan := known.first():
        return plan
    _check_policy(policy.terms, category, starts_at, clock.now(jurisdiction))
    run = _run(jurisdiction, category, starts_at)
    subject = Subject(frozenset({run.recipe.digest}), category=category, district=district.code)
    check_not_held(jurisdiction, subject)
    body = _body(run, jurisdiction, district, shift, (starts_at, ends_at), policy)
    _check_coverage(policy.terms, body.covered[0])
    digest = plan_digest(body)
    request = open_change_request(
        kind="plan",
        jurisdiction=jurisdiction,
        district=district,
        title=f"{category.replace('_', ' ').capitalize()}, {district.name}",
        digest=digest,
        rests_on=[run.digest, run.recipe.digest],
        expires_at=min(starts_at, clock.now(jurisdiction) + timedelta(hours=policy.terms.approval_hours)),
        by=by,
        category=category,
        scripted=scripted,
    )
    plan = Plan.objects.create(
        jurisdiction=jurisdiction,
        district=district,
        change_request=request,
        run=run,
        revision=1,
        shift=shift,
        starts_at=starts_at,
        ends_at=ends_at,
        body=body.to_dict(),
        digest=digest,
        scripted=scripted,
    )
    record(
        action="plan.proposed",
        subject_kind="plan",
        subject=digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=policy.version,
        detail={"request": request.id, "run": run.digest, "recipe": run.recipe.digest, "scripted": scripted},
    )
    check_not_held(jurisdiction, subject)  # once more, with the log locked
    return plan


def _check_policy(terms: Terms, category: str, starts_at: datetime, now: datetime) -> None:
    if category not in terms.plan_categories:
        raise Refused(
            Why.OUTSIDE_POLICY,
            f"The policy in force makes plans about {', '.join(terms.plan_categories)}, not about {category}.",
        )
    if starts_at <= now:
        raise Refused(
            Why.TOO_LATE, f"The shift began at {starts_at:%d %B %Y %H:%M} UTC; a plan must come before it."
        )


def _check_coverage(terms: Terms, covered: float) -> None:
    if covered < terms.coverage_minimum:
        raise Refused(
            Why.OUTSIDE_POLICY,
            f"The places that fit the policy’s hours are expected to cover {covered:.0%} of the shift’s incidents, and "
            f"the policy asks for {terms.coverage_minimum:.0%} at least. Nothing is proposed.",
        )


def _run(jurisdiction: Jurisdiction, category: str, starts_at: datetime) -> ForecastRun:
    run = run_covering(jurisdiction, category, starts_at)
    if run is None:
        raise Refused(
            Why.NOT_FOUND,
            f"No forecast of {category.replace('_', ' ')} covers {starts_at:%d %B %Y %H:%M} UTC. "
            "Issue one first (`manage.py run_cycle`).",
        )
    return run


def _body(
    run: ForecastRun,
    jurisdiction: Jurisdiction,
    district: District,
    shift: str,
    span: tuple[datetime, datetime],
    policy: PolicyInForce,
) -> PlanBody:
    found, budget = candidates_for(run, district.code, span[0]), budget_of(policy.terms)
    expected, chosen = found.expected, choose_places(found.expected, budget)
    level, generator = found.recipe.interval_level, np.random.default_rng(run.seed)
    covered = covered_share(expected, chosen, found.dispersion, level, generator)
    rival = choose_places(found.baseline, budget)
    return PlanBody(
        salt=secrets.token_hex(32),
        jurisdiction=jurisdiction.slug,
        district=district.code,
        category=run.category,
        shift=shift,
        starts_at=_stamp(span[0]),
        ends_at=_stamp(span[1]),
        run=run.digest,
        recipe=run.recipe.digest,
        policy_version=policy.version,
        hours_available=policy.terms.hours_per_plan,
        district_expected=rounded(expected.sum()),
        covered=_three(covered),
        baseline_covered=rounded(expected[rival].sum() / expected.sum()),
        cell=run.cell,
        origin=(run.origin_x, run.origin_y),
        places=as_places(found, chosen, budget),
    )


def _three(share: Share) -> tuple[float, float, float]:
    return rounded(share.value), rounded(share.low), rounded(share.high)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
