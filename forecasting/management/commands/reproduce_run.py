"""manage.py reproduce_run: compute a sealed forecast again and compare it, part by part."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from forecasting.selectors.runs import run_numbered, run_with_digest
from forecasting.services.reproduce_run import reproduce_run
from governance.core.refusals import Refused
from governance.selectors import account


class Command(BaseCommand):
    """One line per part; fails where anything differs."""

    help = "Compute a sealed forecast again from its extract and recipe, and compare every digest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", help="number of the forecast, as in its address, or its digest")
        parser.add_argument("--by", metavar="EMAIL", help="the account that asks (default: the scheduler)")
        parser.add_argument("--json", action="store_true", help="print all digests as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Compute, compare, print."""
        asked = options["run"]
        run = run_numbered(int(asked)) if asked.isdecimal() and len(asked) < 12 else run_with_digest(asked)
        if run is None:
            raise CommandError(f"There is no forecast {asked}. Its number stands in the address of its page.")
        try:
            compared = reproduce_run(run=run, by=account(options["by"]))
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        if options["json"]:
            rows = [
                {"part": each.part, "sealed": each.sealed, "again": each.again, "same": each.same}
                for each in compared
            ]
            self.stdout.write(json.dumps(rows))
        else:
            for each in compared:
                self.stdout.write(
                    f"{'same     ' if each.same else 'DIFFERENT'}  {each.part}  {each.sealed[:16]}…"
                )
        if different := [each.part for each in compared if not each.same]:
            raise CommandError(f"Not the same any more: {', '.join(different)}.")
