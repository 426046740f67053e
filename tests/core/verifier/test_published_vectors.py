"""The strangers' verifier against what others published: notes, checkpoints, proofs, a whole log, 196 probes."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from governance.verifier import verify_lamplight as verifier
from governance.verifier.verify_lamplight import NotChecked, NotVerified
from tests.core.verifier.published import put, run

pytestmark = pytest.mark.shared_data


def policy_of(*keys: str) -> verifier.Policy:
    """A policy that believes these logs and asks for no witness."""
    text = "".join(f"log {key}\n" for key in keys) + "quorum none\n"
    return verifier.parse_policy(text.encode(), "policy")


def key_that_signed(note: bytes, *keys: str) -> list[str]:
    """The names of the believed keys that signed a note; every line of such a key must be good."""
    policy, parsed, names = policy_of(*keys), verifier.parse_note(note, "note"), []
    for line in parsed.lines:
        key = policy.logs.get((line.name, line.key_id))
        if key is not None:
            verifier.check_log_signature(key, parsed.text, line, "note")
            names.append(key.name)
    return names


def test_published_notes_open(vectors: dict[str, Any]) -> None:
    good = vectors["signed_note"]["good"]
    assert len(good) == 4
    for each in good:
        assert key_that_signed(each["note"].encode(), *each["vkeys"]) == each["verified"]


def test_published_bad_notes_are_refused(vectors: dict[str, Any]) -> None:
    facts = vectors["signed_note"]
    assert len(facts["bad_notes"]) == 11
    for bad in facts["bad_notes"]:
        with pytest.raises((NotChecked, NotVerified)):
            assert key_that_signed(base64.b64decode(bad["raw_b64"]), facts["bad_notes_for_vkey"]), bad["desc"]


def test_published_bad_keys_are_refused(vectors: dict[str, Any]) -> None:
    assert len(vectors["signed_note"]["bad_vkeys"]) == 5
    for key in vectors["signed_note"]["bad_vkeys"]:
        with pytest.raises(NotChecked):
            verifier.parse_key(key, "key")


def test_published_keys_of_witnesses_are_read(vectors: dict[str, Any]) -> None:
    keys = vectors["checkpoint_and_cosignature_generated"]["published_cosig_vkeys"]
    kinds = [verifier.parse_key(key, "key").kind for key in keys]
    assert kinds == [verifier.WITNESS_KIND, verifier.LOG_KIND]


def witnessed_policy(vectors: dict[str, Any]) -> str:
    """The log of the vectors and its three witnesses, all of them asked for."""
    facts = vectors["checkpoint_and_cosignature_generated"]
    names = [each["name"] for each in facts["witnesses"]]
    lines = [f"witness {each['name']} {each['vkey_cosig_0x04']}\n" for each in facts["witnesses"]]
    return f"log {facts['log']['vkey']}\n{''.join(lines)}group all all {' '.join(names)}\nquorum all\n"


def test_published_cosigned_checkpoints_meet_their_quorum(vectors: dict[str, Any]) -> None:
    policy = verifier.parse_policy(witnessed_policy(vectors).encode(), "policy")
    facts = vectors["checkpoint_and_cosignature_generated"]["checkpoints"]
    assert [each["size"] for each in facts] == [0, 1, 7, 256, 70_000]
    for each in facts:
        opened = verifier.open_checkpoint(each["cosigned"].encode(), policy, "checkpoint")
        assert opened.size == each["size"]
        assert sorted(opened.cosigned.values()) == each["timestamps"]
        assert policy.met_by(opened.cosigned)
        bare = verifier.open_checkpoint(each["checkpoint"].encode(), policy, "checkpoint")
        assert not policy.met_by(bare.cosigned)


def test_published_bad_checkpoints_are_refused(vectors: dict[str, Any]) -> None:
    policy = verifier.parse_policy(witnessed_policy(vectors).encode(), "policy")
    split_view, *bad = vectors["checkpoint_and_cosignature_generated"]["bad"]
    assert "consistency check only" in split_view["rejected_by"]
    assert len(bad) == 5
    for each in bad:
        with pytest.raises((NotChecked, NotVerified)):
            verifier.open_checkpoint(each["checkpoint"].encode(), policy, each["desc"])


def test_the_published_split_view_is_two_histories(vectors: dict[str, Any], desk: Path) -> None:
    facts = vectors["checkpoint_and_cosignature_generated"]
    put(desk / "policy", f"log {facts['log']['vkey']}\nquorum none\n")
    put(desk / "one", facts["bad"][0]["checkpoint"])
    put(desk / "two", next(each["checkpoint"] for each in facts["checkpoints"] if each["size"] == 256))
    code, said = run("checkpoints", "one", "two", "--policy", "policy")
    assert code == 1
    assert "TWO HISTORIES" in said


def test_the_published_proof_is_verified(vectors: dict[str, Any], desk: Path) -> None:
    facts = vectors["tlog_proof_generated"]
    put(desk / "policy", witnessed_policy(vectors))
    put(desk / "leaf", facts["leaf_utf8"])
    put(desk / "proof", facts["proof"])
    code, said = run("proof", "leaf", "proof", "--policy", "policy")
    assert code == 0, said
    assert "entry 12,345 of the log log.example.org/decisions" in said
    assert "3 of the 3 witnesses" in said


def test_the_published_bad_heads_of_proofs_cannot_be_read(vectors: dict[str, Any]) -> None:
    assert len(vectors["tlog_proof_generated"]["bad_headers"]) == 5
    for text in vectors["tlog_proof_generated"]["bad_headers"]:
        with pytest.raises(NotChecked):
            verifier.parse_proof(text.encode(), "proof")


def test_the_published_log_is_whole_and_continues_every_earlier_state(
    vectors: dict[str, Any], tlog: Path, desk: Path
) -> None:
    put(desk / "policy", f"log {vectors['tessera_log_published']['vkey']}\nquorum none\n")
    folder = tlog / "tessera_log"
    older = [word for n in range(16) for word in ("--checkpoint", folder / f"checkpoint.{n}")]
    code, said = run("log", folder, "--policy", "policy", *older)
    assert code == 0, said
    assert "15 entries, none changed" in said
    for size in range(16):
        pair = folder / f"checkpoint.{size}", folder / "checkpoint"
        assert run("checkpoints", *pair, "--policy", "policy", "--log", folder)[0] == 0


def test_published_tile_paths_are_ours(vectors: dict[str, Any]) -> None:
    for each in vectors["tile_paths"]["encode"]:
        assert verifier.tile_path(str(each["level"]), each["index"], each["width"] or 256) == each["path"]
    for each in vectors["tile_paths"]["entries"]:
        assert verifier.tile_path("entries", each["index"], each["width"] or 256) == each["path"]


def test_published_roots_are_ours(vectors: dict[str, Any]) -> None:
    for size, root in vectors["generated_trees"]["roots"].items():
        if int(size) <= 1000:
            hashes = [verifier.leaf_hash(b"leaf %d" % number) for number in range(int(size))]
            assert verifier.tree_root(hashes).hex() == root


def test_all_published_inclusion_probes_agree(vectors: dict[str, Any]) -> None:
    probes = vectors["inclusion_probes_published_b64"]
    assert len(probes) == 98
    for probe in probes:
        path = [base64.b64decode(each) for each in probe["proof"] or []]
        leaf, root = (base64.b64decode(probe[name] or "") for name in ("leafHash", "root"))
        good = verifier.root_from_inclusion(probe["leafIdx"], probe["treeSize"], leaf, path) == root
        assert good != probe["wantErr"], probe["_file"]


def consistent(old: int, new: int, path: list[bytes], old_root: bytes, new_root: bytes) -> bool:
    """A proof as it travels in messages, judged with the verifier's fold."""
    if old == new:
        return old > 0 and not path and old_root == new_root
    if path and old & (old - 1) == 0:
        path = [old_root, *path]
    return verifier.roots_from_consistency(old, new, path) == (old_root, new_root)


def test_all_published_consistency_probes_agree(vectors: dict[str, Any]) -> None:
    probes = vectors["consistency_probes_published_b64"]
    assert len(probes) == 98
    for probe in probes:
        path = [base64.b64decode(each) for each in probe["proof"] or []]
        roots = [base64.b64decode(probe[name] or "") for name in ("root1", "root2")]
        good = consistent(probe["size1"], probe["size2"], path, roots[0], roots[1])
        assert good != probe["wantErr"], probe["_file"]
