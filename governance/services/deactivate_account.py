"""Close an account for good."""

from django.db import transaction

from governance.core.approval import check_rationale, plain_text
from governance.core.genesis_and_roles import account_digest
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.models import Jurisdiction, RoleGrant, User
from governance.permissions import check
from governance.selectors import policy_in_force


@transaction.atomic
def deactivate_account(*, user: User, reason: str, jurisdiction: Jurisdiction, by: User) -> User:
    """Close an account: it can no longer sign in, and its votes on what is not carried out yet count no more.

    What was carried out stays, and so do its entries. The administrator must manage the roles of every jurisdiction
    in which the account holds one. Raises Refused(NOT_PERMITTED | OUTSIDE_POLICY | RATIONALE_TOO_SHORT | TOO_LARGE
    | BAD_INPUT).
    """
    relied_on = check(by, Permission.MANAGE_ROLES, jurisdiction)
    account = User.objects.select_for_update().get(pk=user.pk)
    if account.is_service:
        raise Refused(
            Reason.OUTSIDE_POLICY, "A service account does the scheduled work; it is not closed here."
        )
    for grant in RoleGrant.objects.filter(user=account, revoked_at=None).select_related("jurisdiction"):
        check(by, Permission.MANAGE_ROLES, grant.jurisdiction)
    reason = plain_text(reason)
    check_rationale(reason, policy_in_force(jurisdiction).terms.rationale_min_length)
    if not account.is_active:
        return account
    account.is_active = False
    account.save(update_fields=["is_active"])
    record(
        action="account.deactivated",
        subject_kind="account",
        subject=account_digest(account.pseudonym),
        by=by,
        role=relied_on,
        jurisdiction=jurisdiction,
        text=reason,
    )
    return account
