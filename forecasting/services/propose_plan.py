"""Propose a plan: ranked places for one district, shift and category."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from django.db import transaction

from forecasting.core.allocation import Budget, Share, choose_places, covered_share, rate_interval
from forecasting.core.explain import AREA, describe_term
from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.naming import name_places
from forecasting.core.plan_body import Place, PlanBody, Reason, plan_digest
from forecasting.core.prevention import default_option
from forecasting.core.recipe import Recipe, recipe_from_dict
from forecasting.models import ForecastRun, Plan
from forecasting.selectors import named_layer, run_cells, run_covering, run_manifest, run_shares
from governance import clock
from governance.core.refusals import Reason as Why
from governance.core.refusals import Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check
from governance.selectors import policy_in_force
from governance.services.open_change_request import open_change_request

if TYPE_CHECKING:
    from governance.core.policy import Terms
    from governance.models import District, Jurisdiction, User

TOLD = 3  # reasons that a row of the plan tells


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
    TOO_LITTLE_DATA).
    """
    role = check(by, Permission.PROPOSE, jurisdiction, district)
    policy = policy_in_force(jurisdiction)
    known = Plan.objects.filter(
        district=district, run__category=category, starts_at=starts_at, shift=shift
    ).order_by("-revision")
    if plan := known.first():
        return plan
    _check_policy(policy.terms, category, starts_at, clock.now(jurisdiction))
    run = run_covering(jurisdiction, category, starts_at)
    if run is None:
        raise Refused(
            Why.NOT_FOUND,
            f"No forecast of {category.replace('_', ' ')} covers {starts_at:%d %B %Y %H:%M} UTC. "
            "Issue one first (`manage.py run_cycle`).",
        )
    body = _body(run, jurisdiction, district, shift, (starts_at, ends_at), policy.terms)
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


def _body(
    run: ForecastRun,
    jurisdiction: Jurisdiction,
    district: District,
    shift: str,
    span: tuple[datetime, datetime],
    terms: Terms,
) -> PlanBody:
    cells = run_cells(run).filter(pl.col("district") == district.code)
    if not len(cells):
        raise Refused(
            Why.TOO_LITTLE_DATA, f"No cell of the forecast lies in {district.name}; check its boundary."
        )
    share = slot_share(run, district.code, span[0])
    manifest = run_manifest(run)
    recipe, dispersion = recipe_from_dict(manifest["recipe"]), float(manifest["dispersion"]["cell"])
    expected = cells["expected"].to_numpy() * share
    budget = Budget(
        terms.hours_per_plan,
        terms.visits_per_shift,
        terms.visit_minutes,
        terms.dosage_cap_minutes,
        terms.max_places,
    )
    chosen = choose_places(expected, budget)
    covered = covered_share(
        expected, chosen, dispersion, recipe.interval_level, np.random.default_rng(run.seed)
    )
    rival = choose_places(cells["baseline"].to_numpy(), budget)
    numbers = (expected, *rate_interval(expected, dispersion, recipe.interval_level))
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
        policy_version=run.policy_version,
        hours_available=terms.hours_per_plan,
        district_expected=_rounded(float(expected.sum())),
        covered=_three(covered),
        baseline_covered=_rounded(float(expected[rival].sum() / expected.sum())),
        cell=run.cell,
        origin=(run.origin_x, run.origin_y),
        places=build_places(run, recipe, cells, chosen, numbers, share, budget, jurisdiction),
    )


def slot_share(run: ForecastRun, district: str, starts_at: datetime) -> float:
    """Return the share of a district's forecast that falls into the shift starting at a moment."""
    slots = run_manifest(run)["slots"]
    moment = int(starts_at.timestamp())
    index = next((slot["index"] for slot in slots if slot["start"] == moment), None)
    rows = run_shares(run).filter((pl.col("district") == district) & (pl.col("slot") == index))
    if index is None or not len(rows):
        raise Refused(
            Why.NOT_FOUND, f"The forecast has no shift that starts at {starts_at:%d %B %Y %H:%M} UTC."
        )
    return float(rows["share"][0])


def build_places(
    run: ForecastRun,
    recipe: Recipe,
    cells: pl.DataFrame,
    chosen: IntArray,
    numbers: Sequence[FloatArray],
    share: float,
    budget: Budget,
    jurisdiction: Jurisdiction,
) -> tuple[Place, ...]:
    """Return the chosen cells as places, in the order given, each with the factors that multiply to its forecast."""
    x = run.origin_x + (cells["column"].to_numpy()[chosen] + 0.5) * run.cell
    y = run.origin_y + (cells["row"].to_numpy()[chosen] + 0.5) * run.cell
    names = name_places(x, y, named_layer(jurisdiction, "street"), named_layer(jurisdiction, "area"))
    expected, low, high = numbers
    option = default_option(run.category)
    places = []
    for number, (cell, name) in enumerate(zip(chosen.tolist(), names, strict=True), start=1):
        row = cells.row(cell, named=True)
        factors = {key.removeprefix("factor_"): row[key] for key in row if key.startswith("factor_")}
        places.append(
            Place(
                number=number,
                column=row["column"],
                row=row["row"],
                name=name,
                expected=float(expected[cell]),
                low=_rounded(low[cell]),
                high=_rounded(high[cell]),
                baseline=_rounded(row["baseline"] * share),
                base=run.base,
                share=share,
                factors=factors,
                reasons=_reasons(recipe, factors),
                option=option.name,
                visits=budget.visits,
                minutes=budget.minutes_per_place // budget.visits,
            )
        )
    return tuple(places)


def _reasons(recipe: Recipe, factors: dict[str, float]) -> tuple[Reason, ...]:
    ordered = sorted(recipe.terms, key=lambda term: -abs(np.log(factors[term.name])))
    told = [Reason(_rounded(factors[term.name], 3), describe_term(term)) for term in ordered[:TOLD]]
    if factors.get(AREA, 1.0) < 1:
        told.append(Reason(_rounded(factors[AREA], 3), "the part of the place that lies inside the city"))
    return tuple(told)


def _three(share: Share) -> tuple[float, float, float]:
    return _rounded(share.value), _rounded(share.low), _rounded(share.high)


def _rounded(value: float, digits: int = 6) -> float:
    return float(f"{float(value):.{digits}g}")


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
