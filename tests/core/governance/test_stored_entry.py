"""An entry that contradicts itself is found and named, whichever part of it was edited."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container
from typing import Any

import pytest

from governance.core.canonical import leaf_bytes, parse_leaf, salted_digest
from governance.core.merkle import leaf_hash
from governance.core.stored_entry import COLUMNS, StoredEntry, entry_fault, first_fault

SALT = bytes(32)
WHY = "Matches what residents reported."
NONE: Container[int] = frozenset()


def stored(number: int) -> StoredEntry:
    """A sound entry with its columns and its text."""
    entry: dict[str, Any] = {
        "v": 1,
        "index": number,
        "action": "vote.cast",
        "time": "2026-11-22T16:40Z",
        "actor": "p-7f3a",
        "role": "supervisor",
        "jurisdiction": "demo",
        "subject_kind": "plan",
        "subject": hashlib.sha256(b"plan %d" % number).hexdigest(),
        "outcome": "approved",
        "text": salted_digest(SALT, WHY),
    }
    leaf = leaf_bytes(entry)
    action, jurisdiction, subject, time = (str(entry[column]) for column in COLUMNS)
    return StoredEntry(number, leaf, leaf_hash(leaf), action, jurisdiction, subject, time, SALT, WHY)


BLOCK = [stored(number) for number in range(20, 30)]


def with_leaf(one: StoredEntry, leaf: bytes) -> StoredEntry:
    """The entry with other bytes under their own hash."""
    return one._replace(leaf=leaf, leaf_hash=leaf_hash(leaf))


def fault_in(at: int, edited: StoredEntry, sample: Container[int] = NONE) -> tuple[int, str] | None:
    """What is found when one entry of a sound block was edited."""
    return first_fault([*BLOCK[:at], edited, *BLOCK[at + 1 :]], 20, sample)


def named(at: int, edited: StoredEntry) -> str:
    """The sentence about an edited entry, which is named without being in any sample."""
    fault = fault_in(at, edited)
    assert fault is not None
    assert fault[0] == 20 + at
    assert fault[1] == entry_fault(edited, 20 + at)
    return fault[1]


def test_a_sound_block_has_no_fault_however_closely_it_is_read() -> None:
    assert first_fault(BLOCK, 20, NONE) is None
    assert first_fault(BLOCK, 20, range(20, 30)) is None
    assert first_fault([], 20, NONE) is None


@pytest.mark.parametrize("at", [0, 40, -1])
def test_one_changed_byte_is_named(at: int) -> None:
    leaf = bytearray(BLOCK[3].leaf)
    leaf[at] ^= 1
    assert "bytes of entry 23" in named(3, BLOCK[3]._replace(leaf=bytes(leaf)))


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_that_disagrees_with_its_leaf_is_named(column: str) -> None:
    edited = BLOCK[3]._replace(**{column: "other"})  # type: ignore[arg-type]
    assert f"column '{column}' of entry 23 says 'other'" in named(3, edited)


def test_an_edited_text_beside_the_entry_is_named() -> None:
    assert "text kept beside entry 23" in named(3, BLOCK[3]._replace(text="Never mind."))


@pytest.mark.parametrize("salt", [b"\x01" * 32, b"", b"short"])
def test_an_edited_salt_is_named_whatever_its_length(salt: bytes) -> None:
    assert "text kept beside entry 23" in named(3, BLOCK[3]._replace(salt=salt))


def test_an_erased_text_leaves_the_entry_standing() -> None:
    assert fault_in(3, BLOCK[3]._replace(salt=None, text=None), range(100)) is None


def test_a_text_beside_an_entry_that_speaks_of_none_is_named() -> None:
    silent = parse_leaf(BLOCK[3].leaf)
    del silent["text"]
    assert "text kept beside entry 23" in named(3, with_leaf(BLOCK[3], leaf_bytes(silent)))


def test_a_missing_entry_is_named() -> None:
    assert first_fault([*BLOCK[:4], *BLOCK[5:]], 20, NONE) == (
        24,
        "Entry 24 is missing: the next entry stored is number 25.",
    )


def test_entries_that_changed_places_are_named() -> None:
    assert "says of itself that it is number 24" in named(3, BLOCK[4]._replace(number=23))


def test_an_entry_that_does_not_say_its_number_stands() -> None:
    silent = parse_leaf(BLOCK[3].leaf)
    del silent["index"]
    assert fault_in(3, with_leaf(BLOCK[3], leaf_bytes(silent))) is None


@pytest.mark.parametrize(
    "junk", [b"", b"[]", b"null", b"{}", b'{"v":1}', b"\xff", b'{"action":{}}', b"[" * 60_000]
)
def test_bytes_that_are_no_entry_are_named_although_their_hash_agrees(junk: bytes) -> None:
    assert "Entry 23 is not an entry" in named(3, with_leaf(BLOCK[3], junk))


def test_an_entry_in_another_spelling_is_found_by_the_sample_that_holds_it() -> None:
    spaced = with_leaf(BLOCK[3], json.dumps(parse_leaf(BLOCK[3].leaf), sort_keys=True).encode())
    assert fault_in(3, spaced, {22, 24}) is None
    found = fault_in(3, spaced, {23})
    assert found is not None
    assert found[0] == 23
    assert "canonical form" in found[1]


def test_the_first_of_several_bad_entries_is_the_one_named() -> None:
    bad = [each._replace(text="No.") if each.number in (23, 27) else each for each in BLOCK]
    fault = first_fault(bad, 20, NONE)
    assert fault is not None
    assert fault[0] == 23
