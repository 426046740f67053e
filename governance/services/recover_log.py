"""The second of two people's words, with which the log of a restored database goes on."""

import hashlib
from datetime import UTC, datetime

from django.db import transaction

from governance import published_log
from governance.core.canonical import EntryError, parse_leaf
from governance.core.consequences import REVOKED, Leaf, erased_texts, sort_out
from governance.core.genesis_and_roles import account_digest
from governance.core.merkle import leaf_hash
from governance.core.refusals import Reason, Refused
from governance.core.roles import Role
from governance.ledger import record
from governance.log_recovery import Gap, check_keeps_roles, decider_role, gap
from governance.models import LedgerEntry, LedgerLock, LedgerText, RecoveryProposal, RoleGrant, User
from governance.permissions import take_out_of_role

BATCH = 1_000  # rows of one statement


@transaction.atomic
def recover_log(*, by: User) -> LedgerEntry:
    """Take the missing entries back from the published log, and record who proposed that and who confirmed it.

    What comes back is the record: the texts kept beside those entries, and the rows the deeds had made, stood only in
    the database that was lost. What those deeds took away is taken away again: roles that were revoked, and texts
    that were erased. Returns the entry `log.recovered`. Raises Refused(NOT_PERMITTED |
    AUTHOR_MAY_NOT_VOTE | NOT_FOUND | ALREADY_DONE | DIGEST_CHANGED | INCONSISTENT_LOG).
    """
    role = decider_role(by)
    # Before anything is compared: no deed and no signature comes in between.
    lock = LedgerLock.objects.select_for_update().get(pk=1)
    published_log.one_operator_at_a_time()
    found = gap()
    proposal = _proposal(found, by)
    proposers_role = decider_role(proposal.proposed_by)
    for person in (by, proposal.proposed_by):
        check_keeps_roles(found, person)
    _take_back(found)
    _take_away_again(found)
    lock.next_index = found.checkpoint.size
    lock.save()
    subject = hashlib.sha256(found.checkpoint.body.encode()).hexdigest()
    sizes = {"from_size": found.size, "to_size": found.checkpoint.size}
    record(
        action="recovery.proposed",
        subject_kind="checkpoint",
        subject=subject,
        by=proposal.proposed_by,
        role=proposers_role,
        detail=sizes,
        text=proposal.reason,
    )
    return record(
        action="log.recovered", subject_kind="checkpoint", subject=subject, by=by, role=role, detail=sizes
    )


def _proposal(found: Gap, by: User) -> RecoveryProposal:
    """Return the newest proposal, which must speak of the present state and come from somebody else."""
    proposal = RecoveryProposal.objects.select_related("proposed_by").order_by("-id").first()
    if proposal is None:
        raise Refused(
            Reason.NOT_FOUND,
            "Nobody has proposed to recover the log; one person proposes (`manage.py propose_recovery`), "
            "another confirms.",
        )
    if proposal.proposed_by_id == by.pk:
        raise Refused(
            Reason.AUTHOR_MAY_NOT_VOTE, "You proposed this recovery; another person must confirm it."
        )
    if (proposal.local_size, proposal.published_size) != (found.size, found.checkpoint.size):
        raise Refused(
            Reason.DIGEST_CHANGED,
            f"The proposal speaks of {proposal.local_size} entries here and {proposal.published_size} published; now "
            f"they are {found.size} and {found.checkpoint.size}. Propose again.",
        )
    return proposal


def _take_back(found: Gap) -> None:
    rows = [_row(number, leaf) for number, leaf in enumerate(found.leaves, found.size)]
    LedgerEntry.objects.bulk_create(rows, batch_size=BATCH)


def _take_away_again(found: Gap) -> None:
    """Revoke the roles and erase the texts of which the missing entries say so; an entry that says nothing is left."""
    told, _ = sort_out(found.told)
    revoked = [leaf for leaf in told if leaf["action"] == REVOKED]
    names = User.objects.values_list("pseudonym", flat=True) if revoked else ()
    accounts = {account_digest(name): name for name in names}
    for leaf in revoked:
        _revoke_again(leaf, accounts.get(leaf["subject"], ""))
    LedgerText.objects.filter(entry_id__in=erased_texts(told)).delete()


def _revoke_again(leaf: Leaf, pseudonym: str) -> None:
    """End every grant in force of that account, role and jurisdiction: the entry does not say which of several."""
    grants = RoleGrant.objects.select_for_update(of=("self",)).filter(
        user__pseudonym=pseudonym,
        role=leaf["detail"]["role"],
        jurisdiction__slug=leaf["jurisdiction"],
        revoked_at=None,
    )
    by = User.objects.filter(pseudonym=leaf["actor"]).first()
    for grant in grants.select_related("user", "jurisdiction", "district"):
        grant.revoked_at, grant.revoked_by = _moment(leaf), by
        grant.save(update_fields=["revoked_at", "revoked_by"])
        take_out_of_role(grant.user, Role(grant.role), grant.jurisdiction, grant.district)


def _moment(said: Leaf) -> datetime:
    """The time of an entry: the minute is all that it tells."""
    return datetime.strptime(str(said["time"]), "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)


def _row(number: int, leaf: bytes) -> LedgerEntry:
    """Make the row of an entry again from its leaf; of its time, the minute is all that the leaf tells."""
    try:
        said = parse_leaf(leaf)
    except EntryError as problem:
        raise Refused(
            Reason.INCONSISTENT_LOG, f"The published entry {number} is not an entry. {problem}"
        ) from problem
    return LedgerEntry(
        index=number,
        leaf=leaf,
        leaf_hash=leaf_hash(leaf),
        action=str(said["action"]),
        jurisdiction=str(said.get("jurisdiction", "")),
        subject=str(said["subject"]),
        recorded_at=_moment(said),
    )
