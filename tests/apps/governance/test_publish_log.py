"""Publishing the log: what is signed becomes files that anybody can carry and check, and nothing else does."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from governance import log_health, published_log, stored_log
from governance.core.checkpoint import Checkpoint as State
from governance.core.checkpoint import open_checkpoint, signed
from governance.core.merkle import leaf_hash, root
from governance.core.refusals import Reason, Refused
from governance.core.tiles import Tile, decode_bundle, tiles_for
from governance.models import Checkpoint, LedgerEntry, LogHealth, Publication
from governance.selectors import scheduler_account
from governance.services.publish_checkpoint import publish_checkpoint
from governance.services.publish_tiles import publish_tiles
from governance.services.sign_checkpoint import sign_checkpoint
from governance.tasks import publish_log, verify_record
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.cast import City
from tests.factories.log import alarm_sentence


def stored_root(size: int) -> bytes:
    """Return the root of the first entries, computed from their bytes in the database."""
    return root(map(leaf_hash, stored_log.leaves(0, size)))


def public_files() -> dict[str, bytes]:
    """Return every published file by its path."""
    folder = published_log.public_folder()
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def log_health_of(part: str) -> str:
    """Return what is wrong with one part of the machinery."""
    return LogHealth.objects.get(part=part).problem


@pytest.fixture
def published(db: None) -> int:
    """A log of some 300 entries, published; returns its size."""
    write_entries(300)
    return publish_log()


def test_the_published_checkpoint_covers_every_entry(published: int) -> None:
    note = published_log.published_note()
    assert note is not None
    said = open_checkpoint(note, published_log.log_key().verification_key)
    assert said.size == published == LedgerEntry.objects.count()
    assert said.root == stored_root(said.size)
    assert Publication.objects.get().note == note


def test_the_published_tiles_alone_give_the_root_and_the_entries(published: int) -> None:
    files = public_files()
    assert set(files) == {
        "checkpoint",
        "tile/entries/000",
        f"tile/entries/001.p/{published - 256}",
        *(tile.path for tile in tiles_for(published)),
    }
    assert published_log.tree(published).root == stored_root(published)
    leaves = decode_bundle(files["tile/entries/000"], 256) + published_log.read_entries(1, published - 256)
    assert leaves == stored_log.leaves(0, published)


def test_a_second_turn_with_nothing_new_changes_nothing(published: int) -> None:
    before = public_files()
    assert publish_log() == published
    assert public_files() == before
    assert Publication.objects.count() == Checkpoint.objects.count() == 1


def test_a_grown_log_adds_files_and_removes_only_partial_ones_that_became_full(published: int) -> None:
    before = public_files()
    write_entries(300)
    size = publish_log()
    after = public_files()
    gone = {name for name in before if name not in after}
    assert gone == {f"tile/0/001.p/{published - 256}", f"tile/entries/001.p/{published - 256}"}
    assert all(after[name] == data for name, data in before.items() if name not in gone | {"checkpoint"})
    assert published_log.read_tile(Tile(0, 1, published - 256)) == before[f"tile/0/001.p/{published - 256}"]
    assert published_log.tree(published).root == stored_root(published), "the older state can still be proved"
    assert published_log.tree(size).root == stored_root(size)


def test_every_published_file_is_served_and_nothing_beside_them(client: Client, published: int) -> None:
    for name, data in public_files().items():
        answer = client.get(f"/log/{name}")
        assert answer.status_code == 200
        assert b"".join(answer) == data
    for name in (
        "signed",
        "tile/../signed",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/9/000",
        "tile/0/0",
        "tile/",
    ):
        assert client.get(f"/log/{name}").status_code == 404, name


def test_what_is_served_says_how_long_it_holds(client: Client, published: int) -> None:
    tile, checkpoint = client.get("/log/tile/0/000"), client.get("/log/checkpoint")
    assert "immutable" in tile["Cache-Control"]
    assert tile["Content-Type"] == "application/octet-stream"
    assert checkpoint["Cache-Control"] == "public, max-age=5"
    assert checkpoint["Content-Type"] == "text/plain; charset=utf-8"


def test_a_lost_folder_is_written_again_from_the_database(published: int) -> None:
    before = public_files()
    for path in sorted(published_log.public_folder().rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert publish_log() == published
    assert public_files() == before


def test_a_tile_that_is_lost_is_written_again(published: int) -> None:
    lost = published_log.public_folder() / "tile/0/000"
    data = lost.read_bytes()
    lost.unlink()
    write_entries(1)
    publish_log()
    assert lost.read_bytes() == data


def test_a_published_tile_with_other_bytes_is_never_overwritten(published: int) -> None:
    edited = published_log.public_folder() / f"tile/0/001.p/{published - 256}"
    data = edited.read_bytes()
    edited.write_bytes(bytes(32) + data[32:])
    with pytest.raises(Refused) as refusal:
        publish_tiles(by=scheduler_account())
    assert refusal.value.reason is Reason.INCONSISTENT_LOG
    assert edited.read_bytes() == bytes(32) + data[32:]


def test_only_a_service_account_operates_the_log(city: City) -> None:
    for deed in (publish_tiles, publish_checkpoint):
        with pytest.raises(Refused) as refusal:
            deed(by=city.chloe)
        assert refusal.value.reason is Reason.NOT_PERMITTED


def test_an_empty_log_publishes_nothing(db: None) -> None:
    assert publish_tiles(by=scheduler_account()) is None
    assert publish_checkpoint(by=scheduler_account()) is None
    assert not published_log.public_folder().exists()


def test_what_was_let_out_counts_even_if_it_was_never_published(db: None) -> None:
    write_entries(5)
    scheduler = scheduler_account()
    signed = sign_checkpoint(by=scheduler)
    assert signed is not None
    publish_tiles(by=scheduler)
    assert [name for name, _ in published_log.notes_given_out()] == [
        "the checkpoint last sent to the witnesses"
    ]
    assert not Publication.objects.exists()
    with pytest.raises(Refused):
        published_log.check_not_behind(4)
    published_log.check_not_behind(5)


def test_a_deed_on_an_older_copy_of_the_database_is_refused(
    published: int, settings: Any, tmp_path: Path
) -> None:
    settings.LOG_FOLDER = tmp_path / "newer"
    (tmp_path / "newer" / "public").mkdir(parents=True)
    write_entries(10)
    publish_log()  # what was given out goes on in another folder ...
    settings.LOG_FOLDER, newer = tmp_path / "published-log", tmp_path / "newer"
    for name in ("signed", "public/checkpoint"):
        os.replace(newer / name, tmp_path / "published-log" / name)
    before = LedgerEntry.objects.count()
    published_log.check_not_behind(before)
    with pytest.raises(Refused) as refusal:
        published_log.check_not_behind(before - 1)  # ... than an older copy would number its next entry
    assert refusal.value.reason is Reason.INCONSISTENT_LOG
    assert "older copy" in refusal.value.message


def test_a_forged_file_of_what_was_published_stops_the_signing_and_says_so(published: int) -> None:
    checkpoint = published_log.public_folder() / "checkpoint"
    forged = checkpoint.read_text().replace(f"\n{published}\n", f"\n{published - 1}\n")
    checkpoint.write_text(forged)
    write_entries(1)
    publish_log()
    assert checkpoint.read_text() == forged
    assert "not genuine" in LogHealth.objects.get(part=log_health.SIGNING).problem
    assert "not genuine" in alarm_sentence()


def test_a_full_disk_stops_the_publication_and_leaves_the_published_log_valid(
    published: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_entries(5)

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    assert publish_log() == published
    monkeypatch.undo()
    assert "No space left" in LogHealth.objects.get(part=log_health.PUBLISHING).problem
    assert published_log.tree(published).root == stored_root(published)
    assert publish_log() == LedgerEntry.objects.count()
    assert alarm_sentence() == ""


def test_what_was_given_out_since_the_signing_is_not_replaced_by_another_history(db: None) -> None:
    write_entries(5)
    scheduler = scheduler_account()
    sign_checkpoint(by=scheduler)
    shown = State(published_log.log_key().name, 50, leaf_hash(b"another history"))
    note = signed(shown, published_log.log_key())
    published_log.let_out(note)  # what a witness showed to another turn meanwhile
    with pytest.raises(Refused) as refusal:
        publish_tiles(by=scheduler)
    assert refusal.value.reason is Reason.INCONSISTENT_LOG
    assert [kept for _, kept in published_log.notes_given_out()] == [note]
    assert not published_log.public_folder().exists()


def test_a_file_of_the_wrong_length_is_not_published_over(published: int) -> None:
    cut = published_log.public_folder() / "tile/0/000"
    cut.write_bytes(cut.read_bytes()[:-32])
    write_entries(3)
    assert publish_log() == published
    assert "tile/0/000" in log_health_of(log_health.PUBLISHING)


def test_an_altered_file_is_found_by_the_daily_reading(published: int) -> None:
    altered = published_log.public_folder() / "tile/entries/000"
    data = altered.read_bytes()
    altered.write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:])
    verify_record()
    assert "tile/entries/000" in log_health_of(log_health.FILES)
    altered.write_bytes(data)
    verify_record()
    assert log_health_of(log_health.FILES) == "", "read again at once, though the day's verification was done"


def test_a_file_that_is_no_policy_is_not_served(
    client: Client, published: int, settings: Any, tmp_path: Path
) -> None:
    settings.LOG_POLICY_FILE = tmp_path / "secrets.env"
    settings.LOG_POLICY_FILE.write_text("LAMPLIGHT_LOG_SEED=0123\nSECRET_KEY=topsecret\n")
    publish_log()
    for address in ("/log/policy", "/record/", "/api/v1/log-status"):
        text = client.get(address).content.decode()
        assert "topsecret" not in text
        assert "LOG_SEED=" not in text
        assert str(tmp_path) not in text
