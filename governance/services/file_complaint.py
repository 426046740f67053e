"""File a complaint, without an account."""

import hashlib
import secrets
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from governance import clock
from governance.core.approval import plain_text
from governance.core.complaints import (
    WORDS_MIN,
    ComplaintKind,
    ComplaintState,
    check_about,
    check_allowance,
    check_contact,
    check_words,
    deadline,
    statement,
)
from governance.core.roles import Role
from governance.ledger import record
from governance.models import Complaint, ComplaintContact, ComplaintStep, FilingMark, Jurisdiction, User
from governance.redress import area_coded, check_entry, forget_marks, mark_of, secret_hash
from governance.selectors import check_public, policy_in_force

SECRET_BYTES = 32  # 256 bits: nobody finds a private link by guessing


@dataclass(frozen=True)
class FiledComplaint:
    """A complaint, and the secret of its private link: this is the one time that anybody sees it."""

    complaint: Complaint
    secret: str


@transaction.atomic
def file_complaint(
    *,
    jurisdiction: Jurisdiction,
    kind: ComplaintKind,
    words: str,
    address: str,
    by: User,
    contact: str = "",
    entry: int | None = None,
    area: str = "",
) -> FiledComplaint:
    """Store a complaint with its deadline; the record gets a salted digest of its words alone.

    `address` is the sender's network address, which is counted and not stored; `entry` the number of the entry
    that the complaint is about. Raises Refused(NOT_PERMITTED | RATIONALE_TOO_SHORT | TOO_LARGE | BAD_INPUT
    | TOO_OFTEN).
    """
    role = check_public(by)
    words, contact = plain_text(words), contact.strip()
    check_about(kind, entry=entry, area=area)
    check_words(words, least=WORDS_MIN, what="what is wrong")
    check_contact(contact)
    check_entry(jurisdiction, entry)
    place = area_coded(jurisdiction, area)
    _count(address)

    policy, moment = policy_in_force(jurisdiction), clock.now(jurisdiction)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    complaint = Complaint.objects.create(
        jurisdiction=jurisdiction,
        digest=hashlib.sha256(secrets.token_bytes(SECRET_BYTES)).hexdigest(),
        secret_hash=secret_hash(secret),
        kind=kind,
        about_entry=entry,
        area=place,
        policy_version=policy.version,
        filed_at=moment,
        due_at=deadline(moment, policy.terms.complaint_days),
    )
    if contact:
        ComplaintContact.objects.create(complaint=complaint, contact=contact)
    _enter(complaint, statement(kind, words, entry=entry, area=place.name if place else ""), by, role)
    return FiledComplaint(complaint, secret)


def _count(address: str) -> None:
    """Count one more from this address; two at once wait for each other here."""
    now = timezone.now()
    forget_marks()
    mark, _ = FilingMark.objects.select_for_update().get_or_create(
        mark=mark_of(address, now), defaults={"day": now.date()}
    )
    check_allowance(mark.filings)
    mark.filings += 1
    mark.save(update_fields=["filings"])


def _enter(complaint: Complaint, text: str, by: User, role: Role) -> None:
    entry = record(
        action="complaint.filed",
        subject_kind="complaint",
        subject=complaint.digest,
        by=by,
        role=role,
        jurisdiction=complaint.jurisdiction,
        policy_version=complaint.policy_version,
        outcome=ComplaintState.FILED,
        text=text,
    )
    ComplaintStep.objects.create(
        complaint=complaint, deed="file", user=by, role=role, at=complaint.filed_at, ledger_index=entry.index
    )
