"""Put to the board how the log goes on after an older backup was restored."""

from django.db import transaction
from django.utils import timezone

from governance.core.approval import check_rationale, plain_text
from governance.core.recovery import KIND
from governance.core.stages import check_reachable, stages_of
from governance.log_recovery import check_keeps_roles, digest_of, gap
from governance.models import Jurisdiction, RecoveryProposal, User
from governance.permissions import linked_with, relied_on
from governance.selectors import eligible_in, open_permissions, policy_in_force


@transaction.atomic
def propose_recovery(*, jurisdiction: Jurisdiction, reason: str, by: User) -> RecoveryProposal:
    """Propose to bring back the entries that were published and that this database lacks; the board there decides.

    Nothing can be recorded on such a database, so the proposal waits in a table of its own; with the board's quorum
    `recover_log` makes it a change request. Raises Refused(NOT_PERMITTED | RATIONALE_TOO_SHORT | TOO_LARGE | BAD_INPUT
    | NOT_FOUND | ALREADY_DONE | INCONSISTENT_LOG | QUORUM_UNREACHABLE).
    """
    relied = relied_on(by, open_permissions(KIND), jurisdiction)
    terms, reason = policy_in_force(jurisdiction).terms, plain_text(reason)
    check_rationale(reason, terms.rationale_min_length)
    found = gap()
    check_keeps_roles(found, by)
    stages = stages_of(terms.stages, KIND)
    authors = {by.pk} | ({relied.giver.pk} if relied.giver else set())
    apart = authors | linked_with(by, jurisdiction, None)
    check_reachable(stages, eligible_in(stages, jurisdiction, None, besides=apart))
    made = RecoveryProposal(
        jurisdiction=jurisdiction,
        local_size=found.size,
        published_size=found.checkpoint.size,
        reason=reason,
        proposed_by=by,
        proposed_at=timezone.now(),
    )
    made.digest = digest_of(found, made)
    made.save()
    return made
