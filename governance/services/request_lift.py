"""Ask the board to lift a hold."""

from datetime import timedelta

from django.db import transaction

from governance import clock
from governance.core.approval import check_rationale, plain_text
from governance.core.holds import LIFT_DAYS, LIFT_KIND, Scope, lift_digest, scope_words
from governance.core.refusals import Reason, Refused
from governance.core.roles import Role
from governance.holds import hold_numbered, lift_requests, open_lift_request
from governance.ledger import record
from governance.models import ChangeRequest, Hold, HoldLift, Jurisdiction, User
from governance.permissions import check_any
from governance.selectors import open_permissions, policy_in_force
from governance.services.open_change_request import open_change_request


@transaction.atomic
def request_lift(*, hold_id: int, reason: str, by: User) -> ChangeRequest:
    """Open the request that the board's quorum decides; while one is open, that one is returned.

    Whoever proposes here may ask, and members of the board; who asks is its author and does not vote.

    Raises Refused(NOT_FOUND | NOT_PERMITTED | ALREADY_DONE | QUORUM_UNREACHABLE | RATIONALE_TOO_SHORT | TOO_LARGE |
    BAD_INPUT).
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
    reason = plain_text(reason)
    check_rationale(reason, policy_in_force(hold.jurisdiction).terms.rationale_min_length)
    request = open_change_request(
        kind=LIFT_KIND,
        jurisdiction=hold.jurisdiction,
        district=None,
        title=f"Lift hold {hold.pk} on {scope_words(Scope(hold.scope))}",
        digest=lift_digest(hold.digest, lift_requests(hold).count() + 1),
        rests_on=[hold.digest],
        expires_at=clock.now(hold.jurisdiction) + timedelta(days=LIFT_DAYS),
        by=by,
    )
    record(
        action="hold.lift_requested",
        subject_kind=LIFT_KIND,
        subject=request.digest,
        by=by,
        role=role,
        jurisdiction=hold.jurisdiction,
        policy_version=request.policy_version,
        outcome=request.state,
        detail={"request": request.id, "hold": hold.digest},
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
    return check_any(by, open_permissions(LIFT_KIND), hold.jurisdiction)
