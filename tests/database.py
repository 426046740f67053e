"""Every test that touches a table runs on the real PostGIS, as the application's role.

The test database is made and migrated by the owner's role, like a real one.
"""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.test.utils import setup_databases, teardown_databases
from psycopg.conninfo import conninfo_to_dict
from pytest_django.plugin import DjangoDbBlocker

from tests.cast import City, build_city


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
    template = connections.settings["default"]["NAME"]
    name = f"{template}_{secrets.token_hex(4)}"
    with django_db_blocker.unblock():
        connections.close_all()
        _as_owner(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        connections.settings["default"]["NAME"] = name
        yield name
        connections.close_all()
        connections.settings["default"]["NAME"] = template
        _as_owner(f'DROP DATABASE "{name}" WITH (FORCE)')


def _as_owner(statement: str) -> None:
    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as owner:
        owner.execute(statement)


@pytest.fixture(autouse=True)
def artifacts_apart(settings: Any, tmp_path: Path) -> None:
    """Give each test an artifact store of its own, and passwords that cost little."""
    settings.ARTIFACTS_FOLDER = tmp_path / "artifacts"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def city(db: None) -> City:
    """Return a small replayed city with two districts and the fixed cast."""
    return build_city()


@pytest.fixture
def real_clock_city(db: None) -> City:
    """Return the same city on real time."""
    return build_city(replay_to=None)
