"""Audit one forecast or one plan, and attach the verdict to it as evidence."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import transaction

from audits.core.comparison import Comparison, compare_groups, rounded, table_of
from audits.core.exposure import Geometries, clipped, exposure, share_inside
from audits.core.groups import EVERYBODY, GroupTable, choose, within
from audits.core.resampling import DRAWS, LEVEL
from audits.core.verdict import Standard, Wording
from audits.models import AuditRun
from audits.selectors import Residents, Subject, district_shape, residents_in_force, subject_of
from governance import clock
from governance.artifacts import store_artifact
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check
from governance.selectors import policy_in_force
from governance.services.attach_evidence import attach_evidence

if TYPE_CHECKING:
    from governance.models import Jurisdiction, User
    from governance.selectors import PolicyInForce

FORMAT = "lamplight-audit/1"


@transaction.atomic
def run_audit(
    *, subject_kind: str, subject_digest: str, by: User, jurisdiction: Jurisdiction | None = None
) -> AuditRun:
    """Measure how often each group lives in the flagged or proposed places, judge it, and attach the evidence.

    The bootstrap is seeded by the subject's digest, so anybody who repeats the audit gets the same report; a
    repeated audit is a no-op. Beside the subject stands what counting alone would have flagged. `jurisdiction`: whose
    recipe it is; a run and a plan say so themselves.
    Raises Refused(NOT_PERMITTED | NOT_FOUND | BAD_INPUT | TOO_LITTLE_DATA).
    """
    subject = subject_of(subject_kind, subject_digest, jurisdiction)
    role = check(by, Permission.RUN_AUDITS, subject.jurisdiction)
    residents = _residents(subject)
    policy = policy_in_force(subject.jurisdiction, subject.at)
    found, report = _measure(subject, residents, policy)
    artifact = store_artifact(
        report, "application/json", name=f"audit of {subject_kind} {subject_digest[:12]}.json"
    )
    known = AuditRun.objects.filter(subject_digest=subject_digest, report_digest=artifact.digest).first()
    if known is not None:
        return known
    verdict, sentence = found.judgement.verdict.value, found.judgement.sentence
    entry = record(
        action="audit.run",
        subject_kind=subject_kind,
        subject=subject_digest,
        by=by,
        role=role,
        jurisdiction=subject.jurisdiction,
        policy_version=policy.version,
        outcome=verdict,
        detail={"report": artifact.digest, "residents": residents.source.digest},
    )
    run = AuditRun.objects.create(
        jurisdiction=subject.jurisdiction,
        district=subject.district,
        subject_kind=subject_kind,
        subject_digest=subject_digest,
        title=subject.title,
        verdict=verdict,
        sentence=sentence,
        policy_version=policy.version,
        residents=residents.source,
        report_digest=artifact.digest,
        audited_at=clock.now(subject.jurisdiction),
        ledger_index=entry.index,
    )
    attach_evidence(
        subject_digest=subject_digest,
        kind=f"{subject_kind}_disparity",
        verdict=verdict,
        summary=sentence,
        report_digest=artifact.digest,
        jurisdiction=subject.jurisdiction,
        by=by,
    )
    return run


def _residents(subject: Subject) -> Residents:
    residents = residents_in_force(subject.jurisdiction)
    if residents is None:
        raise Refused(
            Reason.TOO_LITTLE_DATA,
            f"Nobody has imported the residents of {subject.jurisdiction.name}, so no group can be compared. "
            "Run `manage.py import_residents`.",
        )
    return residents


def _measure(subject: Subject, residents: Residents, policy: PolicyInForce) -> tuple[Comparison, bytes]:
    """The comparison of the subject, and the report in which counting alone stands beside it."""
    table, areas = _here(subject, residents, policy)
    standard = Standard(policy.terms.disparity_ratio_max, policy.terms.minimum_residents)
    seed = int(subject.digest[:12], 16)
    counting = Wording(places="places flagged by counting alone", reference=subject.wording.reference)
    proposed = compare_groups(table, exposure(areas, subject.proposed), standard, subject.wording, seed=seed)
    counted = compare_groups(table, exposure(areas, subject.counted), standard, counting, seed=seed)
    report = {
        "format": FORMAT,
        "subject": {
            "kind": subject.kind,
            "digest": subject.digest,
            "title": subject.title,
            "salt": subject.salt,
        },
        "policy": {"version": policy.version, **asdict(standard)},
        "residents": {
            "digest": residents.source.digest,
            "areas": len(table.areas),
            "reference": EVERYBODY,
            "people": round(table.everybody),
        },
        "interval": {"method": "area_cluster_bootstrap", "level": LEVEL, "draws": DRAWS, "seed": seed},
        "verdict": proposed.judgement.verdict.value,
        "sentence": proposed.judgement.sentence,
        "tables": [
            _section("proposed", subject.wording, proposed),
            _section("counting_alone", counting, counted),
        ],
    }
    return proposed, json.dumps(report, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _here(subject: Subject, residents: Residents, policy: PolicyInForce) -> tuple[GroupTable, Geometries]:
    """The residents to compare: the whole city, or the part of each area that lies in the district."""
    table = choose(residents.table, policy.terms.audit_groups or residents.table.groups)
    if subject.district is None:
        return table, residents.areas
    district = district_shape(subject.district)
    share = share_inside(residents.areas, district)
    return within(table, share), clipped(residents.areas[np.flatnonzero(share)], district)


def _section(name: str, wording: Wording, found: Comparison) -> dict[str, Any]:
    return {
        "name": name,
        "places": wording.places,
        "reference": wording.reference,
        "verdict": found.judgement.verdict.value,
        "sentence": found.judgement.sentence,
        "between_groups": {
            "ratio": rounded(found.spread.ratio),
            "difference": rounded(found.spread.difference),
        },
        "groups": table_of(found),
    }
