"""Take a public comment on a proposed policy or recipe."""

from django.db import transaction

from governance import clock
from governance.commented import comment_closes
from governance.core.approval import plain_text
from governance.core.commenting import COMMENTED, check_comment_open, check_text
from governance.core.refusals import Reason, Refused
from governance.core.states import State
from governance.ledger import record
from governance.models import ChangeRequest, PublicComment, User
from governance.selectors import check_public


@transaction.atomic
def leave_comment(*, change_request_id: int, text: str, by: User) -> PublicComment:
    """Record what somebody without an account says about the present revision of a request.

    `by` is the public account: nothing is kept about who wrote it. Raises Refused(NOT_PERMITTED | NOT_FOUND |
    NOT_OPEN | TOO_LATE | RATIONALE_TOO_SHORT | TOO_LARGE | BAD_INPUT).
    """
    role = check_public(by)
    # A vote at the same moment: it waits here, and then finds a comment that is not answered.
    request = ChangeRequest.objects.select_for_update(of=("self",)).filter(pk=change_request_id).first()
    if request is None or request.kind not in COMMENTED:
        raise Refused(Reason.NOT_FOUND, "There is no proposed policy or recipe of this number to comment on.")
    moment, text = clock.now(request.jurisdiction), plain_text(text)
    check_comment_open(State(request.state), closes=comment_closes(request), now=moment)
    check_text(text, "your comment")
    entry = record(
        action="comment.left",
        subject_kind=request.kind,
        subject=request.digest,
        by=by,
        role=role,
        jurisdiction=request.jurisdiction,
        policy_version=request.policy_version,
        detail={"request": request.pk, "revision": request.revision},
        text=text,
    )
    return PublicComment.objects.create(
        change_request=request, digest=request.digest, commented_at=moment, ledger_index=entry.index
    )
