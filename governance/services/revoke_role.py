"""Take a role away."""

from django.db import transaction
from django.utils import timezone

from governance.core.genesis_and_roles import account_digest
from governance.core.roles import Permission, Role
from governance.ledger import record
from governance.models import RoleGrant, User
from governance.permissions import check, take_out_of_role


@transaction.atomic
def revoke_role(*, role_grant_id: int, by: User) -> RoleGrant:
    """End a role at once; past votes stay, open approvals that relied on it become void at execution.

    Raises Refused(NOT_PERMITTED).
    """
    grant = RoleGrant.objects.select_for_update(of=("self",)).get(pk=role_grant_id)
    relied_on = check(by, Permission.MANAGE_ROLES, grant.jurisdiction)
    if grant.revoked_at is not None:
        return grant
    grant.revoked_at = timezone.now()
    grant.revoked_by = by
    grant.save(update_fields=["revoked_at", "revoked_by"])
    take_out_of_role(grant.user, Role(grant.role), grant.jurisdiction, grant.district)
    record(
        action="role.revoked",
        subject_kind="account",
        subject=account_digest(grant.user.pseudonym),
        by=by,
        role=relied_on,
        jurisdiction=grant.jurisdiction,
        detail={"role": grant.role, "asked": grant.change_request.digest if grant.change_request else ""},
    )
    return grant
