"""What a person is told: read it, mark it read, choose how; and, for administrators, what the mail server refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.notices import notice_numbered
from governance.permissions import check, open_to_signed_in
from governance.selectors import home_jurisdiction
from governance.services.choose_mail import choose_mail
from governance.services.read_notices import read_notices
from governance.services.retry_mail import retry_mail
from governance.views.notice_page import leads_to, mail_context, notices_context

if TYPE_CHECKING:
    from governance.models import Jurisdiction, User


@open_to_signed_in
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """All that this person was told, what she has not read first."""
    return render(request, "governance/notices.html", notices_context(cast("User", request.user)))


@open_to_signed_in
@require_GET
def notice(request: HttpRequest, number: int) -> HttpResponse:
    """Lead to what one notice is about; from now on it is read. This is where the link of its e-mail points."""
    by = cast("User", request.user)
    found = notice_numbered(number, by)
    if found is None:
        raise Http404("There is no such notice of yours.")
    read_notices(number=number, by=by)
    return redirect(leads_to(found))


@open_to_signed_in
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark one notice as read, or all that the page showed."""
    number, up_to = _number(request, "number"), _number(request, "up_to")
    if number is None and up_to is None:
        raise Refused(Reason.BAD_INPUT, "Say which notices you have read. Nothing was changed.")
    count = read_notices(number=number, up_to=up_to, by=cast("User", request.user))
    messages.success(request, f"Marked as read: {count}.")
    return redirect("notices")


@open_to_signed_in
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep whether this person wants e-mail too."""
    chosen = request.POST.get("how", "")
    if chosen not in ("mail", "here"):
        raise Refused(Reason.BAD_INPUT, "Choose how you want to be told. Nothing was changed.")
    wanted = choose_mail(wanted=chosen == "mail", by=cast("User", request.user))
    told = "here and by e-mail" if wanted else "here alone, except where your role requires an e-mail"
    messages.success(request, f"Kept: you are told {told}.")
    return redirect("notices")


@open_to_signed_in
@require_GET
def mail_status(request: HttpRequest) -> HttpResponse:
    """How e-mail does, and what was not delivered: for whoever manages accounts."""
    here = _managed(request)
    return render(request, "governance/mail.html", mail_context(here))


@open_to_signed_in
@require_POST
def try_again(request: HttpRequest, number: int) -> HttpResponse:
    """Let an e-mail that was given up wait once more."""
    retry_mail(jurisdiction=_managed(request), number=number, by=cast("User", request.user))
    messages.success(request, "It waits again and is tried within a minute.")
    return redirect("mail")


def _managed(request: HttpRequest) -> Jurisdiction:
    by = cast("User", request.user)
    here = home_jurisdiction(by, request.session.get("jurisdiction", ""))
    if here is None:
        raise Refused(Reason.NOT_PERMITTED, "Your account has no role, so there is nothing here for it.")
    check(by, Permission.MANAGE_ROLES, here)
    return here


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
