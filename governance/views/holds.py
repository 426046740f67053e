"""Pages of holds: what is stopped, stop something, ask the board to lift it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from governance.core.refusals import Refused, status_code
from governance.core.roles import Permission
from governance.forms import read_number, read_target
from governance.holds import hold_numbered
from governance.permissions import check, open_to_signed_in
from governance.selectors import home_jurisdiction, jurisdiction_named
from governance.services.place_hold import place_hold
from governance.services.request_lift import request_lift
from governance.views.confirm import asks_password_again
from governance.views.hold_page import hold_context, holds_context

if TYPE_CHECKING:
    from governance.models import Hold, User


@open_to_signed_in
@require_GET
def holds(request: HttpRequest) -> HttpResponse:
    """What is on hold, what was, and the form that stops something."""
    by = cast("User", request.user)
    jurisdiction = home_jurisdiction(by, request.session.get("jurisdiction", ""))
    if jurisdiction is None:
        return render(request, "governance/no_role.html")
    check(by, Permission.SEE_RECORD, jurisdiction)
    context = holds_context(jurisdiction, by, request.GET.get("what", ""))
    return render(request, "governance/holds.html", context)


@open_to_signed_in
@require_POST
@asks_password_again
def place(request: HttpRequest) -> HttpResponse:
    """Place the hold of the form; a refusal shows the form again, with the reason and the text kept."""
    by, sent = cast("User", request.user), request.POST
    jurisdiction = jurisdiction_named(sent.get("jurisdiction", ""))
    check(by, Permission.SEE_RECORD, jurisdiction)
    try:
        scope, target = read_target(sent.get("what", ""))
        placed = place_hold(
            jurisdiction=jurisdiction,
            scope=scope,
            target=target,
            reason=sent.get("rationale", ""),
            seen=read_number(sent.get("seen", "")),
            by=by,
        )
    except Refused as refusal:
        context = holds_context(jurisdiction, by, sent.get("what", ""))
        context |= {"refusal": refusal, "rationale": sent.get("rationale", "")}
        return render(request, "governance/holds.html", context, status=status_code(refusal.reason))
    messages.success(
        request, f"Hold {placed.pk} is in force and in the record. What runs stops at its next step."
    )
    return redirect("hold", number=placed.pk)


def _visible(request: HttpRequest, number: int) -> tuple[Hold, User]:
    found = hold_numbered(number)
    if found is None:
        raise Http404("There is no such hold.")
    by = cast("User", request.user)
    check(by, Permission.SEE_RECORD, found.jurisdiction)
    return found, by


@open_to_signed_in
@require_GET
def hold(request: HttpRequest, number: int) -> HttpResponse:
    """One hold: what it stops, why, and how it may end."""
    found, by = _visible(request, number)
    return render(request, "governance/hold.html", hold_context(found, by))


@open_to_signed_in
@require_POST
@asks_password_again
def ask_lift(request: HttpRequest, number: int) -> HttpResponse:
    """Put the lifting to the board; a refusal shows the page again, with the reason and the text kept."""
    found, by = _visible(request, number)
    rationale = request.POST.get("rationale", "")
    try:
        asked = request_lift(hold_id=number, reason=rationale, by=by)
    except Refused as refusal:
        context = hold_context(found, by) | {"refusal": refusal, "rationale": rationale}
        return render(request, "governance/hold.html", context, status=status_code(refusal.reason))
    messages.success(request, "The board is asked. The hold stands until its quorum has agreed.")
    return redirect("request", request_id=asked.pk)
