"""Step the clock of a replay forward."""

import hashlib
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from governance import clock
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.models import Jurisdiction, User
from governance.permissions import check


@transaction.atomic
def advance_clock(*, jurisdiction: Jurisdiction, to: datetime, by: User) -> Jurisdiction:
    """Set a replay's clock to a later moment; the new offset is in the record.

    Raises Refused(NOT_PERMITTED | OUTSIDE_POLICY | CLOCK_BACKWARDS).
    """
    role = check(by, Permission.ADVANCE_CLOCK, jurisdiction)
    if not jurisdiction.is_replay:
        raise Refused(
            Reason.OUTSIDE_POLICY, f"{jurisdiction.name} runs on real time; only a replay's clock can be set."
        )
    locked = Jurisdiction.objects.select_for_update().get(pk=jurisdiction.pk)
    if to <= clock.now(locked):
        raise Refused(
            Reason.CLOCK_BACKWARDS,
            f"The clock stands at {clock.now(locked):%d %B %Y %H:%M} UTC and only runs forward.",
        )
    locked.clock_offset = to - timezone.now()
    locked.save(update_fields=["clock_offset"])
    record(
        action="clock.advanced",
        subject_kind="clock",
        subject=hashlib.sha256(f"{locked.slug} {to.isoformat()}".encode()).hexdigest(),
        by=by,
        role=role,
        jurisdiction=locked,
        detail={
            "to": to.strftime("%Y-%m-%dT%H:%MZ"),
            "clock_offset_seconds": int(locked.clock_offset.total_seconds()),
        },
    )
    jurisdiction.clock_offset = locked.clock_offset
    return locked
