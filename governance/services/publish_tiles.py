"""Publish the entries and hashes under the newest signed checkpoint."""

from django.db import transaction

from governance import published_files, published_log, stored_log
from governance.core.refusals import Reason, Refused
from governance.core.tiles import TileError, new_tiles
from governance.models import Checkpoint, User


@transaction.atomic
def publish_tiles(*, by: User) -> Checkpoint | None:
    """Write every entry bundle and hash tile that the newest signed checkpoint needs and the folder lacks.

    Safe to repeat: what is there is compared and never overwritten, so going on after a crash is the same as going
    on. Nobody is told of the new state before `publish_checkpoint`. Returns the checkpoint whose tiles are
    complete, None if nothing was signed yet. Raises Refused(NOT_PERMITTED | INCONSISTENT_LOG) and OSError.
    """
    if not by.is_service:
        raise Refused(Reason.NOT_PERMITTED, "The log is published by a service account, never by a person.")
    published_log.one_operator_at_a_time()
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None:
        return None
    _check_continues(newest)
    published_log.let_out(newest.note)
    if not _continued(newest):  # the folder lost files: write it again from the first entry
        _write(0, newest.size)
        if not published_log.leads_to(newest.size, bytes(newest.root)):
            raise Refused(
                Reason.INCONSISTENT_LOG,
                f"The published tiles do not give the root of the checkpoint of {newest.size} entries. "
                f"{published_log.KEEP}",
            )
    return newest


def _check_continues(newest: Checkpoint) -> None:
    """Refuse to replace a state that was given out since `newest` was signed: a witness may have shown it to us."""
    for name, note in published_log.notes_given_out():
        said = published_log.opened(name, note)
        ours = Checkpoint.objects.filter(size=said.size, root=said.root).exists()
        if said.size > newest.size or not (ours or stored_log.root_at(said.size) == said.root):
            raise Refused(
                Reason.INCONSISTENT_LOG,
                f"Of {name}: the checkpoint of {newest.size} entries does not continue its {said.size} entries. "
                f"{published_log.KEEP}",
            )


def _continued(newest: Checkpoint) -> bool:
    """Write what is new beside what is there; whether that leads to the signed root, with no file missing."""
    try:
        _write(published_log.published_size(), newest.size)
    except (FileNotFoundError, TileError):
        return False
    return published_log.leads_to(newest.size, bytes(newest.root))


def _write(published: int, size: int) -> None:
    for tile in new_tiles(published, size):
        published_log.write_once(tile, published_files.content(tile))
