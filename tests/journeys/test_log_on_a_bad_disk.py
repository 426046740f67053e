"""Publishing on a disk that is full, read-only or loses files, in two turns at once, and by a clock that steps back."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from governance import log_health, published_log, stored_log
from governance.core.checkpoint import Checkpoint
from governance.models import LedgerEntry, LogHealth
from governance.selectors import scheduler_account
from governance.services.publish_checkpoint import publish_checkpoint
from governance.services.sign_checkpoint import sign_checkpoint
from governance.tasks import publish_log
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.factories.log import alarm_sentence
from tests.journeys.faults.disk import Disk, small_disk
from tests.journeys.faults.published_folder import Outsider

ENTRIES = 300  # before and again after: the second turn completes a bundle and begins another


@pytest.fixture
def disk(tmp_path: Path, settings: Any) -> Iterator[Disk]:
    """A disk of a few hundred kB that holds the published folder and nothing else."""
    with small_disk(tmp_path / "disk", "400k") as mounted:
        if mounted is None:
            pytest.skip("only an administrator may mount the small disk of this test")
        settings.LOG_FOLDER = mounted.folder / "published-log"
        yield mounted


@pytest.fixture
def published(db: None, disk: Disk) -> Checkpoint:
    """What the public has seen of a log that has grown since."""
    write_entries(ENTRIES)
    publish_log()
    write_entries(ENTRIES)
    return published_log.opened("what the public saw", published_log.published_note() or "")


def public_size(seen: Checkpoint) -> int:
    """Return how many entries the public can verify now, going on from what it saw."""
    outsider = Outsider(published_log.log_key().verification_key, seen)
    return outsider.accepts(published_log.public_folder()).size


def stopped_by(reason: str, seen: Checkpoint) -> None:
    """Do a turn, which must stop and say why, and leave what was published as it was."""
    assert publish_log() == seen.size
    assert LogHealth.objects.get(part=log_health.PUBLISHING).problem.startswith(
        f"The folder of the published log cannot be used: {reason}. What was published stays as it is."
    )
    assert alarm_sentence()
    assert public_size(seen) == seen.size


def goes_on(seen: Checkpoint) -> None:
    """Do a turn, which must publish everything."""
    assert publish_log() == LedgerEntry.objects.count() == public_size(seen)
    assert alarm_sentence() == ""


def test_a_full_disk_stops_publishing_at_any_point_and_the_published_log_stays_valid(
    disk: Disk, published: Checkpoint
) -> None:
    disk.fill()
    turns = 0
    while publish_log() == published.size:
        stopped_by("No space left on device", published)
        disk.free(pages=1)
        turns += 1
    assert turns > 5, "it was not full at different points"
    goes_on(published)


def test_a_read_only_disk_stops_publishing_and_the_published_log_stays_valid(
    disk: Disk, published: Checkpoint
) -> None:
    disk.remount("ro")
    stopped_by("Read-only file system", published)
    disk.remount("rw")
    goes_on(published)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["tile/0/000", "tile/entries/000"])
def test_a_published_file_that_the_disk_lost_is_written_again_as_the_log_grows(name: str) -> None:
    write_entries(ENTRIES)
    publish_log()
    seen = published_log.opened("what the public saw", published_log.published_note() or "")
    lost = published_log.public_folder() / name
    lost.unlink()
    write_entries(ENTRIES)
    goes_on(seen)


@pytest.mark.django_db
def test_a_published_file_that_the_disk_cut_short_stops_the_publishing_and_says_so() -> None:
    write_entries(ENTRIES)
    size = publish_log()
    tile = published_log.public_folder() / "tile/0/000"
    tile.write_bytes(tile.read_bytes()[:-1])
    write_entries(ENTRIES)
    assert publish_log() == size
    assert "tile/0/000 holds other bytes than this database gives" in alarm_sentence()


@pytest.mark.django_db
def test_what_another_turn_has_signed_is_not_shown_before_its_tiles_lie_there() -> None:
    write_entries(3)
    publish_log()
    seen = published_log.opened("what the public saw", published_log.published_note() or "")
    write_entries(ENTRIES)
    scheduler = scheduler_account()
    sign_checkpoint(by=scheduler)  # by a turn that stops here, while an earlier one is still asking witnesses
    last = publish_checkpoint(by=scheduler)
    assert last is not None
    assert last.checkpoint.size == seen.size == public_size(seen)
    goes_on(seen)


@pytest.mark.django_db
def test_a_policy_file_that_is_gone_stops_the_turn_and_says_so(settings: Any, tmp_path: Path) -> None:
    write_entries(3)
    publish_log()
    seen = published_log.opened("what the public saw", published_log.published_note() or "")
    write_entries(3)
    settings.LOG_POLICY_FILE = str(tmp_path / "gone")
    assert publish_log() == seen.size == public_size(seen)
    assert "The witness policy cannot be read" in alarm_sentence()
    settings.LOG_POLICY_FILE = ""
    goes_on(seen)


@pytest.mark.django_db
def test_a_clock_that_steps_back_stops_nothing_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    write_entries(3)
    publish_log()
    seen = published_log.opened("what the public saw", published_log.published_note() or "")
    first, long_ago = stored_log.sealed_at(0), timezone.now() - timedelta(days=400)
    with monkeypatch.context() as stepped_back:
        stepped_back.setattr(timezone, "now", lambda: long_ago)
        write_entries(3)
        goes_on(seen)
        assert stored_log.sealed_at(seen.size) == long_ago
    write_entries(3)
    goes_on(seen)
    assert stored_log.sealed_at(0) == first, "a later publication by a wrong clock must not seem the first"
    said = io.StringIO()
    call_command("verify_ledger", "--json", stdout=said, stderr=io.StringIO())
    assert json.loads(said.getvalue())["entries"] == LedgerEntry.objects.count()
