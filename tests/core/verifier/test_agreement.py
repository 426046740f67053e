"""Two implementations that share no code, `governance.core` and the strangers' verifier, say the same."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.core import merkle, tiles
from governance.core.witness_policy import PolicyError, parse_policy
from governance.verifier import verify_lamplight as verifier
from tests.core.verifier.published import LOG, WITNESSES, entries, publish

LOG_KEY = LOG.verification_key.text
KEYS = [key.cosigner_key.text for key in WITNESSES]
WORDS = st.sampled_from(
    ["log", "witness", "group", "quorum", "none", *"ABC", "any", "all", "1", "2", "01", "", LOG_KEY, *KEYS]
)
GOOD_LINES = st.sampled_from(
    [
        f"log {LOG.verification_key.text}",
        *(f"witness {name} {key}" for name, key in zip("ABC", KEYS, strict=True)),
        *(
            f"group {name} {many} {who}"
            for name in "GH"
            for many in ("any", "all", "2")
            for who in ("A B", "B C", "G C")
        ),
        *(f"quorum {name}" for name in ("A", "G", "H", "none")),
        "# a remark",
    ]
)
LINES = GOOD_LINES | st.lists(WORDS, max_size=5).map(" ".join)


@settings(max_examples=400, deadline=None)
@given(st.lists(LINES, max_size=9), st.sampled_from(("A", "G", "none")), st.sets(st.sampled_from("ABC")))
def test_a_policy_is_read_alike(lines: list[str], quorum: str, signed: set[str]) -> None:
    text = "\n".join([f"log {LOG_KEY}", f"witness A {KEYS[0]}", *lines, f"quorum {quorum}"])
    try:
        ours = parse_policy(text)
    except PolicyError:
        ours = None
    try:
        theirs = verifier.parse_policy(text.encode(), "policy")
    except verifier.NotChecked:
        theirs = None
    assert (ours is None) == (theirs is None)
    if ours is not None and theirs is not None:
        assert ours.satisfied_by(signed) == theirs.met_by(name.encode() for name in signed)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=3), min_size=1, max_size=70, unique=True), st.data())
def test_trees_and_proofs_are_alike(leaves: list[bytes], data: st.DataObject) -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    assert hashes == [verifier.leaf_hash(leaf) for leaf in leaves]
    root, size = merkle.root(hashes), len(leaves)
    assert verifier.tree_root(hashes) == root
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_proof(index, hashes)
    assert verifier.root_from_inclusion(index, size, hashes[index], path) == root
    assert verifier.root_from_inclusion(index, size, hashes[index], [*path, root]) is None
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        assert verifier.root_from_inclusion(other, size, hashes[index], path) != root


def test_consistency_paths_out_of_tiles_lead_to_both_roots(tmp_path: Path) -> None:
    leaves = entries(600)
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    publish(tmp_path, leaves, "")
    for new in (2, 3, 7, 255, 256, 257, 512, 513, 600):
        publish(tmp_path, leaves[:new], "")
        log = verifier.Log(verifier.Folder(str(tmp_path)), new)
        for old in {1, 2, new // 3, new // 2, new - 1, *(1 << n for n in range(new.bit_length() - 1))} & set(
            range(1, new)
        ):
            path = log.consistency_path(old)
            proof = merkle.consistency_proof(old, hashes[:new])
            assert tuple(path[len(path) - len(proof) :]) == proof
            roots = merkle.root(hashes[:old]), merkle.root(hashes[:new])
            assert verifier.roots_from_consistency(old, new, path) == roots


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**15), st.integers(1, 256), st.integers(-1, 7))
def test_tiles_stand_at_the_same_paths(index: int, width: int, level: int) -> None:
    name = "entries" if level == -1 else str(level)
    assert verifier.tile_path(name, index, width) == tiles.Tile(level, index, width).path
