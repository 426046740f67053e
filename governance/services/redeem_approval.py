"""Act on an approval: the one way from approved to executed."""

from django.db import transaction

from governance import clock
from governance.break_glass import counts_now, row_of
from governance.core.approval import Verdict, check_evidence, check_redeemable, decide, is_overridden
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.core.states import Deed, State, next_state
from governance.holds import check_request_not_held
from governance.ledger import record
from governance.models import ChangeRequest, Jurisdiction, User
from governance.permissions import check
from governance.selectors import evidence_for, proposal_of, rule_now, standing_ballots


@transaction.atomic
def redeem_approval(
    *, digest: str, kind: str, by: User, jurisdiction: Jurisdiction | None = None
) -> ChangeRequest:
    """Lock the request for `digest`, check everything again, and mark it executed.

    `jurisdiction`: whose people were asked, for what may have the same digest in several (a recipe, a policy): the
    approval of one city is none in another.

    Checked anew: the digest, the state, the expiry, the evidence, the quorum, and that every approver still holds
    the role she voted with; what break-glass eased counts only while it is in force. Raises Refused(NOT_FOUND |
    NOT_PERMITTED | NOT_APPROVED | EXPIRED | EVIDENCE_MISSING | EVIDENCE_FAILED | ON_HOLD).
    """
    asked = ChangeRequest.objects.select_for_update(of=("self",)).filter(digest=digest, kind=kind)
    request = (asked.filter(jurisdiction=jurisdiction) if jurisdiction else asked).first()
    if request is None:
        raise Refused(
            Reason.NOT_FOUND, f"Nobody was asked about {kind} {digest[:12]}…, so nobody approved it."
        )
    role = check(by, Permission.EXECUTE, request.jurisdiction, request.district)
    moment = clock.now(request.jurisdiction)
    check_redeemable(proposal_of(request), now=moment)
    _check_agreed(request)
    request.state = next_state(State(request.state), Deed.EXECUTE)
    request.executed_at = moment
    request.save(update_fields=["state", "executed_at"])
    record(
        action="approval.redeemed",
        subject_kind=kind,
        subject=digest,
        by=by,
        role=role,
        jurisdiction=request.jurisdiction,
        policy_version=request.policy_version,
        outcome=request.state,
        detail={"request": request.id, "revision": request.revision},
    )
    _check_agreed(request)  # once more, with the log locked: what was entered before this entry counts
    return request


def _check_agreed(request: ChangeRequest) -> None:
    """Refuse what a hold stops, and what its evidence and the people who agreed to it no longer carry.

    Asked twice, as `check_not_held` is: so no execution is entered after the entry that ends an approver's right.
    """
    check_request_not_held(request)
    rule = rule_now(request)
    standing = standing_ballots(request, rule)
    evidence = evidence_for(request.digest, request.jurisdiction)
    verdicts = {kind: row.verdict for kind, row in evidence.items()}
    check_evidence(rule, verdicts, overridden=is_overridden(standing, rule, request.digest))
    if decide(standing, rule, request.digest).verdict is not Verdict.APPROVE:
        raise Refused(Reason.NOT_APPROVED, _why_void(request))


def _why_void(request: ChangeRequest) -> str:
    """Say why an approval no longer is one: what break-glass eased counts only while it is in force."""
    if row_of(request) is not None and not counts_now(request):
        return (
            "Break-glass has ended before the approval was acted on, and without it the approval lacks its quorum. "
            "Nobody is sent anywhere; take the approval back and decide anew, or propose anew."
        )
    return "An approver no longer holds the role she voted with; the approval is void."
