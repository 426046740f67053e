"""`manage.py erase_text`: delete a free text kept beside one entry of the log."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.core.refusals import Refused
from governance.selectors import account
from governance.services.erase_text import erase_text


class Command(BaseCommand):
    """The text and its salt go; the entry, its proof and every checkpoint stay valid."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Which entry, why, and who decides it."""
        parser.add_argument("--entry", type=int, required=True, metavar="N", help="the entry's number")
        parser.add_argument("--reason", required=True, help="why it is erased; kept beside the new entry")
        parser.add_argument(
            "--by",
            required=True,
            metavar="EMAIL",
            help="a board member or privacy officer of the jurisdiction",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase and say where that is recorded."""
        try:
            told = erase_text(index=options["entry"], reason=options["reason"], by=account(options["by"]))
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(
            f"The text of entry {options['entry']} is erased; entry {told.index} says so. "
            "Backups and older copies of this database still hold it: erase it there too."
        )
