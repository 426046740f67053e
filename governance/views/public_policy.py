"""The policy as everybody sees it: what is in force, how it came about, what is proposed, and the form to comment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from governance import selectors
from governance.core.commenting import COMMENTED
from governance.core.refusals import Refused, status_code
from governance.core.states import UNDECIDED
from governance.permissions import open_to_everyone
from governance.services.leave_comment import leave_comment
from governance.views.city import jurisdiction_or_404
from governance.views.limits import SENT_TOO_OFTEN, may_send
from governance.views.policy_page import (
    is_commented,
    policy_context,
    request_summary,
    said_in_public,
)

if TYPE_CHECKING:
    from governance.models import ChangeRequest, Jurisdiction

DECIDED = 20  # decided requests that the page tells of


def _context(jurisdiction: Jurisdiction) -> dict[str, Any]:
    return policy_context(jurisdiction) | {"decided": _decided(jurisdiction)}


def _decided(jurisdiction: Jurisdiction) -> list[dict[str, Any]]:
    """Return how the last policies and recipes ended, with the votes and reasons; no vote is shown before."""
    rows = selectors.requests_in(jurisdiction).filter(kind__in=COMMENTED).exclude(state__in=UNDECIDED)
    return [request_summary(each) | {"said": said_in_public(each)} for each in rows.order_by("-id")[:DECIDED]]


@open_to_everyone
@require_safe
def public_policy(request: HttpRequest, slug: str) -> HttpResponse:
    """What the code obeys and people keep to, with its history and what is proposed."""
    return render(request, "governance/public_policy.html", _context(jurisdiction_or_404(slug)))


@open_to_everyone
@require_POST
def comment(request: HttpRequest, slug: str, request_id: int) -> HttpResponse:
    """Take a comment; a refusal shows the page again with the text kept."""
    jurisdiction = jurisdiction_or_404(slug)
    change = selectors.request_numbered(request_id)
    if change is None or change.jurisdiction != jurisdiction or not is_commented(change):
        raise Http404("There is nothing of that number to comment on.")
    if not may_send(request):
        return _again(request, change, SENT_TOO_OFTEN, 429)
    try:
        leave_comment(
            change_request_id=request_id,
            text=request.POST.get("comment", ""),
            by=selectors.public_account(),
        )
    except Refused as refusal:
        return _again(request, change, refusal.message, status_code(refusal.reason))
    messages.success(request, "Your comment is public now. It is answered before anybody votes.")
    return redirect("portal-policy", slug=slug)


def _again(request: HttpRequest, change: ChangeRequest, said: str, status: int) -> HttpResponse:
    kept = {"about": change.pk, "refused": said, "comment": request.POST.get("comment", "")}
    context = _context(change.jurisdiction) | kept
    return render(request, "governance/public_policy.html", context, status=status)
