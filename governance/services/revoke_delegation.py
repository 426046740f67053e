"""Take a lent role back."""

from django.db import transaction

from governance import clock
from governance.core.genesis_and_roles import account_digest
from governance.core.refusals import Reason, Refused
from governance.core.roles import Role
from governance.ledger import record
from governance.models import Delegation, User


@transaction.atomic
def revoke_delegation(*, delegation_id: int, by: User) -> Delegation:
    """End a delegation at once, by its giver or its taker; one that has ended is left alone.

    Votes cast under it stay, and void an approval that is not executed yet. Raises Refused(NOT_PERMITTED).
    """
    delegation = Delegation.objects.select_for_update(of=("self",)).get(pk=delegation_id)
    if by.pk not in (delegation.giver_id, delegation.taker_id) or not by.is_active:
        raise Refused(
            Reason.NOT_PERMITTED, "Only who lent a role, or who took it, ends that. Ask one of the two."
        )
    moment = clock.now(delegation.jurisdiction)
    if delegation.revoked_at is not None or delegation.until <= moment:
        return delegation
    delegation.revoked_at = moment
    delegation.save(update_fields=["revoked_at"])
    record(
        action="delegation.revoked",
        subject_kind="account",
        subject=account_digest(delegation.taker.pseudonym),
        by=by,
        role=Role(delegation.role),
        jurisdiction=delegation.jurisdiction,
        detail={"role": delegation.role, "by_giver": by.pk == delegation.giver_id},
    )
    return delegation
