"""By what a record is known: a keyed hash of its id, or of its row and how often that row stood before.

The id itself never reaches the database. HMAC-SHA-256 (RFC 2104), its first 16 bytes: without the key nobody
can test whether a known incident number is in the table.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DIGEST_BYTES = 16
_BLOCK = 64  # bytes, of SHA-256
BETWEEN = "\x1f"  # between the values of several id columns: a control character that no export contains

Prefixes = NDArray[np.uint64]


def no_prefixes() -> Prefixes:
    """What a file has shown before its first row."""
    return np.empty(0, dtype=np.uint64)


def keyed_hashes(key: bytes, texts: Iterable[str | None]) -> list[bytes]:
    """The 16-byte HMAC of each text; of nothing where the text is None."""
    return _hmacs(key, ((text or "").encode() for text in texts))


def _hmacs(key: bytes, messages: Iterable[bytes]) -> list[bytes]:
    """HMAC by its definition, with the two keyed states made once: half the time of a call per message."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block)).copy
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block)).copy
    hashes = []
    for message in messages:
        first, second = inner(), outer()
        first.update(message)
        second.update(first.digest())
        hashes.append(second.digest()[:DIGEST_BYTES])
    return hashes


def prefixes(hashes: Sequence[bytes]) -> Prefixes:
    """The first 8 bytes of each hash as uint64, to be sorted and searched.

    Two different ids of a million share one with a probability of 3e-8; such a row would be refused
    as repeated, and kept among the refusals.
    """
    joined = np.frombuffer(b"".join(hashes), dtype=">u8")
    return joined[:: DIGEST_BYTES // 8].astype(np.uint64)


def occurrences(found: Prefixes, earlier: Prefixes) -> NDArray[np.int64]:
    """How often each of n prefixes stood before: in ``earlier`` (sorted) or further up. 0 = the first."""
    before = np.searchsorted(earlier, found, "right") - np.searchsorted(earlier, found, "left")
    order = np.argsort(found, kind="stable")
    ranked = found[order]
    starts = np.searchsorted(ranked, ranked, "left")
    within = np.empty(len(found), dtype=np.int64)
    within[order] = np.arange(len(found)) - starts
    return before + within


def with_found(earlier: Prefixes, found: Prefixes) -> Prefixes:
    """What the file has shown after these rows, sorted."""
    return np.sort(np.concatenate([earlier, found]))


def numbered_hashes(key: bytes, hashes: Sequence[bytes], numbers: NDArray[np.int64]) -> list[bytes]:
    """The identity of rows without an id: HMAC over the row's hash and its occurrence number."""
    pairs = zip(hashes, numbers.tolist(), strict=True)
    return _hmacs(key, (row + f"{BETWEEN}{number}".encode() for row, number in pairs))


@dataclass(frozen=True)
class Known:
    """The identities in the table, sorted by prefix: first and second 8 bytes, and the row's id."""

    prefix: Prefixes
    rest: Prefixes
    row: NDArray[np.int64]


PACKED = np.dtype([("row", ">i8"), ("prefix", ">u8"), ("rest", ">u8")])  # an id and its 16-byte hash


def known_records(packed: NDArray[np.void]) -> Known:
    """Sort packed identities (``PACKED``, shape (n,)) for many searches: 24 bytes a record, no index."""
    prefix = packed["prefix"].astype(np.uint64)
    order = np.argsort(prefix)
    return Known(
        prefix[order], packed["rest"].astype(np.uint64)[order], packed["row"].astype(np.int64)[order]
    )


def rows_known(known: Known, hashes: Sequence[bytes]) -> NDArray[np.int64]:
    """The id of the row that each hash is known by; -1 = a new record."""
    if len(known.prefix) == 0 or not hashes:
        return np.full(len(hashes), -1, dtype=np.int64)
    halves = np.frombuffer(b"".join(hashes), dtype=">u8").astype(np.uint64).reshape(-1, 2)
    at = np.minimum(np.searchsorted(known.prefix, halves[:, 0]), len(known.prefix) - 1)
    same = (known.prefix[at] == halves[:, 0]) & (known.rest[at] == halves[:, 1])
    return np.where(same, known.row[at], -1)
