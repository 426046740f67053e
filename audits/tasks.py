"""Audits that happen by themselves."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from celery import shared_task

from audits.selectors import pending, table_in_force
from audits.services.run_audit import run_audit
from governance.core.refusals import Refused
from governance.selectors import jurisdictions, scheduler_account

if TYPE_CHECKING:
    from governance.models import Jurisdiction

log = logging.getLogger("lamplight.audits")


@shared_task
def audit_pending() -> int:
    """Audit every recipe, forecast and plan that still needs it; returns how many. Running it twice changes nothing."""
    done = 0
    for jurisdiction in jurisdictions():
        waiting = pending(jurisdiction)
        if waiting and table_in_force(jurisdiction) is None:
            log.warning(
                "%s audits wait in %s until residents are imported (`manage.py import_residents`); "
                "until then no plan there can be approved",
                len(waiting),
                jurisdiction.slug,
            )
            continue
        done += sum(audit_one(kind, digest, jurisdiction) for kind, digest in waiting)
    return done


def audit_one(kind: str, digest: str, jurisdiction: Jurisdiction | None = None) -> int:
    """Audit one subject; one that cannot be audited must not hold up the others."""
    try:
        run_audit(subject_kind=kind, subject_digest=digest, jurisdiction=jurisdiction, by=scheduler_account())
    except Refused as refusal:
        log.warning(
            "not audited kind=%s digest=%s reason=%s %s", kind, digest[:12], refusal.reason, refusal.message
        )
        return 0
    return 1
