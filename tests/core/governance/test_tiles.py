"""Tiles: the one spelling of every path, whole files only, and the same tree as the one in memory."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.core.checkpoint import open_checkpoint
from governance.core.merkle import (
    EMPTY_ROOT,
    Frontier,
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from governance.core.note import parse_verification_key
from governance.core.tiles import (
    ENTRIES,
    HEIGHT,
    MAX_ENTRY_BYTES,
    MAX_SIZE,
    TILE_WIDTH,
    Tile,
    TileError,
    TileTree,
    decode_bundle,
    encode_bundle,
    new_tiles,
    parse_tile_path,
    tile_hashes,
    tile_root,
    tiles_for,
)
from tests.core.governance import reference_tree as reference
from tests.core.governance.tile_store import TileStore

SIZES = range(1, 301)
LEAVES = tuple(b"entry %d" % number for number in range(300))
SMALL = TileStore(LEAVES)
LARGE_SIZES = [65_535, 65_536, 65_537, 66_000, 70_000]


@pytest.fixture(scope="module")
def large() -> TileStore:
    return TileStore([b"leaf %d" % number for number in range(70_000)])


# --- the same tree ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_the_tree_of_the_tiles_is_the_textbooks_at_every_size(size: int) -> None:
    leaves, tree = LEAVES[:size], TileTree(size, SMALL.read)
    assert tree.root == reference.tree_hash(leaves)
    for index in range(size):
        assert tree.inclusion_proof(index) == reference.path(index, leaves)
    for old in range(1, size + 1):
        assert tree.consistency_proof(old) == reference.subproof(old, leaves, whole=True)


@pytest.mark.parametrize("size", SIZES)
def test_every_hash_of_every_tile_is_the_textbooks_at_every_size(size: int) -> None:
    for tile in tiles_for(size):
        span = TILE_WIDTH**tile.level
        expected = [
            reference.tree_hash(LEAVES[(tile.start + at) * span : (tile.start + at + 1) * span])
            for at in range(tile.width)
        ]
        assert list(tile_hashes(tile, SMALL.read(tile))) == expected


@pytest.mark.parametrize("size", [*range(101, 256, 11), *range(255, 259), 299, 300])
def test_every_proof_from_tiles_is_accepted(size: int) -> None:
    tree = TileTree(size, SMALL.read)
    for index in range(size):
        verify_inclusion(
            index=index,
            size=size,
            leaf=SMALL.leaf_hashes[index],
            proof=tree.inclusion_proof(index),
            root=tree.root,
        )
    for old in range(1, size + 1):
        verify_consistency(
            old_size=old,
            new_size=size,
            old_root=TileTree(old, SMALL.read).root,
            new_root=tree.root,
            proof=tree.consistency_proof(old),
        )


@pytest.mark.parametrize("size", LARGE_SIZES)
def test_a_tree_of_three_levels_gives_what_the_tree_in_memory_gives(large: TileStore, size: int) -> None:
    known = large.leaf_hashes[:size]
    tree = TileTree(size, large.read)
    assert tree.frontier == Frontier().extend(known)
    for index in {0, 255, 256, 65_279, 65_534, size // 3, size - 1}:
        assert tree.inclusion_proof(index) == inclusion_proof(index, known)
        assert tree.consistency_proof(index + 1) == consistency_proof(index + 1, known)


@pytest.mark.parametrize("size", [*range(255, 260), *LARGE_SIZES])
def test_an_answer_reads_at_most_two_tiles_of_each_level_and_none_twice(large: TileStore, size: int) -> None:
    levels = len({tile.level for tile in tiles_for(size)})
    for at in {0, size // 2, size - 1}:
        for proof in (TileTree.inclusion_proof, TileTree.consistency_proof):
            large.asked.clear()
            proof(TileTree(size, large.read), at or 1)
            assert len(large.asked) == len(set(large.asked)) <= 2 * levels
    large.asked.clear()
    tree = TileTree(size, large.read)
    assert tree.root == tree.root
    assert len(large.asked) == len(set(large.asked)) <= levels


def test_the_empty_tree_reads_nothing() -> None:
    tree = TileTree(0, SMALL.read)
    assert (tree.root, tree.frontier) == (EMPTY_ROOT, Frontier())
    assert tiles_for(0) == []


def test_a_frontier_from_tiles_goes_on_growing() -> None:
    for size in (0, 1, 255, 256, 257, 299):
        frontier = TileTree(size, SMALL.read).frontier
        assert frontier.extend(SMALL.leaf_hashes[size:]).root == root(SMALL.leaf_hashes)


def test_no_proof_is_made_of_what_the_tree_does_not_hold() -> None:
    tree = TileTree(10, SMALL.read)
    with pytest.raises(ProofError, match="no entry 10"):
        tree.inclusion_proof(10)
    for old in (0, 11):
        with pytest.raises(ProofError, match="No consistency proof"):
            tree.consistency_proof(old)


@pytest.mark.parametrize("size", [-1, MAX_SIZE + 1])
def test_a_size_no_log_can_have_is_refused(size: int) -> None:
    with pytest.raises(TileError, match="not the size"):
        TileTree(size, SMALL.read)


# --- whole files only -------------------------------------------------------------------------------------


def answers(tree: TileTree, index: int) -> tuple[bytes, tuple[bytes, ...]]:
    return tree.root, tree.inclusion_proof(index)


@pytest.mark.parametrize("size", [65_537, 66_000, 70_000])
def test_a_truncated_tile_under_its_full_name_is_refused_wherever_it_is_read(
    large: TileStore, size: int
) -> None:
    for index in (0, size // 2, size - 1):
        large.asked.clear()
        answers(TileTree(size, large.read), index)
        for broken in list(large.asked):

            def cut(tile: Tile, broken: Tile = broken) -> bytes:
                return large.read(tile)[: -32 if tile == broken else None]

            with pytest.raises(TileError, match=f"{broken.path} is cut short: it must have"):
                answers(TileTree(size, cut), index)


@pytest.mark.parametrize(
    ("surplus", "fault"), [(-1, "cut short"), (-32, "cut short"), (1, "long"), (32, "long")]
)
def test_a_tile_of_another_length_than_its_name_says_is_refused(surplus: int, fault: str) -> None:
    tile = Tile(0, 0, 7)
    data = bytes(7 * 32 + surplus)
    with pytest.raises(
        TileError, match=f"tile/0/000.p/7 is .*{fault}: it must have 224 bytes and has {len(data)}"
    ):
        tile_hashes(tile, data)


@pytest.mark.parametrize("size", [1, 31, 33, 0, 257 * 32])
def test_only_1_to_256_whole_hashes_have_a_root(size: int) -> None:
    with pytest.raises(TileError, match="1 to 256 hashes"):
        tile_root(bytes(size))


@pytest.mark.parametrize("count", [1, 2, 255, 256])
def test_the_root_of_a_tile_is_that_of_its_hashes(count: int) -> None:
    assert tile_root(b"".join(SMALL.leaf_hashes[:count])) == root(SMALL.leaf_hashes[:count])


def test_one_changed_bit_of_a_tile_changes_the_root() -> None:
    def flipped(tile: Tile) -> bytes:
        return bytes([SMALL.read(tile)[0] ^ 1]) + SMALL.read(tile)[1:]

    assert TileTree(300, flipped).root != TileTree(300, SMALL.read).root


# --- which files a growing log writes ---------------------------------------------------------------------


def test_a_log_of_256_entries_begins_its_second_level() -> None:
    assert [tile.path for tile in new_tiles(0, 256)] == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]


def test_a_log_that_grows_writes_what_became_full_and_what_is_partly_full() -> None:
    assert [tile.path for tile in new_tiles(250, 520)] == [
        "tile/entries/000", "tile/entries/001", "tile/entries/002.p/8",
        "tile/0/000", "tile/0/001", "tile/0/002.p/8", "tile/1/000.p/2",
    ]  # fmt: skip
    assert [tile.path for tile in new_tiles(520, 521)] == ["tile/entries/002.p/9", "tile/0/002.p/9"]
    assert new_tiles(521, 521) == []


@given(st.lists(st.integers(0, 2_000), max_size=8))
def test_a_log_that_grew_in_any_steps_has_every_tile_of_its_size_and_wrote_none_twice(
    steps: list[int],
) -> None:
    size, written = 0, list[Tile]()
    for step in steps:
        written += new_tiles(size, size + step)
        size += step
        assert set(tiles_for(size)) <= set(written)
    assert len(set(written)) == len(written)


@given(st.integers(0, MAX_SIZE), st.integers(0, 5_000))
def test_a_huge_log_names_the_widths_that_the_format_defines(old: int, step: int) -> None:
    new = min(old + step, MAX_SIZE)
    for tile in new_tiles(old, new):
        level = max(tile.level, 0)
        assert tile.start < new >> HEIGHT * level <= MAX_SIZE
        assert tile.width == TILE_WIDTH or tile.width == (new >> HEIGHT * level) % TILE_WIDTH


@pytest.mark.parametrize(("old", "new"), [(2, 1), (-1, 1), (0, MAX_SIZE + 1)])
def test_a_log_grows_in_one_direction(old: int, new: int) -> None:
    with pytest.raises(TileError, match="does not grow"):
        new_tiles(old, new)


# --- paths ------------------------------------------------------------------------------------------------


@given(st.integers(ENTRIES, 63), st.integers(0, MAX_SIZE), st.integers(1, 256))
def test_a_path_reads_back_as_its_tile(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert parse_tile_path(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/0000", "/tile/0/000", "tile/0/000/", "tile/0/000\n",
        "tile/00/000", "tile/64/000", "tile/-1/000", "tile/+1/000", "tile/entry/000", "tile/٠/000", "tile/0/٠٠٠",
        "tile/0/x000/001", "tile/0/x000/000", "tile/0/001/000", "tile/0/x001/x000", "tile/0/X001/000",
        "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/00", "tile/0/000.p/01", "tile/0/000.p/256",
        "tile/0/000.p/999", "tile/0/000.p/1/", "tile/0/000.p/1.p/1", "tile/0/../000", "tile/0//000", "tile/8/0/000",
        "tile/0/" + "x999/" * 7 + "999", "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/0/" + "9" * 6_000,
    ],
)  # fmt: skip
def test_another_spelling_of_a_path_is_refused(path: str) -> None:
    with pytest.raises(TileError):
        parse_tile_path(path)


@pytest.mark.parametrize(
    "parts", [(-2, 0, 1), (64, 0, 1), (0, -1, 1), (0, MAX_SIZE + 1, 1), (0, 0, 0), (0, 0, 257)]
)
def test_a_tile_that_no_log_has_is_refused(parts: tuple[int, int, int]) -> None:
    with pytest.raises(TileError):
        Tile(*parts)


def test_a_partial_tile_knows_the_full_one_that_replaces_it() -> None:
    assert Tile(1, 5, 7).full == Tile(1, 5)
    assert Tile(1, 5).full == Tile(1, 5)
    assert Tile(1, 5, 7).start == 1_280


# --- entry bundles ----------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
def test_a_bundle_reads_back_as_its_entries(leaves: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(leaves), len(leaves)) == leaves


def test_the_longest_entry_fits_and_one_byte_more_does_not() -> None:
    longest = bytes(MAX_ENTRY_BYTES)
    assert decode_bundle(encode_bundle([b"", longest]), 2) == [b"", longest]
    with pytest.raises(TileError, match="at most 65535 bytes, not 65536"):
        encode_bundle([longest + b"\0"])


@pytest.mark.parametrize("count", [0, 257])
def test_a_bundle_of_no_or_too_many_entries_is_not_made(count: int) -> None:
    with pytest.raises(TileError, match=f"not {count}"):
        encode_bundle([b"entry"] * count)


def test_a_bundle_cut_anywhere_is_refused() -> None:
    whole = encode_bundle([b"one", b"", b"three"])
    for end in range(len(whole)):
        with pytest.raises(TileError, match=r"cut short|holds"):
            decode_bundle(whole[:end], 3)


@pytest.mark.parametrize(("width", "surplus"), [(2, b""), (4, b""), (3, b"\0\0"), (3, b"\0"), (3, b"x")])
def test_a_bundle_of_more_or_fewer_entries_than_its_name_says_is_refused(width: int, surplus: bytes) -> None:
    with pytest.raises(TileError, match=r"cut short|should hold"):
        decode_bundle(encode_bundle([b"one", b"", b"three"]) + surplus, width)


# --- published vectors ------------------------------------------------------------------------------------


@pytest.mark.shared_data
def test_the_published_tile_paths_are_written_and_read(vectors: dict[str, Any]) -> None:
    paths = vectors["tile_paths"]
    assert (len(paths["encode"]), len(paths["entries"]), len(paths["reject"])) == (10, 3, 16)
    for case in paths["encode"] + paths["entries"]:
        tile = Tile(case.get("level", ENTRIES), case["index"], case["width"] or TILE_WIDTH)
        assert tile.path == case["path"]
        assert parse_tile_path(case["path"]) == tile
    for case in paths["reject"]:
        with pytest.raises(TileError):
            parse_tile_path(case.partition(" (")[0])


@pytest.mark.shared_data
def test_the_tiles_of_70000_entries_are_the_published_ones(vectors: dict[str, Any], large: TileStore) -> None:
    trees = vectors["generated_trees"]
    known = tiles_for(70_000)
    for case in [*trees["tiles_for_size_70000"], trees["entry_bundle_last_partial"]]:
        if "path" not in case:
            widths = [tile.width for tile in known if tile.level == case["level"]]
            assert widths == [TILE_WIDTH] * case["full_tiles"] + [case["partial_width"]]
            continue
        data = large.file(parse_tile_path(case["path"]))
        assert (len(data), hashlib.sha256(data).hexdigest()) == (case["bytes"], case["sha256"])
        assert data.hex().startswith(case.get("first_hash", case.get("hex_head", "")))


@pytest.mark.shared_data
def test_roots_and_proofs_from_tiles_are_the_published_ones(
    vectors: dict[str, Any], large: TileStore
) -> None:
    trees = vectors["generated_trees"]
    for size, expected in trees["roots"].items():
        assert TileTree(int(size), large.read).root.hex() == expected
    for case in trees["inclusion"]:
        proof = TileTree(case["size"], large.read).inclusion_proof(case["leaf_index"])
        assert [one.hex() for one in proof] == case["proof"]
    for case in trees["consistency"]:
        proof = TileTree(case["size2"], large.read).consistency_proof(case["size1"])
        assert [one.hex() for one in proof] == case["proof"]


@pytest.mark.shared_data
def test_the_published_bundle_and_tile_of_a_grown_log_are_ours(vectors: dict[str, Any]) -> None:
    log = vectors["tessera_log_published"]
    store = TileStore([entry.encode() for entry in log["entries_utf8"]])
    assert store.file(Tile(ENTRIES, 0, 15)).hex() == log["entry_bundle_p15_hex"]
    assert store.file(Tile(0, 0, 15)).hex() == log["tile_0_000_p15_hex"]


@pytest.mark.shared_data
def test_every_file_of_the_published_log_is_read_and_written_alike(
    vectors: dict[str, Any], tlog_folder: Path
) -> None:
    log = tlog_folder / "tessera_log"
    key = parse_verification_key(vectors["tessera_log_published"]["vkey"])
    store = TileStore([entry.encode() for entry in vectors["tessera_log_published"]["entries_utf8"]])
    files = sorted(path.relative_to(log).as_posix() for path in (log / "tile").rglob("*") if path.is_file())
    assert len(files) == 30
    for path in files:
        assert store.file(parse_tile_path(path)) == (log / path).read_bytes()
    for size in range(16):
        checkpoint = open_checkpoint((log / f"checkpoint.{size}").read_bytes(), key)
        tree = TileTree(size, lambda tile: (log / tile.path).read_bytes())
        assert (checkpoint.size, checkpoint.root) == (size, tree.root)
        for tile in new_tiles(0, size)[:1]:
            entries = decode_bundle((log / tile.path).read_bytes(), tile.width)
            assert root(map(leaf_hash, entries)) == checkpoint.root
