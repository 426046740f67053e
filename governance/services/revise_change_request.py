"""Replace what a request proposes by a new revision."""

from collections.abc import Sequence

from django.db import transaction

from governance import clock
from governance.core.break_glass import check_own_end
from governance.core.refusals import Reason, Refused
from governance.core.states import Deed, State, next_state
from governance.ledger import record
from governance.models import ChangeRequest, User
from governance.permissions import relied_on
from governance.selectors import open_permissions, votes_on


@transaction.atomic
def revise_change_request(
    *, change_request_id: int, seen_digest: str, digest: str, rests_on: Sequence[str], adds: bool, by: User
) -> ChangeRequest:
    """Bind the request to a new digest; votes and evidence on the old one no longer count.

    `adds` says whether the edit adds anything: then its editor becomes an author, who may not vote. An edit that
    only takes away leaves her a voter (promise 1). Back to what was voted on already there is no way: those votes
    would count again. Raises Refused(NOT_PERMITTED | NOT_OPEN | EXPIRED | DIGEST_CHANGED | ALREADY_VOTED).
    """
    request = ChangeRequest.objects.select_for_update().get(pk=change_request_id)
    check_own_end(request.kind)
    relied = relied_on(by, open_permissions(request.kind), request.jurisdiction, request.district)
    if request.digest != seen_digest:
        raise Refused(
            Reason.DIGEST_CHANGED,
            "Somebody has changed this proposal since you opened it. Read it and edit again.",
        )
    if clock.now(request.jurisdiction) >= request.expires_at:
        raise Refused(Reason.EXPIRED, "This request has expired, so it cannot be edited. Propose anew.")
    if digest == request.digest:
        return request
    _check_new(request, digest)
    request.state = next_state(State(request.state), Deed.REVISE)
    request.digest = digest
    request.rests_on = list(rests_on)
    request.revision += 1
    request.decided_at = None
    request.save()
    if adds:
        request.authors.add(by, *([relied.giver] if relied.giver else []))
    record(
        action="request.revised",
        subject_kind=request.kind,
        subject=digest,
        by=by,
        role=relied.role,
        jurisdiction=request.jurisdiction,
        policy_version=request.policy_version,
        outcome=request.state,
        detail={"request": request.id, "revision": request.revision, "adds": adds, "before": seen_digest},
    )
    return request


def _check_new(request: ChangeRequest, digest: str) -> None:
    if votes_on(request).filter(digest=digest).exists():
        raise Refused(
            Reason.ALREADY_VOTED,
            "An earlier revision was exactly this, and people have voted on it. Propose it anew, so that nobody's "
            "vote counts again without her.",
        )
