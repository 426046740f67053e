"""Break-glass from around it: who may open it, who is told, how its review stands, and what the public may know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from governance import clock
from governance.break_glass import counts_now, glass_of, joined_with, linked_for_vote, row_of
from governance.core.approval import ERASED, Verdict, Voter, decide
from governance.core.break_glass import (
    BREAKABLE,
    LOWERS_WORDS,
    OPENERS,
    REVIEW,
    Figures,
    Lowers,
    Standing,
    check_breakable,
    check_may_open,
    choose_told,
    figures,
    in_force,
    standing_of,
)
from governance.core.holds import public_from
from governance.core.refusals import Reason, Refused
from governance.core.roles import ROLES, Permission, Role
from governance.core.states import State
from governance.ledger import actor_name
from governance.models import BreakGlass, ChangeRequest, Jurisdiction, LedgerText, User, Vote
from governance.permissions import check_trained, relied_on
from governance.selectors import (
    ballot_of,
    ballots_on,
    board_of,
    policy_in_force,
    proposal_of,
    role_title,
    rule_now,
    standing_ballots,
    votes_on,
)


def opener_role(by: User, request: ChangeRequest, lowers: Lowers) -> Role:
    """Return the role of her own by which a trained person may break the glass for a plan; a lent role never does.

    Raises Refused(OUTSIDE_POLICY | NOT_PERMITTED | NOT_TRAINED).
    """
    check_breakable(request.kind)
    relied = relied_on(by, OPENERS[lowers], request.jurisdiction, request.district)
    if relied.giver is not None:
        raise Refused(
            Reason.NOT_PERMITTED,
            f"The role {ROLES[relied.role].title.lower()} was lent to you. Who breaks the glass does it with a role "
            "of her own, or asks somebody who holds one.",
        )
    check_trained(by, relied.role)
    return relied.role


def check_opening(by: User, request: ChangeRequest, lowers: Lowers, hours: int, seen_digest: str) -> None:
    """Refuse what the rule refuses of this person, this plan and this moment."""
    check_may_open(
        proposal_of(request),
        Voter(by.pk, by.is_service, (), linked_for_vote(by, request)),
        rule_now(request),
        ballots_on(request),
        lowers=lowers,
        hours=hours,
        seen_digest=seen_digest,
        on_district=request.district is not None,
        now=clock.now(request.jurisdiction),
    )


def openings_for(by: User, request: ChangeRequest) -> list[Lowers]:
    """Return what a person may ease of a request now; the deed asks the same questions."""
    if request.kind not in BREAKABLE or row_of(request) is not None:
        return []
    return [each for each in Lowers if _could_open(by, request, each)]


def _could_open(by: User, request: ChangeRequest, lowers: Lowers) -> bool:
    try:
        opener_role(by, request, lowers)
        check_opening(by, request, lowers, 1, request.digest)
    except Refused:
        return False
    return True


def who_had_a_part(request: ChangeRequest, by: User) -> list[User]:
    """Return who opens it, the authors and who ever voted, on whichever revision: they neither watch nor judge it.

    A vote that counts no more was a part all the same, of who cast it and of whose place she took.
    """
    voters = {person for vote in votes_on(request) for person in ballot_of(vote).people}
    authors = set(request.authors.values_list("id", flat=True))
    return list(User.objects.filter(pk__in={by.pk} | voters | authors).order_by("id"))


def second_person(request: ChangeRequest, had_a_part: Sequence[User]) -> User:
    """Return who is told: of the board, and apart from everybody who had a part. Raises Refused(QUORUM_UNREACHABLE)."""
    apart = joined_with(had_a_part, request.jurisdiction, None)
    return User.objects.get(pk=choose_told(board_of(request.jurisdiction, Permission.DECIDE_POLICY), apart))


# --- how it stands --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GlassLine:
    """One break-glass as people who may read its plan see it."""

    row: BreakGlass
    what: str
    counts: bool
    standing: Standing


def glass_line(row: BreakGlass) -> GlassLine:
    """Return one break-glass as a page tells it."""
    request = row.change_request
    now, glass = clock.now(request.jurisdiction), glass_of(request)
    return GlassLine(
        row, LOWERS_WORDS[Lowers(row.lowers)], in_force(glass, request.digest, now), _standing(row, now)
    )


def outlived(request: ChangeRequest) -> bool:
    """Whether an approval counts no more because the break-glass it needed has ended before it was carried out."""
    if row_of(request) is None or State(request.state) is not State.APPROVED or counts_now(request):
        return False
    rule = rule_now(request)
    return decide(standing_ballots(request, rule), rule, request.digest).verdict is not Verdict.APPROVE


def _standing(row: BreakGlass, now: datetime) -> Standing:
    return standing_of(State(row.review.state), row.review_due_at, now)


def reviewed_glass(request: ChangeRequest) -> GlassLine | None:
    """Return the break-glass that a request of the kind after_review judges; None for any other request."""
    if request.kind != REVIEW:
        return None
    row = _rows(request.jurisdiction).filter(review=request).first()
    return glass_line(row) if row else None


def _rows(jurisdiction: Jurisdiction) -> QuerySet[BreakGlass]:
    return BreakGlass.objects.filter(change_request__jurisdiction=jurisdiction).select_related(
        "change_request__jurisdiction", "change_request__district", "opened_by", "told", "review"
    )


# --- in public ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PublicFinding:
    """What a member of the board found, and why; "" until the reason opens."""

    by: str
    verdict: str
    reason: str
    entry: int


@dataclass(frozen=True)
class PublicGlass:
    """One break-glass as everybody may read it once its plan is over and the delay has passed."""

    number: int
    lowers: str
    what: str
    hours: int
    opened_at: datetime
    by: str
    told: str
    reason: str
    standing: str
    due_at: datetime
    request_digest: str
    salt: str
    digest: str
    entry: int
    findings: tuple[PublicFinding, ...]


@dataclass(frozen=True)
class PublicGlasses:
    """How often at once; each one later, newest first."""

    figures: Figures
    rows: tuple[PublicGlass, ...]


def public_glasses(jurisdiction: Jurisdiction) -> PublicGlasses:
    """Return what everybody may know of break-glass now: at once the counts alone, each one after the delay.

    The counts name no plan, no district and no time; what is told of one opens when whatever was live is over and the
    policy's delay has passed, and a finding's reason as long after the finding.
    """
    now, rows = clock.now(jurisdiction), list(_rows(jurisdiction))
    delay = timedelta(hours=policy_in_force(jurisdiction, now).terms.publication_delay_hours)
    opened = [row for row in rows if now >= public_from(row.opened_at, delay)]
    found = _findings(opened, now, delay)
    texts = _texts(row.ledger_index for row in opened)
    told = (_as_public(row, now, texts[row.ledger_index], found[row.review_id]) for row in opened)
    return PublicGlasses(figures([_standing(row, now) for row in rows]), tuple(told))


def _as_public(row: BreakGlass, now: datetime, reason: str, found: list[PublicFinding]) -> PublicGlass:
    role = Role(row.role)
    alias = actor_name(row.opened_by, role, row.digest)
    return PublicGlass(
        number=row.pk,
        lowers=row.lowers,
        what=LOWERS_WORDS[Lowers(row.lowers)],
        hours=row.hours,
        opened_at=row.opened_at,
        by=f"{role_title(role)} {alias}" if ROLES[role].on_district else row.opened_by.name,
        told=row.told.name,
        reason=reason,
        standing=_standing(row, now).value,
        due_at=row.review_due_at,
        request_digest=row.request_digest,
        salt=row.salt,
        digest=row.digest,
        entry=row.ledger_index,
        findings=tuple(found),
    )


def _findings(rows: list[BreakGlass], now: datetime, delay: timedelta) -> dict[int, list[PublicFinding]]:
    """Return who of the board found what, by the review's number."""
    found: dict[int, list[PublicFinding]] = {row.review_id: [] for row in rows}
    votes = list(Vote.objects.filter(change_request__in=found).select_related("user").order_by("id"))
    texts = _texts(vote.ledger_index for vote in votes)
    for vote in votes:
        reason = texts[vote.ledger_index] if now >= public_from(vote.cast_at, delay) else ""
        found[vote.change_request_id].append(
            PublicFinding(vote.user.name, vote.verdict, reason, vote.ledger_index)
        )
    return found


def _texts(entries: Iterable[int]) -> dict[int, str]:
    """Return the reasons kept beside entries, or what stands in place of an erased one."""
    wanted = list(entries)
    kept = dict(LedgerText.objects.filter(entry__in=wanted).values_list("entry", "text"))
    return {entry: kept.get(entry, ERASED) for entry in wanted}
