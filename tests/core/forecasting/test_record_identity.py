"""Keyed hashes stand for ids."""

import hashlib
import hmac
from typing import Any

import numpy as np
import pytest

from forecasting.core.record_identity import (
    PACKED,
    keyed_hashes,
    known_records,
    no_prefixes,
    numbered_hashes,
    occurrences,
    prefixes,
    rows_known,
    with_found,
)

KEY = b"k" * 32


@pytest.mark.parametrize("key", [b"", KEY, b"k" * 64, b"k" * 65])
def test_an_id_is_the_first_half_of_its_hmac(key: bytes) -> None:
    expected = [hmac.new(key, text.encode(), hashlib.sha256).digest()[:16] for text in ("42", "ü", "")]
    assert keyed_hashes(key, ["42", "ü", None]) == expected


def test_another_key_gives_another_identity() -> None:
    assert keyed_hashes(KEY, ["42"]) != keyed_hashes(b"other", ["42"])


def test_prefixes_are_the_first_eight_bytes() -> None:
    assert prefixes([bytes(range(16))]).tolist() == [0x0001020304050607]


def test_repeats_are_counted_within_a_stretch_and_before_it() -> None:
    found = np.array([7, 5, 7, 9], dtype=np.uint64)
    assert occurrences(found, no_prefixes()).tolist() == [0, 0, 1, 0]
    assert occurrences(found, with_found(no_prefixes(), found)).tolist() == [2, 1, 3, 1]


def test_equal_rows_without_an_id_are_told_apart_by_their_number() -> None:
    row = keyed_hashes(KEY, ["same"]) * 2
    first, second = numbered_hashes(KEY, row, np.array([0, 1]))
    assert first != second
    assert numbered_hashes(KEY, row[:1], np.array([0])) == [first]


def packed(*records: tuple[int, bytes]) -> Any:
    joined = b"".join(row.to_bytes(8, "big") + digest for row, digest in records)
    return np.frombuffer(joined, dtype=PACKED)


def test_a_known_record_is_found_by_its_whole_hash() -> None:
    first, second, twin = b"b" * 16, b"a" * 16, b"a" * 8 + b"z" * 8
    known = known_records(packed((11, first), (12, second)))
    assert rows_known(known, [second, first, twin, b"c" * 16]).tolist() == [12, 11, -1, -1]


def test_nothing_is_known_in_an_empty_table() -> None:
    assert rows_known(known_records(packed()), [b"a" * 16]).tolist() == [-1]
    assert rows_known(known_records(packed((1, b"a" * 16))), []).tolist() == []
