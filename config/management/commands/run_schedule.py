"""manage.py run_schedule: what Celery beat would do, in line."""

import importlib
import logging
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from config.celery import SCHEDULE

log = logging.getLogger("lamplight.schedule")


class Command(BaseCommand):
    """Run every scheduled task once, or again and again."""

    help = "Run the scheduled tasks in line: once, or every N seconds until interrupted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, default=0.0, metavar="SECONDS")

    def handle(self, *_: Any, **options: Any) -> None:
        """Go round; a task that fails is logged and does not stop the others."""
        waiting = threading.Event()
        while True:
            for name, _seconds in SCHEDULE:
                self.run_one(name, quiet=bool(options["every"]))
            if not options["every"] or waiting.wait(options["every"]):
                return
            close_old_connections()

    def run_one(self, name: str, *, quiet: bool) -> None:
        """Run one task by its dotted name."""
        module, task = name.rsplit(".", 1)
        try:
            result = getattr(importlib.import_module(module), task)()
        except Exception:  # the schedule goes on; the failure is in the log with its trace
            log.exception("scheduled task failed name=%s", name)
            return
        if result and not quiet:
            self.stdout.write(f"{name}: {result}")
