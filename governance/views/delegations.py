"""Pages of lent roles: what one lent and was lent, lend one, end one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from governance import clock, selectors
from governance.core.delegation import LONGEST, NEVER_VOTE
from governance.core.refusals import Reason, Refused, status_code
from governance.core.roles import Role
from governance.core.spoken import spoken_moment
from governance.forms import read_end_of_day, read_number, read_own_role
from governance.permissions import open_to_signed_in
from governance.services.delegate_role import delegate_role
from governance.services.revoke_delegation import revoke_delegation
from governance.views.confirm import asks_password_again

if TYPE_CHECKING:
    from governance.models import Delegation, Jurisdiction, User

TEMPLATE = "governance/delegations.html"


@dataclass(frozen=True)
class LentLine:
    """One lent role as its giver or its taker reads it; `ended` says when it ended, "" while it holds."""

    row: Delegation
    title: str
    where: str
    since: str
    until: str
    ended: str
    given: bool


def _here(request: HttpRequest) -> tuple[Jurisdiction | None, User]:
    by = cast("User", request.user)
    return selectors.home_jurisdiction(by, request.session.get("jurisdiction", "")), by


@open_to_signed_in
@require_GET
def delegations(request: HttpRequest) -> HttpResponse:
    """What this person lent and was lent, and the form that lends a role of hers."""
    jurisdiction, by = _here(request)
    if jurisdiction is None:
        return render(request, "governance/no_role.html")
    return render(request, TEMPLATE, delegations_context(jurisdiction, by))


@open_to_signed_in
@require_POST
@asks_password_again
def lend(request: HttpRequest) -> HttpResponse:
    """Lend the role of the form; a refusal shows the page again, with the reason and all that was typed."""
    jurisdiction, by = _here(request)
    if jurisdiction is None:
        raise Refused(Reason.NOT_PERMITTED, "Your account has no role, so there is none to lend.")
    sent = {name: str(value) for name, value in request.POST.items()}
    try:
        lent = _lent(sent, jurisdiction, by)
    except Refused as refusal:
        context = delegations_context(jurisdiction, by) | {"refusal": refusal, "sent": sent}
        return render(request, TEMPLATE, context, status=status_code(refusal.reason))
    until = spoken_moment(clock.local(lent.until, jurisdiction))
    messages.success(request, f"{lent.taker.name} acts in your place until {until}. It is in the record.")
    return redirect("delegations")


def _lent(sent: dict[str, str], jurisdiction: Jurisdiction, by: User) -> Delegation:
    taker = selectors.account_numbered(read_number(sent.get("taker", "")))
    if taker is None:
        raise Refused(Reason.BAD_INPUT, "Choose from the list who acts in your place.")
    role, district = read_own_role(sent.get("role", ""))
    return delegate_role(
        taker=taker,
        role=role,
        jurisdiction=jurisdiction,
        district=selectors.district_coded(jurisdiction, district) if district else None,
        until=read_end_of_day(sent.get("until", ""), jurisdiction),
        reason=sent.get("rationale", ""),
        by=by,
    )


@open_to_signed_in
@require_POST
@asks_password_again
def end(request: HttpRequest, delegation_id: int) -> HttpResponse:
    """End a lent role at once."""
    if not selectors.delegation_exists(delegation_id):
        raise Http404("There is no such delegation.")
    revoke_delegation(delegation_id=delegation_id, by=cast("User", request.user))
    messages.success(request, "Ended. A vote under it counts no more, unless it is carried out already.")
    return redirect("delegations")


def delegations_context(jurisdiction: Jurisdiction, by: User) -> dict[str, Any]:
    """Return what the page of lent roles shows to this person."""
    lines = [_line(each, by) for each in selectors.delegations_of(by, jurisdiction)]
    today = clock.local(clock.now(jurisdiction), jurisdiction)
    return {
        "jurisdiction": jurisdiction,
        "in_force": [line for line in lines if not line.ended],
        "over": [line for line in lines if line.ended],
        "own": _own_roles(by, jurisdiction),
        "people": selectors.colleagues_of(by, jurisdiction),
        "first_day": f"{today:%Y-%m-%d}",
        "last_day": f"{today + LONGEST - timedelta(days=1):%Y-%m-%d}",
        "least": selectors.policy_in_force(jurisdiction).terms.rationale_min_length,
        "sent": {},
    }


def _own_roles(by: User, jurisdiction: Jurisdiction) -> list[tuple[str, str]]:
    """Return the roles that this person can lend, each as the form sends it and as people read it."""
    return [
        (
            f"{each.role}@{each.district.code if each.district else ''}",
            f"{selectors.role_title(each.role)}{f', {each.district.name}' if each.district else ''}",
        )
        for each in selectors.roles_of(by, jurisdiction)
        if Role(each.role) not in NEVER_VOTE
    ]


def _line(row: Delegation, by: User) -> LentLine:
    here = row.jurisdiction
    stopped = row.revoked_at or (row.until if row.until <= clock.now(here) else None)
    return LentLine(
        row=row,
        title=selectors.role_title(row.role),
        where=row.district.name if row.district else f"all of {here.name}",
        since=spoken_moment(clock.local(row.given_at, here)),
        until=spoken_moment(clock.local(row.until, here)),
        ended=spoken_moment(clock.local(stopped, here)) if stopped else "",
        given=row.giver_id == by.pk,
    )
