"""Attach a verdict and its report to a digest."""

from django.db import transaction

from governance import clock
from governance.core.roles import Permission
from governance.ledger import record
from governance.models import Evidence, Jurisdiction, User
from governance.permissions import check


@transaction.atomic
def attach_evidence(
    *,
    subject_digest: str,
    kind: str,
    verdict: str,
    summary: str,
    report_digest: str,
    jurisdiction: Jurisdiction,
    by: User,
) -> Evidence:
    """Record that an audit of `subject_digest` came to `verdict`; the same report attached twice is one evidence.

    Raises Refused(NOT_PERMITTED).
    """
    role = check(by, Permission.RUN_AUDITS, jurisdiction)
    known = Evidence.objects.filter(
        jurisdiction=jurisdiction, subject_digest=subject_digest, kind=kind, report_digest=report_digest
    ).first()
    if known is not None:
        return known
    entry = record(
        action="evidence.attached",
        subject_kind=kind,
        subject=subject_digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        outcome=verdict,
        detail={"report": report_digest},
        text=summary,
    )
    return Evidence.objects.create(
        jurisdiction=jurisdiction,
        subject_digest=subject_digest,
        kind=kind,
        verdict=verdict,
        summary=summary,
        report_digest=report_digest,
        attached_at=clock.now(jurisdiction),
        ledger_index=entry.index,
    )
