"""What there is to tell in a jurisdiction now, read from its state: votes, decisions, holds, complaints, roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from governance import clock
from governance.core.break_glass import REVIEW
from governance.core.notices import TOLD_WITHIN, Occasion, is_soon_over
from governance.core.roles import VOTES
from governance.core.states import State
from governance.log_status import log_status
from governance.models import (
    BreakGlass,
    ChangeRequest,
    Complaint,
    Delegation,
    Hold,
    HoldLift,
    RequestAct,
    RoleGrant,
    User,
)
from governance.redress import ANSWERS_COMPLAINTS, complaints_waiting_for
from governance.selectors import requests_in, waiting_for
from governance.telling import Audience, News, hold_subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from governance.models import Jurisdiction

SETTLED = (State.APPROVED, State.EXECUTED, State.REJECTED, State.RETURNED, State.WITHDRAWN, State.REVOKED)
SHORT = 16  # of a digest: enough to tell the revisions of one request apart


def news_of(jurisdiction: Jurisdiction, people: Audience) -> list[News]:
    """Return everything that somebody there is to be told, told already or not."""
    now = clock.now(jurisdiction)
    return [
        *_votes(jurisdiction, people, now),
        *_settled(jurisdiction, now),
        *_holds(jurisdiction, now),
        *_complaints(jurisdiction, people, now),
        *_roles(jurisdiction),
        *_alarms(),
    ]


def _votes(jurisdiction: Jurisdiction, people: Audience, now: datetime) -> Iterable[News]:
    """Yield what each person is asked to vote on now, as her inbox says it."""
    if not requests_in(jurisdiction, State.OPEN).filter(expires_at__gt=now).exists():
        return
    takers = Delegation.objects.filter(jurisdiction=jurisdiction, revoked_at=None, until__gt=now)
    lent = User.objects.filter(pk__in=takers.values("taker_id"), is_active=True, is_service=False)
    for person in dict.fromkeys([*people.holding(VOTES), *lent.order_by("id")]):
        for request in waiting_for(jurisdiction, person):
            yield from _asked(request, person, now)


def _asked(request: ChangeRequest, person: User, now: datetime) -> Iterable[News]:
    waits, expires, due_at = Occasion.VOTE_WAITS, Occasion.VOTE_EXPIRES, request.expires_at
    if request.kind == REVIEW:  # it stays open long after it is due
        waits, expires, due_at = Occasion.REVIEW_OPEN, Occasion.REVIEW_DUE, _review_due(request)
    for occasion in (waits, expires)[: 2 if _is_urgent(request.opened_at, due_at, now) else 1]:
        yield News(
            occasion,
            _revision(request),
            kind=request.kind,
            number=request.pk,
            due_at=due_at,
            people=(person,),
        )


def _is_urgent(begun_at: datetime, due_at: datetime, now: datetime) -> bool:
    """Whether what waits is soon due, or overdue."""
    return is_soon_over(begun_at, due_at, now) or due_at <= now


def _review_due(request: ChangeRequest) -> datetime:
    """Return by when the board judges the break-glass that a review is about."""
    row = BreakGlass.objects.filter(review=request).first()
    return row.review_due_at if row else request.expires_at


def _revision(request: ChangeRequest) -> str:
    return f"request {request.pk} {request.digest[:SHORT]}"


def _settled(jurisdiction: Jurisdiction, now: datetime) -> Iterable[News]:
    """Yield to its authors how each request ended lately."""
    lately = Q(state__in=SETTLED, decided_at__gte=now - TOLD_WITHIN)
    lately |= Q(state=State.EXPIRED, expires_at__gte=now - TOLD_WITHIN)
    rows = ChangeRequest.objects.filter(lately, jurisdiction=jurisdiction, authors__is_service=False)
    settled = list(rows.distinct().prefetch_related("authors").order_by("id"))
    did = _who_ended(settled)
    for row in settled:
        outcome = State.APPROVED if row.state == State.EXECUTED else State(row.state)
        yield News(
            Occasion.SETTLED,
            f"{_revision(row)} {outcome}",
            kind=row.kind,
            number=row.pk,
            outcome=outcome,
            people=tuple(row.authors.all()),
            besides=did.get((row.pk, row.digest, str(outcome)), frozenset()),
        )


def _who_ended(requests: Iterable[ChangeRequest]) -> Mapping[tuple[int, str, str], frozenset[int]]:
    """Return who took each request back, or its approval: she needs not be told."""
    ends = {RequestAct.Deed.WITHDRAWAL: State.WITHDRAWN, RequestAct.Deed.REVOCATION: State.REVOKED}
    acts = RequestAct.objects.filter(change_request__in=requests, deed__in=ends)
    return {
        (each.change_request_id, each.digest, ends[RequestAct.Deed(each.deed)].value): frozenset(
            {each.user_id}
        )
        for each in acts
    }


def _holds(jurisdiction: Jurisdiction, now: datetime) -> Iterable[News]:
    since = now - TOLD_WITHIN
    for hold in Hold.objects.filter(jurisdiction=jurisdiction, placed_at__gte=since).order_by("id"):
        yield News(
            Occasion.HOLD_PLACED,
            hold_subject(hold.pk),
            kind=hold.scope,
            number=hold.pk,
            besides=frozenset({hold.placed_by_id}),
        )
    ended = HoldLift.objects.filter(hold__jurisdiction=jurisdiction, lifted_at__gte=since)
    for lift in ended.select_related("hold").order_by("id"):
        yield News(
            Occasion.HOLD_LIFTED, hold_subject(lift.hold.pk), kind=lift.hold.scope, number=lift.hold.pk
        )


def _complaints(jurisdiction: Jurisdiction, people: Audience, now: datetime) -> Iterable[News]:
    """Yield which complaints wait for whom: for those who could take one, then for her who took it."""
    for person in people.holding(ANSWERS_COMPLAINTS):
        for complaint in complaints_waiting_for(jurisdiction, person):
            yield from _waits(complaint, person, now)


def _waits(complaint: Complaint, person: User, now: datetime) -> Iterable[News]:
    urgent = _is_urgent(complaint.filed_at, complaint.due_at, now)
    for occasion in (Occasion.COMPLAINT_WAITS, Occasion.COMPLAINT_DUE)[: 2 if urgent else 1]:
        yield News(
            occasion,
            f"complaint {complaint.pk}",
            number=complaint.pk,
            due_at=complaint.due_at,
            people=(person,),
        )


def _roles(jurisdiction: Jurisdiction) -> Iterable[News]:
    """Yield to each person which role she was given lately, after the first day."""
    given = Q(change_request__isnull=False) | Q(granted_by__is_service=False)
    rows = RoleGrant.objects.filter(
        given, jurisdiction=jurisdiction, revoked_at=None, granted_at__gte=timezone.now() - TOLD_WITHIN
    )
    for grant in rows.select_related("user").order_by("id"):
        yield News(
            Occasion.ROLE_GRANTED,
            f"grant {grant.pk}",
            kind=grant.role,
            number=grant.pk,
            people=(grant.user,),
            besides=frozenset({grant.granted_by_id} if grant.granted_by_id else ()),
        )


def _alarms() -> Iterable[News]:
    """Yield what is wrong with the log; what lasts is told once for the day on which it began."""
    for alarm in log_status().alarms:
        since = f"{alarm.since:%Y-%m-%d}" if alarm.since else "unknown"
        yield News(Occasion.LOG_ALARM, f"log {alarm.trouble} {since}", kind=alarm.trouble)
