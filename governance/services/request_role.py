"""Ask the board to give somebody a role that votes."""

import secrets
from datetime import timedelta

from django.db import transaction

from governance import clock
from governance.core.approval import check_rationale, plain_text
from governance.core.genesis_and_roles import account_digest
from governance.core.refusals import Reason, Refused
from governance.core.role_requests import (
    KIND,
    OPEN_DAYS,
    RoleAsked,
    check_apart,
    check_can_be_asked,
    role_digest,
)
from governance.core.roles import ROLES, Role
from governance.core.states import State
from governance.ledger import record
from governance.models import District, Jurisdiction, RoleGrant, RoleRequest, User
from governance.permissions import check_any
from governance.selectors import open_permissions, policy_in_force
from governance.services.open_change_request import open_change_request

SALT_BYTES = 16


@transaction.atomic
def request_role(
    *, user: User, role: Role, jurisdiction: Jurisdiction, district: District | None, reason: str, by: User
) -> RoleRequest:
    """Open a request that `user` get `role`; it binds to her account, the role and the place.

    Asked by an administrator or a board member. She and the person who is to get the role are its authors, so
    neither can vote on it. Asked again while it is undecided, the request there is is returned.
    Raises Refused(NOT_PERMITTED | OUTSIDE_POLICY | BAD_INPUT | ALREADY_DONE | QUORUM_UNREACHABLE |
    RATIONALE_TOO_SHORT | TOO_LARGE).
    """
    relied_on = check_any(by, open_permissions(KIND), jurisdiction)
    check_can_be_asked(role, on_district=district is not None)
    reason = plain_text(reason)
    check_rationale(reason, policy_in_force(jurisdiction).terms.rationale_min_length)
    _check_receiver(user, role, jurisdiction, district)
    known = _undecided(user, role, jurisdiction, district)
    if known is not None:
        return known
    salt = secrets.token_hex(SALT_BYTES)
    asked = RoleAsked(user.pseudonym, role, jurisdiction.slug, district.code if district else "", salt)
    request = open_change_request(
        kind=KIND,
        jurisdiction=jurisdiction,
        district=district,
        title=_title(user, role, district),
        digest=role_digest(asked),
        rests_on=[],
        expires_at=clock.now(jurisdiction) + timedelta(days=OPEN_DAYS),
        with_authors=[user],
        by=by,
    )
    entry = record(
        action="role.requested",
        subject_kind=KIND,
        subject=request.digest,
        by=by,
        role=relied_on,
        jurisdiction=jurisdiction,
        policy_version=request.policy_version,
        detail={"request": request.pk, "role": role.value, "account": account_digest(user.pseudonym)},
        text=reason,
    )
    return RoleRequest.objects.create(
        change_request=request, user=user, role=role, salt=salt, asked_by=by, ledger_index=entry.index
    )


def _check_receiver(user: User, role: Role, jurisdiction: Jurisdiction, district: District | None) -> None:
    if user.is_service or not user.is_active:
        raise Refused(
            Reason.OUTSIDE_POLICY, "Only an account of a person that is in use can get a role that votes."
        )
    grants = RoleGrant.objects.filter(user=user, jurisdiction=jurisdiction, revoked_at=None)
    check_apart(role, [Role(each.role) for each in grants])
    if any(each.role == role and each.district_id == (district.pk if district else None) for each in grants):
        raise Refused(Reason.ALREADY_DONE, f"{user.name} holds this role there already; nothing was asked.")


def _undecided(
    user: User, role: Role, jurisdiction: Jurisdiction, district: District | None
) -> RoleRequest | None:
    return RoleRequest.objects.filter(
        user=user,
        role=role,
        change_request__jurisdiction=jurisdiction,
        change_request__district=district,
        change_request__state__in=[State.OPEN, State.APPROVED],
        change_request__expires_at__gt=clock.now(jurisdiction),
    ).first()


def _title(user: User, role: Role, district: District | None) -> str:
    where = f" in {district.name}" if district else ""
    return f"{user.name} to be {ROLES[role].title.lower()}{where}"[:200]
