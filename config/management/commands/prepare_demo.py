"""manage.py prepare_demo: the city, one cycle, one round of the schedule, and a check of the record."""

import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

STEPS = (
    ("Demo city", ("build_demo_city",)),
    ("Cycle", ("run_cycle", "rivermark")),
    ("Schedule", ("run_schedule",)),
    ("Record", ("verify_ledger",)),
)


class Command(BaseCommand):
    """Everything between the tables and the site, in one process; a second run finds it done."""

    help = "Build the demo city, run one cycle and one round of the schedule, and verify the record."

    def handle(self, *_: Any, **__: Any) -> None:
        """Do each step and say how long it took."""
        for name, words in STEPS:
            started = time.monotonic()
            self.stdout.write(f"{name} …")
            call_command(*words, stdout=self.stdout, stderr=self.stderr)
            self.stdout.write(f"{name}: done in {time.monotonic() - started:.1f} s")
            self.stdout.flush()
