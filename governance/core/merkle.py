"""The Merkle tree of the log: hashes, roots, proofs, verification (RFC 6962 and RFC 9162, section 2.1).

All hashes are 32-byte SHA-256 values. A tree of size n is a sequence of n leaf hashes, index 0 first.
Verification never touches storage: it needs the proof, the sizes and the roots alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
_LEAF_PREFIX = b"\x00"  # without the two prefixes a node could pass for a leaf
_NODE_PREFIX = b"\x01"
_BLOCK = 256  # leaves folded at once


class ProofError(ValueError):
    """A proof cannot be made for these sizes, or does not prove what it claims."""


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf): the hash of one entry's exact bytes."""
    return hashlib.sha256(_LEAF_PREFIX + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right): the hash of an inner node."""
    return hashlib.sha256(_NODE_PREFIX + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """The right edge of a tree: enough to append leaves and to name the root at any time.

    `size` counts leaves; `hashes` holds one hash per set bit of `size`, the largest perfect subtree first.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ProofError(f"A frontier of {self.size} leaves cannot have {len(self.hashes)} hashes.")

    def append(self, new_leaf_hash: bytes) -> Frontier:
        """The frontier after one more leaf; merges as many subtrees as `size` has trailing ones."""
        return self.extend((new_leaf_hash,))

    def extend(self, leaf_hashes: Iterable[bytes]) -> Frontier:
        """The frontier after many more leaves; whole blocks of 256 are folded on their own, which is faster."""
        source, hashes, size = iter(leaf_hashes), list(self.hashes), self.size
        for one in islice(source, -size % _BLOCK):
            size = _push(hashes, size, one, 1)
        while len(block := list(islice(source, _BLOCK))) == _BLOCK:
            size = _push(hashes, size, _fold(block), _BLOCK)
        for one in block:
            size = _push(hashes, size, one, 1)
        return Frontier(size, tuple(hashes))

    @property
    def root(self) -> bytes:
        """The Merkle tree hash of all leaves so far; of no leaves, SHA-256 of the empty string."""
        if not self.hashes:
            return EMPTY_ROOT
        *rest, folded = self.hashes
        for left in reversed(rest):
            folded = node_hash(left, folded)
        return folded


def _push(hashes: list[bytes], size: int, merged: bytes, count: int) -> int:
    """Append a perfect subtree of `count` leaves, which divides `size`, to the hashes of a frontier; the new size."""
    subtrees = size // count
    while subtrees & 1:
        merged = node_hash(hashes.pop(), merged)
        subtrees >>= 1
    hashes.append(merged)
    return size + count


def _fold(level: list[bytes]) -> bytes:
    """The root of a perfect tree, level by level."""
    digest = hashlib.sha256
    while len(level) > 1:
        level = [
            digest(_NODE_PREFIX + left + right).digest()
            for left, right in zip(level[::2], level[1::2], strict=True)
        ]
    return level[0]


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """The Merkle tree hash of a sequence of leaf hashes (RFC 9162, section 2.1.1)."""
    return Frontier().extend(leaf_hashes).root


Span = tuple[int, int]  # the leaves from the first number up to, not including, the second


def inclusion_path(index: int, size: int) -> tuple[Span, ...]:
    """Which subtrees the inclusion proof of leaf `index` in a tree of `size` names, the leaf's sibling first.

    Source: RFC 9162, section 2.1.3.1. Raises ProofError when the tree holds no such leaf.
    """
    if not 0 <= index < size:
        raise ProofError(f"A tree of {size} entries has no entry {index}.")
    path: list[Span] = []
    start, end = 0, size
    while end - start > 1:
        middle = split(start, end)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return tuple(reversed(path))


def consistency_path(old_size: int, new_size: int) -> tuple[Span, ...]:
    """Which subtrees the consistency proof from `old_size` to `new_size` leaves names, in its order.

    Source: RFC 9162, section 2.1.4.1. Raises ProofError unless 0 < old_size <= new_size.
    """
    if not 0 < old_size <= new_size:
        raise ProofError(f"No consistency proof leads from size {old_size} to size {new_size}.")
    path: list[Span] = []
    start, end = 0, new_size
    while old_size != end:
        middle = split(start, end)
        if old_size <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    if start > 0:  # the verifier knows the old root, but not this part of it
        path.append((start, end))
    return tuple(reversed(path))


def split(start: int, end: int) -> int:
    """Where the tree of the leaves start..end-1 (at least two) divides into its left and right subtree."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def inclusion_proof(index: int, leaf_hashes: Sequence[bytes]) -> tuple[bytes, ...]:
    """The sibling hashes from leaf `index` up to the root of all `leaf_hashes`, the leaf's own sibling first.

    Raises ProofError when the tree holds no such leaf.
    """
    return tuple(_subtree(leaf_hashes, *span) for span in inclusion_path(index, len(leaf_hashes)))


def consistency_proof(old_size: int, leaf_hashes: Sequence[bytes]) -> tuple[bytes, ...]:
    """The hashes that show the first `old_size` leaves to be the unchanged beginning of all `leaf_hashes`.

    Raises ProofError unless 0 < old_size <= number of leaves.
    """
    return tuple(_subtree(leaf_hashes, *span) for span in consistency_path(old_size, len(leaf_hashes)))


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash `leaf` stands at `index` in the tree of `size` leaves with this root.

    Source: RFC 9162, section 2.1.3.2. Raises ProofError.
    """
    _check_lengths((leaf, root, *proof))
    if not 0 <= index < size:
        raise ProofError(f"A tree of {size} entries has no entry {index}.")
    inner = (index ^ (size - 1)).bit_length()  # below this level the path has a sibling on either side
    if len(proof) != inner + (index >> inner).bit_count():
        raise ProofError(f"An inclusion proof of entry {index} in {size} cannot have {len(proof)} hashes.")
    computed = leaf
    for level, sibling in enumerate(proof):
        if level >= inner or index >> level & 1:
            computed = node_hash(sibling, computed)
        else:
            computed = node_hash(computed, sibling)
    if computed != root:
        raise ProofError(
            f"The proof does not lead from entry {index} to the root of the tree of {size} entries."
        )


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree of `new_size` leaves begins with the unchanged tree of `old_size` leaves.

    Source: RFC 9162, section 2.1.4.2. A proof from the empty tree says nothing and is refused.
    Raises ProofError.
    """
    _check_lengths((old_root, new_root, *proof))
    if not 0 < old_size <= new_size:
        raise ProofError(f"No consistency proof leads from size {old_size} to size {new_size}.")
    if old_size == new_size:
        _check_same_tree(old_root, new_root, proof)
        return
    old, new = _roots_from(old_size, new_size, old_root, proof)
    if old != old_root:
        raise ProofError(f"The proof does not lead to the root of the earlier tree of {old_size} entries.")
    if new != new_root:
        raise ProofError(
            f"The tree of {new_size} entries is not a continuation of the tree of {old_size} entries."
        )


def _roots_from(old_size: int, new_size: int, old_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Fold a consistency proof into the two roots it speaks for (RFC 9162, section 2.1.4.2, steps 2 to 6)."""
    level = (old_size & -old_size).bit_length() - 1
    path = [old_root, *proof] if old_size == 1 << level else list(proof)
    old_node, new_node = (old_size - 1) >> level, (new_size - 1) >> level
    inner = (old_node ^ new_node).bit_length()
    if len(path) != 1 + inner + (old_node >> inner).bit_count():
        raise ProofError(
            f"A consistency proof from {old_size} to {new_size} cannot have {len(proof)} hashes."
        )
    old = new = path[0]
    for height, sibling in enumerate(path[1:]):
        if height >= inner or old_node >> height & 1:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
        else:
            new = node_hash(new, sibling)
    return old, new


def _check_same_tree(old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise ProofError("A consistency proof between equal sizes has no hashes.")
    if old_root != new_root:
        raise ProofError("Two trees of the same size have different roots: one of them is a second history.")


def _check_lengths(hashes: Iterable[bytes]) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise ProofError(f"A hash of the tree has {HASH_BYTES} bytes.")


def _subtree(leaf_hashes: Sequence[bytes], start: int, end: int) -> bytes:
    """The Merkle tree hash of the leaves start..end-1 (at least one)."""
    if end - start == 1:
        return leaf_hashes[start]
    middle = split(start, end)
    return node_hash(_subtree(leaf_hashes, start, middle), _subtree(leaf_hashes, middle, end))
