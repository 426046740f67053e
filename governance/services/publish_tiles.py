"""Publish the entries and hashes under the newest signed checkpoint."""

from itertools import takewhile

from django.db import transaction

from governance import published_log, stored_log
from governance.core.merkle import leaf_hash
from governance.core.refusals import Reason, Refused
from governance.core.tiles import Tile, TileError, encode_bundle, new_tiles, tile_root
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


def _continued(newest: Checkpoint) -> bool:
    """Write what is new beside what is there; whether that leads to the signed root, with no file missing."""
    try:
        _write(published_log.published_size(), newest.size)
    except (FileNotFoundError, TileError):
        return False
    return published_log.leads_to(newest.size, bytes(newest.root))


def _write(published: int, size: int) -> None:
    tiles = new_tiles(published, size)
    for tile in takewhile(lambda each: each.level < 0, tiles):
        published_log.write_once(tile, encode_bundle(stored_log.leaves(tile.start, tile.width)))
    for tile in tiles:
        if tile.level >= 0:
            published_log.write_once(tile, _hashes(tile))


def _hashes(tile: Tile) -> bytes:
    """The tile's hashes, from what stands published below it: the entries themselves, or full tiles."""
    if tile.level == 0:
        return b"".join(map(leaf_hash, published_log.read_entries(tile.index, tile.width)))
    below = (Tile(tile.level - 1, tile.start + place) for place in range(tile.width))
    return b"".join(tile_root(published_log.read_tile(each)) for each in below)
