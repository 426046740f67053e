"""Give an account a role that cannot vote."""

from django.db import transaction

from governance.core.genesis_and_roles import account_digest
from governance.core.role_requests import check_apart, check_can_be_granted
from governance.core.roles import Permission, Role
from governance.ledger import record
from governance.models import Jurisdiction, RoleGrant, User
from governance.permissions import check, give_role


@transaction.atomic
def grant_role(*, user: User, role: Role, jurisdiction: Jurisdiction, by: User) -> RoleGrant:
    """Grant a role that carries no vote.

    A voting role is not an administrator's to give: else she could make herself a second person. Of that the
    board decides (`request_role`).

    Raises Refused(NOT_PERMITTED | OUTSIDE_POLICY).
    """
    relied_on = check(by, Permission.MANAGE_ROLES, jurisdiction)
    check_can_be_granted(role)
    held = RoleGrant.objects.filter(user=user, jurisdiction=jurisdiction, revoked_at=None)
    known = held.filter(role=role).first()
    if known is not None:
        return known
    check_apart(role, [Role(each.role) for each in held])
    grant = give_role(user, role, jurisdiction, None, by=by)
    entry = record(
        action="role.granted",
        subject_kind="account",
        subject=account_digest(user.pseudonym),
        by=by,
        role=relied_on,
        jurisdiction=jurisdiction,
        detail={"role": role.value},
    )
    grant.ledger_index = entry.index
    grant.save(update_fields=["ledger_index"])
    return grant
