"""Publications that happen by themselves. Safe to run twice."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from celery import shared_task

from governance import clock
from governance.core.refusals import Refused
from governance.selectors import jurisdictions, policy_in_force, scheduler_account
from governance.tasks import publish_log
from public_portal.selectors.released import is_released, unreported
from public_portal.services.compile_report import compile_report
from public_portal.services.publish_release import publish_release
from public_portal.sources import closed_windows

if TYPE_CHECKING:
    from governance.models import Jurisdiction

log = logging.getLogger("lamplight.public_portal")


@shared_task
def publish_due() -> int:
    """Release every window that may be public, sign the record and compile the reports; returns how many."""
    done = sum(publish_windows(jurisdiction) for jurisdiction in jurisdictions())
    compile_due()
    return done


def publish_windows(jurisdiction: Jurisdiction) -> int:
    """Release one jurisdiction's windows that are past their end and delay; one refused does not hold up others."""
    delay = timedelta(hours=policy_in_force(jurisdiction).terms.publication_delay_hours)
    done = 0
    for window in closed_windows(jurisdiction, clock.now(jurisdiction), delay):
        if is_released(jurisdiction, window.start):
            continue
        try:
            publish_release(jurisdiction=jurisdiction, window_start=window.start, by=scheduler_account())
        except Refused as refusal:
            log.warning("not released %s reason=%s %s", jurisdiction.slug, refusal.reason, refusal.message)
            continue
        done += 1
    return done


@shared_task
def compile_due() -> int:
    """Compile the reports that are missing, each under a checkpoint that covers its release."""
    waiting = [release for jurisdiction in jurisdictions() for release in unreported(jurisdiction)]
    if waiting:
        publish_log()
    for release in waiting:
        compile_report(release_id=release.pk, by=scheduler_account())
    return len(waiting)
