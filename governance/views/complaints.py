"""Public pages of complaints: the form, and what stands behind a private link. Nobody signs in here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance import redress, selectors
from governance.core.complaints import ComplaintKind
from governance.core.refusals import Reason, Refused, status_code
from governance.permissions import open_to_everyone
from governance.services.file_complaint import file_complaint
from governance.services.withdraw_complaint import withdraw_complaint
from governance.views.city import jurisdiction_or_404
from governance.views.complaint_page import FIELDS, follow_context, form_context
from governance.views.limits import address_of

if TYPE_CHECKING:
    from governance.models import Complaint, Jurisdiction


@open_to_everyone
@require_http_methods(["GET", "HEAD", "POST"])
def complain(request: HttpRequest, slug: str) -> HttpResponse:
    """What happens with a complaint, and the form; a refusal keeps what was typed."""
    jurisdiction = jurisdiction_or_404(slug)
    sent = request.POST if request.method == "POST" else request.GET
    typed = {name: sent.get(name, "") for name in FIELDS}
    if request.method != "POST":
        page = render(request, "governance/complain.html", form_context(jurisdiction, typed))
        return _unkept(page)
    try:
        filed = _file(request, jurisdiction, typed)
    except Refused as refusal:
        context = form_context(jurisdiction, typed) | {"refusal": refusal}
        status = status_code(refusal.reason)
        return _unkept(render(request, "governance/complain.html", context, status=status))
    return _private(redirect("complaint-follow", secret=filed))


@open_to_everyone
@require_safe
def follow(request: HttpRequest, secret: str) -> HttpResponse:
    """One complaint for whoever holds its private link: status, deadline, steps, answer, proof."""
    context = follow_context(_complaint(secret)) | {"secret": secret, "link": request.build_absolute_uri()}
    return _private(render(request, "governance/complaint_private.html", context))


# The secret in the address is the authority: a forged form cannot know it. A page without referrer sends no origin
# either (Fetch, "append a request Origin header"), by which the usual check would take it for a stranger's.
@csrf_exempt
@open_to_everyone
@require_POST
def withdraw(request: HttpRequest, secret: str) -> HttpResponse:
    """Withdraw the complaint of a private link."""
    complaint = _complaint(secret)
    try:
        withdraw_complaint(secret=secret, by=selectors.public_account())
    except Refused as refusal:
        complaint.refresh_from_db()
        context = follow_context(complaint) | {"secret": secret, "refusal": refusal}
        page = render(
            request, "governance/complaint_private.html", context, status=status_code(refusal.reason)
        )
        return _private(page)
    return _private(redirect("complaint-follow", secret=secret))


def _file(request: HttpRequest, jurisdiction: Jurisdiction, typed: dict[str, str]) -> str:
    """File what was typed; return the secret of the private link."""
    filed = file_complaint(
        jurisdiction=jurisdiction,
        kind=_kind(typed["kind"]),
        words=typed["words"],
        contact=typed["contact"],
        entry=_entry(typed["entry"]),
        area=typed["area"],
        address=address_of(request),
        by=selectors.public_account(),
    )
    return filed.secret


def _kind(text: str) -> ComplaintKind:
    if text not in list(ComplaintKind):
        raise Refused(Reason.BAD_INPUT, "Choose what it is about.")
    return ComplaintKind(text)


def _entry(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refused(
            Reason.BAD_INPUT, f"“{text[:40]}” is not the number of an entry; numbers have digits only."
        )
    return int(text)


def _complaint(secret: str) -> Complaint:
    found = redress.complaint_of(secret)
    if found is None:
        raise Http404("No complaint has this private link.")
    return found


def _unkept(page: HttpResponse) -> HttpResponse:
    add_never_cache_headers(page)
    return page


def _private(page: HttpResponse) -> HttpResponse:
    """Let nobody keep the page, list it, or learn its address from where its links lead."""
    page["Cache-Control"] = "no-store, private"
    page["Referrer-Policy"] = "no-referrer"
    page["X-Robots-Tag"] = "noindex, nofollow"
    return page
