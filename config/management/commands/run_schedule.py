"""manage.py run_schedule: what Celery beat would do, in line."""

import importlib
import logging
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from config.celery import SCHEDULE
from config.problems import outage
from governance.log_status import log_status

log = logging.getLogger("lamplight.schedule")


class Command(BaseCommand):
    """Run every scheduled task once, or again and again."""

    help = "Run the scheduled tasks in line: once, or every N seconds until interrupted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, default=0.0, metavar="SECONDS")

    def handle(self, *_: Any, **options: Any) -> None:
        """Go round; a task that fails says so and does not stop the others.

        One round ends with exit code 1 where a task failed or something is wrong with the log.
        """
        waiting = threading.Event()
        while True:
            failed = sum(not self.run_one(name, quiet=bool(options["every"])) for name, _seconds in SCHEDULE)
            wrong = self.tell_alarms()
            if not options["every"]:
                break
            if waiting.wait(options["every"]):
                return
            close_old_connections()
        if failed or wrong:
            tasks = f"{failed} of {len(SCHEDULE)} tasks failed" if failed else "Every task ran"
            raise CommandError(f"{tasks}{'; something is wrong with the log' if wrong else ''}.")

    def run_one(self, name: str, *, quiet: bool) -> bool:
        """Run one task by its dotted name; whether it worked."""
        module, task = name.rsplit(".", 1)
        try:
            result = getattr(importlib.import_module(module), task)()
        except Exception as problem:  # the schedule goes on
            self.tell_failure(name, problem)
            return False
        if result and not quiet:
            self.stdout.write(f"{name}: {result}")
        return True

    def tell_alarms(self) -> bool:
        """Say what is wrong with the log, or why that is not known; whether there was anything to say."""
        try:
            alarms = log_status().alarms
        except Exception as problem:
            self.tell_failure("the state of the log", problem)
            return True
        for alarm in alarms:
            self.stderr.write(f"the log, {alarm.trouble.value}: {alarm.sentence}")
        return bool(alarms)

    def tell_failure(self, name: str, problem: Exception) -> None:
        """One sentence; the trace stands in the application log at its finest level."""
        log.debug("scheduled task failed name=%s", name, exc_info=problem)
        found = outage(problem)
        why = f"{type(problem).__name__}: {problem}".strip().splitlines()[0]
        self.stderr.write(f"{name} failed: {f'{found.reason}; ' if found else ''}{why}")
