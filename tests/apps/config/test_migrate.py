"""`make migrate`: the guards are open for exactly the migration, and sealed again whatever happens."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from psycopg import errors
from psycopg.conninfo import make_conninfo

from config.migrate import WITHOUT_TRIGGER, explain
from governance.core.append_only import OPEN, SEAL, SHUT, guard_from_owner
from tests.apps.governance.test_verify_ledger import execute, session, superuser

ROOT = Path(__file__).resolve().parents[3]
MIGRATION = "ALTER TABLE governance_ledgerentry ADD COLUMN later text"


def make_migrate(database: str, **addresses: str) -> subprocess.CompletedProcess[str]:
    """Run the command on the test's database with the addresses given."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
    named = {name: make_conninfo(url, dbname=database) for name, url in addresses.items()}
    return subprocess.run(
        [sys.executable, "-m", "config.migrate"],
        cwd=ROOT,
        env=inherited | named,
        capture_output=True,
        text=True,
        check=False,
    )


def owner_may(statement: str) -> bool:
    """Whether the tables' owner may run this now."""
    try:
        execute(settings.DATABASE_OWNER_URL, statement)
    except errors.InsufficientPrivilege:
        return False
    return True


def test_migrating_leaves_the_guards_sealed_and_says_what_changed(fresh_database: str) -> None:
    urls = {
        "DATABASE_URL": settings.DATABASE_APP_URL,
        "DATABASE_OWNER_URL": settings.DATABASE_OWNER_URL,
        "DATABASE_ADMIN_URL": superuser(),
    }
    first = make_migrate(fresh_database, **urls)
    assert first.returncode == 0, first.stderr
    assert "governance_ledgerentry" in first.stdout
    assert "governance_ledgerlock" in first.stdout
    assert not owner_may(MIGRATION)
    assert make_migrate(fresh_database, **urls).stdout == ""


def test_a_migration_that_fails_leaves_the_guards_sealed_too(fresh_database: str) -> None:
    failed = make_migrate(
        fresh_database,
        DATABASE_URL=settings.DATABASE_APP_URL,
        DATABASE_OWNER_URL=make_conninfo(settings.DATABASE_OWNER_URL, password="wrong"),
        DATABASE_ADMIN_URL=superuser(),
    )
    assert failed.returncode == 1
    assert "`manage.py migrate` failed" in failed.stderr
    assert not owner_may(MIGRATION)


def test_on_somebody_elses_server_it_says_what_its_administrator_runs(fresh_database: str) -> None:
    done = make_migrate(
        fresh_database,
        DATABASE_URL=settings.DATABASE_APP_URL,
        DATABASE_OWNER_URL=settings.DATABASE_OWNER_URL,
    )
    assert done.returncode == 0, done.stderr
    assert guard_from_owner(WITHOUT_TRIGGER) in done.stdout
    assert all(f"{each};" in done.stdout for each in (OPEN, SEAL, SHUT))


def test_what_the_administrator_is_told_to_run_works(fresh_database: str) -> None:
    told = explain(make_conninfo(settings.DATABASE_APP_URL, dbname=fresh_database))
    begins, ends = told.index("CREATE SCHEMA"), told.index("From then on")
    execute(superuser(), told[begins:ends])
    assert not owner_may(MIGRATION)


def test_the_guards_are_open_while_the_superusers_session_says_so_and_shut_when_it_dies(
    fresh_database: str,
) -> None:
    execute(superuser(), guard_from_owner(WITHOUT_TRIGGER), SEAL)
    with session(superuser()) as opened, session(superuser()) as other:
        opened.execute(OPEN)
        assert owner_may(MIGRATION)
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [opened.info.backend_pid])
        assert opened.closed or not alive(opened)
    assert not owner_may("CREATE TABLE anything (x int)")  # what changed meanwhile was never sealed
    execute(superuser(), OPEN, SEAL)
    assert owner_may("CREATE TABLE anything (x int)")
    assert not owner_may("ALTER TABLE governance_ledgerentry DROP COLUMN later")


def alive(found: psycopg.Connection[tuple[int]]) -> bool:
    """Whether a session still answers."""
    try:
        found.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.parametrize(
    "url", [settings.DATABASE_APP_URL, settings.DATABASE_OWNER_URL], ids=["application", "owner"]
)
def test_nobody_else_can_open_them_with_the_same_lock(fresh_database: str, url: str) -> None:
    execute(superuser(), guard_from_owner(WITHOUT_TRIGGER), SEAL)
    with session(url) as pretender:
        pretender.execute(OPEN)
        assert not owner_may(MIGRATION)
