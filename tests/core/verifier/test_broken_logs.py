"""Whole logs: sound ones of every awkward size, and every way to break one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from governance.core.tiles import decode_bundle, encode_bundle
from governance.verifier import verify_lamplight as verifier
from tests.core.verifier.published import (
    STRANGER,
    WITNESSES,
    checkpoint,
    entries,
    entry,
    publish,
    put,
    run,
)

LEAVES = entries(700)
NOTE = checkpoint(LEAVES, WITNESSES[:2])
FILES = (
    "tile/entries/000",
    "tile/entries/001",
    "tile/entries/002.p/188",
    "tile/0/000",
    "tile/0/001",
    "tile/0/002.p/188",
    "tile/1/000.p/2",
)


def check(*more: object) -> tuple[int, str]:
    """Check the log in the folder `log` with the board's policy."""
    return run("log", "log", "--policy", "quorum", *more)


@pytest.fixture
def log(desk: Path) -> Path:
    """A sound log of 700 entries."""
    return publish(desk / "log", LEAVES, NOTE)


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 513, 700])
def test_a_sound_log_is_whole(desk: Path, size: int) -> None:
    leaves = LEAVES[:size]
    publish(desk / "log", leaves, checkpoint(leaves, WITNESSES))
    code, said = check()
    assert code == 0, said
    assert f"{size} entr" in said
    assert "the quorum of the policy is met" in said


def test_a_log_with_three_levels_of_tiles_is_whole_and_continues_its_past(desk: Path) -> None:
    leaves = [b"entry %d" % number for number in range(65_537)]
    publish(desk / "log", leaves, checkpoint(leaves))
    older = []
    for size in (1, 256, 65_535, 65_536):
        put(desk / f"old{size}", checkpoint(leaves[:size]))
        older += ["--checkpoint", f"old{size}"]
    code, said = run("log", "log", "--policy", "plain", *older)
    assert code == 0, said
    assert (desk / "log/tile/2/000.p/1").exists()
    assert "65,537 entries" in said
    assert run("checkpoints", "old65535", "log/checkpoint", "--policy", "plain", "--log", "log")[0] == 0
    put(desk / "log/tile/1/000", (desk / "log/tile/1/000").read_bytes()[:-32])
    code, said = run("log", "log", "--policy", "plain")
    assert code == 1
    assert "tile/1/000 has 8160 bytes" in said


def test_every_file_of_a_log_is_listed_here(log: Path) -> None:
    found = {path.relative_to(log).as_posix() for path in log.rglob("*") if path.is_file()}
    assert found == {"checkpoint", *FILES}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("at", [0, 1, 2, 40, -1])
def test_one_turned_bit_is_found_and_named(log: Path, name: str, at: int) -> None:
    data = bytearray((log / name).read_bytes())
    data[at] ^= 1
    put(log / name, bytes(data))
    code, said = check()
    assert code == 1
    assert said.startswith("NOT VERIFIED.\n")
    assert name in said


def test_the_first_changed_entry_is_named(log: Path) -> None:
    changed = [entry(n, outcome="rejected") if n in (300, 650) else LEAVES[n] for n in range(700)]
    for number, width in ((1, 256), (2, 188)):
        start = number * 256
        name = f"00{number}" + (f".p/{width}" if width < 256 else "")
        put(log / "tile/entries" / name, encode_bundle(changed[start : start + width]))
    code, said = check()
    assert code == 1
    assert "Entry 300 is not what it was" in said
    assert "tile/entries/001" in said


def test_every_bit_of_a_checkpoint_counts(log: Path) -> None:
    text = NOTE.encode()
    for at in range(text.index(b"witness3") if b"witness3" in text else len(text)):
        put(log / "checkpoint", text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :])
        code, said = check()
        assert code in (1, 2), at
        assert "VERIFIED.\n" not in said.replace("NOT VERIFIED.\n", "")


@pytest.mark.parametrize("name", ["checkpoint", *FILES])
def test_a_missing_file_is_named_and_is_no_verdict(log: Path, name: str) -> None:
    (log / name).unlink()
    code, said = check()
    assert code == 2
    assert name in said


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("cut", [1, 32, 100])
def test_a_truncated_file_is_named(log: Path, name: str, cut: int) -> None:
    put(log / name, (log / name).read_bytes()[:-cut])
    code, said = check()
    assert code == 1
    assert name in said


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_too_long_is_named(log: Path, name: str) -> None:
    put(log / name, (log / name).read_bytes() + bytes(32))
    code, said = check()
    assert code in (1, 2)
    assert name in said


def test_swapped_entries_are_found(log: Path) -> None:
    bundle = decode_bundle((log / "tile/entries/001").read_bytes(), 256)
    bundle[7], bundle[9] = bundle[9], bundle[7]
    put(log / "tile/entries/001", encode_bundle(bundle))
    code, said = check()
    assert code == 1
    assert "Entry 263 is not what it was" in said


def test_a_partial_tile_may_be_gone_once_the_full_one_is_there(log: Path) -> None:
    publish(log, [*LEAVES, *(entry(n) for n in range(700, 768))], NOTE, since=700)
    for name in ("tile/entries/002.p", "tile/0/002.p", "tile/1/000.p/2"):
        place = log / name
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    code, said = check()
    assert code == 2
    assert "tile/1/000.p/2 is missing" in said
    longer = entries(65_536)
    publish(log, longer, NOTE, since=768)
    assert check()[0] == 0


def test_a_checkpoint_of_another_key_is_not_believed(log: Path) -> None:
    put(log / "checkpoint", checkpoint(LEAVES, key=STRANGER))
    code, said = check()
    assert code == 1
    assert "No log of the policy signed" in said


def test_a_log_without_its_quorum_is_not_verified_although_it_is_whole(log: Path) -> None:
    put(log / "checkpoint", checkpoint(LEAVES, WITNESSES[:1]))
    code, said = check()
    assert code == 1
    assert "Not enough witnesses: 1 of the 3" in said
    assert "is whole: 700 entries" in said


def test_a_history_rewritten_with_the_logs_own_key_is_found_by_an_earlier_checkpoint(desk: Path) -> None:
    forged = [entry(3, outcome="rejected") if n == 3 else LEAVES[n] for n in range(700)]
    publish(desk / "log", forged, checkpoint(forged, WITNESSES))
    assert check()[0] == 0  # nothing inside the log gives it away
    for size in (4, 256, 600):
        put(desk / "kept", checkpoint(LEAVES[:size], WITNESSES))
        code, said = check("--checkpoint", "kept")
        assert code == 1
        assert "TWO HISTORIES" in said
        assert "kept" in said
    put(desk / "kept", checkpoint(LEAVES[:3], WITNESSES))
    assert check("--checkpoint", "kept")[0] == 0


def test_two_histories_of_one_size_are_found(log: Path, desk: Path) -> None:
    put(desk / "kept", checkpoint([*LEAVES[:699], b"other"]))
    code, said = check("--checkpoint", "kept")
    assert code == 1
    assert "TWO HISTORIES" in said


def test_a_log_that_became_smaller_is_not_verified(desk: Path) -> None:
    put(desk / "kept", NOTE)
    publish(desk / "log", LEAVES[:600], checkpoint(LEAVES[:600], WITNESSES))
    code, said = check("--checkpoint", "kept")
    assert code == 1
    assert "covers 700 entries" in said
    assert "only 600" in said


def test_entries_and_tiles_that_agree_but_were_not_signed_are_found(desk: Path) -> None:
    publish(desk / "log", [*LEAVES[:699], entry(699, outcome="rejected")], NOTE)
    code, said = check()
    assert code == 1
    assert "are not the ones that log.example.org/decisions signed" in said


def test_a_damaged_log_is_not_called_two_histories(log: Path, desk: Path) -> None:
    put(desk / "kept", checkpoint(LEAVES[:10]))
    data = (log / "tile/entries/000").read_bytes()
    put(log / "tile/entries/000", data[:-1] + b"!")
    code, said = check("--checkpoint", "kept")
    assert code == 1
    assert "TWO HISTORIES" not in said


# --- copies


def test_a_saved_copy_is_a_log_and_is_held_against_the_next(log: Path, desk: Path) -> None:
    assert check("--save", "mirror")[0] == 0
    shutil.move("log", "away")
    assert run("log", "mirror", "--policy", "quorum")[0] == 0
    longer = [*LEAVES, *(entry(n) for n in range(700, 800))]
    publish(desk / "log", longer, checkpoint(longer, WITNESSES))
    code, said = check("--save", "mirror")
    assert code == 0
    assert "It continues mirror/checkpoint: the first 700 entries" in said
    assert b"\n800\n" in (desk / "mirror/checkpoint").read_bytes()


def test_a_copy_is_never_overwritten_by_another_history(log: Path, desk: Path) -> None:
    assert check("--save", "mirror")[0] == 0
    before = {path: path.read_bytes() for path in (desk / "mirror").rglob("*") if path.is_file()}
    shutil.rmtree("log")
    forged = [b"other", *LEAVES]
    publish(desk / "log", forged, checkpoint(forged, WITNESSES))
    code, said = check("--save", "mirror")
    assert code == 1
    assert "TWO HISTORIES" in said
    assert "What was read is kept in mirror/disputed-" in said
    assert all(path.read_bytes() == data for path, data in before.items())
    (evidence,) = (desk / "mirror").glob("disputed-*")
    assert run("log", evidence, "--policy", "quorum")[0] == 0
    pair = ("mirror/checkpoint", evidence / "checkpoint", "--policy", "quorum", "--log", evidence)
    assert "TWO HISTORIES" in run("checkpoints", *pair)[1]


def test_nothing_unverified_is_left_in_a_copy(log: Path, desk: Path) -> None:
    (log / "tile/0/001").unlink()
    assert check("--save", "mirror")[0] == 2
    assert list((desk / "mirror").iterdir()) == []


@pytest.mark.parametrize("name", ["tile", "tile/0/000", "checkpoint", "unknown"])
def test_nothing_is_written_through_a_link_in_a_copy(log: Path, desk: Path, name: str) -> None:
    place = desk / "mirror" / name
    place.parent.mkdir(parents=True)
    elsewhere = desk / "elsewhere"
    elsewhere.mkdir()
    place.symlink_to(elsewhere)
    code, said = check("--save", "mirror")
    assert code == 2
    assert f"mirror/{name} is a link to another place" in said
    assert list(elsewhere.iterdir()) == []


def test_a_link_to_nothing_does_not_hide_that_a_checkpoint_was_kept(log: Path, desk: Path) -> None:
    assert check("--save", "mirror")[0] == 0
    (desk / "mirror/checkpoint").unlink()
    (desk / "mirror/checkpoint").symlink_to(desk / "nowhere")
    code, said = check("--save", "mirror")
    assert code == 2
    assert "mirror/checkpoint is a link to another place" in said


def test_a_link_that_appears_during_the_check_is_not_followed(
    log: Path, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk / "elsewhere").mkdir()
    whole = verifier.recount

    def slowly(*arguments: Any) -> verifier.Report:
        (desk / "mirror/tile").symlink_to(desk / "elsewhere")
        return whole(*arguments)

    monkeypatch.setattr(verifier, "recount", slowly)
    assert check("--save", "mirror")[0] == 2
    assert list((desk / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("name", ["log/checkpoint", "log/tile/0/000", "mirror/checkpoint"])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(log: Path, desk: Path, name: str) -> None:
    (desk / "mirror").mkdir()
    (desk / name).unlink(missing_ok=True)
    os.mkfifo(desk / name)
    command = [sys.executable, verifier.__file__, "log", "log", "--policy", "quorum", "--save", "mirror"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert f"{name} is not a file" in done.stdout


# --- what the log says about its verifier


def announcing(verification: str, policy: str) -> list[bytes]:
    """A log that announces a verifier and a policy by their digests."""
    return [
        entry(0),
        entry(
            1, action="verification.announced", subject_kind="verifier", subject=verification, outcome="done"
        ),
        entry(
            2,
            action="witness_policy.announced",
            subject_kind="witness_policy",
            subject=policy,
            outcome="wait",
        ),
        entry(3),
    ]


def test_a_verifier_that_the_log_announced_says_so(desk: Path) -> None:
    ours = verifier.own_digest()
    policy = verifier.parse_policy((desk / "quorum").read_bytes(), "quorum").digest
    leaves = announcing(ours, policy)
    publish(desk / "log", leaves, checkpoint(leaves, WITNESSES))
    code, said = check()
    assert code == 0
    assert f"The log announced this verifier in entry 1 (SHA-256 {ours})" in said
    assert "The log announced the policy you gave in entry 2" in said


def test_a_verifier_that_the_log_did_not_announce_says_so(desk: Path) -> None:
    leaves = announcing("0" * 64, "1" * 64)
    publish(desk / "log", leaves, checkpoint(leaves, WITNESSES))
    code, said = check()
    assert code == 0
    assert "The log did not announce this verifier" in said
    assert "The log did not announce the policy you gave" in said


def test_an_older_announcement_is_called_older(desk: Path) -> None:
    leaves = [*announcing(verifier.own_digest(), "1" * 64), *announcing("0" * 64, "1" * 64)[1:2]]
    publish(desk / "log", leaves, checkpoint(leaves, WITNESSES))
    assert "and another one later, in entry 4" in check()[1]
