"""manage.py run_cycle: seal, forecast, audit, propose."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.cycle import run_cycle
from governance import clock
from governance.core.refusals import Refused
from governance.selectors import jurisdiction_named


class Command(BaseCommand):
    """Run one cycle of one jurisdiction; running it again repeats nothing."""

    help = "Run one cycle: seal an extract, issue forecasts, audit them, propose plans, audit those. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("jurisdiction")

    def handle(self, *_: Any, **options: Any) -> None:
        """Say each step with its result and time."""
        try:
            jurisdiction = jurisdiction_named(options["jurisdiction"])
            now = clock.local(clock.now(jurisdiction), jurisdiction)
            self.stdout.write(
                f"{jurisdiction.name}, {now:%A %d %B %Y %H:%M}{' (replay)' if jurisdiction.is_replay else ''}"
            )
            run_cycle(jurisdiction, say=self.stdout.write)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write("Plans wait for their supervisors. Nobody is sent anywhere until one approves.")
