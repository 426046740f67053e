"""`manage.py confirm_recovery`: a member of the board agrees to a proposed recovery."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.core.refusals import Refused
from governance.log_recovery import asked_now, gap
from governance.selectors import account
from governance.services.confirm_recovery import confirm_recovery


class Command(BaseCommand):
    """Agree to the recovery that another person proposed."""

    help = "Agree, as a member of the board, to the recovery that another person proposed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--digest", required=True, help="what is agreed to; propose_recovery printed it")
        parser.add_argument("--reason", required=True, help="why; it is recorded with the vote")
        parser.add_argument("--by", required=True, help="e-mail of the account that agrees")

    def handle(self, *_: Any, **options: Any) -> None:
        """Agree, and say how far the board is."""
        try:
            confirm_recovery(
                seen_digest=options["digest"], rationale=options["reason"], by=account(options["by"])
            )
            asked = asked_now(gap())
        except Refused as problem:
            raise CommandError(problem.message) from problem
        then = (
            "`manage.py recover_log`, or the schedule, carries it out."
            if asked.is_agreed
            else "Others must agree."
        )
        self.stdout.write(f"Kept; it is recorded with the recovery. {asked.progress.capitalize()}. {then}")
