"""Pages of access: the review of who may do what, accounts, roles asked for and given."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth.tokens import default_token_generator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.views.decorators.http import require_GET, require_POST

from governance import selectors
from governance.core.refusals import Reason, Refused
from governance.core.role_requests import votes
from governance.core.roles import PERMISSION_LABELS, ROLES, Permission, Role
from governance.permissions import SEE_ACCESS, check_any, open_to_everyone, open_to_signed_in
from governance.services.create_account import create_account
from governance.services.deactivate_account import deactivate_account
from governance.services.grant_role import grant_role
from governance.services.request_role import request_role
from governance.services.revoke_role import revoke_role
from governance.views.access_page import CSV_HEAD, access_context, csv_rows, role_request_context
from governance.views.confirm import asks_password_again
from governance.views.deciding import answer_form

if TYPE_CHECKING:
    from governance.models import Jurisdiction, RoleRequest, User


def _here(request: HttpRequest) -> tuple[Jurisdiction, User]:
    """Return where the person works and who she is; refuse who may not review access there."""
    by = cast("User", request.user)
    jurisdiction = selectors.home_jurisdiction(by, request.session.get("jurisdiction", ""))
    if jurisdiction is None:
        raise Refused(
            Reason.NOT_PERMITTED,
            "Your account has no role, so it cannot see who holds one. What each role may do is public, at /roles/.",
        )
    check_any(by, SEE_ACCESS, jurisdiction)
    return jurisdiction, by


@open_to_everyone
@require_GET
def roles(request: HttpRequest) -> HttpResponse:
    """What each role may do, in plain words, for everybody."""
    rows = [
        (terms, [PERMISSION_LABELS[each] for each in Permission if each in terms.permissions], votes(role))
        for role, terms in ROLES.items()
    ]
    return render(request, "governance/roles.html", {"rows": rows})


@open_to_signed_in
@require_GET
def access(request: HttpRequest) -> HttpResponse:
    """The access review of the jurisdiction in which the person works."""
    jurisdiction, by = _here(request)
    return render(request, "governance/access.html", access_context(jurisdiction, by))


@open_to_signed_in
@require_GET
def access_csv(request: HttpRequest) -> HttpResponse:
    """The access review as a table for a program."""
    jurisdiction, _ = _here(request)
    out = io.StringIO()
    csv.writer(out).writerows([CSV_HEAD, *([_cell(each) for each in row] for row in csv_rows(jurisdiction))])
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="access-{jurisdiction.slug}.csv"'
    return answer


def _cell(text: str) -> str:
    """Return a cell that no spreadsheet runs as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


@open_to_signed_in
@require_POST
@asks_password_again
def make_account(request: HttpRequest) -> HttpResponse:
    """Create an account and show, this once, the link by which its person sets her password."""
    jurisdiction, by = _here(request)
    made = create_account(
        email=request.POST.get("email", ""),
        name=request.POST.get("name", ""),
        jurisdiction=jurisdiction,
        by=by,
    )
    words = [urlsafe_base64_encode(force_bytes(made.pk)), default_token_generator.make_token(made)]
    link = request.build_absolute_uri(reverse("first-password", args=words))
    return render(request, "governance/account_made.html", {"made": made, "link": link})


@open_to_signed_in
@require_POST
@asks_password_again
def close_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Close an account."""
    jurisdiction, by = _here(request)
    user = selectors.account_numbered(account_id)
    if user is None:
        raise Http404("There is no such account.")
    deactivate_account(user=user, reason=request.POST.get("reason", ""), jurisdiction=jurisdiction, by=by)
    messages.success(request, f"The account of {user.name} is closed. It is in the record, with your reason.")
    return redirect("access")


@open_to_signed_in
@require_POST
@asks_password_again
def give_or_ask(request: HttpRequest) -> HttpResponse:
    """Grant a role that carries no vote, or ask the board for one that does."""
    jurisdiction, by = _here(request)
    sent = {name: str(value) for name, value in request.POST.items()}
    user, role = selectors.account_numbered(_number(sent.get("account", ""))), sent.get("role", "")
    if user is None or role not in list(Role):
        raise Refused(Reason.BAD_INPUT, "Choose a person and a role from the lists.")
    if not votes(Role(role)):
        grant_role(user=user, role=Role(role), jurisdiction=jurisdiction, by=by)
        messages.success(
            request, f"{user.name} is {ROLES[Role(role)].title.lower()} now. It is in the record."
        )
        return redirect("access")
    district = next(
        (each for each in selectors.districts_of(jurisdiction) if each.code == sent.get("district")), None
    )
    asked = request_role(
        user=user,
        role=Role(role),
        jurisdiction=jurisdiction,
        district=district,
        reason=sent.get("reason", ""),
        by=by,
    )
    messages.success(request, "The board is asked. Nothing changes until it agrees.")
    return redirect("role-request", request_id=asked.change_request_id)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


@open_to_signed_in
@require_POST
@asks_password_again
def end_role(request: HttpRequest, grant_id: int) -> HttpResponse:
    """Revoke a role."""
    _, by = _here(request)
    grant = selectors.grant_numbered(grant_id)
    if grant is None:
        raise Http404("There is no such grant.")
    revoke_role(role_grant_id=grant.pk, by=by)
    messages.success(
        request, f"{grant.user.name} is no longer {selectors.role_title(grant.role).lower()} there."
    )
    return redirect("access")


def _asked(request: HttpRequest, request_id: int) -> tuple[RoleRequest, User]:
    asked = selectors.role_request_of(request_id)
    if asked is None:
        raise Http404("There is no such request.")
    by = cast("User", request.user)
    check_any(by, SEE_ACCESS, asked.change_request.jurisdiction)
    return asked, by


@open_to_signed_in
@require_GET
def role_request(request: HttpRequest, request_id: int) -> HttpResponse:
    """The decision page of a request for a role."""
    asked, by = _asked(request, request_id)
    return render(request, "governance/role_request.html", role_request_context(asked, by))


@open_to_signed_in
@require_POST
@asks_password_again
def decide_role(request: HttpRequest, request_id: int) -> HttpResponse:
    """Cast the vote of the form, or do what else it says about the request."""
    asked, by = _asked(request, request_id)
    return answer_form(
        request,
        request_id,
        page="role-request",
        template="governance/role_request.html",
        context=lambda: role_request_context(asked, by),
    )
