"""The first of two people's words on how the log goes on after an older backup was restored."""

from django.db import transaction
from django.utils import timezone

from governance.core.approval import check_rationale
from governance.log_recovery import check_keeps_roles, decider_role, gap
from governance.models import RecoveryProposal, User

REASON_MIN = 20  # characters


@transaction.atomic
def propose_recovery(*, reason: str, by: User) -> RecoveryProposal:
    """Propose to bring back the entries that were published and that this database lacks.

    Nothing can be recorded on such a database, so the proposal waits in a table of its own; `recover_log` records it,
    by a second person's word. Raises Refused(NOT_PERMITTED | RATIONALE_TOO_SHORT | TOO_LARGE | BAD_INPUT | NOT_FOUND
    | ALREADY_DONE | INCONSISTENT_LOG).
    """
    decider_role(by)
    check_rationale(reason, REASON_MIN)
    found = gap()
    check_keeps_roles(found, by)
    return RecoveryProposal.objects.create(
        local_size=found.size,
        published_size=found.checkpoint.size,
        reason=reason.strip(),
        proposed_by=by,
        proposed_at=timezone.now(),
    )
