"""`manage.py recover_log`: carry out the recovery that the board agreed to, without waiting for the schedule."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.core.refusals import Refused
from governance.selectors import scheduler_account
from governance.services.recover_log import recover_log


class Command(BaseCommand):
    """Carry out the recovery that the board agreed to."""

    help = "Carry out the recovery that the board agreed to: the missing entries come back from the published log."

    def handle(self, *_: Any, **options: Any) -> None:
        """Recover, and say what came back and what did not."""
        try:
            entry = recover_log(by=scheduler_account())
        except Refused as problem:
            raise CommandError(problem.message) from problem
        self.stdout.write(
            "The log goes on: every published entry is back, and the entries after them, up to "
            f"{entry.index}, say who proposed and who agreed. The texts beside the entries that came back, and the "
            "plans, votes and data that the lost deeds had made, are not back: do those deeds again. Check with "
            "`manage.py verify_ledger`."
        )
