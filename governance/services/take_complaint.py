"""Take a complaint: from now on one named person answers for its answer."""

from django.db import transaction

from governance import clock
from governance.core.complaints import ComplaintDeed, ComplaintState, check_taker, next_state
from governance.core.refusals import Reason, Refused
from governance.ledger import record
from governance.models import Complaint, ComplaintStep, User
from governance.redress import check_reads_complaints, reader_of, still_taken_by


@transaction.atomic
def take_complaint(*, complaint_id: int, by: User) -> Complaint:
    """Acknowledge a complaint and answer for it; of two who take it at once the second is told so.

    It can be taken over from somebody who may no longer answer it. Raises Refused(NOT_FOUND | NOT_PERMITTED
    | HAD_A_PART | ALREADY_DONE | NOT_OPEN).
    """
    # Two takers at once: the second waits here and then meets the first one's name. The taker must not be joined
    # here: PostgreSQL reads the locked row anew after the wait, what is joined to it not.
    rows = Complaint.objects.select_for_update(of=("self",)).select_related("jurisdiction")
    complaint = rows.filter(pk=complaint_id).first()
    if complaint is None:
        raise Refused(Reason.NOT_FOUND, f"There is no complaint {complaint_id}.")
    role = check_reads_complaints(by, complaint.jurisdiction)
    state = next_state(ComplaintState(complaint.state), ComplaintDeed.TAKE)
    check_taker(reader_of(by, complaint), taken_by=still_taken_by(complaint))

    complaint.state, complaint.taken_by = state, by
    complaint.save(update_fields=["state", "taken_by"])
    entry = record(
        action="complaint.taken",
        subject_kind="complaint",
        subject=complaint.digest,
        by=by,
        role=role,
        jurisdiction=complaint.jurisdiction,
        policy_version=complaint.policy_version,
        outcome=state,
    )
    ComplaintStep.objects.create(
        complaint=complaint,
        deed=ComplaintDeed.TAKE,
        user=by,
        role=role,
        at=clock.now(complaint.jurisdiction),
        ledger_index=entry.index,
    )
    return complaint
