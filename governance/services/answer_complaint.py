"""Answer a complaint with an outcome and a reason."""

from django.db import transaction

from governance import clock
from governance.core.approval import plain_text
from governance.core.complaints import (
    ComplaintDeed,
    ComplaintOutcome,
    ComplaintState,
    check_answerer,
    check_remedy,
    check_words,
    next_state,
    reply,
)
from governance.core.refusals import Reason, Refused
from governance.ledger import record
from governance.models import Complaint, ComplaintStep, User
from governance.redress import check_reads_complaints, reader_of
from governance.selectors import policy_in_force


@transaction.atomic
def answer_complaint(
    *, complaint_id: int, outcome: ComplaintOutcome, reason: str, remedy: str, by: User
) -> Complaint:
    """Close a complaint with an answer that whoever filed it reads behind the private link.

    `remedy` says what will be done; only a complaint that is not upheld may go without. Everything is checked
    anew: role, no part, the policy's length. Raises Refused(NOT_FOUND | NOT_PERMITTED | HAD_A_PART | NOT_OPEN
    | RATIONALE_TOO_SHORT | TOO_LARGE | BAD_INPUT).
    """
    rows = Complaint.objects.select_for_update(of=("self",)).select_related("jurisdiction")
    complaint = rows.filter(pk=complaint_id).first()
    if complaint is None:
        raise Refused(Reason.NOT_FOUND, f"There is no complaint {complaint_id}.")
    role = check_reads_complaints(by, complaint.jurisdiction)
    check_answerer(reader_of(by, complaint), taken_by=complaint.taken_by_id)
    state = next_state(ComplaintState(complaint.state), ComplaintDeed.ANSWER)
    reason, remedy = plain_text(reason), plain_text(remedy)
    least = policy_in_force(complaint.jurisdiction).terms.rationale_min_length
    check_words(reason, least=least, what="your reason")
    check_remedy(outcome, remedy, least)

    complaint.state, complaint.outcome = state, outcome
    complaint.closed_at = clock.now(complaint.jurisdiction)
    complaint.save(update_fields=["state", "outcome", "closed_at"])
    entry = record(
        action="complaint.answered",
        subject_kind="complaint",
        subject=complaint.digest,
        by=by,
        role=role,
        jurisdiction=complaint.jurisdiction,
        policy_version=complaint.policy_version,
        outcome=state,
        text=reply(outcome, reason, remedy),
    )
    ComplaintStep.objects.create(
        complaint=complaint,
        deed=ComplaintDeed.ANSWER,
        user=by,
        role=role,
        at=complaint.closed_at,
        ledger_index=entry.index,
    )
    return complaint
