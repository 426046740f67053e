"""Keyed hashes stand for ids."""

import hashlib
import hmac

import numpy as np

from forecasting.core.record_identity import (
    keyed_hashes,
    no_prefixes,
    numbered_hashes,
    occurrences,
    prefixes,
    with_found,
)

KEY = b"k" * 32


def test_an_id_is_the_first_half_of_its_hmac() -> None:
    assert keyed_hashes(KEY, ["42"]) == [hmac.new(KEY, b"42", hashlib.sha256).digest()[:16]]


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
