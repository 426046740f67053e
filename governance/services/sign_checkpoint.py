"""Sign the present state of the log."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from django.db import transaction
from django.utils import timezone

from governance import published_log, stored_log
from governance.core import checkpoint as state
from governance.core.merkle import Frontier, leaf_hash
from governance.core.refusals import Reason, Refused
from governance.models import Checkpoint, User

KEEP = f"Nothing was signed. {published_log.KEEP} Then run `manage.py verify_ledger`."


@dataclass(frozen=True)
class _Earlier:
    """A state that was signed before, and the name a reader knows it by."""

    name: str
    said: state.Checkpoint


@transaction.atomic
def sign_checkpoint(*, by: User) -> Checkpoint | None:
    """Sign the log's size and root, after showing that it continues every state that was signed or given out.

    Every leaf is hashed again from its bytes, so neither an edited entry nor a shortened or rewritten log gets
    a signature. What was given out lies outside the database: a database restored from an older copy is smaller
    than that, and is never signed. Operating the log writes no entry. Nothing new: the last checkpoint is returned
    (None: the log is empty). Raises Refused(NOT_PERMITTED | INCONSISTENT_LOG).
    """
    if not by.is_service:
        raise Refused(Reason.NOT_PERMITTED, "The log is signed by a service account, never by a person.")
    published_log.one_operator_at_a_time()
    last = Checkpoint.objects.order_by("-size").first()
    frontier = _continue(_earlier_states(last))
    if frontier.size == (last.size if last else 0):
        return last
    key = published_log.log_key()
    signed = state.Checkpoint(key.name, frontier.size, frontier.root)
    return Checkpoint.objects.create(
        size=signed.size,
        root=signed.root,
        note=state.signed(signed, key),
        signed_at=timezone.now(),
    )


def _earlier_states(last: Checkpoint | None) -> list[_Earlier]:
    """Read the signed states from their notes, smallest first: the columns beside a note prove nothing."""
    notes = [("the last signed checkpoint", last.note)] if last else []
    earlier = [
        _Earlier(name, published_log.opened(name, note))
        for name, note in [*notes, *published_log.notes_given_out()]
    ]
    return sorted(earlier, key=lambda each: each.said.size)


def _continue(earlier: list[_Earlier]) -> Frontier:
    """Recompute the tree; on the way it must pass through exactly the states that were signed before."""
    frontier = Frontier()
    with closing(stored_log.stored_leaves()) as stored:
        hashes = _leaf_hashes(stored)
        for each in earlier:
            frontier = frontier.extend(islice(hashes, each.said.size - frontier.size))
            _check_passage(frontier, each)
        return frontier.extend(hashes)


def _leaf_hashes(stored: Iterable[tuple[int, bytes, bytes]]) -> Iterator[bytes]:
    """The hash of every entry, from its bytes, in order and without a gap."""
    for expected, (index, leaf, stored_hash) in enumerate(stored):
        computed = leaf_hash(leaf)
        if index != expected or computed != stored_hash:
            raise Refused(Reason.INCONSISTENT_LOG, f"Entry {expected} is missing or was changed. {KEEP}")
        yield computed


def _check_passage(frontier: Frontier, earlier: _Earlier) -> None:
    name, size = earlier.name, earlier.said.size
    if frontier.size < size:
        raise Refused(
            Reason.INCONSISTENT_LOG,
            f"Of {name}: it covers {size} entries and only {frontier.size} are left. {KEEP}",
        )
    if frontier.root != earlier.said.root:
        raise Refused(
            Reason.INCONSISTENT_LOG,
            f"Of {name}: the first {size} entries are no longer those that were signed. {KEEP}",
        )
