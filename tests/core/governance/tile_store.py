"""All files of a small log, built level by level, so that a test has something to read tiles from."""

from __future__ import annotations

from collections.abc import Sequence

from governance.core.merkle import HASH_BYTES, leaf_hash, root
from governance.core.tiles import ENTRIES, TILE_WIDTH, Tile, encode_bundle


class TileStore:
    """The log of these leaves at its largest; a tile of any smaller tree is the beginning of one here."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves = list(leaves)
        self.leaf_hashes = [leaf_hash(leaf) for leaf in leaves]
        self.asked: list[Tile] = []
        self._tiles: dict[tuple[int, int], bytes] = {}
        level, hashes = 0, self.leaf_hashes
        while hashes:
            parts = [hashes[at : at + TILE_WIDTH] for at in range(0, len(hashes), TILE_WIDTH)]
            self._tiles.update({(level, number): b"".join(part) for number, part in enumerate(parts)})
            level, hashes = level + 1, [root(part) for part in parts if len(part) == TILE_WIDTH]

    def read(self, tile: Tile) -> bytes:
        """The hashes of a tile, cut from the wider one that is there."""
        self.asked.append(tile)
        return self._tiles[tile.level, tile.index][: tile.width * HASH_BYTES]

    def file(self, tile: Tile) -> bytes:
        """The bytes of a tile or an entry bundle as a web server carries them."""
        if tile.level == ENTRIES:
            return encode_bundle(self.leaves[tile.start : tile.start + tile.width])
        return self.read(tile)
