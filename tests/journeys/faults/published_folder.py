"""What an outsider finds in the published folder: read from its files alone, with the pure core."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from governance.core.checkpoint import Checkpoint, open_checkpoint
from governance.core.merkle import leaf_hash, root, verify_consistency
from governance.core.note import VerificationKey
from governance.core.tiles import ENTRIES, TILE_WIDTH, Tile, TileTree, decode_bundle, tile_root, tiles_for

HASH = 32


@dataclass(frozen=True)
class Outsider:
    """Somebody who holds the log's public key and the last checkpoint that she saw."""

    key: VerificationKey
    seen: Checkpoint | None = None

    def accepts(self, public: Path) -> Checkpoint:
        """Return what the published checkpoint says, once everything it promises was found. Raises otherwise.

        The checkpoint opens with the log's key; the entry bundles hold as many entries as it says, and give its
        root; every hash tile holds what the entries give; the tree read from the tiles has the same root; and
        the checkpoint seen before is a state that these entries passed through, still provable from the tiles.
        """
        said = open_checkpoint((public / "checkpoint").read_bytes(), self.key)
        leaves = entries_of(public, said.size)
        assert root_of(leaves) == said.root, "the entries do not give the root that was signed"
        check_tiles(public, leaves)
        tree = TileTree(said.size, partial(hashes_of, public))
        assert tree.root == said.root, "the tiles do not give the root that was signed"
        if self.seen is not None:
            check_continues(self.seen, said, tree)
            earlier = TileTree(self.seen.size, partial(hashes_of, public))
            assert earlier.root == self.seen.root, "what was seen before can no longer be proved"
        return said


def check_continues(seen: Checkpoint, said: Checkpoint, tree: TileTree) -> None:
    """Verify the consistency proof that the tiles give from the checkpoint seen before."""
    assert said.size >= seen.size, "the published log became smaller"
    verify_consistency(
        old_size=seen.size,
        new_size=said.size,
        old_root=seen.root,
        new_root=said.root,
        proof=tree.consistency_proof(seen.size),
    )


def root_of(leaves: list[bytes]) -> bytes:
    """Return the Merkle root of these entries."""
    return root(map(leaf_hash, leaves))


def entries_of(public: Path, size: int) -> list[bytes]:
    """Return the entries that a checkpoint of this size promises, from their bundles."""
    leaves: list[bytes] = []
    for first in range(0, size, TILE_WIDTH):
        tile = Tile(ENTRIES, first // TILE_WIDTH, min(TILE_WIDTH, size - first))
        found, data = file_of(public, tile)
        leaves += decode_bundle(data, found.width)[: tile.width]
    return leaves


def check_tiles(public: Path, leaves: list[bytes]) -> None:
    """Compare every hash tile with what the entries give."""
    hashes = list(map(leaf_hash, leaves))
    for tile in tiles_for(len(leaves)):
        if tile.level:
            below = [Tile(tile.level - 1, tile.start + place) for place in range(tile.width)]
            wanted = b"".join(tile_root(hashes_of(public, each)) for each in below)
        else:
            wanted = b"".join(hashes[tile.start : tile.start + tile.width])
        assert hashes_of(public, tile) == wanted, f"{tile.path} does not hold what the entries give"


def hashes_of(public: Path, tile: Tile) -> bytes:
    """Return a tile's hashes."""
    found, data = file_of(public, tile)
    assert len(data) == found.width * HASH, f"{found.path} is not whole"
    return data[: tile.width * HASH]


def file_of(public: Path, tile: Tile) -> tuple[Tile, bytes]:
    """Return a tile's file, or the full tile that took its place."""
    try:
        return tile, (public / tile.path).read_bytes()
    except FileNotFoundError:
        return tile.full, (public / tile.full.path).read_bytes()


def files_in(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def digest_of(folder: Path) -> str:
    """Return a digest over every name and byte below a folder."""
    found = sorted(files_in(folder).items())
    return hashlib.sha256(repr(found).encode()).hexdigest()


def put_back(kept: Path, folder: Path) -> None:
    """Make a folder what it was when it was kept."""
    shutil.rmtree(folder)
    shutil.copytree(kept, folder)


class StateByState:
    """A check that looks at each state of a folder once, however often the state is met."""

    def __init__(self, check: Callable[[Path], object]) -> None:
        self._check = check
        self._known: set[str] = set()

    def __call__(self, folder: Path) -> None:
        digest = digest_of(folder)
        if digest not in self._known:
            self._check(folder)
            self._known.add(digest)
