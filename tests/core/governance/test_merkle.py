"""The tree against the published vectors and against the slow tree of the textbook."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from governance.core.merkle import (
    EMPTY_ROOT,
    Frontier,
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from tests.core.governance import reference_tree as reference

# The one probe we judge otherwise: it wants two equal trees of one entry accepted although their "roots" are twelve
# opaque bytes; a hash of this tree has 32, and nothing else is looked at.
OPAQUE_ROOTS = "sizes-are-equal-one-and-proof-is-empty.json"
SIZES = range(1, 101)  # test_tiles.py asks the tree of tiles for all proofs of every size up to 300


def raw(count: int) -> tuple[bytes, ...]:
    """Leaves of one byte each, as the published exhaustive digests use them."""
    return tuple(bytes([number % 256]) for number in range(count))


def hashes(count: int) -> list[bytes]:
    """Their leaf hashes."""
    return [leaf_hash(leaf) for leaf in raw(count)]


def decoded(proof: list[str] | None) -> list[bytes]:
    return [base64.b64decode(one) for one in proof or []]


def probe_passes(probe: dict[str, Any]) -> bool:
    """Whether our verifier accepts a published probe."""
    try:
        if "leafIdx" in probe:
            verify_inclusion(
                index=probe["leafIdx"],
                size=probe["treeSize"],
                leaf=base64.b64decode(probe["leafHash"] or ""),
                proof=decoded(probe["proof"]),
                root=base64.b64decode(probe["root"] or ""),
            )
        else:
            verify_consistency(
                old_size=probe["size1"],
                new_size=probe["size2"],
                old_root=base64.b64decode(probe["root1"] or ""),
                new_root=base64.b64decode(probe["root2"] or ""),
                proof=decoded(probe["proof"]),
            )
    except ProofError:
        return False
    return True


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert root([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_a_leaf_and_a_node_of_the_same_bytes_have_different_hashes() -> None:
    left, right = hashes(2)
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize("size", SIZES)
def test_root_and_proofs_agree_with_the_textbook_at_every_size(size: int) -> None:
    leaves, known = raw(size), hashes(size)
    assert root(known) == reference.tree_hash(leaves)
    for index in range(size):
        assert inclusion_proof(index, known) == reference.path(index, leaves)
    for old in range(1, size + 1):
        assert consistency_proof(old, known) == reference.subproof(old, leaves, whole=True)


@pytest.mark.parametrize("size", range(101, 301))
def test_root_and_a_seventh_of_all_proofs_agree_with_the_textbook_at_every_size_to_300(size: int) -> None:
    leaves, known = raw(size), hashes(size)
    assert root(known) == reference.tree_hash(leaves)
    for index in {*range(size % 7, size, 7), size - 1}:
        assert inclusion_proof(index, known) == reference.path(index, leaves)
        assert consistency_proof(index + 1, known) == reference.subproof(index + 1, leaves, whole=True)


@pytest.mark.parametrize("size", SIZES)
def test_every_proof_made_is_a_proof_accepted(size: int) -> None:
    known = hashes(size)
    head = root(known)
    for index in range(size):
        verify_inclusion(
            index=index, size=size, leaf=known[index], proof=inclusion_proof(index, known), root=head
        )
    for old in range(1, size + 1):
        verify_consistency(
            old_size=old,
            new_size=size,
            old_root=root(known[:old]),
            new_root=head,
            proof=consistency_proof(old, known),
        )


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13, 64])
def test_a_proof_with_any_one_part_changed_is_refused(size: int) -> None:
    known = hashes(size)
    head, wrong = root(known), hashlib.sha256(b"something else").digest()
    for index in range(size):
        proof = list(inclusion_proof(index, known))
        good: dict[str, Any] = {
            "index": index,
            "size": size,
            "leaf": known[index],
            "proof": proof,
            "root": head,
        }
        changes: list[dict[str, Any]] = [
            {"leaf": wrong},
            {"root": wrong},
            {"proof": [*proof, wrong]},
            *({"proof": [*proof[:at], wrong, *proof[at + 1 :]]} for at in range(len(proof))),
            *({"proof": proof[:at] + proof[at + 1 :]} for at in range(len(proof))),
            *({"index": other} for other in range(-1, size + 1) if other != index),
        ]
        for change in changes:
            with pytest.raises(ProofError):
                verify_inclusion(**(good | change))


@pytest.mark.parametrize("size", [3, 7, 8, 13])
def test_a_history_edited_before_the_old_size_has_no_consistency_proof(size: int) -> None:
    known = hashes(size)
    for old in range(1, size + 1):
        for edited_at in range(old):
            forged = [*known]
            forged[edited_at] = leaf_hash(b"edited")
            with pytest.raises(ProofError):
                verify_consistency(
                    old_size=old,
                    new_size=size,
                    old_root=root(known[:old]),
                    new_root=root(forged),
                    proof=consistency_proof(old, forged),
                )


def test_a_frontier_knows_the_root_at_every_size_on_the_way() -> None:
    frontier = Frontier()
    for size, one in enumerate(hashes(100)):
        assert frontier.size == size
        assert frontier.root == reference.tree_hash(raw(size))
        frontier = frontier.append(one)


def test_a_frontier_continues_from_what_was_stored() -> None:
    known = hashes(77)
    stored = Frontier().extend(known[:42])
    assert Frontier(stored.size, stored.hashes).extend(known[42:]).root == root(known)


@pytest.mark.parametrize(("size", "count"), [(3, 1), (4, 2), (0, 1), (-1, 1)])
def test_a_frontier_with_the_wrong_number_of_hashes_is_refused(size: int, count: int) -> None:
    with pytest.raises(ProofError, match="frontier"):
        Frontier(size, tuple(hashes(count)))


@pytest.mark.parametrize("index", [-1, 5, 6])
def test_no_inclusion_proof_is_made_for_an_entry_outside_the_tree(index: int) -> None:
    with pytest.raises(ProofError, match="no entry"):
        inclusion_proof(index, hashes(5))


@pytest.mark.parametrize("index", [-1, 5, 6])
def test_no_inclusion_is_verified_for_an_entry_outside_the_tree(index: int) -> None:
    known = hashes(5)
    with pytest.raises(ProofError, match=f"no entry {index}"):
        verify_inclusion(index=index, size=5, leaf=known[0], proof=known[:3], root=root(known))


@pytest.mark.parametrize("old", [-1, 0, 6])
def test_no_consistency_proof_is_made_from_nothing_or_from_a_larger_tree(old: int) -> None:
    with pytest.raises(ProofError, match="No consistency proof"):
        consistency_proof(old, hashes(5))


@pytest.mark.shared_data
@pytest.mark.parametrize(("folder", "count"), [("inclusion", 98), ("consistency", 98)])
def test_every_published_probe_is_judged_as_published(tlog_folder: Path, folder: str, count: int) -> None:
    files = sorted((tlog_folder / folder).rglob("*.json"))
    assert len(files) == count
    for file in files:
        probe = json.loads(file.read_text(encoding="utf-8"))
        expected = not probe["wantErr"] and file.name != OPAQUE_ROOTS
        assert probe_passes(probe) is expected, f"{file.name}: {probe['desc']}"


@pytest.mark.shared_data
def test_the_collected_copies_of_the_probes_are_judged_alike(vectors: dict[str, Any]) -> None:
    probes = vectors["inclusion_probes_published_b64"] + vectors["consistency_probes_published_b64"]
    assert len(probes) == 196
    for probe in probes:
        expected = not probe["wantErr"] and not probe["_file"].endswith(OPAQUE_ROOTS)
        assert probe_passes(probe) is expected, probe["_file"]


@pytest.mark.shared_data
def test_hashes_and_roots_are_those_of_rfc_6962(vectors: dict[str, Any]) -> None:
    published = vectors["rfc6962_published"]
    leaves = [leaf_hash(bytes.fromhex(one)) for one in published["leaf_inputs"]]
    assert [one.hex() for one in leaves] == published["leaf_hashes"]
    assert [root(leaves[:size]).hex() for size in range(9)] == published["roots_by_size_0_to_8"]
    assert leaf_hash(b"L123456").hex() == published["hasher"]["leaf_of_ascii_L123456"]
    assert node_hash(b"N123", b"N456").hex() == published["hasher"]["node_of_ascii_N123_N456"]
    assert leaf_hash(b"").hex() == published["hasher"]["leaf_of_empty_string"]
    assert EMPTY_ROOT.hex() == published["hasher"]["empty_root"]
    level = leaves
    for expected in published["node_hashes"]:
        assert [one.hex() for one in level] == expected
        level = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]


@pytest.mark.shared_data
def test_proofs_are_those_of_rfc_6962(vectors: dict[str, Any]) -> None:
    published = vectors["rfc6962_published"]
    leaves = [leaf_hash(bytes.fromhex(one)) for one in published["leaf_inputs"]]
    assert (len(published["inclusion"]), len(published["consistency"])) == (5, 5)
    for case in published["inclusion"]:
        proof = inclusion_proof(case["leaf_index"], leaves[: case["size"]])
        assert [one.hex() for one in proof] == case["proof"]
    for case in published["consistency"]:
        proof = consistency_proof(case["size1"], leaves[: case["size2"]])
        assert [one.hex() for one in proof] == case["proof"]


@pytest.mark.shared_data
def test_every_root_and_proof_up_to_70000_entries_is_the_published_one(vectors: dict[str, Any]) -> None:
    trees = vectors["generated_trees"]
    largest = max(map(int, trees["roots"]))
    known = [leaf_hash(b"leaf %d" % number) for number in range(largest)]
    for size, expected in trees["roots"].items():
        assert root(known[: int(size)]).hex() == expected
    for case in trees["inclusion"]:
        proof = inclusion_proof(case["leaf_index"], known[: case["size"]])
        assert [one.hex() for one in proof] == case["proof"]
        verify_inclusion(
            index=case["leaf_index"],
            size=case["size"],
            leaf=bytes.fromhex(case["leaf_hash"]),
            proof=proof,
            root=bytes.fromhex(case["root"]),
        )
    for case in trees["consistency"]:
        proof = consistency_proof(case["size1"], known[: case["size2"]])
        assert [one.hex() for one in proof] == case["proof"]
        verify_consistency(
            old_size=case["size1"],
            new_size=case["size2"],
            old_root=bytes.fromhex(case["root1"]),
            new_root=bytes.fromhex(case["root2"]),
            proof=proof,
        )


@pytest.mark.shared_data
def test_all_proofs_of_all_trees_up_to_130_entries_have_the_published_digest(vectors: dict[str, Any]) -> None:
    inclusion, consistency = hashlib.sha256(), hashlib.sha256()
    for size in range(1, 131):
        known = hashes(size)
        for index in range(size):
            inclusion.update(_line(index, size, inclusion_proof(index, known)))
        for old in range(1, size + 1):
            consistency.update(_line(old, size, consistency_proof(old, known)))
    trees = vectors["generated_trees"]
    assert inclusion.hexdigest() == trees["exhaustive_inclusion_sha256"]["sha256"]
    assert consistency.hexdigest() == trees["exhaustive_consistency_sha256"]["sha256"]


def _line(first: int, size: int, proof: tuple[bytes, ...]) -> bytes:
    return " ".join([str(first), str(size), *(one.hex() for one in proof)]).encode() + b"\n"
