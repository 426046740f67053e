"""Give a role that the board agreed to."""

from django.db import transaction

from governance.core.genesis_and_roles import account_digest
from governance.core.refusals import Reason, Refused
from governance.core.role_requests import KIND, RoleAsked, check_apart, role_digest
from governance.core.roles import Permission, Role
from governance.ledger import record
from governance.models import RoleGrant, RoleRequest, User
from governance.permissions import check, give_role
from governance.services.redeem_approval import redeem_approval


@transaction.atomic
def apply_role_grant(*, role_request_id: int, by: User) -> RoleGrant:
    """Redeem the approval of exactly this request and make the grant effective.

    Asked again, the grant there is is returned. Raises Refused(NOT_PERMITTED | NOT_APPROVED | EXPIRED | NOT_FOUND
    | DIGEST_CHANGED | OUTSIDE_POLICY | ALREADY_DONE | EVIDENCE_MISSING | EVIDENCE_FAILED).
    """
    asked = RoleRequest.objects.select_related("user").get(pk=role_request_id)
    request = asked.change_request
    here, district = request.jurisdiction, request.district
    relied_on = check(by, Permission.EXECUTE, here, district)
    known = RoleGrant.objects.filter(change_request=request).first()
    if known is not None:
        return known
    _check_as_approved(asked)
    request = redeem_approval(digest=request.digest, kind=KIND, by=by)
    _check_receiver(asked)
    grant = give_role(asked.user, Role(asked.role), here, district, by=by, change_request=request)
    entry = record(
        action="role.granted",
        subject_kind="account",
        subject=account_digest(asked.user.pseudonym),
        by=by,
        role=relied_on,
        jurisdiction=here,
        policy_version=request.policy_version,
        detail={
            "role": asked.role,
            "request": request.pk,
            "asked": request.digest,
        },
    )
    grant.ledger_index = entry.index
    grant.save(update_fields=["ledger_index"])
    return grant


def _check_as_approved(asked: RoleRequest) -> None:
    """Refuse when the row no longer says what the approval binds to."""
    request = asked.change_request
    district = request.district.code if request.district else ""
    said = RoleAsked(asked.user.pseudonym, asked.role, request.jurisdiction.slug, district, asked.salt)
    if role_digest(said) != request.digest:
        raise Refused(
            Reason.DIGEST_CHANGED,
            f"The stored request {request.pk} no longer says what the board agreed to. No role was given.",
        )


def _check_receiver(asked: RoleRequest) -> None:
    """Refuse when the person's account was closed since, or what she holds by now forbids the role."""
    if not asked.user.is_active:
        raise Refused(
            Reason.OUTSIDE_POLICY, "The account was closed since the board was asked. No role was given."
        )
    request = asked.change_request
    grants = RoleGrant.objects.filter(user=asked.user, jurisdiction=request.jurisdiction, revoked_at=None)
    check_apart(Role(asked.role), [Role(each.role) for each in grants])
    if any(each.role == asked.role and each.district_id == request.district_id for each in grants):
        raise Refused(Reason.ALREADY_DONE, "The person holds this role there already. No role was given.")
