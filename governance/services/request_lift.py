"""Ask the board to lift a hold."""

from datetime import timedelta

from django.db import transaction

from governance import clock
from governance.core.approval import check_rationale, plain_text
from governance.core.holds import LIFT_DAYS, LIFT_KIND, Scope, lift_digest, scope_words
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission, Role
from governance.holds import hold_numbered, lift_requests, open_lift_request
from governance.ledger import record
from governance.models import ChangeRequest, Hold, HoldLift, Jurisdiction, User
from governance.permissions import can, check
from governance.selectors import policy_in_force, rule_for, voters_for


@transaction.atomic
def request_lift(*, hold_id: int, reason: str, by: User) -> ChangeRequest:
    """Open the request that the board's quorum decides; while one is open, that one is returned.

    Whoever proposes here may ask, and members of the board; who asks is its author and does not vote. Raises
    Refused(NOT_FOUND | NOT_PERMITTED | ALREADY_DONE | OUTSIDE_POLICY | RATIONALE_TOO_SHORT | TOO_LARGE | BAD_INPUT).
    """
    hold = hold_numbered(hold_id)
    if hold is None:
        raise Refused(Reason.NOT_FOUND, f"There is no hold {hold_id}; see the page of holds.")
    role = _role_relied_on(by, hold)
    # Two who ask at once: the second waits here and is given the first one's request.
    Jurisdiction.objects.select_for_update(no_key=True).get(pk=hold.jurisdiction_id)
    if HoldLift.objects.filter(hold=hold).exists():
        raise Refused(Reason.ALREADY_DONE, f"The board has lifted hold {hold.pk} already; it stops nothing.")
    if known := open_lift_request(hold):
        return known
    opened_at, policy, reason = (
        clock.now(hold.jurisdiction),
        policy_in_force(hold.jurisdiction),
        plain_text(reason),
    )
    check_rationale(reason, policy.terms.rationale_min_length)
    request = ChangeRequest.objects.create(
        kind=LIFT_KIND,
        jurisdiction=hold.jurisdiction,
        title=f"Lift hold {hold.pk} on {scope_words(Scope(hold.scope))}",
        digest=lift_digest(hold.digest, lift_requests(hold).count() + 1),
        rests_on=[hold.digest],
        policy_version=policy.version,
        opened_at=opened_at,
        expires_at=opened_at + timedelta(days=LIFT_DAYS),
    )
    request.authors.add(by)
    _check_quorum(request)
    record(
        action="request.opened",
        subject_kind=LIFT_KIND,
        subject=request.digest,
        by=by,
        role=role,
        jurisdiction=hold.jurisdiction,
        policy_version=policy.version,
        outcome=request.state,
        detail={"request": request.id, "revision": 1, "scripted": False, "hold": hold.digest},
        text=reason,
    )
    return request


def _role_relied_on(by: User, hold: Hold) -> Role:
    """Return the role of a person, never of a service, that may ask."""
    if by.is_service:
        raise Refused(
            Reason.NOT_PERMITTED,
            "A service account does not ask for a hold to be lifted; a named person does.",
        )
    if can(by, Permission.PROPOSE, hold.jurisdiction):
        return check(by, Permission.PROPOSE, hold.jurisdiction)
    return check(by, Permission.DECIDE_POLICY, hold.jurisdiction)


def _check_quorum(request: ChangeRequest) -> None:
    """Refuse a request that could never be approved: until it expired, nobody could make another."""
    needed, there = rule_for(request).quorum, len(voters_for(request))
    if there < needed:
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"Lifting needs {needed} members of the board who do not ask themselves, and there would be {there}. Let "
            "somebody ask who does not vote, for example an analyst.",
        )
