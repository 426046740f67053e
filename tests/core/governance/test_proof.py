"""The proof file of one entry, made, read and checked."""

from __future__ import annotations

from typing import Any

import pytest

from governance.core.checkpoint import Checkpoint, CheckpointError, signed
from governance.core.merkle import ProofError, inclusion_proof, leaf_hash, root
from governance.core.note import SigningKey, parse_verification_key
from governance.core.proof import HEADER, EntryProof, parse_proof, verify_proof

KEY = SigningKey("log.example/decisions", bytes(range(32)))
LEAVES = [f"entry {number}".encode() for number in range(11)]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
NOTE = signed(Checkpoint(KEY.name, 11, root(HASHES)), KEY)


def proof_of(index: int) -> EntryProof:
    return EntryProof(index, inclusion_proof(index, HASHES), NOTE)


@pytest.mark.parametrize("index", range(11))
def test_a_proof_written_and_read_back_proves_its_entry(index: int) -> None:
    proof = parse_proof(proof_of(index).text)
    assert proof == proof_of(index)
    assert verify_proof(proof, LEAVES[index], KEY.verification_key).size == 11


def test_a_proof_may_carry_something_extra() -> None:
    proof = EntryProof(3, proof_of(3).hashes, NOTE, extra=b"how to read this")
    assert parse_proof(proof.text) == proof


def test_the_only_entry_of_a_log_needs_no_hashes() -> None:
    note = signed(Checkpoint(KEY.name, 1, HASHES[0]), KEY)
    proof = EntryProof(0, inclusion_proof(0, HASHES[:1]), note)
    assert verify_proof(parse_proof(proof.text), LEAVES[0], KEY.verification_key).root == HASHES[0]


def test_one_changed_byte_of_the_entry_is_noticed() -> None:
    with pytest.raises(ProofError, match="entry 4"):
        verify_proof(proof_of(4), b"entry 4 ", KEY.verification_key)


def test_the_proof_of_another_entry_does_not_serve() -> None:
    with pytest.raises(ProofError):
        verify_proof(proof_of(5), LEAVES[4], KEY.verification_key)


def test_a_checkpoint_that_nobody_known_signed_is_refused() -> None:
    with pytest.raises(CheckpointError, match="No known key"):
        verify_proof(proof_of(4), LEAVES[4], SigningKey(KEY.name, bytes(32)).verification_key)


def test_no_proof_is_made_for_an_entry_the_checkpoint_does_not_cover() -> None:
    with pytest.raises(ProofError, match="no entry 11"):
        proof_of(11)


@pytest.mark.parametrize(
    "head",
    [
        "c2sp.org/tlog-proof@v2\nindex 0\n",
        f"{HEADER}\n",
        f"{HEADER}\nindex\n",
        f"{HEADER}\nindex 007\n",
        f"{HEADER}\nindex 1\nindex 1\n",
        f"{HEADER}\nindex 1\nextra AAAA\n",
        f"{HEADER}\nextra \nindex 1\n",
        f"{HEADER}\nextra AAA\nindex 1\n",
        f"{HEADER}\nindex 1\nAAAA\n",
        f"{HEADER}\r\nindex 1\n",
        f"{HEADER}\nindex 1\n" + proof_of(0).text.splitlines()[2] + "\n" + ("A" * 43 + "=\n") * 63,
    ],
)
def test_a_malformed_head_is_refused(head: str) -> None:
    with pytest.raises(ProofError):
        parse_proof(f"{head}\n{NOTE}")


def test_a_proof_without_a_checkpoint_is_refused() -> None:
    with pytest.raises(ProofError, match="empty line"):
        parse_proof(f"{HEADER}\nindex 1\n")


@pytest.mark.shared_data
def test_the_published_proof_opens_and_is_written_alike(vectors: dict[str, Any]) -> None:
    facts = vectors["tlog_proof_generated"]
    key = parse_verification_key(vectors["checkpoint_and_cosignature_generated"]["log"]["vkey"])
    proof = parse_proof(facts["proof"])
    assert proof.text == facts["proof"]
    assert verify_proof(proof, facts["leaf_utf8"].encode(), key).size == 70_000


@pytest.mark.shared_data
def test_the_published_bad_heads_are_refused(vectors: dict[str, Any]) -> None:
    assert len(vectors["tlog_proof_generated"]["bad_headers"]) == 5
    for text in vectors["tlog_proof_generated"]["bad_headers"]:
        with pytest.raises(ProofError):
            parse_proof(text)
