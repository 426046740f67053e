"""Every kind of damage to a stored log is found, named and told apart."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from governance.core.canonical import leaf_bytes, parse_leaf, salted_digest
from governance.core.checkpoint import Checkpoint, signed
from governance.core.log_verification import SignedState, StoredEntry, entry_fault, verify_log
from governance.core.merkle import leaf_hash, root
from governance.core.note import SigningKey

KEY = SigningKey("log.example/decisions", bytes(range(32)))
SALT = bytes(32)
WHY = "Matches what residents reported."


def stored(index: int, **changes: Any) -> StoredEntry:
    """An entry of a sound log; `changes` go into its leaf."""
    entry: dict[str, Any] = {
        "v": 1,
        "index": index,
        "action": "vote.cast",
        "time": "2026-11-22T16:40Z",
        "actor": "p-7f3a",
        "role": "supervisor",
        "jurisdiction": "demo",
        "subject_kind": "plan",
        "subject": hashlib.sha256(b"plan %d" % index).hexdigest(),
        "outcome": "approved",
        "text": salted_digest(SALT, WHY),
    } | changes
    leaf = leaf_bytes(entry)
    columns = {key: str(entry[key]) for key in ("action", "jurisdiction", "subject", "time")}
    return StoredEntry(index, leaf, leaf_hash(leaf), columns, (SALT, WHY))


LOG = [stored(index) for index in range(11)]


def state(size: int, log: list[StoredEntry] | None = None, name: str = "") -> SignedState:
    """A checkpoint of the first `size` entries, as stored."""
    head = root(one.leaf_hash for one in (log or LOG)[:size])
    return SignedState(
        name or f"checkpoint {size}", signed(Checkpoint(KEY.name, size, head), KEY), size, head
    )


STATES = [state(4), state(9)]


def rewritten(index: int) -> list[StoredEntry]:
    """The log with one entry replaced by another sound one: bytes, hash and columns all agree."""
    return [*LOG[:index], stored(index, outcome="rejected"), *LOG[index + 1 :]]


def fault_of(log: list[StoredEntry], states: list[SignedState] | None = None) -> tuple[int | None, str]:
    """The first fault found."""
    found = verify_log(log, STATES if states is None else states, KEY.verification_key)
    assert not found.sound
    return found.faults[0].entry, found.faults[0].sentence


def test_a_sound_log_stands_with_all_its_checkpoints() -> None:
    found = verify_log(LOG, STATES, KEY.verification_key)
    assert found.sound
    assert (found.size, found.confirmed, found.signed_size) == (11, 2, 9)
    assert found.root == root(one.leaf_hash for one in LOG)


def test_an_empty_log_stands() -> None:
    assert verify_log([], [], KEY.verification_key).sound
    assert verify_log([], [state(0)], KEY.verification_key).confirmed == 1


@pytest.mark.parametrize("at", [0, 40, -1])
def test_one_byte_of_the_leaf_changed_names_the_entry(at: int) -> None:
    leaf = bytearray(LOG[6].leaf)
    leaf[at] ^= 1
    entry, sentence = fault_of([*LOG[:6], replace(LOG[6], leaf=bytes(leaf)), *LOG[7:]])
    assert entry == 6
    assert "bytes of entry 6" in sentence


def test_bytes_and_hash_changed_together_are_found_by_the_next_checkpoint() -> None:
    entry, sentence = fault_of(rewritten(6))
    assert entry == 4
    assert "checkpoint 9" in sentence
    assert "one of the entries 4 to 8" in sentence


def test_a_single_entry_between_two_checkpoints_is_named_alone() -> None:
    assert "entry 6 was changed" in fault_of(rewritten(6), [state(6), state(7)])[1]


def test_a_rewritten_entry_that_nothing_signed_yet_is_beyond_proof() -> None:
    found = verify_log(rewritten(10), STATES, KEY.verification_key)
    assert found.sound
    assert found.size - found.signed_size == 2


def test_a_whole_history_rewritten_and_signed_again_is_found_by_a_checkpoint_kept_elsewhere() -> None:
    forged = rewritten(2)
    own = [state(4, forged), state(9, forged)]
    assert verify_log(forged, own, KEY.verification_key).sound
    kept = replace(state(9, name="the printed checkpoint"), size=None, root=None)
    entry, sentence = fault_of(forged, [*own, kept])
    assert "the printed checkpoint" in sentence
    assert entry is not None


def test_a_log_rolled_back_and_grown_differently_is_found_by_a_checkpoint_kept_elsewhere() -> None:
    grown = [*LOG[:4], *(stored(index, outcome="rejected") for index in range(4, 11))]
    assert "checkpoint 9" in fault_of(grown, [state(4), state(9)])[1]


def test_a_missing_entry_in_the_middle_is_named() -> None:
    entry, sentence = fault_of([*LOG[:5], *LOG[6:]])
    assert entry == 5
    assert "Entry 5 is missing" in sentence


def test_missing_newest_entries_are_named_when_a_checkpoint_covers_them() -> None:
    entry, sentence = fault_of(LOG[:7])
    assert entry == 7
    assert "Entry 7 and all later ones are gone" in sentence


def test_an_emptied_log_is_noticed() -> None:
    assert fault_of([])[0] == 0


def test_entries_that_changed_places_are_noticed() -> None:
    swapped = [*LOG[:2], replace(LOG[3], index=2), replace(LOG[2], index=3), *LOG[4:]]
    entry, sentence = fault_of(swapped)
    assert entry == 2
    assert "says of itself that it is number 3" in sentence


@pytest.mark.parametrize("column", ["action", "jurisdiction", "subject", "time"])
def test_a_column_that_disagrees_with_its_leaf_is_named(column: str) -> None:
    edited = replace(LOG[3], columns={**LOG[3].columns, column: "other"})
    entry, sentence = fault_of([*LOG[:3], edited, *LOG[4:]])
    assert entry == 3
    assert f"column '{column}'" in sentence


def test_an_edited_text_beside_the_entry_is_named() -> None:
    entry, sentence = fault_of([*LOG[:3], replace(LOG[3], text=(SALT, "Never mind.")), *LOG[4:]])
    assert entry == 3
    assert "text kept beside entry 3" in sentence


def test_an_erased_text_leaves_the_record_standing() -> None:
    assert verify_log([*LOG[:3], replace(LOG[3], text=None), *LOG[4:]], STATES, KEY.verification_key).sound


def test_a_text_beside_an_entry_that_speaks_of_none_is_noticed() -> None:
    silent = parse_leaf(LOG[0].leaf)
    del silent["text"]
    leaf = leaf_bytes(silent)
    fault = entry_fault(StoredEntry(0, leaf, leaf_hash(leaf), text=(SALT, WHY)), 0)
    assert fault is not None
    assert fault.entry == 0


def test_an_edited_salt_is_noticed_whatever_its_length() -> None:
    for salt in (b"\x01" * 32, b"", b"short"):
        fault = entry_fault(replace(LOG[3], text=(salt, WHY)), 3)
        assert fault is not None
        assert fault.entry == 3


def test_bytes_that_are_no_entry_are_named_although_their_hash_agrees() -> None:
    junk = b'{"v": 1}'
    fault = entry_fault(StoredEntry(0, junk, leaf_hash(junk)), 0)
    assert fault is not None
    assert "Entry 0 is not an entry" in fault.sentence


def test_a_checkpoint_of_another_key_is_not_genuine() -> None:
    other = SigningKey(KEY.name, bytes(32))
    forged = SignedState(
        "the checkpoint in a.txt", signed(Checkpoint(KEY.name, 4, STATES[0].root or b""), other)
    )
    entry, sentence = fault_of(LOG, [*STATES, forged])
    assert entry is None
    assert sentence.startswith("The checkpoint in a.txt is not genuine")


@pytest.mark.parametrize("change", [{"size": 5}, {"root": bytes(32)}])
def test_a_checkpoint_stored_beside_another_size_or_root_is_noticed(change: dict[str, Any]) -> None:
    entry, sentence = fault_of(LOG, [replace(STATES[0], **change), STATES[1]])
    assert entry is None
    assert "Checkpoint 4 is stored beside another size or root" in sentence


def test_the_bad_entry_is_told_before_the_bad_checkpoint() -> None:
    found = verify_log(
        [*LOG[:5], *LOG[6:]], [replace(STATES[0], note="nothing"), STATES[1]], KEY.verification_key
    )
    assert [fault.entry for fault in found.faults] == [5, None]
