"""One member's agreement to a proposed recovery of the log."""

from django.db import transaction
from django.utils import timezone

from governance.core.approval import Ballot, Verdict, check_ballot, plain_text
from governance.log_recovery import asked_now, check_keeps_roles, gap
from governance.models import LedgerLock, RecoveryVote, User
from governance.permissions import check_trained, relied_on
from governance.selectors import voter_of


@transaction.atomic
def confirm_recovery(*, seen_digest: str, rationale: str, by: User) -> RecoveryVote:
    """Keep a member's agreement to exactly what she saw, by the rule of every vote, until it can be recorded.

    `recover_log` casts it as a vote and asks the rule once more. Raises Refused(NOT_PERMITTED | NOT_TRAINED |
    SERVICE_MAY_NOT_VOTE | AUTHOR_MAY_NOT_VOTE | ALREADY_VOTED | EXPIRED | DIGEST_CHANGED | RATIONALE_TOO_SHORT |
    TOO_LARGE | BAD_INPUT | NOT_FOUND | ALREADY_DONE | INCONSISTENT_LOG).
    """
    # Two at once: the second waits here and then counts the first one's word.
    LedgerLock.objects.select_for_update().get(pk=1)
    found = gap()
    asked = asked_now(found)
    rationale, here = plain_text(rationale), asked.request.jurisdiction
    stage = asked.check_may_agree(voter_of(asked.request, by, asked.rule))
    check_keeps_roles(found, by)
    check_trained(by, relied_on(by, (stage.permission,), here).role)
    ballot = Ballot(by.pk, Verdict.APPROVE, seen_digest, stage.name)
    check_ballot(asked.proposal, asked.rule, ballot, rationale=rationale, evidence={}, cast=asked.ballots)
    return RecoveryVote.objects.create(
        proposal=asked.row, user=by, digest=seen_digest, rationale=rationale, cast_at=timezone.now()
    )
