"""Turn an approved plan into its briefing sheet; nothing else can."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import shapely
from django.db import transaction

from forecasting.core.plan_body import PlanBody, plan_digest
from forecasting.core.prevention import OPTIONS
from forecasting.models import Briefing, Plan
from forecasting.pictures import plan_picture
from forecasting.selectors.geography import to_globe
from forecasting.selectors.plans import body_of, subject_of_plan
from governance import clock
from governance.artifacts import store_artifact
from governance.core.canonical import salted_digest
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.core.verdicts import deed_words
from governance.documents import render_pdf
from governance.holds import check_not_held
from governance.ledger import record
from governance.permissions import check
from governance.selectors import votes_on
from governance.services.redeem_approval import redeem_approval

if TYPE_CHECKING:
    from governance.models import User


@transaction.atomic
def execute_plan(*, plan_id: int, by: User) -> Briefing:
    """Redeem the approval of exactly this revision and issue the briefing (PDF and GeoJSON).

    Asked again, the briefing there is is returned. If the document cannot be made, the approval is not used up:
    all of it is one transaction. Raises Refused(NOT_PERMITTED | NOT_APPROVED | EXPIRED | EVIDENCE_MISSING |
    EVIDENCE_FAILED | NOT_FOUND | DIGEST_CHANGED | ON_HOLD).
    """
    plan = Plan.objects.select_related("jurisdiction", "district", "change_request", "run__recipe").get(
        pk=plan_id
    )
    role = check(by, Permission.EXECUTE, plan.jurisdiction, plan.district)
    known = Briefing.objects.filter(plan=plan).first()
    if known is not None:
        return known
    request = redeem_approval(digest=plan.digest, kind="plan", by=by)
    body = _as_approved(plan)
    check_not_held(plan.jurisdiction, subject_of_plan(plan))  # redeeming has locked the log until the end
    moment = clock.now(plan.jurisdiction)
    pdf = store_artifact(
        render_pdf("forecasting/briefing.html", _briefing_context(plan, body), created=moment),
        "application/pdf",
        name=f"briefing-{plan.pk}.pdf",
    )
    places = store_artifact(
        json.dumps(_briefing_geojson(plan, body), sort_keys=True).encode(),
        "application/geo+json",
        name=f"briefing-{plan.pk}.geojson",
    )
    salt = bytes.fromhex(body.salt)  # whoever guesses the places must not find them confirmed by the leaf
    entry = record(
        action="plan.executed",
        subject_kind="plan",
        subject=plan.digest,
        by=by,
        role=role,
        jurisdiction=plan.jurisdiction,
        policy_version=request.policy_version,
        detail={
            "request": request.id,
            "briefing": salted_digest(salt, pdf.digest),
            "places": salted_digest(salt, places.digest),
        },
    )
    return Briefing.objects.create(
        plan=plan,
        pdf_digest=pdf.digest,
        geojson_digest=places.digest,
        issued_at=moment,
        ledger_index=entry.index,
    )


def _as_approved(plan: Plan) -> PlanBody:
    """Return what the plan says, if that still is what the approval binds to. Raises Refused(DIGEST_CHANGED)."""
    body = body_of(plan)
    if plan_digest(body) != plan.digest:
        raise Refused(
            Reason.DIGEST_CHANGED,
            f"The stored plan {plan.digest[:12]}… no longer says what was approved. Nobody is sent anywhere; "
            "restore it from backup.",
        )
    return body


def _briefing_context(plan: Plan, body: PlanBody) -> dict[str, Any]:
    """Return what the briefing sheet shows."""
    rows = [{"place": place, "option": OPTIONS[place.option]} for place in body.places]
    return {
        "plan": plan,
        "body": body,
        "rows": rows,
        "picture": plan_picture(plan),
        "votes": [
            (vote, deed_words(vote.verdict, vote.stage, delegated=vote.on_behalf_of_id is not None))
            for vote in votes_on(plan.change_request)
            if vote.digest == plan.digest
        ],
        "starts": clock.local(plan.starts_at, plan.jurisdiction),
        "ends": clock.local(plan.ends_at, plan.jurisdiction),
        "category": body.category.replace("_", " "),
    }


def _briefing_geojson(plan: Plan, body: PlanBody) -> dict[str, Any]:
    """Return the places as GeoJSON (WGS84)."""
    features = []
    for place in body.places:
        west, south = body.origin[0] + place.column * body.cell, body.origin[1] + place.row * body.cell
        square = to_globe(plan.jurisdiction, shapely.box(west, south, west + body.cell, south + body.cell))
        features.append(
            {
                "type": "Feature",
                "geometry": json.loads(shapely.to_geojson(square)),
                "properties": {
                    "number": place.number,
                    "name": place.name,
                    "option": OPTIONS[place.option].sentence,
                    "visits": place.visits,
                    "minutes": place.minutes,
                    "expected": place.expected,
                },
            }
        )
    return {"type": "FeatureCollection", "features": features, "plan": plan.digest}
