"""Does one entry agree with itself? What is checked of an entry as it lies in storage.

Its number, its bytes, its hash, the columns that repeat it for look-ups and the free text kept beside it must all
say the same. Entries are taken in blocks: a block in which everything agrees costs little; one in which anything
does not is taken entry by entry, which finds the first bad one and its sentence.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .canonical import EntryError, parse_leaf, salted_digest
from .merkle import leaf_hash

COLUMNS = ("action", "jurisdiction", "subject", "time")
_read = json.JSONDecoder().raw_decode  # what json.loads does, at half its price


class StoredEntry(NamedTuple):
    """One entry as it lies in storage.

    `action` to `time` repeat the leaf for look-ups ('' where the leaf is silent); `salt` and `text` are the free text
    kept beside the entry, None where there is none or it was erased.
    """

    number: int
    leaf: bytes
    leaf_hash: bytes
    action: str
    jurisdiction: str
    subject: str
    time: str
    salt: bytes | None = None
    text: str | None = None


@dataclass(frozen=True)
class Fault:
    """What is wrong, in one sentence, and the first entry it concerns (None: no entry in particular)."""

    entry: int | None
    sentence: str


def first_fault(block: Sequence[StoredEntry], start: int, sample: Container[int]) -> tuple[int, str] | None:
    """The number of the first bad entry and what is wrong, among entries numbered from `start` on; or None.

    Numbers, hashes of the bytes, columns and kept texts are compared for all of them. Those in `sample` are also
    read letter by letter: exactly the keys and values that an entry may hold, in canonical form.
    """
    if _agree(block, start):
        return _first([each for each in block if each.number in sample], None)
    return _first(block, start)


def without_text(block: Iterable[StoredEntry]) -> list[int]:
    """The numbers of the entries, known to be sound, that speak of a text of which none is kept."""
    return [
        each.number
        for each in block
        if each.text is None and b'"text":' in each.leaf and "text" in _read(each.leaf.decode())[0]
    ]


def entry_fault(stored: StoredEntry, expected_index: int) -> str | None:
    """What is wrong with one entry, read letter by letter, or None."""
    if stored.number != expected_index:
        return f"Entry {expected_index} is missing: the next entry stored is number {stored.number}."
    if leaf_hash(stored.leaf) != stored.leaf_hash:
        return (
            f"The bytes of entry {stored.number} no longer give its hash: they were changed after recording."
        )
    return _leaf_fault(stored)


def _first(entries: Iterable[StoredEntry], start: int | None) -> tuple[int, str] | None:
    """The first bad one of some entries; they are consecutive from `start`, or (None) known to be where they belong."""
    for offset, stored in enumerate(entries):
        expected = stored.number if start is None else start + offset
        if sentence := entry_fault(stored, expected):
            return expected, sentence
    return None


def _agree(block: Sequence[StoredEntry], start: int) -> bool:
    """Whether nothing in a block is conspicuous; a false alarm costs time, not truth."""
    return (
        [each.number for each in block] == list(range(start, start + len(block)))
        and [leaf_hash(each.leaf) for each in block] == [each.leaf_hash for each in block]
        and all(map(_says_the_same, block))
    )


def _says_the_same(stored: StoredEntry) -> bool:
    try:
        leaf, _ = _read(stored.leaf.decode())
        said = (leaf["index"], leaf["action"], leaf.get("jurisdiction", ""), leaf["subject"], leaf["time"])
        number, _, _, action, jurisdiction, subject, time, salt, text = stored
        return said == (number, action, jurisdiction, subject, time) and (
            text is None or salt is None or salted_digest(salt, text) == leaf.get("text")
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):  # not an entry at all
        return False


def _leaf_fault(stored: StoredEntry) -> str | None:
    try:
        leaf = parse_leaf(stored.leaf)
    except EntryError as problem:
        return f"Entry {stored.number} is not an entry. {problem}"
    if leaf.get("index", stored.number) != stored.number:
        return f"Entry {stored.number} says of itself that it is number {leaf['index']}."
    for column in COLUMNS:
        value, said = getattr(stored, column), leaf.get(column, "")
        if said != value:
            return f"The column '{column}' of entry {stored.number} says {value!r}, its leaf {said!r}."
    if not _text_agrees(stored, leaf.get("text")):
        return f"The text kept beside entry {stored.number} is not the text that was recorded."
    return None


def _text_agrees(stored: StoredEntry, recorded: object) -> bool:
    if stored.salt is None or stored.text is None:
        return True
    try:
        return salted_digest(stored.salt, stored.text) == recorded
    except EntryError:  # the salt itself was edited
        return False
