"""A disk that is really full: a small one is mounted, the database is put on it, and people go on deciding."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections
from django.db.utils import OperationalError
from django.test import Client
from django.urls import reverse
from psycopg.sql import SQL, Identifier, Literal

from config.problems import DISK_FULL, outage
from governance import clock
from governance.models import Jurisdiction, LedgerEntry, Vote
from governance.services.advance_clock import advance_clock
from tests.apps.governance.test_verify_ledger import superuser, verify
from tests.apps.governance.test_voting import open_plan
from tests.asking import reason_of
from tests.cast import City, build_city

SIZE = "96m"  # the database takes a fifth of it
STEPS = 500  # deeds that may still fit into pages that are half empty


def unix(*command: str | Path) -> None:
    """Run one command that must work."""
    subprocess.run([str(each) for each in command], check=True, capture_output=True)


@pytest.fixture
def small_disk(fresh_database: str) -> Iterator[Path]:
    """Move the test's database onto a disk of its own; skip by name where nobody may mount one."""
    with psycopg.connect(superuser(), autocommit=True) as server:
        (data,) = server.execute("SELECT current_setting('data_directory')").fetchone() or ("",)
        if os.geteuid() != 0 or not Path(data).is_dir():
            pytest.skip("only root may mount a small disk, beside a server on the same machine")
        with ExitStack() as afterwards:
            folder = mounted(afterwards, owner=Path(data).owner())
            move(server, fresh_database, folder, afterwards)
            yield folder


def mounted(afterwards: ExitStack, *, owner: str) -> Path:
    """Mount an empty disk in memory that the server's account owns."""
    folder = Path(tempfile.mkdtemp(prefix="lamplight-small-disk-"))
    afterwards.callback(folder.rmdir)
    shutil.chown(folder, owner)
    try:
        unix(
            "mount",
            "-t",
            "tmpfs",
            "-o",
            f"size={SIZE},mode=0700,uid={owner},gid={owner}",
            "lamplight",
            folder,
        )
    except subprocess.CalledProcessError:
        afterwards.close()
        pytest.skip("this machine lets nobody mount a disk")
    afterwards.callback(unix, "umount", folder)
    return folder


def move(server: psycopg.Connection[Any], database: str, folder: Path, afterwards: ExitStack) -> None:
    """Copy the database onto the disk and work there; give everything back afterwards."""
    disk, copy = f"small_{secrets.token_hex(4)}", f"{database[:50]}_small"
    server.execute(SQL("CREATE TABLESPACE {} LOCATION {}").format(Identifier(disk), Literal(str(folder))))
    afterwards.callback(server.execute, SQL("DROP TABLESPACE {}").format(Identifier(disk)))
    connections.close_all()
    server.execute(
        SQL("CREATE DATABASE {} TEMPLATE {} TABLESPACE {}").format(
            Identifier(copy), Identifier(database), Identifier(disk)
        )
    )
    afterwards.callback(server.execute, SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(copy)))
    connections.settings["default"]["NAME"] = copy
    afterwards.callback(connections.settings["default"].update, NAME=database)
    afterwards.callback(connections.close_all)


def fill(folder: Path) -> Path:
    """Take all the space that is left; return the file to delete."""
    filler = folder / "filler"
    block = bytes(4096)
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(block) == len(block):
            continue
    return filler


def step_until_refused(city: City) -> tuple[int, Exception]:
    """Do small deeds until one does not fit any more; return how many were acknowledged, and what stopped them."""
    for done in range(STEPS):
        here = Jurisdiction.objects.get(pk=city.jurisdiction.pk)
        try:
            advance_clock(jurisdiction=here, to=clock.now(here) + timedelta(minutes=1), by=city.ana)
        except OperationalError as problem:
            return done, problem
    raise AssertionError("the disk was never full")


@pytest.mark.slow
def test_on_a_full_disk_a_deed_is_refused_in_words_nothing_is_half_done_and_it_works_again_afterwards(
    small_disk: Path, client: Client
) -> None:
    city = build_city()
    plan = open_plan(city)
    client.force_login(city.ben)
    before = LedgerEntry.objects.count()
    filler = fill(small_disk)
    done, problem = step_until_refused(city)
    assert outage(problem) is DISK_FULL
    page: Any = client.post("/advance/")
    assert page.status_code == 507
    assert DISK_FULL.message in page.content.decode()
    ballot = {"verdict": "approve", "rationale": secrets.token_hex(1_900), "seen_digest": plan.digest}
    address = reverse("api-votes", args=[plan.pk])
    answer = client.post(address, ballot, content_type="application/json")
    assert reason_of(answer) == (507, "disk_full")
    plan.refresh_from_db()
    assert plan.state == "open"
    assert not Vote.objects.exists()
    assert LedgerEntry.objects.count() == before + done
    assert verify()[0] == 0
    filler.unlink()
    assert client.post(address, ballot, content_type="application/json").status_code == 201
    assert LedgerEntry.objects.count() == before + done + 1
    assert verify()[0] == 0
