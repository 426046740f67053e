"""Take a request back."""

from django.db import transaction

from governance import clock
from governance.core.approval import check_rationale, plain_text
from governance.core.states import Deed, State, next_state
from governance.ledger import record
from governance.models import ChangeRequest, RequestAct, User
from governance.selectors import check_may_take_back, rule_for


@transaction.atomic
def withdraw_change_request(*, change_request_id: int, reason: str, by: User) -> ChangeRequest:
    """Let an author take back what she proposed, at any time before it is executed.

    Raises Refused(NOT_PERMITTED | NOT_OPEN | RATIONALE_TOO_SHORT | TOO_LARGE | BAD_INPUT | OUTSIDE_POLICY).
    """
    request = ChangeRequest.objects.select_for_update(of=("self",)).get(pk=change_request_id)
    role = check_may_take_back(request, by)
    reason = plain_text(reason)
    check_rationale(reason, rule_for(request).rationale_min_length)
    request.state = next_state(State(request.state), Deed.WITHDRAW)
    request.decided_at = clock.now(request.jurisdiction)
    request.save(update_fields=["state", "decided_at"])
    entry = record(
        action="request.withdrawn",
        subject_kind=request.kind,
        subject=request.digest,
        by=by,
        role=role,
        jurisdiction=request.jurisdiction,
        policy_version=request.policy_version,
        outcome=request.state,
        detail={"request": request.id, "revision": request.revision},
        text=reason,
    )
    RequestAct.objects.create(
        change_request=request,
        revision=request.revision,
        digest=request.digest,
        user=by,
        role=role,
        deed=RequestAct.Deed.WITHDRAWAL,
        done_at=request.decided_at,
        ledger_index=entry.index,
    )
    return request
