"""The schedule in line: what fails is said in one sentence, and a round that failed ends with exit code 1."""

import logging
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from config.celery import SCHEDULE, app
from config.management.commands import run_schedule
from governance import log_health
from governance.tasks import publish_log
from tests.apps.governance.test_sign_checkpoint import write_entries

TASKS = (("governance.tasks.publish_log", 30.0), ("governance.tasks.expire_requests", 60.0))


@pytest.fixture(autouse=True)
def two_tasks(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_schedule, "SCHEDULE", TASKS)


def run() -> tuple[str, str]:
    """What one round says, and what it complains of."""
    said, complaints = StringIO(), StringIO()
    try:
        call_command("run_schedule", stdout=said, stderr=complaints)
    except CommandError as problem:
        return said.getvalue(), f"{complaints.getvalue()}{problem}"
    return said.getvalue(), complaints.getvalue()


def test_a_round_that_worked_says_what_came_of_it() -> None:
    write_entries(2)
    said, complaints = run()
    assert said == "governance.tasks.publish_log: 4\n"
    assert complaints == ""


def test_a_task_that_fails_is_told_in_a_sentence_and_the_round_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> int:
        raise OperationalError("connection failed: no such file\nIs the server running?")

    monkeypatch.setattr("governance.tasks.expire_requests", fails)
    write_entries(2)
    with caplog.at_level(logging.DEBUG, logger="lamplight.schedule"):
        said, complaints = run()
    assert "publish_log: 4" in said, "the others ran"
    assert complaints.splitlines() == [
        "governance.tasks.expire_requests failed: OperationalError: connection failed: no such file",
        "1 of 2 tasks failed.",
    ]
    assert [each.levelname for each in caplog.records] == ["DEBUG"]
    assert "Traceback" in caplog.text


def test_something_wrong_with_the_log_fails_the_round(monkeypatch: pytest.MonkeyPatch) -> None:
    write_entries(2)
    publish_log()
    monkeypatch.setattr("governance.tasks.publish_log", lambda: 4)
    log_health.report_problem(log_health.PUBLISHING, "There is no space left.")
    _, complaints = run()
    assert complaints.splitlines() == [
        "the log, unpublished: There is no space left.",
        "Every task ran; something is wrong with the log.",
    ]


def test_every_task_of_the_schedule_is_known_to_workers_by_the_name_it_is_sent_under() -> None:
    app.loader.import_default_modules()
    assert {name for name, _ in SCHEDULE} <= set(app.tasks)
