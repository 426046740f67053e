"""Give an account a role that cannot vote."""

import hashlib

from django.db import transaction

from governance.core.refusals import Reason, Refused
from governance.core.roles import ROLES, VOTES, Permission, Role
from governance.ledger import record
from governance.models import Jurisdiction, RoleGrant, User
from governance.permissions import check, put_in_role


@transaction.atomic
def grant_role(*, user: User, role: Role, jurisdiction: Jurisdiction, by: User) -> RoleGrant:
    """Grant a role that carries no vote.

    A voting role is not an administrator's to give: else she could make herself a second person.

    Raises Refused(NOT_PERMITTED | OUTSIDE_POLICY).
    """
    relied_on = check(by, Permission.MANAGE_ROLES, jurisdiction)
    if ROLES[role].permissions & VOTES or role is Role.SERVICE:
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"{ROLES[role].title} is not an administrator's to give: a role that votes needs the board's decision.",
        )
    known = RoleGrant.objects.filter(user=user, role=role, jurisdiction=jurisdiction, revoked_at=None).first()
    if known is not None:
        return known
    grant = RoleGrant.objects.create(user=user, role=role, jurisdiction=jurisdiction, granted_by=by)
    put_in_role(user, role, jurisdiction, None)
    record(
        action="role.granted",
        subject_kind="account",
        subject=hashlib.sha256(user.pseudonym.encode()).hexdigest(),
        by=by,
        role=relied_on,
        jurisdiction=jurisdiction,
        detail={"role": role.value},
    )
    return grant
