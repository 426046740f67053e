"""Record one person's vote."""

from django.db import transaction

from governance import clock
from governance.core.approval import (
    DEEDS,
    Ballot,
    Verdict,
    Voter,
    check_ballot,
    check_standing,
    decide,
    plain_text,
)
from governance.core.states import State, next_state
from governance.holds import check_request_not_held
from governance.ledger import record
from governance.models import ChangeRequest, User, Vote
from governance.permissions import check, check_trained
from governance.selectors import ballots_on, evidence_for, proposal_of, rule_for, vote_permission


@transaction.atomic
def cast_vote(
    *, change_request_id: int, verdict: Verdict, rationale: str, seen_digest: str, by: User
) -> ChangeRequest:
    """Record a vote on exactly what was seen, and settle the request if the vote decides it.

    Raises Refused(NOT_PERMITTED | NOT_TRAINED | SERVICE_MAY_NOT_VOTE | AUTHOR_MAY_NOT_VOTE | ALREADY_VOTED | NOT_OPEN
    | EXPIRED | DIGEST_CHANGED | RATIONALE_TOO_SHORT | TOO_LARGE | BAD_INPUT | EVIDENCE_MISSING | EVIDENCE_FAILED
    | ON_HOLD).
    """
    # Two voters at once: the second waits here and then counts the first one's vote.
    request = ChangeRequest.objects.select_for_update(of=("self",)).get(pk=change_request_id)
    role = check(by, vote_permission(request.kind), request.jurisdiction, request.district)
    check_trained(by, role)
    moment, rationale = clock.now(request.jurisdiction), plain_text(rationale)
    proposal, rule, cast = proposal_of(request), rule_for(request), ballots_on(request)
    ballot = Ballot(by.pk, verdict, seen_digest)
    check_standing(proposal, Voter(by.pk, by.is_service), cast, now=moment)
    evidence = evidence_for(request.digest, request.jurisdiction)
    verdicts = {kind: row.verdict for kind, row in evidence.items()}
    check_ballot(proposal, rule, ballot, rationale=rationale, evidence=verdicts)
    if verdict is Verdict.APPROVE:
        check_request_not_held(request)

    outcome = decide([*cast, ballot], rule, request.digest)
    if outcome is not None:
        request.state = next_state(State(request.state), DEEDS[outcome])
        request.decided_at = moment
        request.save(update_fields=["state", "decided_at"])
    entry = record(
        action="vote.cast",
        subject_kind=request.kind,
        subject=request.digest,
        by=by,
        role=role,
        jurisdiction=request.jurisdiction,
        policy_version=request.policy_version,
        outcome=request.state,
        detail={"request": request.id, "revision": request.revision, "verdict": verdict.value},
        text=rationale,
    )
    if verdict is Verdict.APPROVE:
        check_request_not_held(request)  # once more, with the log locked
    Vote.objects.create(
        change_request=request,
        revision=request.revision,
        digest=request.digest,
        user=by,
        role=role,
        verdict=verdict,
        cast_at=moment,
        ledger_index=entry.index,
    )
    return request
