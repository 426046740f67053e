"""The stored log as the core's values: its key, entries, checkpoints, and the proof of one entry."""

from collections.abc import Iterator

from django.conf import settings

from governance.core.canonical import entry_time
from governance.core.checkpoint import CheckpointError
from governance.core.log_verification import SignedState, StoredEntry
from governance.core.merkle import ProofError
from governance.core.note import SigningKey
from governance.core.proof import EntryProof, prove, verify_proof
from governance.core.refusals import Reason, Refused
from governance.models import Checkpoint, LedgerEntry, LedgerText

CHUNK = 2_000


def log_key() -> SigningKey:
    """Return the key that signs checkpoints; its public half is what strangers verify with."""
    return SigningKey(settings.LOG_ORIGIN, settings.LOG_SEED)


def stored_entries() -> Iterator[StoredEntry]:
    """Yield all entries in order, with the columns and the kept text that must agree with them."""
    for row in LedgerEntry.objects.select_related("text").order_by("index").iterator(CHUNK):
        yield StoredEntry(
            index=row.index,
            leaf=bytes(row.leaf),
            leaf_hash=bytes(row.leaf_hash),
            columns={
                "action": row.action,
                "jurisdiction": row.jurisdiction,
                "subject": row.subject,
                "time": entry_time(row.recorded_at),
            },
            text=_kept_text(row),
        )


def stored_leaves() -> Iterator[tuple[int, bytes, bytes]]:
    """Yield (index, leaf, leaf hash) of all entries in order: what a signature covers."""
    rows = LedgerEntry.objects.order_by("index").values_list("index", "leaf", "leaf_hash")
    for index, leaf, leaf_hash in rows.iterator(CHUNK):
        yield index, bytes(leaf), bytes(leaf_hash)


def signed_states() -> list[SignedState]:
    """Return all stored checkpoints, smallest first."""
    rows = Checkpoint.objects.order_by("size")
    return [SignedState(f"the checkpoint of {r.size} entries", r.note, r.size, bytes(r.root)) for r in rows]


def size() -> int:
    """Return how many entries the log holds."""
    return LedgerEntry.objects.count()


def newest_entries(*, before: int | None, count: int) -> list[LedgerEntry]:
    """Return up to `count` entries, newest first, starting below the index `before` (None: at the end)."""
    rows = LedgerEntry.objects.order_by("-index")
    return list((rows if before is None else rows.filter(index__lt=before))[:count])


def entry_numbered(index: int) -> LedgerEntry:
    """Return one entry, or refuse and say how far the log goes."""
    row = LedgerEntry.objects.filter(index=index).first()
    if row is None:
        raise Refused(
            Reason.NOT_FOUND, f"The log has no entry {index}; it holds {size()} entries, counted from 0."
        )
    return row


def entry_proof(row: LedgerEntry) -> EntryProof:
    """Return the proof that an entry stands in the log, under the first checkpoint that covers it.

    That checkpoint never changes, so neither does the proof. Raises Refused(TOO_EARLY | INCONSISTENT_LOG).
    """
    checkpoint = Checkpoint.objects.filter(size__gt=row.index).order_by("size").first()
    if checkpoint is None:
        raise Refused(
            Reason.TOO_EARLY,
            f"Entry {row.index} is newer than the last checkpoint, so nothing signed covers it yet. "
            "Come back after the next checkpoint.",
        )
    covered = LedgerEntry.objects.filter(index__lt=checkpoint.size).order_by("index")
    hashes = [bytes(each) for each in covered.values_list("leaf_hash", flat=True)]
    try:
        proof = prove(index=row.index, leaf_hashes=hashes, checkpoint=checkpoint.note)
        verify_proof(proof, bytes(row.leaf), log_key().verification_key)
    except (ProofError, CheckpointError) as problem:
        raise Refused(
            Reason.INCONSISTENT_LOG,
            f"Entry {row.index} cannot be proved: what is stored no longer leads to the signed checkpoint of "
            f"{checkpoint.size} entries. Run `manage.py verify_ledger` and keep this database as it is.",
        ) from problem
    return proof


def _kept_text(row: LedgerEntry) -> tuple[bytes, str] | None:
    try:
        return bytes(row.text.salt), row.text.text
    except LedgerText.DoesNotExist:
        return None
