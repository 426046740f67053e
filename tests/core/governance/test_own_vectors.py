"""Our own small set of vectors: remade byte for byte, and read back with what others would read them with."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from governance.core.checkpoint import Checkpoint, open_checkpoint
from governance.core.cosignature import (
    CosignatureError,
    CosigningKey,
    cosignatures_on,
    parse_cosigner_key,
    verify_cosignature,
)
from governance.core.merkle import leaf_hash, verify_consistency, verify_inclusion
from governance.core.note import (
    open_note,
    parse_signature_lines,
    parse_signing_key,
    parse_verification_key,
    sign,
)
from governance.core.proof import parse_proof, verify_proof
from governance.core.tiles import parse_tile_path
from governance.core.witness_policy import parse_policy
from governance.core.witness_protocol import Conflict, WitnessRefused, parse_request, read_answer
from tests.core.governance import make_vectors
from tests.core.governance import reference_tree as reference
from tests.witness import Witness

REPOSITORY = Path(__file__).parents[3]
LEAVES = tuple(b"entry %d" % number for number in range(300))
OWN: dict[str, Any] = json.loads(make_vectors.LOG_FILE.read_text(encoding="utf-8"))
LOG = parse_verification_key(OWN["log"]["vkey"])
WITNESSES = [parse_cosigner_key(one["vkey"]) for one in OWN["witnesses"]]


def decoded(proof: list[str]) -> list[bytes]:
    return [bytes.fromhex(one) for one in proof]


def test_the_vectors_are_made_again_byte_for_byte() -> None:
    assert make_vectors.text() == make_vectors.LOG_FILE.read_text(encoding="utf-8")
    assert sum(path.stat().st_size for path in make_vectors.FOLDER.iterdir()) < 60_000


def test_the_documented_command_makes_the_same_files(tmp_path: Path) -> None:
    for part in ("governance", "tests"):
        shutil.copytree(REPOSITORY / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    copy = tmp_path / make_vectors.LOG_FILE.relative_to(REPOSITORY)
    copy.write_text("spoilt")
    subprocess.run(
        [sys.executable, "-m", "tests.core.governance.make_vectors"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        check=True,
        capture_output=True,
    )
    assert copy.read_bytes() == make_vectors.LOG_FILE.read_bytes()
    kept = tmp_path / make_vectors.ML_DSA_FILE.relative_to(REPOSITORY)
    assert kept.read_bytes() == make_vectors.ML_DSA_FILE.read_bytes()


def test_the_roots_are_the_textbooks() -> None:
    assert len(OWN["roots"]) >= 25
    for size, expected in OWN["roots"].items():
        assert reference.tree_hash(LEAVES[: int(size)]).hex() == expected


def test_the_proofs_are_the_textbooks_and_are_accepted() -> None:
    for case in OWN["inclusion"]:
        index, size, proof = case["index"], case["size"], decoded(case["proof"])
        leaves = LEAVES[:size]
        assert tuple(proof) == reference.path(index, leaves)
        verify_inclusion(
            index=index,
            size=size,
            leaf=leaf_hash(leaves[index]),
            proof=proof,
            root=reference.tree_hash(leaves),
        )
    for case in OWN["consistency"]:
        old, new, proof = case["old"], case["new"], decoded(case["proof"])
        assert tuple(proof) == reference.subproof(old, LEAVES[:new], whole=True)
        verify_consistency(
            old_size=old,
            new_size=new,
            old_root=reference.tree_hash(LEAVES[:old]),
            new_root=reference.tree_hash(LEAVES[:new]),
            proof=proof,
        )


def test_the_tiles_and_bundles_are_the_textbooks() -> None:
    for case in OWN["tiles"]:
        tile = parse_tile_path(case["path"])
        span = 256 ** max(tile.level, 0)
        parts = [LEAVES[(tile.start + at) * span : (tile.start + at + 1) * span] for at in range(tile.width)]
        if tile.level < 0:
            data = b"".join(len(leaf).to_bytes(2) + leaf for (leaf,) in parts)
        else:
            data = b"".join(reference.tree_hash(part) for part in parts)
        assert hashlib.sha256(data).hexdigest() == case["sha256"]


def test_the_note_opens_and_is_signed_alike() -> None:
    case = OWN["note"]
    assert open_note(case["note"], [LOG]).text == case["text"]
    assert sign(case["text"], [parse_signing_key(OWN["log"]["skey"])]) == case["note"]


def test_the_checkpoints_open_with_their_cosignatures() -> None:
    for size, note in OWN["checkpoints"].items():
        checkpoint = open_checkpoint(note, LOG)
        assert (checkpoint.size, checkpoint.root) == (int(size), reference.tree_hash(LEAVES[: int(size)]))
        assert [one.key for one in cosignatures_on(note, LOG, WITNESSES)] == WITNESSES


def test_the_ml_dsa_cosignature_counts_for_its_checkpoint_alone() -> None:
    (line,) = parse_signature_lines(make_vectors.ML_DSA_FILE.read_text(encoding="utf-8"))
    facts = OWN["ml_dsa_44"]
    key = parse_cosigner_key(facts["vkey"])
    body = open_checkpoint(OWN["checkpoints"][str(facts["size"])], LOG).body
    assert verify_cosignature(body, line, key).time == facts["time"]
    with pytest.raises(CosignatureError, match="not valid"):
        verify_cosignature(Checkpoint(LOG.name, 256, bytes(32)).body, line, key)


def test_a_new_ml_dsa_cosignature_counts_as_well() -> None:
    (line,) = parse_signature_lines(make_vectors.ml_dsa_cosignature())
    body = open_checkpoint(OWN["checkpoints"]["300"], LOG).body
    assert verify_cosignature(body, line, make_vectors.DEV).key == make_vectors.DEV


def test_the_proof_proves_its_entry_to_a_quorum_of_the_policy() -> None:
    proof, policy = parse_proof(OWN["proof"]["text"]), parse_policy(OWN["policy"])
    assert proof.text == OWN["proof"]["text"]
    key = policy.log_key(LOG.name)
    assert verify_proof(proof, OWN["proof"]["entry"].encode(), key).size == 300
    keys = {witness.key: witness.name for witness in policy.witnesses}
    names = {keys[one.key] for one in cosignatures_on(proof.checkpoint, key, keys)}
    assert policy.satisfied_by(names)
    assert not policy.satisfied_by({"w0"})


def test_the_conversation_with_a_witness_is_held_word_for_word() -> None:
    first = OWN["witnesses"][0]
    key = CosigningKey(first["name"], bytes.fromhex(first["seed"]))
    witness = Witness(key.name, key.seed, [LOG])
    statuses = []
    for number, case in enumerate(OWN["conversation"]):
        status, content_type, answer = witness.answer(case["request"].encode(), make_vectors.TIME + number)
        assert (status, content_type) == (case["status"], case["type"]), case["name"]
        assert not case["answer"] or answer.decode() == case["answer"], case["name"]
        statuses.append(status)
    assert statuses == [200, 200, 409, 400, 422, 422, 422, 403, 404, 400, 200, 409]


def test_the_answers_of_the_conversation_are_understood() -> None:
    for case in OWN["conversation"]:
        if case["status"] in (400, 403, 404):  # no checkpoint of this log
            continue
        asked = parse_request(case["request"].encode())
        answer = (case["status"], case["type"], case["answer"].encode())
        keys: dict[str, Any] = {"checkpoint": asked.note, "log_key": LOG, "witness_key": WITNESSES[0]}
        if case["status"] == 422:
            with pytest.raises(WitnessRefused):
                read_answer(*answer, **keys)
        else:
            assert isinstance(read_answer(*answer, **keys), Conflict) is (case["status"] == 409)
