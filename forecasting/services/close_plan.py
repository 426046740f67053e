"""Close an executed plan after its shift: what was recorded there, and what was delivered."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import rfc8785
from django.db import transaction

from forecasting.models import Briefing, Plan, PlanClosure
from forecasting.selectors.plans import body_of, incidents_in_shift
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check

if TYPE_CHECKING:
    from governance.models import User


@transaction.atomic
def close_plan(*, plan_id: int, by: User) -> PlanClosure:
    """Count the incidents recorded in the plan's places and in its district during the shift, as known now.

    The journal holds what each place was given; field reports come later, so it records the planned minutes and says
    so. Asked again, the closure there is is returned. Raises Refused(NOT_PERMITTED | NOT_APPROVED | TOO_EARLY).
    """
    plan = Plan.objects.select_related("jurisdiction", "district").get(pk=plan_id)
    role = check(by, Permission.EXECUTE, plan.jurisdiction, plan.district)
    known = PlanClosure.objects.filter(plan=plan).first()
    if known is not None:
        return known
    moment = clock.now(plan.jurisdiction)
    if not Briefing.objects.filter(plan=plan).exists():
        raise Refused(Reason.NOT_APPROVED, "This plan was never executed, so there is nothing to close.")
    if moment < plan.ends_at:
        raise Refused(
            Reason.TOO_EARLY, f"The shift ends at {plan.ends_at:%d %B %Y %H:%M} UTC; close the plan after it."
        )
    body = body_of(plan)
    covered, observed = incidents_in_shift(plan, body, moment)
    journal: dict[str, Any] = {
        "source": "planned",
        "places": {
            str(place.number): {"visits": place.visits, "minutes": place.minutes} for place in body.places
        },
    }
    outcome: dict[str, Any] = {
        "plan": plan.digest,
        "salt": body.salt,  # without it, trying a few counts would tell them from the leaf
        "journal": journal,
        "covered": covered,
        "observed": observed,
    }
    digest = hashlib.sha256(rfc8785.dumps(outcome)).hexdigest()
    entry = record(
        action="plan.closed",
        subject_kind="plan",
        subject=plan.digest,
        by=by,
        role=role,
        jurisdiction=plan.jurisdiction,
        detail={"journal": digest},
    )
    return PlanClosure.objects.create(
        plan=plan,
        journal=journal,
        journal_digest=digest,
        covered=covered,
        observed=observed,
        closed_at=moment,
        ledger_index=entry.index,
    )
