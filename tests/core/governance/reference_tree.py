"""The slow tree of the textbook: RFC 6962, section 2.1, transcribed line by line to compare with."""

from __future__ import annotations

import hashlib
from functools import cache

Leaves = tuple[bytes, ...]  # raw leaves, not their hashes


@cache
def tree_hash(leaves: Leaves) -> bytes:
    """MTH(D): the root over raw leaves."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


def path(m: int, leaves: Leaves) -> Leaves:
    """PATH(m, D): the inclusion proof of leaf m."""
    if len(leaves) == 1:
        return ()
    k = split(len(leaves))
    if m < k:
        return (*path(m, leaves[:k]), tree_hash(leaves[k:]))
    return (*path(m - k, leaves[k:]), tree_hash(leaves[:k]))


def subproof(m: int, leaves: Leaves, *, whole: bool) -> Leaves:
    """SUBPROOF(m, D, b): the consistency proof from the first m leaves."""
    if m == len(leaves):
        return () if whole else (tree_hash(leaves),)
    k = split(len(leaves))
    if m <= k:
        return (*subproof(m, leaves[:k], whole=whole), tree_hash(leaves[k:]))
    return (*subproof(m - k, leaves[k:], whole=False), tree_hash(leaves[:k]))


def split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k
