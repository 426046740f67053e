"""Record one person's vote."""

from django.db import transaction

from governance import clock
from governance.break_glass import counts_now, relied_for_vote, row_of
from governance.commented import check_commented
from governance.core.approval import (
    DEEDS,
    Ballot,
    Verdict,
    check_ballot,
    check_standing,
    decide,
    plain_text,
    stage_of_vote,
)
from governance.core.break_glass import check_finding
from governance.core.states import State, next_state
from governance.holds import check_request_not_held
from governance.ledger import record
from governance.models import ChangeRequest, User, Vote
from governance.permissions import check_trained, one_look
from governance.selectors import ballots_on, lock_request, proposal_of, rule_now, verdicts_on, voter_of


@transaction.atomic
@one_look()
def cast_vote(
    *, change_request_id: int, verdict: Verdict, rationale: str, seen_digest: str, by: User
) -> ChangeRequest:
    """Record a vote on exactly what was seen, and settle the request if the vote decides it.

    Raises Refused(NOT_PERMITTED | NOT_TRAINED | SERVICE_MAY_NOT_VOTE | AUTHOR_MAY_NOT_VOTE | RECUSED | ALREADY_VOTED |
    NOT_OPEN | EXPIRED | TOO_EARLY | TOO_LATE | DIGEST_CHANGED | RATIONALE_TOO_SHORT | TOO_LARGE | BAD_INPUT |
    EVIDENCE_MISSING | EVIDENCE_FAILED | ON_HOLD | HAD_A_PART | OUTSIDE_POLICY).
    """
    # Two voters at once: the second waits here and then counts the first one's vote.
    request = lock_request(change_request_id)
    moment, rationale = clock.now(request.jurisdiction), plain_text(rationale)
    verdicts, proposal, cast = verdicts_on(request), proposal_of(request), ballots_on(request)
    rule = rule_now(request, verdicts)
    voter = voter_of(request, by, rule)
    check_standing(proposal, voter, now=moment)
    check_finding(request.kind, verdict)
    check_commented(request, moment)
    stage = stage_of_vote(verdict, voter, cast, rule, request.digest)
    relied = relied_for_vote(by, stage.permission, request)
    check_trained(by, relied.role)
    ballot = Ballot(by.pk, verdict, seen_digest, stage.name, relied.giver.pk if relied.giver else None)
    check_ballot(proposal, rule, ballot, rationale=rationale, evidence=verdicts, cast=cast)
    if verdict is Verdict.APPROVE:
        check_request_not_held(request)

    outcome = decide([*cast, ballot], rule, request.digest).verdict
    if outcome is not None:
        request.state = next_state(State(request.state), DEEDS[outcome])
        request.decided_at = moment
        request.save(update_fields=["state", "decided_at"])
    entry = record(
        action="vote.cast",
        subject_kind=request.kind,
        subject=request.digest,
        by=by,
        role=relied.role,
        jurisdiction=request.jurisdiction,
        policy_version=request.policy_version,
        outcome=request.state,
        detail={
            "request": request.id,
            "revision": request.revision,
            "stage": stage.name,
            "verdict": verdict.value,
            "delegated": relied.giver is not None,
        },
        text=rationale,
    )
    if verdict is Verdict.APPROVE:
        check_request_not_held(request)  # once more, with the log locked
    Vote.objects.create(
        change_request=request,
        revision=request.revision,
        digest=request.digest,
        user=by,
        role=relied.role,
        stage=stage.name,
        on_behalf_of=relied.giver,
        verdict=verdict,
        cast_at=moment,
        ledger_index=entry.index,
    )
    if (glass := row_of(request)) and counts_now(request):  # who used it has no part in judging it
        glass.review.authors.add(by, *([relied.giver] if relied.giver else []))
    return request
