"""`manage.py propose_recovery`: the first of two people's words after an older backup was restored."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.core.refusals import Refused
from governance.selectors import account
from governance.services.propose_recovery import propose_recovery


class Command(BaseCommand):
    """Propose to take the missing entries back from the published log; changes nothing yet."""

    help = "Propose to take back from the published log the entries that this restored database lacks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--reason", required=True, help="what happened; it is kept beside the entry about it"
        )
        parser.add_argument("--by", required=True, help="e-mail of the account that proposes")

    def handle(self, *_: Any, **options: Any) -> None:
        """Propose, and say what is to be done next."""
        try:
            made = propose_recovery(reason=options["reason"], by=account(options["by"]))
        except Refused as problem:
            raise CommandError(problem.message) from problem
        self.stdout.write(
            f"Proposed: take back entries {made.local_size} to {made.published_size - 1} from the published log. "
            "Nothing was changed yet. Another person who decides on policy confirms it with `manage.py recover_log`."
        )
