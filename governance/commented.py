"""What the public may still say about a request, as rows: until when, and what nobody has answered yet."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Count

from governance.core.commenting import COMMENTED, check_vote_open, closes_at
from governance.core.policy import read_terms
from governance.core.refusals import Refused
from governance.models import ChangeRequest, Jurisdiction, Policy, PolicyDraft, PublicComment


def draft_with(jurisdiction: Jurisdiction, digest: str) -> PolicyDraft | None:
    """Return the draft whose body has this digest."""
    rows = PolicyDraft.objects.filter(jurisdiction=jurisdiction, digest=digest)
    return rows.select_related("proposed_by").first()


def draft_of(change: ChangeRequest) -> PolicyDraft | None:
    """Return the draft that a request's present revision puts to the vote; None for another kind than policy."""
    return draft_with(change.jurisdiction, change.digest) if change.kind == "policy" else None


def comment_days(change: ChangeRequest) -> int:
    """Return for how many days a request is open to comment, by the policy version that governs it."""
    if change.kind not in COMMENTED:
        return 0
    row = Policy.objects.get(jurisdiction=change.jurisdiction, version=change.policy_version)
    return read_terms(row.terms).comment_days


def comment_closes(change: ChangeRequest) -> datetime:
    """Return when the comment on a request ends: an edited draft is open to comment anew."""
    draft = draft_of(change)
    return closes_at(draft.proposed_at if draft else change.opened_at, comment_days(change))


def unanswered(change: ChangeRequest) -> list[PublicComment]:
    """Return the comments on a request that nobody has answered, whichever revision they were about."""
    return list(PublicComment.objects.filter(change_request=change, answered=None).order_by("id"))


def check_commented(change: ChangeRequest, now: datetime) -> None:
    """Refuse a vote while the public may still comment or somebody waits for an answer. Raises Refused(TOO_EARLY)."""
    if change.kind in COMMENTED:
        check_vote_open(closes=comment_closes(change), unanswered=len(unanswered(change)), now=now)


def still_commented(
    requests: Iterable[ChangeRequest], days: Mapping[int, int], now: datetime
) -> frozenset[int]:
    """Return the numbers of those requests that `check_commented` would refuse a vote on, in two queries.

    The requests are of one jurisdiction; `days`: its policy versions with the days for comment of each.
    """
    rows = {each.pk: each for each in requests if each.kind in COMMENTED}
    if not rows:
        return frozenset()
    drafts = PolicyDraft.objects.filter(digest__in={each.digest for each in rows.values()})
    begun = dict(drafts.values_list("digest", "proposed_at"))
    waiting = PublicComment.objects.filter(change_request__in=rows, answered=None)
    asked = dict(waiting.values_list("change_request").annotate(Count("id")))
    return frozenset(
        number
        for number, each in rows.items()
        if _is_closed(
            closes_at(begun.get(each.digest, each.opened_at), days[each.policy_version]),
            asked.get(number, 0),
            now,
        )
    )


def _is_closed(closes: datetime, waiting: int, now: datetime) -> bool:
    try:
        check_vote_open(closes=closes, unanswered=waiting, now=now)
    except Refused:
        return True
    return False
