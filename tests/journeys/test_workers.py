"""The same tasks in a real Celery worker on the real Redis."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from celery import Celery
from django.conf import settings
from django.db import close_old_connections
from psycopg.conninfo import conninfo_to_dict

from config import env
from config.replay import next_step
from forecasting.models import ForecastRun
from forecasting.services.reproduce_run import reproduce_run
from governance.models import Checkpoint, LedgerEntry
from governance.selectors import jurisdiction_named, scheduler_account
from governance.services.advance_clock import advance_clock
from tests.database import Demo

PATIENCE = 120.0


def address_of(database: str) -> str:
    parts = conninfo_to_dict(settings.DATABASE_APP_URL)
    return f"postgresql://{parts['user']}:{quote(str(parts['password']))}@/{database}?host={parts['host']}"


@contextmanager
def worker(demo: Demo) -> Iterator[Celery]:
    """Run one worker of two processes on this demo's database; yield an app that sends it work."""
    broker = env.text("REDIS_URL")
    values = {
        **os.environ,
        "DATABASE_URL": address_of(demo.database),
        "LAMPLIGHT_TASKS_IN_LINE": "no",
        "LAMPLIGHT_BROKER": broker,
        "LAMPLIGHT_ARTIFACTS": str(demo.artifacts),
        "LAMPLIGHT_LOG_FOLDER": str(settings.LOG_FOLDER),
    }
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "config",
        "worker",
        "--concurrency",
        "2",
        "--loglevel",
        "warning",
    ]
    process = subprocess.Popen(command, env=values)
    sender = Celery("sender", broker=broker, set_as_current=False)
    sender.control.purge()
    try:
        yield sender
    finally:
        sender.control.purge()
        sender.close()
        process.terminate()
        process.wait(timeout=60)


def eventually(true: Callable[[], bool]) -> None:
    """Look again and again until it is true; fail when patience ends."""
    pause, waited = threading.Event(), 0.0
    while not true():
        close_old_connections()
        assert waited < PATIENCE, "the worker did not get there"
        pause.wait(0.5)
        waited += 0.5


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_worker_issues_the_same_forecasts_once(demo: Demo) -> None:
    jurisdiction = jurisdiction_named("rivermark")
    advance_clock(jurisdiction=jurisdiction, to=next_step(jurisdiction).issue_at, by=scheduler_account())
    before = ForecastRun.objects.count()
    with worker(demo) as sender:
        sender.send_task("forecasting.tasks.forecasts.issue_due")
        eventually(lambda: ForecastRun.objects.count() == before + 5)
        sender.send_task("forecasting.tasks.forecasts.issue_due")
        sender.send_task("governance.tasks.publish_log")
        eventually(lambda: Checkpoint.objects.order_by("-size")[0].size == LedgerEntry.objects.count())
    assert ForecastRun.objects.count() == before + 5
    made = ForecastRun.objects.order_by("-id")[:5]
    differing = [
        (run.category, each.part)
        for run in made
        for each in reproduce_run(run=run, by=scheduler_account())
        if not each.same
    ]
    assert not differing, "in line, the same extract, recipe and seed give the same bytes"
