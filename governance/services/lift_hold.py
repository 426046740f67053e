"""End a hold that the board decided to lift."""

from django.db import transaction

from governance import clock
from governance.core.holds import LIFT_KIND
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.core.states import State
from governance.holds import hold_to_lift
from governance.ledger import record
from governance.models import ChangeRequest, HoldLift, User
from governance.permissions import check


@transaction.atomic
def lift_hold(*, digest: str, by: User) -> HoldLift:
    """End the hold whose lifting was approved under this digest; the approval was redeemed just before.

    Asked again, the end there is is returned. Raises Refused(NOT_FOUND | NOT_PERMITTED | NOT_APPROVED).
    """
    request = (
        ChangeRequest.objects.select_for_update(of=("self",)).filter(digest=digest, kind=LIFT_KIND).first()
    )
    hold = hold_to_lift(request) if request else None
    if request is None or hold is None:
        raise Refused(Reason.NOT_FOUND, f"Nobody was asked to lift a hold under {digest[:12]}….")
    role = check(by, Permission.EXECUTE, request.jurisdiction)
    known = HoldLift.objects.filter(hold=hold).first()
    if known is not None:
        return known
    if State(request.state) is not State.EXECUTED:
        raise Refused(
            Reason.NOT_APPROVED, f"The request to lift hold {hold.pk} is {request.state}; the hold stands."
        )
    entry = record(
        action="hold.lifted",
        subject_kind="hold",
        subject=hold.digest,
        by=by,
        role=role,
        jurisdiction=request.jurisdiction,
        policy_version=request.policy_version,
        detail={"request": request.id, "scope": hold.scope},
    )
    return HoldLift.objects.create(
        hold=hold,
        change_request=request,
        lifted_at=clock.now(request.jurisdiction),
        ledger_index=entry.index,
    )
