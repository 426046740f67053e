"""Look for what is emerging in one category of a sealed extract, and keep what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction

from forecasting.core.findings import Findings, Ground
from forecasting.core.limits import as_refusal
from forecasting.core.looking import look_at
from forecasting.core.manifest import canonical_bytes, seed_for
from forecasting.models import Extract, FindingRun
from forecasting.selectors.extracts import incidents_in
from forecasting.selectors.findings import coarse_ground, finding_run_in
from forecasting.selectors.reports import last_day_known
from governance.artifacts import store_artifact
from governance.core.holds import Subject
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.holds import check_not_held
from governance.ledger import record
from governance.permissions import check
from governance.selectors import PolicyInForce, policy_in_force

if TYPE_CHECKING:
    from governance.models import Jurisdiction, User


@transaction.atomic
def look_for_findings(*, jurisdiction: Jurisdiction, extract: Extract, category: str, by: User) -> FindingRun:
    """Look for clusters, unusual days, changing places and near repeat, with false discoveries controlled.

    The seed follows from jurisdiction, category and extract, so the same extract gives the same findings; looked
    at again, the run there is is returned and nothing is written. Raises Refused(NOT_PERMITTED | OUTSIDE_POLICY |
    BAD_INPUT | TOO_LITTLE_DATA | TOO_LARGE | ON_HOLD).
    """
    role = check(by, Permission.RUN_FORECASTS, jurisdiction)
    policy = policy_in_force(jurisdiction)
    _check_category(jurisdiction, extract, category, policy)
    check_not_held(jurisdiction, Subject(category=category))
    known = finding_run_in(extract, category)
    if known is not None:
        return known
    seed = seed_for(jurisdiction.slug, category, "emerging", extract.digest)
    ground = coarse_ground(jurisdiction, policy.terms.shifts)
    found = _look(ground, extract, category, policy, seed)
    body = {
        "v": 1,
        "jurisdiction": jurisdiction.slug,
        "extract": extract.digest,
        "as_of": extract.as_of.isoformat(),
        "seed": seed,
        "policy_version": policy.version,
        "grid": {"cell": ground.grid.cell, "origin": [ground.grid.origin_x, ground.grid.origin_y]},
        **found.to_dict(),
    }
    sealed = store_artifact(canonical_bytes(body), "application/json", name=f"findings in {category}")
    entry = record(
        action="findings.looked_for",
        subject_kind="findings",
        subject=sealed.digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=policy.version,
        detail={"category": category, "extract": extract.digest, "findings": len(found.found)},
    )
    check_not_held(jurisdiction, Subject(category=category))  # once more, with the log locked
    return FindingRun.objects.create(
        jurisdiction=jurisdiction,
        extract=extract,
        category=category,
        as_of=extract.as_of,
        found=len(found.found),
        digest=sealed.digest,
        seed=seed,
        policy_version=policy.version,
        ledger_index=entry.index,
    )


def _look(ground: Ground, extract: Extract, category: str, policy: PolicyInForce, seed: int) -> Findings:
    incidents = incidents_in(extract).get(category)
    if incidents is None:
        raise Refused(
            Reason.TOO_LITTLE_DATA,
            f"The extract {extract.digest[:12]}… holds no incident of {category.replace('_', ' ')}. Bring data in "
            "with `manage.py ingest`, then seal another.",
        )
    last_day = last_day_known(extract.jurisdiction, extract.as_of)
    with as_refusal():
        return look_at(
            incidents,
            ground,
            category,
            last_day=last_day,
            categories=len(policy.terms.allowed_categories),
            rng=np.random.default_rng(seed),
        )


def _check_category(
    jurisdiction: Jurisdiction, extract: Extract, category: str, policy: PolicyInForce
) -> None:
    if category not in policy.terms.allowed_categories:
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"Policy {policy.version} does not allow forecasts of {category.replace('_', ' ')}, so nothing is looked "
            "for in it either. Propose a policy that does.",
        )
    if extract.jurisdiction_id != jurisdiction.pk or category not in extract.categories:
        raise Refused(
            Reason.BAD_INPUT,
            f"The extract {extract.digest[:12]}… is not of this city, or does not hold "
            f"{category.replace('_', ' ')}. Seal one that does.",
        )
