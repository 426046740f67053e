"""What each file of the published log must hold, and whether the folder still does."""

from governance import published_log, stored_log
from governance.core.merkle import leaf_hash
from governance.core.refusals import Reason, Refused
from governance.core.tiles import ENTRIES, Tile, TileError, encode_bundle, new_tiles, tile_root


def content(tile: Tile) -> bytes:
    """Return the bytes of one file: entries come from the database, hashes from what is published below them.

    Raises FileNotFoundError and TileError where that is missing or cut short.
    """
    if tile.level == ENTRIES:
        return encode_bundle(stored_log.leaves(tile.start, tile.width))
    if tile.level == 0:
        return b"".join(map(leaf_hash, published_log.read_entries(tile.index, tile.width)))
    below = (Tile(tile.level - 1, tile.start + place) for place in range(tile.width))
    return b"".join(tile_root(published_log.read_tile(each)) for each in below)


def check_files(size: int) -> None:
    """Read every file of the published log of that size and compare it with what it must hold.

    Raises Refused(INCONSISTENT_LOG) naming the first that differs or cannot be read.
    """
    for tile in new_tiles(0, size):
        try:
            same = _published(tile) == content(tile)
        except (OSError, TileError):
            same = False
        if not same:
            raise Refused(
                Reason.INCONSISTENT_LOG,
                f"The published file {tile.path} does not hold what the database gives. If `manage.py verify_ledger` "
                "finds the database sound, move the file out of the folder and keep it; the next turn writes it again.",
            )


def _published(tile: Tile) -> bytes:
    if tile.level == ENTRIES:
        return encode_bundle(published_log.read_entries(tile.index, tile.width))
    return published_log.read_tile(tile)
