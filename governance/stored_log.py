"""The stored log as the core's values: its entries, its signed and published states, the proof of one entry."""

from collections.abc import Generator
from contextlib import closing
from datetime import datetime
from itertools import islice

from django.db import connection

from governance import published_log
from governance.core.checkpoint import CheckpointError
from governance.core.merkle import Frontier, ProofError, leaf_hash
from governance.core.proof import EntryProof, verify_proof
from governance.core.refusals import Reason, Refused
from governance.core.tiles import TileError
from governance.models import LedgerEntry, LedgerText, Publication

CHUNK = 2_000


def stored_leaves() -> Generator[tuple[int, bytes, bytes], None, None]:
    """Yield (index, leaf, leaf hash) of all entries in order: what a signature covers."""
    with connection.chunked_cursor() as cursor:
        cursor.execute("SELECT index, leaf, leaf_hash FROM governance_ledgerentry ORDER BY index")
        while rows := cursor.fetchmany(CHUNK):
            yield from rows


def root_at(size: int) -> bytes:
    """Return the root of the first `size` entries, hashed from their bytes; of fewer, if there are no more."""
    with closing(stored_leaves()) as stored:
        return Frontier().extend(leaf_hash(leaf) for _, leaf, _ in islice(stored, size)).root


def leaves(first: int, count: int) -> list[bytes]:
    """Return the leaves of up to `count` entries from number `first` on."""
    rows = LedgerEntry.objects.filter(index__gte=first, index__lt=first + count).order_by("index")
    return [bytes(leaf) for leaf in rows.values_list("leaf", flat=True)]


def size() -> int:
    """Return how many entries the log holds, by the last one's number: counting a long table takes long."""
    newest = LedgerEntry.objects.order_by("-index").values_list("index", flat=True).first()
    return 0 if newest is None else newest + 1


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
    """Return the proof that an entry stands in the log. Raises Refused(TOO_EARLY | INCONSISTENT_LOG)."""
    return proof_under(publication_covering(row.index), row)


def proof_under(publication: Publication | None, row: LedgerEntry) -> EntryProof:
    """Return the proof that an entry stands in the log, under a published checkpoint that covers it.

    Read from the published tiles, so it is the proof that anybody could make for herself. Raises
    Refused(TOO_EARLY | INCONSISTENT_LOG).
    """
    if publication is None:
        raise Refused(
            Reason.TOO_EARLY,
            f"Entry {row.index} is newer than the last published checkpoint, so nothing signed covers it yet. "
            "Come back after the next checkpoint.",
        )
    size = publication.checkpoint.size
    try:
        hashes = published_log.tree(size).inclusion_proof(row.index)
        proof = EntryProof(row.index, hashes, publication.note)
        verify_proof(proof, bytes(row.leaf), published_log.log_key().verification_key)
    except (OSError, TileError, ProofError, CheckpointError) as problem:
        raise Refused(
            Reason.INCONSISTENT_LOG,
            f"Entry {row.index} cannot be proved: it and the published files no longer lead to the checkpoint of "
            f"{size} entries. `manage.py verify_ledger` finds what is wrong with the database, `verify_lamplight.py "
            f"log` what is wrong with the files. {published_log.KEEP}",
        ) from problem
    return proof


def kept_text(index: int) -> tuple[bytes, str] | None:
    """Return the salt and the text beside an entry, None where there is none or it was erased."""
    kept = LedgerText.objects.filter(entry_id=index).first()
    return (bytes(kept.salt), kept.text) if kept else None


def erasure_of(row: LedgerEntry) -> int | None:
    """Return the number of the entry by which the text of this one was erased."""
    rows = LedgerEntry.objects.filter(action="text.erased", subject=bytes(row.leaf_hash).hex())
    return rows.values_list("index", flat=True).first()


def publication_covering(index: int) -> Publication | None:
    """Return the publication under which an entry is proved: the smallest cosigned state, else the smallest one."""
    rows = Publication.objects.filter(checkpoint__size__gt=index).select_related("checkpoint")
    earliest = rows.order_by("checkpoint__size", "-id")
    return earliest.filter(quorum_met=True).first() or earliest.first()


def last_publication() -> Publication | None:
    """Return the newest published state of the log."""
    return Publication.objects.select_related("checkpoint").order_by("-checkpoint__size", "-id").first()


def sealed_at(index: int) -> datetime | None:
    """Return when the entry first stood under a published checkpoint that the policy's witnesses had cosigned."""
    rows = Publication.objects.filter(checkpoint__size__gt=index, quorum_met=True)
    return rows.order_by("id").values_list("published_at", flat=True).first()  # a clock may step back
