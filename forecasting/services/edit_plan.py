"""Edit a plan: a new revision with a new digest, which needs its own audit and its own vote."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from django.db import transaction

from forecasting.candidates import places_at
from forecasting.core.plan_body import plan_digest
from forecasting.core.plan_edit import PlaceEdit, adds, changed_body, differences
from forecasting.models import Plan
from forecasting.selectors.plans import body_of, plan_of
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check
from governance.selectors import policy_in_force
from governance.services.revise_change_request import revise_change_request

if TYPE_CHECKING:
    from governance.models import User


@transaction.atomic
def edit_plan(
    *,
    plan_id: int,
    seen_digest: str,
    edits: Sequence[PlaceEdit],
    added: Sequence[tuple[int, int]] = (),
    by: User,
) -> Plan:
    """Drop and add places, change minutes, visits and options; return the new revision, or the old one unchanged.

    `added`: cells (column, row) of the plan's district, proposed as the policy's budget and the category say.

    An edit that only takes away leaves its editor free to decide; one that adds makes her an author (promise 1).
    Raises Refused(NOT_PERMITTED | DIGEST_CHANGED | EXPIRED | NOT_OPEN | BAD_INPUT | OUTSIDE_POLICY).
    """
    plan = Plan.objects.select_related("jurisdiction", "district", "run__recipe").get(pk=plan_id)
    role = check(by, Permission.PROPOSE, plan.jurisdiction, plan.district)
    newest = plan_of(plan.change_request_id)
    if newest is None or newest.digest != seen_digest:
        raise Refused(
            Reason.DIGEST_CHANGED, "Somebody has edited this plan since you opened it. Read it, then edit."
        )
    governing = policy_in_force(plan.jurisdiction, plan.change_request.opened_at)  # not one adopted since
    before, terms = body_of(newest), governing.terms
    fresh = places_at(newest, added, terms) if added else ()
    after = changed_body(before, edits, fresh, terms=terms)
    if not (said := differences(before, after)):
        return newest
    after = replace(after, salt=secrets.token_hex(32))
    digest, widens = plan_digest(after), adds(before, after)
    request = revise_change_request(
        change_request_id=plan.change_request_id,
        seen_digest=seen_digest,
        digest=digest,
        rests_on=[plan.run.digest, plan.run.recipe.digest],
        adds=widens,
        by=by,
    )
    revised = Plan.objects.create(
        jurisdiction=plan.jurisdiction,
        district=plan.district,
        change_request=request,
        run=plan.run,
        revision=request.revision,
        shift=plan.shift,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        body=after.to_dict(),
        digest=digest,
        scripted=plan.scripted,
    )
    record(
        action="plan.edited",
        subject_kind="plan",
        subject=digest,
        by=by,
        role=role,
        jurisdiction=plan.jurisdiction,
        policy_version=request.policy_version,
        detail={"request": request.id, "revision": request.revision, "adds": widens, "before": seen_digest},
        text="; ".join(said),
    )
    return revised
