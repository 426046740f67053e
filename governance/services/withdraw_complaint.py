"""Withdraw a complaint, by its private link."""

from django.db import transaction

from governance import clock
from governance.core.complaints import ComplaintDeed, ComplaintState, next_state
from governance.core.refusals import Reason, Refused
from governance.ledger import record
from governance.models import Complaint, ComplaintContact, ComplaintStep, User
from governance.redress import secret_hash
from governance.selectors import check_public


@transaction.atomic
def withdraw_complaint(*, secret: str, by: User) -> Complaint:
    """Close a complaint that nobody has answered; the way to be reached is erased at once.

    Whoever holds the secret filed it, or was given it by who did. Raises Refused(NOT_PERMITTED | NOT_FOUND
    | NOT_OPEN).
    """
    role = check_public(by)
    rows = Complaint.objects.select_for_update(of=("self",)).select_related("jurisdiction")
    complaint = rows.filter(secret_hash=secret_hash(secret)).first()
    if complaint is None:
        raise Refused(Reason.NOT_FOUND, "No complaint has this private link.")
    complaint.state = next_state(ComplaintState(complaint.state), ComplaintDeed.WITHDRAW)
    complaint.closed_at = clock.now(complaint.jurisdiction)
    complaint.save(update_fields=["state", "closed_at"])
    erased, _ = ComplaintContact.objects.filter(complaint=complaint).delete()
    entry = record(
        action="complaint.withdrawn",
        subject_kind="complaint",
        subject=complaint.digest,
        by=by,
        role=role,
        jurisdiction=complaint.jurisdiction,
        policy_version=complaint.policy_version,
        outcome=complaint.state,
        detail={"contact_erased": bool(erased)},
    )
    ComplaintStep.objects.create(
        complaint=complaint,
        deed=ComplaintDeed.WITHDRAW,
        user=by,
        role=role,
        at=complaint.closed_at,
        ledger_index=entry.index,
    )
    return complaint
