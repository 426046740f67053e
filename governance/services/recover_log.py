"""The second of two people's words, with which the log of a restored database goes on."""

import hashlib
from datetime import UTC, datetime

from django.db import transaction

from governance import published_log
from governance.core.canonical import EntryError, parse_leaf
from governance.core.merkle import leaf_hash
from governance.core.refusals import Reason, Refused
from governance.ledger import record
from governance.log_recovery import Gap, decider_role, gap
from governance.models import LedgerEntry, LedgerLock, RecoveryProposal, User

BATCH = 1_000  # rows of one statement


@transaction.atomic
def recover_log(*, by: User) -> LedgerEntry:
    """Take the missing entries back from the published log, and record who proposed that and who confirmed it.

    What comes back is the record alone: the texts kept beside those entries, and the rows the deeds had made, stood
    only in the database that was lost. Returns the entry `log.recovered`. Raises Refused(NOT_PERMITTED |
    AUTHOR_MAY_NOT_VOTE | NOT_FOUND | ALREADY_DONE | DIGEST_CHANGED | INCONSISTENT_LOG).
    """
    role = decider_role(by)
    # Before anything is compared: no deed and no signature comes in between.
    lock = LedgerLock.objects.select_for_update().get(pk=1)
    published_log.one_operator_at_a_time()
    found = gap()
    proposal = _proposal(found, by)
    proposers_role = decider_role(proposal.proposed_by)
    _take_back(found)
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
        recorded_at=datetime.strptime(str(said["time"]), "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC),
    )
