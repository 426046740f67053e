"""Break the glass: ease the decision of one plan for a few hours."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from governance import clock
from governance.after_reviews import check_opening, opener_role, second_person, who_had_a_part
from governance.break_glass import row_of
from governance.core.approval import DEEDS, Verdict, check_rationale, decide, plain_text
from governance.core.break_glass import (
    REVIEW,
    REVIEW_DAYS,
    REVIEW_OPEN_DAYS,
    Glass,
    Lowers,
    glass_digest,
    review_digest,
    under_glass,
)
from governance.core.refusals import Reason, Refused
from governance.core.roles import Role
from governance.core.spoken import spoken_date
from governance.core.states import State, next_state
from governance.holds import check_request_not_held
from governance.ledger import record
from governance.models import BreakGlass, ChangeRequest, User
from governance.second_person import tell_second_person
from governance.selectors import lock_request, rule_now, standing_ballots
from governance.services.open_change_request import open_change_request


@transaction.atomic
def open_break_glass(
    *, change_request_id: int, lowers: Lowers, hours: int, reason: str, seen_digest: str, by: User
) -> BreakGlass:
    """Lower the quorum of one plan to one person, or lift its district's limit, for at most four hours.

    It is no approval: somebody entitled who is no author still gives that, and where one person has given it before,
    the lowered quorum is reached at once. The board's after-review opens with it, and a second person is told. Once for
    each request; the same form sent again returns what is there.

    Raises Refused(OUTSIDE_POLICY | NOT_PERMITTED | NOT_TRAINED | SERVICE_MAY_NOT_VOTE | AUTHOR_MAY_NOT_VOTE | RECUSED |
    ALREADY_DONE | NOT_OPEN | EXPIRED | DIGEST_CHANGED | BAD_INPUT | TOO_LATE | RATIONALE_TOO_SHORT | TOO_LARGE |
    QUORUM_UNREACHABLE | ON_HOLD).
    """
    # Two at once, or one and a vote: the second waits here and then sees what the first one did.
    request = lock_request(change_request_id)
    role = opener_role(by, request, lowers)
    if known := _known(request, lowers, seen_digest, by):
        return known
    check_opening(by, request, lowers, hours, seen_digest)
    moment, rule, reason = clock.now(request.jurisdiction), rule_now(request), plain_text(reason)
    cast = standing_ballots(request, rule)
    check_rationale(reason, rule.rationale_min_length)
    check_request_not_held(request)
    had_a_part = who_had_a_part(request, by)
    told = second_person(request, had_a_part)
    salt = secrets.token_hex(32)
    glass = Glass(lowers, request.digest, moment, moment + timedelta(hours=hours), told.pk)
    digest = glass_digest(
        jurisdiction=request.jurisdiction.slug, request=request.digest, lowers=lowers, hours=hours, salt=salt
    )
    if decide(cast, under_glass(rule, glass, request.digest, moment), request.digest).verdict:
        _approve(request, moment, role, by)
    review = _review(request, digest, moment, had_a_part, by)
    entry = record(
        action="glass.broken",
        subject_kind="break_glass",
        subject=digest,
        by=by,
        role=role,
        jurisdiction=request.jurisdiction,
        policy_version=request.policy_version,
        detail={"lowers": lowers.value, "hours": hours, "review": review.pk},
        text=reason,
    )
    check_request_not_held(request)  # once more, with the log locked
    opened = BreakGlass.objects.create(
        change_request=request,
        revision=request.revision,
        request_digest=request.digest,
        lowers=lowers,
        hours=hours,
        salt=salt,
        digest=digest,
        opened_by=by,
        role=role,
        told=told,
        opened_at=moment,
        ends_at=glass.ends_at,
        review=review,
        review_due_at=moment + timedelta(days=REVIEW_DAYS),
        ledger_index=entry.index,
    )
    tell_second_person(opened)
    return opened


def _known(request: ChangeRequest, lowers: Lowers, seen_digest: str, by: User) -> BreakGlass | None:
    """Return what the same form opened before; refuse a second break-glass of one request, by whomever."""
    row = row_of(request)
    if row is None or (row.opened_by_id, row.lowers, row.request_digest) == (by.pk, lowers, seen_digest):
        return row
    raise Refused(
        Reason.ALREADY_DONE,
        f"The glass was broken for this request already, on {row.opened_at:%d %B %H:%M} UTC for {row.hours} h. That "
        "happens once for each request, whatever becomes of it; propose anew if it is needed again.",
    )


def _approve(request: ChangeRequest, moment: datetime, role: Role, by: User) -> None:
    """Settle a request whose lowered quorum is reached already; its own entry lets the leaves rebuild its state."""
    request.state = next_state(State(request.state), DEEDS[Verdict.APPROVE])
    request.decided_at = moment
    request.save(update_fields=["state", "decided_at"])
    record(
        action="approval.reached",
        subject_kind=request.kind,
        subject=request.digest,
        by=by,
        role=role,
        jurisdiction=request.jurisdiction,
        policy_version=request.policy_version,
        outcome=request.state,
        detail={"request": request.pk, "revision": request.revision},
    )


def _review(
    request: ChangeRequest, digest: str, moment: datetime, had_a_part: list[User], by: User
) -> ChangeRequest:
    """Open the request by which the board judges the break-glass with this digest."""
    return open_change_request(
        kind=REVIEW,
        jurisdiction=request.jurisdiction,
        district=request.district,
        title=f"Review of the break-glass of {spoken_date(clock.local(moment, request.jurisdiction))}",
        digest=review_digest(digest),
        rests_on=[digest],
        expires_at=moment + timedelta(days=REVIEW_OPEN_DAYS),
        with_authors=had_a_part,
        by=by,
    )
