"""Plans: what each says, which wait for a deed, and what happened in their shifts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Q, QuerySet, Subquery

from forecasting.core.plan_body import PlanBody, read_plan
from forecasting.models import Briefing, Incident, Plan, PlanClosure
from governance.core.holds import Subject
from governance.core.states import State
from governance.selectors import requests_in

if TYPE_CHECKING:
    from governance.models import District, Jurisdiction


def plan_of(change_request_id: int) -> Plan | None:
    """Return the newest revision of the plan behind a request."""
    rows = Plan.objects.select_related("jurisdiction", "district", "change_request", "run__recipe")
    return rows.filter(change_request_id=change_request_id).order_by("-revision").first()


def plan_with_digest(digest: str) -> Plan | None:
    """Return the plan revision with this digest."""
    return Plan.objects.filter(digest=digest).select_related("jurisdiction", "district", "run").first()


def body_of(plan: Plan) -> PlanBody:
    """Return what the plan says."""
    return read_plan(plan.body)


def subject_of_plan(plan: Plan) -> Subject:
    """Return what a plan is about, as holds see it."""
    return Subject(
        recipes=frozenset({plan.run.recipe.digest}),
        plan=str(plan.change_request_id),
        category=plan.run.category,
        district=plan.district.code,
    )


def plans_of(jurisdiction: Jurisdiction, districts: Sequence[District] | None = None) -> QuerySet[Plan]:
    """Return the newest revision of every plan, the latest first."""
    newest = (
        Plan.objects.filter(change_request=OuterRef("change_request")).order_by("-revision").values("id")[:1]
    )
    rows = Plan.objects.filter(jurisdiction=jurisdiction, id=Subquery(newest))
    if districts is not None:
        rows = rows.filter(district__in=list(districts))
    return rows.select_related("district", "change_request", "run")


def plans_to_execute(jurisdiction: Jurisdiction) -> list[Plan]:
    """Return the approved plans that have no briefing yet, exactly the revisions that were approved."""
    approved = requests_in(jurisdiction, State.APPROVED, kind="plan").values("digest")
    return list(
        Plan.objects.filter(jurisdiction=jurisdiction, digest__in=approved, briefing=None).order_by("id")
    )


def plans_to_close(jurisdiction: Jurisdiction, moment: datetime) -> list[Plan]:
    """Return the executed plans whose shift is over and which nobody has closed yet."""
    closed = PlanClosure.objects.values("plan_id")
    executed = Briefing.objects.exclude(plan_id__in=closed).values("plan_id")
    return list(
        Plan.objects.filter(jurisdiction=jurisdiction, id__in=executed, ends_at__lte=moment).order_by("id")
    )


def briefing_of(plan: Plan) -> Briefing | None:
    """Return the briefing of a plan revision, if it was executed."""
    return Briefing.objects.filter(plan=plan).first()


def closure_of(plan: Plan) -> PlanClosure | None:
    """Return the closure of a plan revision, if its shift is over and counted."""
    return PlanClosure.objects.filter(plan=plan).first()


def incidents_in_shift(plan: Plan, body: PlanBody, moment: datetime) -> tuple[int, int]:
    """Count incidents of the plan's category in its shift, as known at `moment`: in its places, and in its district."""
    known = Q(superseded_at=None) | Q(superseded_at__gt=moment)
    rows = Incident.objects.filter(
        known,
        jurisdiction_id=plan.jurisdiction_id,
        district_id=plan.district_id,
        category=body.category,
        occurred_from__gte=plan.starts_at,
        occurred_from__lt=plan.ends_at,
        known_at__lte=moment,
    ).values_list("x", "y")
    cells = {(place.column, place.row) for place in body.places}
    at = [
        (int((x / 10 - body.origin[0]) // body.cell), int((y / 10 - body.origin[1]) // body.cell))
        for x, y in rows
    ]
    return sum(1 for cell in at if cell in cells), len(at)
