"""The decision page of every request that has no page of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from governance import selectors
from governance.after_reviews import reviewed_glass
from governance.break_glass import check_may_read
from governance.holds import hides_reasons, hold_line, hold_to_lift, opening_text
from governance.permissions import open_to_signed_in
from governance.views.confirm import asks_password_again
from governance.views.deciding import answer_form, deciding_context
from governance.views.evidence import evidence_lines
from governance.views.inbox_page import KINDS, PAGES

if TYPE_CHECKING:
    from governance.models import ChangeRequest, User

APPLIED = {
    "hold_lift": "The hold ends within the minute, and what it stopped can go on.",
    "after_review": "What the board finds is counted in public at once; its reasons are public after the delay.",
}


def _visible(request: HttpRequest, request_id: int) -> tuple[ChangeRequest, User]:
    found = selectors.request_numbered(request_id)
    if found is None:
        raise Http404("There is no such request.")
    by = cast("User", request.user)
    check_may_read(by, found)
    return found, by


@open_to_signed_in
@require_GET
def request_page(request: HttpRequest, request_id: int) -> HttpResponse:
    """What exactly is asked, who agreed so far, and the form of whoever may decide."""
    found, by = _visible(request, request_id)
    if found.kind in PAGES:
        return redirect(PAGES[found.kind], request_id)
    return render(request, "governance/request.html", request_context(found, by))


@open_to_signed_in
@require_POST
@asks_password_again
def decide_request(request: HttpRequest, request_id: int) -> HttpResponse:
    """Cast the vote of the form, or do what else it says about the request."""
    found, by = _visible(request, request_id)
    return answer_form(
        request,
        request_id,
        page="request",
        template="governance/request.html",
        context=lambda: request_context(found, by),
    )


def request_context(found: ChangeRequest, by: User) -> dict[str, Any]:
    """Return everything the page of a request shows to this person."""
    hold = hold_to_lift(found)
    line = hold_line(hold, by) if hold else None
    return {
        "kind": KINDS.get(found.kind, found.kind.replace("_", " ").capitalize()),
        "line": line,
        "reviewed": reviewed_glass(found),
        "hide_reasons": hides_reasons(found, by),
        "asked_by": list(found.authors.order_by("id")),
        "why": opening_text(found),
        "evidence": evidence_lines([found.digest, *found.rests_on], found.jurisdiction),
        "applied": APPLIED.get(found.kind, "The schedule applies it within the minute."),
        "form_url": reverse("request-decide", args=[found.pk]),
        **deciding_context(found, by),
    }
