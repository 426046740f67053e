"""manage.py refusals: the rows of a batch that were refused, with their reasons."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from forecasting.core.refusal_list import safe_csv
from forecasting.intake.batches import batch_named, refused_rows
from governance.core.refusals import Refused
from governance.core.roles import Permission
from governance.permissions import check
from governance.selectors import account


class Command(BaseCommand):
    """Write a batch's refusals as CSV: row number, reason, and the columns that the profile allows."""

    help = "Write the refused rows of a batch as CSV: row number, reason, and the columns that the profile allows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("batch", help="its number, or the beginning of its file's SHA-256")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the CSV file to write")
        parser.add_argument("--by", help="e-mail of the account that asks (default: the scheduler)")

    def handle(self, *_: Any, **options: Any) -> None:
        """Write the file and say what is in it."""
        try:
            batch = batch_named(options["batch"])
            check(account(options["by"]), Permission.MANAGE_DATA, batch.jurisdiction)
            rows = refused_rows(batch)
            options["out"].write_bytes(safe_csv(rows))
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        except OSError as problem:
            raise CommandError(f"{options['out']} cannot be written: {problem.strerror}.") from problem
        counts = sorted(batch.refusals.items(), key=lambda item: (-item[1], item[0]))
        reasons = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in counts)
        self.stdout.write(
            f"{len(rows):,} refused rows of {batch.filename} ({reasons or 'none'}): {options['out']}"
        )
