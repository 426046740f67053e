"""Lend a role to somebody for a time."""

from datetime import datetime

from django.db import transaction

from governance import clock
from governance.core.approval import check_rationale, plain_text
from governance.core.delegation import check_delegation
from governance.core.genesis_and_roles import account_digest
from governance.core.roles import Role
from governance.ledger import record
from governance.models import Delegation, District, Jurisdiction, User
from governance.permissions import account_in
from governance.selectors import policy_in_force


@transaction.atomic
def delegate_role(
    *,
    taker: User,
    role: Role,
    jurisdiction: Jurisdiction,
    district: District | None,
    until: datetime,
    reason: str,
    by: User,
) -> Delegation:
    """Let `taker` act in one's place, with one role of one's own, in one place and until a moment of its clock.

    Giver and taker count once in every vote. Lent already for as long, nothing changes.

    Raises Refused(NOT_PERMITTED | OUTSIDE_POLICY | RATIONALE_TOO_SHORT |
    TOO_LARGE | BAD_INPUT).
    """
    moment, reason = clock.now(jurisdiction), plain_text(reason)
    giver = account_in(by, jurisdiction, district, exactly=True)
    check_delegation(giver, account_in(taker, jurisdiction, None), role, until=until, now=moment)
    known = Delegation.objects.filter(
        giver=by,
        taker=taker,
        role=role,
        jurisdiction=jurisdiction,
        district=district,
        until__gte=until,
        revoked_at=None,
    ).first()
    if known is not None:
        return known
    check_rationale(reason, policy_in_force(jurisdiction, moment).terms.rationale_min_length)
    entry = record(
        action="role.delegated",
        subject_kind="account",
        subject=account_digest(taker.pseudonym),
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        detail={"role": role.value, "hours": round((until - moment).total_seconds() / 3600)},
        text=reason,
    )
    return Delegation.objects.create(
        giver=by,
        taker=taker,
        role=role,
        jurisdiction=jurisdiction,
        district=district,
        given_at=moment,
        until=until,
        ledger_index=entry.index,
    )
