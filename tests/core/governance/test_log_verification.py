"""Every kind of damage to a stored log is found, named and told apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from governance.core import log_verification
from governance.core.canonical import leaf_bytes, salted_digest
from governance.core.checkpoint import Checkpoint, signed
from governance.core.cosignature import CosigningKey, cosign
from governance.core.log_verification import (
    Every,
    Keys,
    SignedState,
    Verification,
    claimed_size,
    in_order,
    verify_log,
)
from governance.core.merkle import leaf_hash, root
from governance.core.note import SigningKey
from governance.core.stored_entry import COLUMNS, StoredEntry

KEY = SigningKey("log.example/decisions", bytes(range(32)))
KEYS = Keys(KEY.verification_key)
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
    action, jurisdiction, subject, time = (str(entry[column]) for column in COLUMNS)
    return StoredEntry(index, leaf, leaf_hash(leaf), action, jurisdiction, subject, time, SALT, WHY)


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


def verified(log: Iterable[StoredEntry], states: Iterable[SignedState]) -> Verification:
    """What a verification finds that leaves nothing out."""
    return verify_log(log, sorted(states, key=claimed_size), KEYS, Every())


def fault_of(log: list[StoredEntry], states: list[SignedState] | None = None) -> tuple[int | None, str]:
    """The first fault found."""
    found = verified(log, STATES if states is None else states)
    assert not found.sound
    return found.faults[0].entry, found.faults[0].sentence


def test_a_sound_log_stands_with_all_its_checkpoints() -> None:
    found = verified(LOG, STATES)
    assert found.sound
    assert (found.size, found.confirmed, found.signed_size) == (11, 2, 9)
    assert found.root == root(one.leaf_hash for one in LOG)


def test_an_empty_log_stands() -> None:
    assert verified([], []).sound
    assert verified([], [state(0)]).confirmed == 1


@pytest.mark.parametrize("at", [0, 40, -1])
def test_one_byte_of_the_leaf_changed_names_the_entry(at: int) -> None:
    leaf = bytearray(LOG[6].leaf)
    leaf[at] ^= 1
    entry, sentence = fault_of([*LOG[:6], LOG[6]._replace(leaf=bytes(leaf)), *LOG[7:]])
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
    found = verified(rewritten(10), STATES)
    assert found.sound
    assert found.size - found.signed_size == 2


def test_a_whole_history_rewritten_and_signed_again_is_found_by_a_checkpoint_kept_elsewhere() -> None:
    forged = rewritten(2)
    own = [state(4, forged), state(9, forged)]
    assert verified(forged, own).sound
    kept = replace(state(9, name="the printed checkpoint"), size=None, root=None)
    entry, sentence = fault_of(forged, [*own, kept])
    assert "the printed checkpoint signs: one of the entries 0 to 8 was changed" in sentence
    assert "the log's key signed two histories" in sentence
    assert entry == 0


def test_a_checkpoint_from_elsewhere_that_fits_narrows_down_what_was_rewritten() -> None:
    forged = rewritten(6)
    early, late = (replace(state(size, name=f"print {size}"), size=None, root=None) for size in (4, 9))
    entry, sentence = fault_of(forged, [state(4), state(9, forged), early, late])
    assert entry == 4
    assert "print 9 signs: one of the entries 4 to 8 was changed" in sentence


def test_our_own_smaller_checkpoint_narrows_it_down_only_if_it_is_to_be_believed() -> None:
    forged = rewritten(2)
    kept = replace(state(9, name="the print"), size=None, root=None)
    entry, sentence = fault_of(forged, [state(6, forged), kept])
    assert entry == 6
    assert "Or an earlier one, if our own checkpoint of 6 entries was signed again" in sentence


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
    swapped = [*LOG[:2], LOG[3]._replace(number=2), LOG[2]._replace(number=3), *LOG[4:]]
    entry, sentence = fault_of(swapped)
    assert entry == 2
    assert "says of itself that it is number 3" in sentence


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
    found = verified([*LOG[:5], *LOG[6:]], [replace(STATES[0], note="nothing"), STATES[1]])
    assert [fault.entry for fault in found.faults] == [5, None]


def test_the_states_of_several_groups_come_smallest_first() -> None:
    kept = [replace(state(size), size=None, root=None) for size in (2, 7)]
    assert [claimed_size(each) for each in in_order(STATES, kept)] == [2, 4, 7, 9]


@pytest.mark.parametrize("note", ["", "one line", b"\xff\n\xff\n", "a\n007\n", "a\n-1\nb\n"])
def test_what_is_no_checkpoint_claims_nothing_and_is_not_genuine(note: str | bytes) -> None:
    odd = SignedState("the checkpoint in a.txt", note)
    assert claimed_size(odd) == 0
    assert "is not genuine" in fault_of(LOG, [odd, *STATES])[1]


def sampled(states: Iterable[SignedState], sample: Iterable[int] = ()) -> Verification:
    """What a verification finds that looks closely at nothing but the sample."""
    return verify_log(LOG, states, KEYS, frozenset(sample))


def unsigned(one: SignedState) -> SignedState:
    """The state with another key's signature: what it says still fits the log."""
    note = signed(Checkpoint(KEY.name, one.size or 0, one.root or b""), SigningKey(KEY.name, bytes(32)))
    return replace(one, note=note)


def test_an_own_signature_is_verified_when_it_is_in_the_sample() -> None:
    states = [unsigned(STATES[0]), STATES[1]]
    assert sampled(states).sound
    assert "Checkpoint 4 is not genuine" in sampled(states, [4]).faults[0].sentence


def test_the_newest_own_signature_is_always_verified() -> None:
    assert "Checkpoint 9 is not genuine" in sampled([STATES[0], unsigned(STATES[1])]).faults[0].sentence


def test_a_signature_from_elsewhere_is_always_verified() -> None:
    kept = replace(unsigned(STATES[0]), size=None, root=None)
    assert "is not genuine" in sampled([kept, *STATES]).faults[0].sentence


def test_an_own_checkpoint_outside_the_sample_is_still_compared_with_the_tree() -> None:
    other = state(4, rewritten(2), name="checkpoint four")
    found = sampled([other, STATES[1]])
    assert "not the one that checkpoint four signs" in found.faults[0].sentence


def test_a_cosignature_of_a_known_witness_that_fails_is_named() -> None:
    witness = CosigningKey("witness.example/w1", bytes(range(1, 33)))
    keys = Keys(KEY.verification_key, (witness.cosigner_key,))
    good, bad = (str(STATES[1].note) + cosign(text, witness, 1_700_000_000).line for text in bodies())
    named = {"good": replace(STATES[1], note=good), "bad": replace(STATES[1], note=bad)}
    assert verify_log(LOG, [named["good"]], keys, Every()).sound
    found = verify_log(LOG, [named["bad"]], keys, Every())
    assert "The cosignature of witness.example/w1 is not valid" in found.faults[0].sentence


def bodies() -> tuple[str, str]:
    """The text of the log's checkpoint, and that of another history."""
    forged = root(one.leaf_hash for one in rewritten(2)[:9])
    return Checkpoint(KEY.name, 9, STATES[1].root or b"").body, Checkpoint(KEY.name, 9, forged).body


@pytest.mark.parametrize("block", [1, 2, 3, 4, 5, 9, 10, 11, 12])
def test_the_size_of_a_block_changes_nothing(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_verification, "BLOCK", block)
    states = [state(size) for size in (0, 1, 4, 4, 5, 9, 11)]
    found = verified(LOG, states)
    assert found.sound
    assert (found.confirmed, found.signed_size) == (7, 11)
    assert found.root == root(one.leaf_hash for one in LOG)
    assert fault_of([*LOG[:5], *LOG[6:]], states)[0] == 5
    assert fault_of(rewritten(6), states)[0] == 5
    assert fault_of(LOG[:10], states)[0] == 10
