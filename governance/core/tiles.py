"""The log as immutable files that any web server can carry (c2sp.org/tlog-tiles v0.1.0).

    tile/<level>/<number>[.p/<width>]      1 to 256 hashes of 32 bytes, one after the other
    tile/entries/<number>[.p/<width>]      1 to 256 entries, each after its length (16 bits, big-endian)

Hash i of tile n on level l is the root of the 256^l entries from (256 n + i) 256^l on. Level 0 holds leaf hashes;
a higher level holds the roots of the full tiles below it. A tile that is not full yet carries its width in its
name, so every name keeps its bytes for ever.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from .merkle import (
    HASH_BYTES,
    Frontier,
    consistency_path,
    inclusion_path,
    node_hash,
    root,
    split,
)

HEIGHT = 8
TILE_WIDTH = 1 << HEIGHT
ENTRIES = -1  # the level that stands for entry bundles
MAX_LEVEL = 63
MAX_ENTRY_BYTES = 2**16 - 1
MAX_SIZE = 2**63 - 1
_LENGTH_BYTES = 2
_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?")


class TileError(ValueError):
    """A tile, its path or an entry bundle is not what the format asks for."""


@dataclass(frozen=True, order=True)
class Tile:
    """The name of one file: its level (-1 for an entry bundle), its number there, and how full it is (1..256)."""

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if not ENTRIES <= self.level <= MAX_LEVEL:
            raise TileError(
                f"A tile has a level from 0 to {MAX_LEVEL} or is an entry bundle, not {self.level}."
            )
        if not 0 <= self.index <= MAX_SIZE:
            raise TileError(f"{self.index} is not the number of a tile.")
        if not 1 <= self.width <= TILE_WIDTH:
            raise TileError(f"A tile holds 1 to {TILE_WIDTH} hashes or entries, not {self.width}.")

    @property
    def path(self) -> str:
        """Where the file stands below the log's address, such as tile/0/x001/x234/067.p/7."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{number}{partial}"

    @property
    def start(self) -> int:
        """The number of its first hash on its level: of its first entry, or of the first full tile one level below."""
        return self.index * TILE_WIDTH

    @property
    def full(self) -> Tile:
        """The full tile that will, or does, begin with this one."""
        return replace(self, width=TILE_WIDTH)


Read = Callable[[Tile], bytes]  # answers exactly width * 32 bytes, or raises


def parse_tile_path(path: str) -> Tile:
    """Read the path of a tile; only the one canonical spelling is accepted. Raises TileError."""
    found = _PATH.fullmatch(path)
    if not found:
        raise TileError(
            f"{path[:80]!r} is not the path of a tile: tile/<level or entries>/<number>[.p/<width>]."
        )
    level, number, width = found.groups()
    tile = Tile(
        ENTRIES if level == "entries" else int(level),
        int(number.replace("x", "").replace("/", "")),
        int(width) if width else TILE_WIDTH,
    )
    if tile.path != path:
        raise TileError(f"The tile at {path!r} is written {tile.path!r}.")
    return tile


def tiles_for(size: int) -> list[Tile]:
    """The hash tiles of a tree of `size` leaves, full and partial, the lowest level first."""
    return [tile for tile in new_tiles(0, size) if tile.level != ENTRIES]


def new_tiles(old_size: int, new_size: int) -> list[Tile]:
    """The files to write when the log grows: entry bundles first, then hash tiles, the lowest level first.

    On each level: the tiles that became full, then the one that is partly full, if it changed. Raises TileError
    unless 0 <= old_size <= new_size.
    """
    if not 0 <= old_size <= new_size <= MAX_SIZE:
        raise TileError(f"A log does not grow from {old_size} to {new_size} entries.")
    grown = [(ENTRIES, old_size, new_size)]
    for level in range(MAX_LEVEL // HEIGHT + 1):
        grown.append((level, old_size >> HEIGHT * level, new_size >> HEIGHT * level))
    return [tile for level, old, new in grown if old < new for tile in _tiles_on(level, old, new)]


def encode_bundle(leaves: Sequence[bytes]) -> bytes:
    """The entry bundle of these 1 to 256 entries. Raises TileError."""
    if not 1 <= len(leaves) <= TILE_WIDTH:
        raise TileError(f"An entry bundle holds 1 to {TILE_WIDTH} entries, not {len(leaves)}.")
    longest = max(map(len, leaves))
    if longest > MAX_ENTRY_BYTES:
        raise TileError(f"An entry has at most {MAX_ENTRY_BYTES} bytes, not {longest}.")
    return b"".join(len(leaf).to_bytes(_LENGTH_BYTES) + leaf for leaf in leaves)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """The `width` entries of a bundle, which holds nothing else. Raises TileError."""
    leaves: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start])
        leaves.append(data[start:at])
    if at != len(data):
        raise TileError(f"The entry bundle is cut short inside entry {len(leaves) - 1} of it.")
    if len(leaves) != width:
        raise TileError(f"The entry bundle should hold {width} entries and holds {len(leaves)}.")
    return leaves


def tile_root(data: bytes) -> bytes:
    """The Merkle root of the 1 to 256 hashes of one tile. Raises TileError."""
    count, rest = divmod(len(data), HASH_BYTES)
    if rest or not 1 <= count <= TILE_WIDTH:
        raise TileError(
            f"A tile holds 1 to {TILE_WIDTH} hashes of {HASH_BYTES} bytes, not {len(data)} bytes."
        )
    return root(_hashes(data))


def tile_hashes(tile: Tile, data: bytes) -> tuple[bytes, ...]:
    """The hashes of a tile that has exactly as many as its name says.

    A truncated tile under the name of a full one would be cached for ever by whoever reads it: it is refused.
    Raises TileError.
    """
    expected = tile.width * HASH_BYTES
    if len(data) != expected:
        fault = "cut short" if len(data) < expected else "too long"
        raise TileError(f"{tile.path} is {fault}: it must have {expected} bytes and has {len(data)}.")
    return tuple(_hashes(data))


class TileTree:
    """The tree of `size` leaves, read from its tiles alone; each tile is read once, O(log size) of them per answer.

    It proves nothing by itself: compare `root` with a signed checkpoint, and verify the proofs.
    """

    def __init__(self, size: int, read: Read) -> None:
        if not 0 <= size <= MAX_SIZE:
            raise TileError(f"{size} is not the size of a log.")
        self.size = size
        self._read = read
        self._tiles: dict[tuple[int, int], tuple[bytes, ...]] = {}
        self._nodes: dict[tuple[int, int], bytes] = {}

    @property
    def frontier(self) -> Frontier:
        """The right edge of the tree, from the last tile of each level. Raises TileError."""
        heights = [height for height in reversed(range(self.size.bit_length())) if self.size >> height & 1]
        return Frontier(self.size, tuple(self._node(height, (self.size >> height) - 1) for height in heights))

    @property
    def root(self) -> bytes:
        """The Merkle tree hash of all leaves. Raises TileError."""
        return self.frontier.root

    def inclusion_proof(self, index: int) -> tuple[bytes, ...]:
        """The inclusion proof of leaf `index` (RFC 9162, section 2.1.3). Raises ProofError or TileError."""
        return tuple(self._subtree(*span) for span in inclusion_path(index, self.size))

    def consistency_proof(self, old_size: int) -> tuple[bytes, ...]:
        """The consistency proof from `old_size` (RFC 9162, section 2.1.4). Raises ProofError or TileError."""
        return tuple(self._subtree(*span) for span in consistency_path(old_size, self.size))

    def _subtree(self, start: int, end: int) -> bytes:
        """The hash of the leaves start..end-1, a subtree of this tree."""
        count = end - start
        if count.bit_count() == 1:
            height = count.bit_length() - 1
            return self._node(height, start >> height)
        middle = split(start, end)
        return node_hash(self._subtree(start, middle), self._subtree(middle, end))

    def _node(self, height: int, index: int) -> bytes:
        """The root of the `index`-th perfect subtree of 2^height leaves, from the one tile that spans it."""
        if (height, index) not in self._nodes:
            level, inside = divmod(height, HEIGHT)
            tile, first = divmod(index << inside, TILE_WIDTH)
            self._nodes[height, index] = root(self._hashes(level, tile)[first : first + (1 << inside)])
        return self._nodes[height, index]

    def _hashes(self, level: int, index: int) -> tuple[bytes, ...]:
        if (level, index) not in self._tiles:
            width = min(TILE_WIDTH, (self.size >> HEIGHT * level) - index * TILE_WIDTH)
            tile = Tile(level, index, width)
            self._tiles[level, index] = tile_hashes(tile, self._read(tile))
        return self._tiles[level, index]


def _tiles_on(level: int, old: int, new: int) -> Iterator[Tile]:
    for index in range(old // TILE_WIDTH, new // TILE_WIDTH):
        yield Tile(level, index)
    if new % TILE_WIDTH:
        yield Tile(level, new // TILE_WIDTH, new % TILE_WIDTH)


def _hashes(data: bytes) -> Iterator[bytes]:
    return (data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES))
