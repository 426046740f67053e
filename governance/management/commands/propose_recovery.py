"""`manage.py propose_recovery`: put to the board how the log goes on after an older backup was restored."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.core.refusals import Reason, Refused
from governance.models import Jurisdiction, RecoveryProposal, User
from governance.selectors import account, home_jurisdiction, jurisdiction_named
from governance.services.propose_recovery import propose_recovery


class Command(BaseCommand):
    """Propose to recover the log; the board's quorum agrees before anything changes."""

    help = "Propose to bring back from the published log the entries that this restored database lacks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--reason", required=True, help="what happened; it is kept beside the entry about it"
        )
        parser.add_argument("--jurisdiction", default="", help="whose board decides; else the proposer’s own")
        parser.add_argument("--by", required=True, help="e-mail of the account that proposes")

    def handle(self, *_: Any, **options: Any) -> None:
        """Propose, and say what is to be done next."""
        try:
            made = _proposed(options["jurisdiction"], options["reason"], account(options["by"]))
        except Refused as problem:
            raise CommandError(problem.message) from problem
        self.stdout.write(
            f"Proposed: take back entries {made.local_size} to {made.published_size - 1} from the published log. "
            f"Nothing was changed yet. The board’s quorum agrees to exactly this, sha256 {made.digest}: each member "
            "signs in and agrees at /record/recovery/, or with `manage.py confirm_recovery`."
        )


def _proposed(slug: str, reason: str, by: User) -> RecoveryProposal:
    here: Jurisdiction | None = jurisdiction_named(slug) if slug else home_jurisdiction(by)
    if here is None:
        raise Refused(Reason.NOT_PERMITTED, "This account has no role, so it cannot propose a recovery.")
    return propose_recovery(jurisdiction=here, reason=reason, by=by)
