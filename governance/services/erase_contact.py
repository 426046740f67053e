"""Erase the way to reach whoever filed a complaint that is closed."""

from django.db import transaction

from governance.core.roles import Permission
from governance.ledger import record
from governance.models import Complaint, ComplaintContact, User
from governance.permissions import check
from governance.redress import contacts_to_erase


@transaction.atomic
def erase_contact(*, complaint_id: int, by: User) -> bool:
    """Erase it when the policy's retention is over; whether anything was erased. Raises Refused(NOT_PERMITTED)."""
    complaint = Complaint.objects.select_related("jurisdiction").get(pk=complaint_id)
    role = check(by, Permission.EXECUTE, complaint.jurisdiction)
    if complaint not in contacts_to_erase(complaint.jurisdiction):
        return False
    # Of two workers the second deletes no row and records nothing.
    deleted, _ = ComplaintContact.objects.filter(complaint=complaint).delete()
    if deleted:
        record(
            action="contact.erased",
            subject_kind="complaint",
            subject=complaint.digest,
            by=by,
            role=role,
            jurisdiction=complaint.jurisdiction,
            policy_version=complaint.policy_version,
        )
    return bool(deleted)
