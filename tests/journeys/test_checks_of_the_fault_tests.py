"""The checks that the fault tests rest on see what they are there to see."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from governance import published_log
from governance.core.checkpoint import Checkpoint, CheckpointError, open_checkpoint, signed
from governance.core.merkle import ProofError
from governance.core.tiles import TileError
from governance.tasks import publish_log
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.journeys.faults.power import Book
from tests.journeys.faults.proposing import digest_of
from tests.journeys.faults.published_folder import Outsider
from tests.journeys.faults.rush import Proposed, Rush
from tests.journeys.faults.voting import Supervisor
from tests.journeys.test_deeds_under_kill import check_acknowledged

SIZE = 300


# --- the published folder ---------------------------------------------------------------------------------------


@pytest.fixture
def public(db: None) -> Path:
    """A published folder of some 300 entries."""
    write_entries(SIZE)
    publish_log()
    return published_log.public_folder()


def outsider(seen: Checkpoint | None = None) -> Outsider:
    """Return somebody who holds the log's public key."""
    return Outsider(published_log.log_key().verification_key, seen)


def what_it_says(public: Path) -> Checkpoint:
    """Return the published checkpoint."""
    return open_checkpoint((public / "checkpoint").read_text(), published_log.log_key().verification_key)


def test_a_folder_as_it_was_published_is_accepted(public: Path) -> None:
    assert outsider().accepts(public) == what_it_says(public)
    assert outsider(what_it_says(public)).accepts(public) == what_it_says(public)


def cut(path: Path) -> None:
    """Leave half of a file, as a write that was torn does."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    """Change one byte in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("harm", [cut, flip, Path.unlink])
@pytest.mark.parametrize("name", ["checkpoint", "tile/entries/000", "tile/0/000", "tile/1/000.p/1"])
def test_a_file_that_is_cut_changed_or_gone_is_noticed(
    public: Path, name: str, harm: Callable[[Path], None]
) -> None:
    harm(public / name)
    with pytest.raises((AssertionError, OSError, TileError, CheckpointError)):
        outsider().accepts(public)


def test_a_checkpoint_that_was_published_before_its_tiles_is_noticed(public: Path, tmp_path: Path) -> None:
    shutil.copytree(public, tmp_path / "early")
    write_entries(SIZE)
    publish_log()
    shutil.copy(public / "checkpoint", tmp_path / "early" / "checkpoint")
    with pytest.raises(OSError, match="No such file"):
        outsider().accepts(tmp_path / "early")


def test_a_log_that_became_smaller_is_noticed(public: Path, tmp_path: Path) -> None:
    shutil.copytree(public, tmp_path / "before")
    write_entries(1)
    publish_log()
    with pytest.raises(AssertionError, match="became smaller"):
        outsider(what_it_says(public)).accepts(tmp_path / "before")


def test_a_log_that_no_longer_continues_what_was_seen_is_noticed(public: Path) -> None:
    said = what_it_says(public)
    other = Checkpoint(said.origin, said.size - 1, bytes(32))
    assert signed(other, published_log.log_key())
    with pytest.raises(ProofError):
        outsider(other).accepts(public)


# --- the clients' lists ---------------------------------------------------------------------------------------


def two_plans() -> tuple[Rush, list[dict[str, Any]]]:
    """Return the acknowledged deeds of two plans, and the log that holds them."""
    ben, una = Supervisor(0, "ben@example.org", "ben"), Supervisor(0, "una@example.org", "una")
    rush = Rush(2, [ben, una], {}, Path())
    leaves: list[dict[str, Any]] = []
    for number in range(rush.plans):
        rush.proposed.append(Proposed(number, number + 7, len(leaves) + 1))
        ben.acknowledged[number + 7], una.acknowledged[number + 7] = len(leaves) + 2, len(leaves) + 3
        for action, actor in (
            ("request.opened", ""),
            ("evidence.attached", ""),
            ("vote.cast", "b"),
            ("vote.cast", "u"),
        ):
            said = {"index": len(leaves), "action": action, "actor": actor, "subject": digest_of(number)}
            leaves.append({**said, "detail": {"request": number + 7}})
    return rush, leaves


def test_lists_that_agree_with_the_log_are_accepted() -> None:
    check_acknowledged(*two_plans())


def lose(leaves: list[dict[str, Any]]) -> None:
    """Take an entry away and number the rest anew."""
    del leaves[5]
    leaves[:] = [{**leaf, "index": index} for index, leaf in enumerate(leaves)]


def double(leaves: list[dict[str, Any]]) -> None:
    """Record a vote a second time."""
    leaves.append({**leaves[3], "index": len(leaves)})


def swap(leaves: list[dict[str, Any]]) -> None:
    """Let two votes change places: both are there, and neither where it was said to be."""
    leaves[2], leaves[6] = {**leaves[6], "index": 2}, {**leaves[2], "index": 6}


def leave_a_gap(leaves: list[dict[str, Any]]) -> None:
    """Skip a number."""
    leaves[7]["index"] = 8


@pytest.mark.parametrize("harm", [lose, double, swap, leave_a_gap])
def test_an_acknowledged_deed_that_is_lost_doubled_or_moved_is_noticed(
    harm: Callable[[list[dict[str, Any]]], None],
) -> None:
    rush, leaves = two_plans()
    harm(leaves)
    with pytest.raises((AssertionError, IndexError)):
        check_acknowledged(rush, leaves)


# --- the book of what a power cut would take ------------------------------------------------------------------

TILE, CHECKPOINT = "/log/tile/000", "/log/checkpoint"
ORDERLY = """
mkdir("/log/tile", 0777) = 0
fsync(4</log>) = 0
openat(AT_FDCWD</>, "/log/tile/000.new", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0666) = 4</log/tile/000.new>
write(4</log/tile/000.new>, "x", 1) = 1
fsync(4</log/tile/000.new>) = 0
rename("/log/tile/000.new", "/log/tile/000") = 0
fsync(4</log/tile>) = 0
openat(AT_FDCWD</>, "/log/checkpoint.new", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0666) = 4</log/checkpoint.new>
write(4</log/checkpoint.new>, "x", 1) = 1
fsync(4</log/checkpoint.new>) = 0
rename("/log/checkpoint.new", "/log/checkpoint") = 0
fsync(4</log>) = 0
""".strip().splitlines()


def book() -> Book:
    """Return an empty book: the checkpoint promises one tile."""
    return Book(Path(CHECKPOINT), frozenset([Path(TILE)]))


def test_a_publication_that_syncs_everything_in_order_is_safe() -> None:
    kept = book()
    kept.read(ORDERLY)
    assert not kept.lost([Path(TILE), Path(CHECKPOINT)])


@pytest.mark.parametrize("left_out", [line for line in ORDERLY if line.startswith("fsync")][:-1])
def test_a_sync_that_is_left_out_or_fails_before_the_announcement_is_noticed(left_out: str) -> None:
    first = ORDERLY.index(left_out)
    for instead in ([], [left_out.replace("= 0", "= -1 EIO (Input/output error) (INJECTED)")]):
        with pytest.raises(AssertionError, match=r"before its bytes were safe|announced before safe"):
            book().read([*ORDERLY[:first], *instead, *ORDERLY[first + 1 :]])


def test_an_announcement_that_is_not_synced_may_be_lost() -> None:
    kept = book()
    kept.read(ORDERLY[:-1])
    assert kept.lost([Path(TILE), Path(CHECKPOINT)]) == {Path(CHECKPOINT)}
