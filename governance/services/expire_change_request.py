"""Record that a request's time is over."""

from django.db import transaction

from governance import clock
from governance.core.roles import Permission
from governance.core.states import UNFINISHED, Deed, State, next_state
from governance.ledger import record
from governance.models import ChangeRequest, User
from governance.permissions import check
from governance.selectors import lock_request


@transaction.atomic
def expire_change_request(*, change_request_id: int, by: User) -> ChangeRequest:
    """Mark an overdue request expired; one that is finished or not yet due is left alone.

    Every check reads the clock itself, so nothing depends on this having run. Raises Refused(NOT_PERMITTED).
    """
    request = lock_request(change_request_id)
    role = check(by, Permission.EXECUTE, request.jurisdiction, request.district)
    if State(request.state) not in UNFINISHED or clock.now(request.jurisdiction) < request.expires_at:
        return request
    request.state = next_state(State(request.state), Deed.EXPIRE)
    request.save(update_fields=["state"])
    record(
        action="request.expired",
        subject_kind=request.kind,
        subject=request.digest,
        by=by,
        role=role,
        jurisdiction=request.jurisdiction,
        policy_version=request.policy_version,
        outcome=request.state,
        detail={"request": request.id, "revision": request.revision},
    )
    return request
