"""Answer public comments, alone or in a group."""

from collections.abc import Collection

from django.db import transaction

from governance import clock
from governance.core.approval import plain_text
from governance.core.commenting import check_answerable, check_text
from governance.core.refusals import Reason, Refused
from governance.core.states import State
from governance.ledger import record
from governance.models import AnsweredComment, ChangeRequest, CommentAnswer, PublicComment, User
from governance.permissions import check_any
from governance.selectors import open_permissions


@transaction.atomic
def answer_comments(
    *, change_request_id: int, comment_ids: Collection[int], text: str, by: User
) -> CommentAnswer:
    """Give one answer to one or more comments on a request; a comment is answered once, and never deleted.

    Raises Refused(NOT_PERMITTED | NOT_OPEN | NOT_FOUND | ALREADY_DONE | RATIONALE_TOO_SHORT | TOO_LARGE | BAD_INPUT).
    """
    request = ChangeRequest.objects.select_for_update(of=("self",)).get(pk=change_request_id)
    role = check_any(by, open_permissions(request.kind), request.jurisdiction)
    if by.is_service:
        raise Refused(Reason.NOT_PERMITTED, "A person answers comments, by name and role, never a service.")
    check_answerable(State(request.state))
    text = plain_text(text)
    check_text(text, "your answer")
    comments = _unanswered(request, set(comment_ids))
    entry = record(
        action="comments.answered",
        subject_kind=request.kind,
        subject=request.digest,
        by=by,
        role=role,
        jurisdiction=request.jurisdiction,
        policy_version=request.policy_version,
        detail={
            "request": request.pk,
            "comments": len(comments),
            "first": comments[0].ledger_index,
            "last": comments[-1].ledger_index,
        },
        text=text,
    )
    answer = CommentAnswer.objects.create(
        change_request=request,
        user=by,
        role=role,
        answered_at=clock.now(request.jurisdiction),
        ledger_index=entry.index,
    )
    AnsweredComment.objects.bulk_create(AnsweredComment(comment=each, answer=answer) for each in comments)
    return answer


def _unanswered(request: ChangeRequest, wanted: set[int]) -> list[PublicComment]:
    comments = list(PublicComment.objects.filter(change_request=request, pk__in=wanted).order_by("id"))
    if not comments or len(comments) < len(wanted):
        raise Refused(Reason.NOT_FOUND, "Choose the comments that you answer, among those on this request.")
    if done := AnsweredComment.objects.filter(comment__in=comments).count():
        raise Refused(
            Reason.ALREADY_DONE,
            f"{done} of these comments {'has' if done == 1 else 'have'} an answer already. Nothing was recorded.",
        )
    return comments
