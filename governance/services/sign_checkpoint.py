"""Sign the present state of the log."""

from django.db import connection, transaction
from django.utils import timezone

from governance import stored_log
from governance.core import checkpoint as state
from governance.core.merkle import Frontier, leaf_hash
from governance.core.note import VerificationKey
from governance.core.refusals import Reason, Refused
from governance.models import Checkpoint, User
from governance.selectors import last_checkpoint

KEEP = "Nothing was signed. Keep this database as it is and run `manage.py verify_ledger`."


@transaction.atomic
def sign_checkpoint(*, by: User) -> Checkpoint | None:
    """Sign the log's size and root, after showing that it continues the last signed state.

    Every leaf is hashed again from its bytes, so neither an edited entry nor a shortened or rewritten log gets
    a signature. Operating the log writes no entry. Nothing new: the last checkpoint is returned (None: the log
    is empty). Raises Refused(NOT_PERMITTED | INCONSISTENT_LOG).
    """
    if not by.is_service:
        raise Refused(Reason.NOT_PERMITTED, "The log is signed by a service account, never by a person.")
    _one_signer_at_a_time()
    last = last_checkpoint()
    key = stored_log.log_key()
    opened = _open(last, key.verification_key)
    frontier = _continue(opened)
    if frontier.size == (opened.size if opened else 0):
        return last
    signed = state.Checkpoint(key.name, frontier.size, frontier.root)
    return Checkpoint.objects.create(
        size=signed.size,
        root=signed.root,
        note=state.signed(signed, key),
        signed_at=timezone.now(),
    )


def _one_signer_at_a_time() -> None:
    # Not the appenders' lock: deeds go on while the tree is recomputed.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('lamplight.checkpoint'))")


def _open(last: Checkpoint | None, key: VerificationKey) -> state.Checkpoint | None:
    """Read the last signed state from its note: the columns beside it prove nothing."""
    if last is None:
        return None
    try:
        return state.open_checkpoint(last.note, key)
    except state.CheckpointError as problem:
        raise Refused(
            Reason.INCONSISTENT_LOG, f"The last checkpoint is not genuine. {problem} {KEEP}"
        ) from problem


def _continue(last: state.Checkpoint | None) -> Frontier:
    """Recompute the tree; on the way it must pass through exactly the state that was signed last."""
    frontier = Frontier()
    _check_passage(frontier, last)
    for index, leaf, stored_hash in stored_log.stored_leaves():
        computed = leaf_hash(leaf)
        if index != frontier.size or computed != stored_hash:
            raise Refused(Reason.INCONSISTENT_LOG, f"Entry {frontier.size} is missing or was changed. {KEEP}")
        frontier = frontier.append(computed)
        _check_passage(frontier, last)
    if last is not None and frontier.size < last.size:
        raise Refused(
            Reason.INCONSISTENT_LOG,
            f"A checkpoint was signed for {last.size} entries and only {frontier.size} are left. {KEEP}",
        )
    return frontier


def _check_passage(frontier: Frontier, last: state.Checkpoint | None) -> None:
    if last is not None and frontier.size == last.size and frontier.root != last.root:
        raise Refused(
            Reason.INCONSISTENT_LOG,
            f"The first {last.size} entries are no longer those that were signed. {KEEP}",
        )
