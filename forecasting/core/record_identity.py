"""By what a record is known: a keyed hash of its id, or of its row and how often that row stood before.

The id itself never reaches the database. HMAC-SHA-256 (RFC 2104), its first 16 bytes: without the key nobody
can test whether a known incident number is in the table.
"""

import hmac
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

DIGEST_BYTES = 16
BETWEEN = "\x1f"  # between the values of several id columns: a control character that no export contains

Prefixes = NDArray[np.uint64]


def no_prefixes() -> Prefixes:
    """What a file has shown before its first row."""
    return np.empty(0, dtype=np.uint64)


def keyed_hashes(key: bytes, texts: Sequence[str | None]) -> list[bytes]:
    """The 16-byte HMAC of each text; of nothing where the text is None."""
    digest = hmac.digest
    return [digest(key, (text or "").encode(), "sha256")[:DIGEST_BYTES] for text in texts]


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
    digest = hmac.digest
    return [
        digest(key, row + BETWEEN.encode() + str(number).encode(), "sha256")[:DIGEST_BYTES]
        for row, number in zip(hashes, numbers.tolist(), strict=True)
    ]
