"""When the disk is full or the database is away: a sentence, on the page and in the API, and nothing half done."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.db import connections
from django.db.utils import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils.http import urlsafe_base64_encode
from psycopg import errors

from config.problems import DISK_FULL, UNREACHABLE, outage
from governance.models import LedgerEntry
from tests.asking import reason_of
from tests.cast import City, build_city


@contextmanager
def database_away() -> Iterator[None]:
    """Let every connection meet a server that is not there."""
    known = connections.settings["default"]
    before = {name: known[name] for name in ("HOST", "PORT")}
    connections.close_all()
    known.update(HOST="127.0.0.1", PORT="1")
    try:
        yield
    finally:
        connections.close_all()
        known.update(before)


def caused(cause: Exception) -> OperationalError:
    """Return what Django makes of the driver's error."""
    wrapped = OperationalError(str(cause))
    wrapped.__cause__ = cause
    return wrapped


def test_a_full_disk_is_told_apart_from_a_database_that_is_away_and_from_an_ordinary_conflict() -> None:
    assert outage(caused(errors.DiskFull())) is DISK_FULL
    assert outage(OSError(errno.ENOSPC, "No space left on device")) is DISK_FULL
    assert outage(caused(errors.AdminShutdown())) is UNREACHABLE
    assert outage(caused(errors.TooManyConnections())) is UNREACHABLE
    assert outage(caused(errors.OperationalError("connection refused"))) is UNREACHABLE
    assert outage(caused(errors.DeadlockDetected())) is None
    assert outage(OSError(errno.ENOENT, "No such file")) is None
    assert outage(ValueError()) is None


def test_a_page_says_that_the_database_is_away_instead_of_breaking(
    fresh_database: str, client: Client
) -> None:
    city: City = build_city()
    client.force_login(city.ben)
    with database_away():
        answer: Any = client.get("/inbox/")
    text = answer.content.decode()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert UNREACHABLE.message in text
    assert "Traceback" not in text


def test_the_api_says_so_too(fresh_database: str, client: Client) -> None:
    city: City = build_city()
    client.force_login(city.ben)
    with database_away():
        assert reason_of(client.get("/api/v1/record")) == (503, "database_unreachable")
    assert LedgerEntry.objects.exists()


def test_what_was_typed_is_shown_again(fresh_database: str, client: Client) -> None:
    city: City = build_city()
    client.force_login(city.ben)
    with database_away():
        answer: Any = client.post("/advance/", {"rationale": "written once"})
    assert "written once" in answer.content.decode()


@pytest.mark.parametrize("found", [DISK_FULL, UNREACHABLE], ids=lambda each: each.reason)
def test_a_sentence_says_what_happened_what_is_half_done_and_what_to_do(found: Any) -> None:
    assert "half" in found.message
    assert "do it again" in found.message


def test_the_link_of_a_first_password_stands_in_no_log(
    fresh_database: str, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    city: City = build_city()
    token = default_token_generator.make_token(city.eve)
    link = reverse("first-password", args=[urlsafe_base64_encode(str(city.eve.pk).encode()), token])
    with database_away():
        assert client.get(link).status_code == 503
    assert "outage" in caplog.text
    assert token not in " ".join(
        each.getMessage() for each in caplog.records if each.name.startswith("lamplight")
    )
