"""`manage.py recover_log`: the second of two people's words after an older backup was restored."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.core.refusals import Refused
from governance.selectors import account
from governance.services.recover_log import recover_log


class Command(BaseCommand):
    """Confirm a recovery that another person proposed, and carry it out."""

    help = "Confirm the recovery that another person proposed: the missing entries come back from the published log."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--by", required=True, help="e-mail of the account that confirms")

    def handle(self, *_: Any, **options: Any) -> None:
        """Recover, and say what came back and what did not."""
        try:
            entry = recover_log(by=account(options["by"]))
        except Refused as problem:
            raise CommandError(problem.message) from problem
        self.stdout.write(
            f"The log goes on: every published entry is back, and entries {entry.index - 1} and {entry.index} say who "
            "decided that. The texts beside the entries that came back, and the plans, votes and data that the lost "
            "deeds had made, are not back: do those deeds again. Check with `manage.py verify_ledger`."
        )
