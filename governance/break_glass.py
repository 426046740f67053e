"""Break-glass as every deed and page asks about it: whether it counts now, who may vote and read because of it."""

from collections.abc import Iterable

from governance import clock
from governance.core.break_glass import BREAKABLE, REVIEW, Glass, Lowers, in_force, lifts_district
from governance.core.refusals import Refused
from governance.core.roles import Permission
from governance.models import BreakGlass, ChangeRequest, District, Jurisdiction, User
from governance.permissions import ON_DISTRICT, Relied, check, linked_with, own_role_somewhere, relied_on

OF_PLANS = frozenset({"plan", REVIEW})
"""Kinds of request that only people who may see the district's plans may read."""


def row_of(request: ChangeRequest) -> BreakGlass | None:
    """Return the break-glass of a request, if there ever was one; read once for each object."""
    return getattr(request, "break_glass", None) if request.kind in BREAKABLE else None


def glass_of(request: ChangeRequest) -> Glass | None:
    """Return the break-glass of a request as the rule sees it."""
    row = row_of(request)
    if row is None:
        return None
    return Glass(Lowers(row.lowers), row.request_digest, row.opened_at, row.ends_at, row.told_id)


def counts_now(request: ChangeRequest) -> bool:
    """Whether a break-glass eases the decision of a request at this moment."""
    glass = glass_of(request)
    return glass is not None and in_force(glass, request.digest, clock.now(request.jurisdiction))


def district_lifted(request: ChangeRequest) -> bool:
    """Whether people of other districts may vote on a request at this moment."""
    glass = glass_of(request)
    return glass is not None and lifts_district(glass, request.digest, clock.now(request.jurisdiction))


def relied_for_vote(by: User, permission: Permission, request: ChangeRequest) -> Relied:
    """Return what a vote on a request rests on; while its district's limit is lifted, a role of her own elsewhere too.

    Raises Refused(NOT_PERMITTED).
    """
    try:
        return relied_on(by, (permission,), request.jurisdiction, request.district)
    except Refused:
        lifted = permission in ON_DISTRICT and district_lifted(request)
        own = own_role_somewhere(by, permission, request.jurisdiction) if lifted else None
        if own is None:
            raise
        return Relied(own)


def may_vote_here(by: User, permission: Permission, request: ChangeRequest) -> bool:
    """Whether `relied_for_vote` would return."""
    try:
        relied_for_vote(by, permission, request)
    except Refused:
        return False
    return True


def linked_for_vote(by: User, request: ChangeRequest) -> frozenset[int]:
    """Return with whom a person counts as one about a request: joined in any district, while its limit is lifted."""
    return linked_with(by, request.jurisdiction, None if district_lifted(request) else request.district)


def check_may_read(by: User, request: ChangeRequest) -> None:
    """Refuse who may not read a request: plans and their reviews need the right to see the district's plans.

    Who may vote on a plan because its district's limit is lifted reads exactly that plan, as long as it is.
    """
    permission = Permission.SEE_PLANS if request.kind in OF_PLANS else Permission.SEE_RECORD
    try:
        check(by, permission, request.jurisdiction, request.district)
    except Refused:
        if request.kind not in OF_PLANS or not may_vote_here(by, Permission.DECIDE_PLANS, request):
            raise


def lifted_for(by: User, jurisdiction: Jurisdiction) -> list[int]:
    """Return the numbers of the requests on which a person may vote only because a district's limit is lifted."""
    now = clock.now(jurisdiction)
    rows = BreakGlass.objects.filter(
        change_request__jurisdiction=jurisdiction, lowers=Lowers.DISTRICT, opened_at__lte=now, ends_at__gt=now
    ).select_related("change_request__jurisdiction", "change_request__district")
    asked = [each.change_request for each in rows]
    return [each.pk for each in asked if may_vote_here(by, Permission.DECIDE_PLANS, each)]


def told_of(by: User, jurisdiction: Jurisdiction) -> list[BreakGlass]:
    """Return every break-glass that a person was told of and that is not reviewed yet, newest first."""
    rows = BreakGlass.objects.filter(told=by, change_request__jurisdiction=jurisdiction, review__state="open")
    return list(rows.select_related("change_request__district", "opened_by", "review").order_by("-id"))


def joined_with(people: Iterable[User], jurisdiction: Jurisdiction, district: District | None) -> set[int]:
    """Return some people, and everybody whom a delegation joins with one of them there."""
    listed = list(people)
    return {each.pk for each in listed}.union(*(linked_with(each, jurisdiction, district) for each in listed))
