"""Every test that touches a table runs on the real PostGIS, as the application's role.

The test database is made and migrated by the owner's role, like a real one.
"""

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django.test.utils import override_settings, setup_databases, teardown_databases
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import InsufficientPrivilege, ObjectInUse
from pytest_django.plugin import DjangoDbBlocker

from config.management.commands.build_demo_city import build
from governance.permissions import SIGNED_IN_AT
from tests.cast import City, build_city

QUICK_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


ATTEMPTS = 50  # to make or drop a database that somebody still holds


def work_as(url: str) -> None:
    """Let Django's connections use another database role from now on."""
    parts = conninfo_to_dict(url)
    connections.close_all()
    connections.settings["default"].update(USER=parts["user"], PASSWORD=parts["password"])


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Create and migrate the test database as its owner; then work as the application."""
    connections.settings["default"]["TEST"]["NAME"] = f"test_lamplight_{os.getpid()}"
    with django_db_blocker.unblock():
        work_as(settings.DATABASE_OWNER_URL)
        made = setup_databases(verbosity=0, interactive=False)
        work_as(settings.DATABASE_APP_URL)
        yield
        work_as(settings.DATABASE_OWNER_URL)
        teardown_databases(made, verbosity=0)


@pytest.fixture
def fresh_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Yield a database of its own, in which a test may really commit (threads, servers, superusers)."""
    with django_db_blocker.unblock(), cloned(connections.settings["default"]["NAME"]) as name:
        yield name


@contextmanager
def cloned(template: str) -> Iterator[str]:
    """Work in a copy of a database, and drop the copy afterwards."""
    name, before = f"{template[:40]}_{secrets.token_hex(4)}", connections.settings["default"]["NAME"]
    connections.close_all()
    _as_owner(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    connections.settings["default"]["NAME"] = name
    try:
        yield name
    finally:
        connections.close_all()
        connections.settings["default"]["NAME"] = before
        _as_owner(f'DROP DATABASE "{name}" WITH (FORCE)')


@dataclass(frozen=True)
class Demo:
    """A small demo city as `make demo` leaves it: four o'clock on a Friday, plans waiting."""

    database: str
    folder: Path
    accounts: dict[str, dict[str, str]]  # by e-mail name, as in "ben"

    @property
    def artifacts(self) -> Path:
        """Return its artifact store; files named by digest, so copies of the city may share it."""
        return self.folder / "artifacts"


@pytest.fixture(scope="session")
def demo_template(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """Build the small demo city once; every test that wants it works in a copy."""
    folder = tmp_path_factory.mktemp("demo")
    quick = {
        "ARTIFACTS_FOLDER": folder / "artifacts",
        "LOG_FOLDER": folder / "published-log",
        "PASSWORD_HASHERS": QUICK_HASHERS,
    }
    with (
        django_db_blocker.unblock(),
        override_settings(**quick),
        cloned(connections.settings["default"]["NAME"]) as name,
    ):
        build(folder, weeks=1, incidents=30_000, areas=30, say=lambda _: None)
        people = json.loads((folder / "accounts.json").read_text())
        connections.close_all()
        connections.settings["default"]["NAME"] = name.rsplit("_", 1)[0]
        yield Demo(name, folder, {each["email"].split("@")[0]: each for each in people})


@pytest.fixture
def demo(
    demo_template: Demo, django_db_blocker: DjangoDbBlocker, artifacts_apart: None, settings: Any
) -> Iterator[Demo]:
    """Yield a copy of the small demo city."""
    settings.ARTIFACTS_FOLDER = demo_template.artifacts
    shutil.copytree(demo_template.folder / "published-log", settings.LOG_FOLDER)
    with django_db_blocker.unblock(), cloned(demo_template.database) as name:
        yield replace(demo_template, database=name)


def _as_owner(statement: str) -> None:
    """Run one statement; a session that just ended, or autovacuum, may hold a database for a moment longer."""
    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as owner:
        for _ in range(ATTEMPTS):
            try:
                owner.execute(statement)
            except (InsufficientPrivilege, ObjectInUse):
                owner.execute("SELECT pg_sleep(0.2)")
            else:
                return
        owner.execute(statement)


@pytest.fixture(autouse=True)
def artifacts_apart(settings: Any, tmp_path: Path) -> None:
    """Give each test an artifact store of its own, passwords that cost little, and visitors no limit."""
    settings.ARTIFACTS_FOLDER = tmp_path / "artifacts"
    settings.LOG_FOLDER = tmp_path / "published-log"
    settings.API_VISITOR_RATE = ""
    settings.PASSWORD_HASHERS = QUICK_HASHERS


@pytest.fixture
def city(db: None) -> City:
    """Return a small replayed city with two districts and the fixed cast."""
    return build_city()


@pytest.fixture
def real_clock_city(db: None) -> City:
    """Return the same city on real time."""
    return build_city(replay_to=None)


@pytest.fixture(autouse=True)
def signed_in_just_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test's client, when it signs in, leave the mark of the sign-in page: the password was given just now."""
    sign_in = Client._login  # type: ignore[attr-defined]

    def as_on_the_page(client: Client, user: Any, backend: str | None = None) -> None:
        sign_in(client, user, backend)
        session = client.session
        session[SIGNED_IN_AT] = int(time.time())
        session.save()

    monkeypatch.setattr(Client, "_login", as_on_the_page)
