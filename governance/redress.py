"""Complaints as rows: who may read one, who had a part in what it is about, what waits, what is counted."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from governance import clock
from governance.core.canonical import EntryError, parse_leaf
from governance.core.complaint_figures import Case, ComplaintFigures, count_complaints
from governance.core.complaints import UNANSWERED, ComplaintKind, ComplaintOutcome, ComplaintState, Reader
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission, Role, roles_with
from governance.ledger import actor_name
from governance.models import Area, ChangeRequest, Complaint, FilingMark, LedgerEntry, RoleGrant, User
from governance.permissions import can, check
from governance.selectors import policy_in_force

if TYPE_CHECKING:
    from governance.models import Jurisdiction

ANSWERS_COMPLAINTS = (Permission.DECIDE_POLICY, Permission.RUN_AUDITS, Permission.PUBLISH)
"""Board, auditor, privacy officer: whoever holds one of these may take a complaint, unless a service does."""


def check_reads_complaints(by: object, jurisdiction: Jurisdiction) -> Role:
    """Return the role by which somebody answers complaints here, or refuse; a service never does."""
    if isinstance(by, User) and not by.is_service:
        for permission in ANSWERS_COMPLAINTS:
            if can(by, permission, jurisdiction):
                return check(by, permission, jurisdiction)
    raise Refused(
        Reason.NOT_PERMITTED,
        f"Complaints in {jurisdiction.name} are answered by members of the oversight board, auditors and privacy "
        "officers. Sign in as one of them.",
    )


def reads_complaints(by: object, jurisdiction: Jurisdiction) -> bool:
    """Whether `check_reads_complaints` would pass."""
    try:
        check_reads_complaints(by, jurisdiction)
    except Refused:
        return False
    return True


def secret_hash(secret: str) -> str:
    """Return what is stored of a private link; looked up by equality, it tells nothing by how long it takes."""
    return hashlib.sha256(secret.encode()).hexdigest()


def mark_of(address: str, moment: datetime) -> str:
    """Return the mark of a network address on one day; without the server's key it leads nowhere."""
    said = f"complaint {moment:%Y-%m-%d} {address}"
    return hmac.digest(settings.ID_KEY, said.encode(), "sha256").hex()


def forget_marks() -> int:
    """Delete the marks of days that are over; returns how many."""
    deleted, _ = FilingMark.objects.filter(day__lt=timezone.now().date()).delete()
    return deleted


def complaint_of(secret: str) -> Complaint | None:
    """Return the complaint of a private link."""
    rows = Complaint.objects.select_related("jurisdiction", "area", "taken_by")
    return rows.filter(secret_hash=secret_hash(secret)).first()


def complaint_numbered(number: int) -> Complaint | None:
    """Return one complaint with where it belongs."""
    return Complaint.objects.select_related("jurisdiction", "area", "taken_by").filter(pk=number).first()


def complaints_in(jurisdiction: Jurisdiction) -> list[Complaint]:
    """Return all complaints of a jurisdiction, the nearest deadline first."""
    rows = Complaint.objects.filter(jurisdiction=jurisdiction).select_related(
        "area", "taken_by", "jurisdiction"
    )
    return list(rows.order_by("due_at", "id"))


def area_coded(jurisdiction: Jurisdiction, code: str) -> Area | None:
    """Return the named area, None for none, or refuse a code that no area bears."""
    if not code:
        return None
    found = Area.objects.filter(jurisdiction=jurisdiction, kind=Area.Kind.AREA, code=code).first()
    if found is None:
        raise Refused(Reason.BAD_INPUT, "There is no such area here; choose one from the list.")
    return found


def check_entry(jurisdiction: Jurisdiction, index: int | None) -> None:
    """Refuse an entry that the record of this jurisdiction does not hold."""
    if index is None:
        return
    if not LedgerEntry.objects.filter(pk=index, jurisdiction=jurisdiction.slug).exists():
        raise Refused(
            Reason.BAD_INPUT,
            f"The record of {jurisdiction.name} has no entry {index}. The decisions page shows each one’s number.",
        )


def reader_of(by: User, complaint: Complaint) -> Reader:
    """Return a person as the rule sees her: whether she had a part in what the complaint is about."""
    return Reader(by.pk, complaint.pk in with_a_part(by, [complaint]))


def still_taken_by(complaint: Complaint) -> int | None:
    """Return who has taken it, unless that person may no longer answer it."""
    taker = complaint.taken_by
    if taker is None or not reads_complaints(taker, complaint.jurisdiction):
        return None
    return None if complaint.pk in with_a_part(taker, [complaint]) else taker.pk


def readers_for(complaint: Complaint) -> list[User]:
    """Return who could take this complaint now."""
    roles = {role.value for each in ANSWERS_COMPLAINTS for role in roles_with(each)}
    grants = RoleGrant.objects.filter(jurisdiction=complaint.jurisdiction, role__in=roles, revoked_at=None)
    people = User.objects.filter(id__in=grants.values("user_id"), is_active=True, is_service=False).order_by(
        "id"
    )
    return [each for each in people if complaint.pk not in with_a_part(each, [complaint])]


@dataclass(frozen=True)
class _Root:
    """What an entry is about: its subject's digest, and the number of the request its leaf names, if any."""

    subject: str
    request: int | None


def with_a_part(by: User, complaints: Iterable[Complaint]) -> set[int]:
    """Return the ids of those complaints in whose subject a person had a part, in a fixed number of queries.

    The record says it: she is the actor of an entry about the same subject, or about any revision of the same
    request; or an author or voter of that request; or the subject is her own account (a role granted to her).
    """
    about = {each.pk: each.about_entry for each in complaints if each.about_entry is not None}
    roots = _roots(set(about.values()))
    digests = _hers(by, roots.values())
    return {number for number, index in about.items() if index in roots and roots[index].subject in digests}


def _roots(indices: set[int]) -> dict[int, _Root]:
    rows = LedgerEntry.objects.filter(pk__in=indices)
    return {row.index: _Root(row.subject, _request_in(row)) for row in rows}


def _request_in(row: LedgerEntry) -> int | None:
    """Return the number of the request that a leaf names."""
    try:
        detail = parse_leaf(bytes(row.leaf)).get("detail")
    except EntryError:
        return None
    number = detail.get("request") if isinstance(detail, dict) else None
    return number if type(number) is int else None


def _hers(by: User, roots: Iterable[_Root]) -> set[str]:
    """Return the subjects among the roots in which a person had a part."""
    roots = list(roots)
    related = _revisions(roots)
    everything = {digest for digests in related.values() for digest in digests}
    acted = {hashlib.sha256(by.pseudonym.encode()).hexdigest()} | _voted_or_wrote(by, everything)
    for row in LedgerEntry.objects.filter(subject__in=everything):
        if _is_actor(by, row):
            acted.add(row.subject)
    return {subject for subject, digests in related.items() if digests & acted}


def _revisions(roots: Sequence[_Root]) -> dict[str, set[str]]:
    """Return, for each root's subject, the digests of every revision of its request that is known."""
    subjects = {root.subject for root in roots}
    numbers = {root.request for root in roots if root.request is not None}
    rows = ChangeRequest.objects.filter(
        Q(pk__in=numbers) | Q(digest__in=subjects) | Q(votes__digest__in=subjects)
    ).distinct()
    groups = [
        (
            row.pk,
            {
                row.digest,
                *(each.digest for each in row.votes.all()),
                *(each.digest for each in row.acts.all()),
            },
        )
        for row in rows.prefetch_related("votes", "acts")
    ]
    found = {subject: {subject} for subject in subjects}
    for root in roots:
        for number, digests in groups:
            if number == root.request or root.subject in digests:
                found[root.subject] |= digests
    return found


def _voted_or_wrote(by: User, digests: set[str]) -> set[str]:
    """Return the digests, present or past, of the requests that she wrote, or that she or her delegate voted on."""
    part = Q(authors=by) | Q(votes__user=by) | Q(votes__on_behalf_of=by)
    hers = ChangeRequest.objects.filter(part, digest__in=digests)
    return set(hers.values_list("digest", flat=True))


def _is_actor(by: User, row: LedgerEntry) -> bool:
    """Whether an entry's actor is this person, under her pseudonym or the alias of a district's role."""
    try:
        leaf = parse_leaf(bytes(row.leaf))
        return leaf["actor"] == actor_name(by, Role(str(leaf["role"])), str(leaf["subject"]))
    except (EntryError, ValueError):
        return False


def complaints_waiting_for(jurisdiction: Jurisdiction, by: User) -> list[Complaint]:
    """Return the complaints that wait for this person: taken by nobody, or by her."""
    if not reads_complaints(by, jurisdiction):
        return []
    rows = Complaint.objects.filter(jurisdiction=jurisdiction, state__in=UNANSWERED)
    mine = list(rows.filter(Q(taken_by=None) | Q(taken_by=by)).order_by("due_at", "id"))
    hers = with_a_part(by, mine)
    return [each for each in mine if each.pk not in hers]


def waiting_complaints(jurisdiction: Jurisdiction, by: User) -> int:
    """Return how many complaints wait for this person."""
    return len(complaints_waiting_for(jurisdiction, by))


def contacts_to_erase(jurisdiction: Jurisdiction) -> list[Complaint]:
    """Return the complaints closed for longer than the policy keeps a way to reach somebody."""
    kept = timedelta(days=policy_in_force(jurisdiction).terms.complaint_retention_days)
    rows = Complaint.objects.filter(jurisdiction=jurisdiction, contact__isnull=False)
    return list(rows.filter(closed_at__lte=clock.now(jurisdiction) - kept).order_by("id"))


def complaint_figures(jurisdiction: Jurisdiction) -> ComplaintFigures:
    """Count the complaints of a jurisdiction, before any treatment: for a release, never for a page."""
    cases = [_case(row) for row in Complaint.objects.filter(jurisdiction=jurisdiction).order_by("id")]
    return count_complaints(cases, clock.now(jurisdiction))


def _case(row: Complaint) -> Case:
    outcome = ComplaintOutcome(row.outcome) if row.outcome else None
    return Case(
        ComplaintKind(row.kind), ComplaintState(row.state), outcome, row.filed_at, row.due_at, row.closed_at
    )
