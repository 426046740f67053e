"""A city whose log two witnesses watch: a stranger's mirror, a restored backup that is found out, and the way back."""

import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from governance import published_log
from governance.core.refusals import Reason, Refused
from governance.models import LedgerEntry, Publication
from governance.tasks import publish_log
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.browser.test_supervisor import served
from tests.cast import build_city
from tests.database import cloned
from tests.factories.log import alarm_sentence
from tests.witness_server import Witnesses


@pytest.fixture
def town(settings: Any, tmp_path: Path) -> Iterator[Witnesses]:
    """Three witnesses, two of whom must have cosigned; without them, publishing proceeds."""
    witnesses = Witnesses(
        published_log.log_key().verification_key, tmp_path, ("library", "court", "university")
    )
    settings.LOG_POLICY_FILE = str(witnesses.ask_for("2"))
    settings.LOG_WITHOUT_QUORUM = "proceed"
    yield witnesses
    witnesses.down()


@dataclass(frozen=True)
class Stranger:
    """Somebody with a folder and Python, who was there once and kept what she downloaded."""

    folder: Path

    def comes(self, site: str) -> None:
        """Download the verifier and the policy, as the page tells everybody to."""
        self.folder.mkdir()
        for name in ("verify_lamplight.py", "policy"):
            with urllib.request.urlopen(f"{site}/log/{name}", timeout=60) as answer:  # noqa: S310 - our own site
                (self.folder / name).write_bytes(answer.read())

    def verifies(self, site: str) -> tuple[int, str]:
        """Hold the whole log against her mirror and bring that up to date; the exit code and the words."""
        command = [sys.executable, "verify_lamplight.py", "log", f"{site}/log", "--policy", "policy"]
        done = subprocess.run(
            [*command, "--save", "mirror"], cwd=self.folder, capture_output=True, text=True, timeout=120
        )
        return done.returncode, done.stdout + done.stderr


def page(site: str) -> str:
    with urllib.request.urlopen(f"{site}/record/", timeout=60) as answer:  # noqa: S310 - our own site
        text: str = answer.read().decode()
    return text


def put_back(folder: Path, copy: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)


def test_a_restored_backup_is_found_out_by_a_witness_and_by_a_stranger_and_the_newer_one_goes_on(
    fresh_database: str, town: Witnesses, settings: Any, tmp_path: Path
) -> None:
    folder, stranger = Path(settings.LOG_FOLDER), Stranger(tmp_path / "stranger")
    build_city(replay_to=None)
    first = publish_log()
    shutil.copytree(folder, tmp_path / "monday")

    with cloned(fresh_database):  # Tuesday: the backup of Monday lies apart
        town["university"].down()
        write_entries(300)
        second = publish_log()
        assert Publication.objects.get(checkpoint__size=second).quorum_met, "two of three were there"
        with served() as site:
            stranger.comes(site)
            assert stranger.verifies(site)[0] == 0
        shutil.copytree(folder, tmp_path / "tuesday")

        with cloned(fresh_database):  # Wednesday: both come back from Monday, and nobody notices ...
            put_back(folder, tmp_path / "monday")
            assert LedgerEntry.objects.count() == first
            write_entries(7)
            assert publish_log() == first  # ... until the first witness is asked
            assert f"it says that it cosigned {second} entries" in alarm_sentence()
            with pytest.raises(Refused) as refusal:
                write_entries(1)
            assert refusal.value.reason is Reason.INCONSISTENT_LOG
            with served() as site:
                assert "older copy" in page(site)
                code, words = stranger.verifies(site)
            assert code == 1, words
            assert str(second) in words

        put_back(folder, tmp_path / "tuesday")  # the way back: what the witnesses saw last
        town["university"].up()
        write_entries(5)
        third = publish_log()
        assert third == second + 5
        assert alarm_sentence() == ""
        assert town["library"].asked_from[-1] == second
        assert town["university"].asked_from[-1] == first, "it missed Tuesday, and catches up"
        with served() as site:
            code, words = stranger.verifies(site)
            assert code == 0, words
            assert "older copy" not in page(site)
    connections.close_all()
