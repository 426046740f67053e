"""Take an approval back before anybody acts on it."""

from django.db import transaction

from governance import clock
from governance.core.approval import check_may_revoke, check_rationale, plain_text
from governance.core.break_glass import check_own_end
from governance.core.states import Deed, State, next_state
from governance.ledger import record
from governance.models import ChangeRequest, RequestAct, User
from governance.selectors import proposal_of, role_of_voter, rule_now, voter_of


@transaction.atomic
def revoke_approval(*, change_request_id: int, seen_digest: str, reason: str, by: User) -> ChangeRequest:
    """Void the approval of exactly what was seen; its author may revise it, and it needs all its votes anew.

    Anybody who may vote on the request may do it, as long as it is not executed; what was executed is changed by a
    new decision only. Raises Refused(NOT_PERMITTED | SERVICE_MAY_NOT_VOTE | AUTHOR_MAY_NOT_VOTE | RECUSED | NOT_OPEN |
    EXPIRED | DIGEST_CHANGED | RATIONALE_TOO_SHORT | TOO_LARGE | BAD_INPUT | HAD_A_PART | OUTSIDE_POLICY).
    """
    request = ChangeRequest.objects.select_for_update(of=("self",)).get(pk=change_request_id)
    check_own_end(request.kind)
    moment, rule, reason = clock.now(request.jurisdiction), rule_now(request), plain_text(reason)
    voter = voter_of(request, by, rule)
    role = role_of_voter(request, by, rule)
    check_may_revoke(proposal_of(request), voter, seen_digest, now=moment)
    check_rationale(reason, rule.rationale_min_length)
    request.state = next_state(State(request.state), Deed.REVOKE)
    request.decided_at = moment
    request.save(update_fields=["state", "decided_at"])
    entry = record(
        action="approval.revoked",
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
        deed=RequestAct.Deed.REVOCATION,
        done_at=moment,
        ledger_index=entry.index,
    )
    return request
