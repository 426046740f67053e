"""Holds as everybody else asks about them: what is stopped, by which hold, and what may be said in public."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import QuerySet

from governance import clock
from governance.core import holds as rule
from governance.core.approval import ERASED, Verdict
from governance.core.holds import LIFT_KIND, LIVE_SCOPES, Scope, Stop, Subject
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.core.states import State
from governance.models import (
    ChangeRequest,
    District,
    Hold,
    HoldLift,
    Jurisdiction,
    LedgerText,
    User,
    Vote,
)
from governance.permissions import districts_where
from governance.selectors import policy_in_force

UNREAD = "Which one, and why, is for people who may see its plans; it opens to everybody after the delay."


def holds_of(jurisdiction: Jurisdiction) -> QuerySet[Hold]:
    """Return every hold ever placed, newest first, each with its end if it has one."""
    return Hold.objects.filter(jurisdiction=jurisdiction).select_related(
        "jurisdiction", "placed_by", "lift__change_request"
    )


def holds_in_force(jurisdiction: Jurisdiction) -> QuerySet[Hold]:
    """Return the holds that nobody lifted, newest first."""
    return holds_of(jurisdiction).filter(lift=None)


def hold_numbered(number: int) -> Hold | None:
    """Return one hold."""
    rows = Hold.objects.select_related("jurisdiction", "placed_by", "lift__change_request")
    return rows.filter(pk=number).first()


def holds_on(jurisdiction: Jurisdiction, subject: Subject) -> list[Hold]:
    """Return the holds in force that stop a deed about this subject, oldest first."""
    rows = {row.pk: row for row in holds_in_force(jurisdiction).order_by("id")}
    return [rows[stop.number] for stop in rule.holds_on([as_stop(row) for row in rows.values()], subject)]


def as_stop(hold: Hold) -> Stop:
    """Return a hold as the rule sees it."""
    return Stop(hold.pk, Scope(hold.scope), hold.target)


def check_not_held(jurisdiction: Jurisdiction, subject: Subject) -> None:
    """Refuse a deed that a hold stops. Raises Refused(ON_HOLD).

    A deed asks twice: first, so as not to begin, and once more after its `record`. There the log is locked: a hold
    entered before is seen, and one that is not seen is entered after the deed. So no entry of a deed ever follows
    the entry of a hold that stops it, and placing a hold waits for no long computation.
    """
    if stops := [as_stop(hold) for hold in holds_on(jurisdiction, subject)]:
        raise Refused(Reason.ON_HOLD, rule.refusal_sentence(stops))


def check_request_not_held(request: ChangeRequest) -> None:
    """Refuse to approve, or act on, a request that a hold stops. Raises Refused(ON_HOLD)."""
    if rule.is_stoppable(request.kind):
        check_not_held(request.jurisdiction, subject_of(request))


def subject_of(request: ChangeRequest) -> Subject:
    """Return what a request is about; what it rests on counts too."""
    return Subject(
        recipes=frozenset({request.digest, *request.rests_on}),
        plan=str(request.pk) if request.kind == "plan" else "",
        category=request.category,
        district=request.district.code if request.district else "",
    )


def first_time(deed: str, refusal: Refused) -> bool:
    """Whether this worker has not yet told that a hold stops this deed: the schedule asks again every minute."""
    told = hashlib.sha256(f"{deed} {refusal.message}".encode()).hexdigest()
    return bool(cache.add(f"on-hold-{told}", value=True, timeout=None))


# --- lifting ------------------------------------------------------------------------------------------------


def lift_requests(hold: Hold) -> QuerySet[ChangeRequest]:
    """Return every request to lift this hold, oldest first."""
    return ChangeRequest.objects.filter(
        jurisdiction=hold.jurisdiction, kind=LIFT_KIND, rests_on=[hold.digest]
    ).order_by("id")


def open_lift_request(hold: Hold) -> ChangeRequest | None:
    """Return the request to lift this hold that is open or waits for the schedule, if there is one."""
    now = clock.now(hold.jurisdiction)
    return lift_requests(hold).filter(state__in=[State.OPEN, State.APPROVED], expires_at__gt=now).first()


def hold_to_lift(request: ChangeRequest) -> Hold | None:
    """Return the hold that a request asks to lift; None for any other request."""
    if request.kind != LIFT_KIND:
        return None
    rows = Hold.objects.select_related("jurisdiction", "placed_by", "lift__change_request")
    return rows.filter(jurisdiction=request.jurisdiction, digest__in=request.rests_on).first()


def opening_text(request: ChangeRequest) -> str:
    """Return why the lifting of a hold was asked for; "" for any other request, or where it was erased."""
    kept = LedgerText.objects.filter(
        entry__action="hold.lift_requested", entry__subject=request.digest
    ).first()
    return kept.text if kept else ""


# --- what is said about them --------------------------------------------------------------------------------


@dataclass(frozen=True)
class HoldLine:
    """One hold as somebody may read it."""

    hold: Hold
    what: str
    reason: str
    is_read: bool
    lift: HoldLift | None


def target_words(hold: Hold, districts: Mapping[str, str]) -> str:
    """Return exactly what is stopped, for people who may see plans. `districts`: name by code."""
    return {
        Scope.EVERYTHING: f"everything in {hold.jurisdiction.name}",
        Scope.CATEGORY: f"the category {hold.target.replace('_', ' ')}",
        Scope.RECIPE: f"the recipe {hold.target[:12]}…",
        Scope.DISTRICT: f"the district {districts.get(hold.target, hold.target)}",
        Scope.PLAN: f"plan {hold.target}",
    }[Scope(hold.scope)]


def hold_lines(jurisdiction: Jurisdiction, rows: Sequence[Hold], by: User) -> list[HoldLine]:
    """Return holds as this person may read them: what would name a live plan, only with a right to see it.

    A fixed number of queries, however many there are.
    """
    seen = {each.code for each in districts_where(by, Permission.SEE_PLANS, jurisdiction)}
    where, names, texts = _districts_of(rows), _district_names(jurisdiction), _reasons(rows)
    lines = []
    for row in rows:
        is_read = Scope(row.scope) not in LIVE_SCOPES or where.get(row.pk) in seen
        lines.append(
            HoldLine(
                hold=row,
                what=target_words(row, names) if is_read else rule.scope_words(Scope(row.scope)),
                reason=texts[row.pk] if is_read else UNREAD,
                is_read=is_read,
                lift=getattr(row, "lift", None),
            )
        )
    return lines


def hold_line(hold: Hold, by: User) -> HoldLine:
    """Return one hold as this person may read it."""
    return hold_lines(hold.jurisdiction, [hold], by)[0]


def hides_reasons(request: ChangeRequest, by: User) -> bool:
    """Whether the reasons on a request would tell this person of a live plan or district that she may not see."""
    hold = hold_to_lift(request)
    return hold is not None and not hold_line(hold, by).is_read


def hold_banner(jurisdiction: Jurisdiction, subject: Subject, by: User) -> list[HoldLine]:
    """Return the holds that stop what a page shows."""
    return hold_lines(jurisdiction, holds_on(jurisdiction, subject), by)


def _districts_of(rows: Sequence[Hold]) -> dict[int, str]:
    """Return the code of the district that each hold of a live scope would name, by the hold's number."""
    plans = [int(row.target) for row in rows if row.scope == Scope.PLAN]
    asked = ChangeRequest.objects.filter(pk__in=plans).values_list("pk", "district__code")
    of_plan = {str(number): code for number, code in asked}
    live = {row.pk: row.target for row in rows if row.scope == Scope.DISTRICT}
    return live | {row.pk: of_plan.get(row.target) or "" for row in rows if row.scope == Scope.PLAN}


def _district_names(jurisdiction: Jurisdiction) -> dict[str, str]:
    return dict(District.objects.filter(jurisdiction=jurisdiction).values_list("code", "name"))


def _reasons(rows: Sequence[Hold]) -> dict[int, str]:
    """Return why each hold was placed, by its number."""
    kept = dict(
        LedgerText.objects.filter(entry__in=[row.ledger_index for row in rows]).values_list("entry", "text")
    )
    return {row.pk: kept.get(row.ledger_index, ERASED) for row in rows}


@dataclass(frozen=True)
class PublicVote:
    """A member of the board who agreed to a lift; her reason "" until it opens."""

    by: str
    reason: str
    entry: int


@dataclass(frozen=True)
class PublicHold:
    """What everybody may read about a hold at a moment; "" for what opens later."""

    number: int
    scope: str
    what: str
    target: str
    by: str
    placed_at: datetime
    lifted_at: datetime | None
    reason: str
    opens_at: datetime
    digest: str
    salt: str
    entry: int
    lift_entry: int | None
    lifted_by: tuple[PublicVote, ...] = ()


def public_holds(jurisdiction: Jurisdiction) -> list[PublicHold]:
    """Return every hold as everybody may read it now, newest first.

    Kind, time and board member are public at once, as in the record; the reason, and which plan or district, when
    whatever was live is over and the policy's delay has passed.
    """
    now, rows = clock.now(jurisdiction), list(holds_of(jurisdiction))
    delay = timedelta(hours=policy_in_force(jurisdiction, now).terms.publication_delay_hours)
    names, texts, votes = _district_names(jurisdiction), _reasons(rows), _votes_for_lifting(rows, now, delay)
    told = [_as_public(row, now, delay, target_words(row, names), texts[row.pk]) for row in rows]
    return [replace(each, lifted_by=tuple(votes.get(each.number, ()))) for each in told]


def _votes_for_lifting(rows: Sequence[Hold], now: datetime, delay: timedelta) -> dict[int, list[PublicVote]]:
    """Return who agreed to each lift, by the hold's number; their reasons open as the hold's own does."""
    lifts = {row.lift.change_request_id: row for row in rows if getattr(row, "lift", None)}
    cast = Vote.objects.filter(change_request__in=lifts, verdict=Verdict.APPROVE).select_related("user")
    votes = list(cast.order_by("id"))
    kept = dict(
        LedgerText.objects.filter(entry__in=[vote.ledger_index for vote in votes]).values_list(
            "entry", "text"
        )
    )
    found: dict[int, list[PublicVote]] = {}
    for vote in votes:
        hold = lifts[vote.change_request_id]
        is_open = now >= rule.public_from(hold.lift.lifted_at, delay)
        reason = kept.get(vote.ledger_index, ERASED) if is_open else ""
        found.setdefault(hold.pk, []).append(PublicVote(vote.user.name, reason, vote.ledger_index))
    return found


def _as_public(hold: Hold, now: datetime, delay: timedelta, what: str, reason: str) -> PublicHold:
    scope, opens_at = Scope(hold.scope), rule.public_from(hold.placed_at, delay)
    is_open = now >= opens_at
    named = is_open or scope not in LIVE_SCOPES
    lift = getattr(hold, "lift", None)
    return PublicHold(
        number=hold.pk,
        scope=hold.scope,
        what=what if named else rule.scope_words(scope),
        target=hold.target if named else "",
        by=hold.placed_by.name,
        placed_at=hold.placed_at,
        lifted_at=lift.lifted_at if lift else None,
        reason=reason if is_open else "",
        opens_at=opens_at,
        digest=hold.digest,
        salt=hold.salt if named else "",
        entry=hold.ledger_index,
        lift_entry=lift.ledger_index if lift else None,
    )
