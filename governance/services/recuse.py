"""Step back from one request."""

from django.db import transaction

from governance import clock
from governance.core.approval import check_may_recuse, check_rationale, plain_text
from governance.ledger import record
from governance.models import ChangeRequest, RequestAct, User
from governance.selectors import ballots_on, proposal_of, role_of_voter, rule_now, voter_of


@transaction.atomic
def recuse(*, change_request_id: int, reason: str, by: User) -> RequestAct:
    """Take herself out of the voters of one request, for all its revisions; done again, the first time stands.

    Raises Refused(NOT_PERMITTED | SERVICE_MAY_NOT_VOTE | NOT_OPEN | ALREADY_VOTED | RATIONALE_TOO_SHORT | TOO_LARGE |
    BAD_INPUT).
    """
    request = ChangeRequest.objects.select_for_update(of=("self",)).get(pk=change_request_id)
    rule, reason = rule_now(request), plain_text(reason)
    voter = voter_of(request, by, rule)
    role = role_of_voter(request, by, rule)
    known = RequestAct.objects.filter(change_request=request, user=by, deed=RequestAct.Deed.RECUSAL).first()
    if known is not None:
        return known
    check_may_recuse(proposal_of(request), voter, ballots_on(request))
    check_rationale(reason, rule.rationale_min_length)
    entry = record(
        action="voter.recused",
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
    return RequestAct.objects.create(
        change_request=request,
        revision=request.revision,
        digest=request.digest,
        user=by,
        role=role,
        deed=RequestAct.Deed.RECUSAL,
        done_at=clock.now(request.jurisdiction),
        ledger_index=entry.index,
    )
