"""Pages of the policy for whoever is signed in: its versions, a draft of a new one, and the decision on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance import policy_making, selectors
from governance.commented import draft_of
from governance.core.policy import read_terms
from governance.core.policy_differences import policy_differences
from governance.core.policy_draft import check_based_on
from governance.core.refusals import Reason, Refused, status_code
from governance.core.roles import Permission
from governance.permissions import check, check_any, open_to_signed_in
from governance.policy_forms import Proposed, put_anew, put_to_vote, read_policy
from governance.services.answer_comments import answer_comments
from governance.views.confirm import asks_password_again
from governance.views.deciding import answer_form
from governance.views.policy_page import (
    compared,
    form_context,
    is_commented,
    may_propose,
    policy_context,
    request_context,
)

if TYPE_CHECKING:
    from governance.models import ChangeRequest, Jurisdiction, User


def _here(request: HttpRequest) -> tuple[Jurisdiction, User]:
    by = cast("User", request.user)
    jurisdiction = selectors.home_jurisdiction(by, request.session.get("jurisdiction", ""))
    if jurisdiction is None:
        raise Refused(Reason.NOT_PERMITTED, "Your account has no role, so it has no policy to read here.")
    check(by, Permission.SEE_RECORD, jurisdiction)
    return jurisdiction, by


def _visible(request: HttpRequest, request_id: int) -> tuple[ChangeRequest, User]:
    change = selectors.request_numbered(request_id)
    if change is None or not is_commented(change):
        raise Http404("There is no such policy or recipe.")
    by = cast("User", request.user)
    check(by, Permission.SEE_RECORD, change.jurisdiction)
    return change, by


@open_to_signed_in
@require_GET
def policy(request: HttpRequest) -> HttpResponse:
    """The policy in force in words, what is in the making, and the differences between any two versions."""
    jurisdiction, by = _here(request)
    asked = compared(jurisdiction, request.GET.get("from", ""), request.GET.get("to", ""))
    context = policy_context(jurisdiction) | asked | {"may_propose": may_propose(by, jurisdiction)}
    return render(request, "governance/policy.html", context)


@open_to_signed_in
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """Draft a policy: the difference is shown first, then the draft is put to the vote."""
    jurisdiction, by = _here(request)
    check_any(by, selectors.open_permissions("policy"), jurisdiction)
    return _draft_form(request, jurisdiction, None, by)


@open_to_signed_in
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, request_id: int) -> HttpResponse:
    """Edit a draft that is not decided: a new revision, open to comment anew."""
    change, by = _visible(request, request_id)
    check_any(by, selectors.open_permissions("policy"), change.jurisdiction)
    if draft_of(change) is None:
        raise Http404("There is no draft to edit.")
    return _draft_form(request, change.jurisdiction, change, by)


def _draft_form(
    request: HttpRequest, jurisdiction: Jurisdiction, change: ChangeRequest | None, by: User
) -> HttpResponse:
    if request.method != "POST":
        return render(request, "governance/policy_edit.html", form_context(jurisdiction, change, None))
    if request.POST.get("do") == "open":
        return _opened(request, jurisdiction, change, by)
    return _shown(request, jurisdiction, change)


@asks_password_again
def _opened(
    request: HttpRequest, jurisdiction: Jurisdiction, change: ChangeRequest | None, by: User
) -> HttpResponse:
    """Put to the vote what was typed; refused, the form comes back with it."""
    sent = _sent(request)
    try:
        opened = _open(jurisdiction, change, sent, _read(sent, jurisdiction), by)
    except Refused as refusal:
        return _shown(request, jurisdiction, change, refusal)
    messages.success(request, "It is in the record and open to everybody from now on.")
    return redirect("policy-request", request_id=opened.pk)


def _shown(
    request: HttpRequest,
    jurisdiction: Jurisdiction,
    change: ChangeRequest | None,
    refusal: Refused | None = None,
) -> HttpResponse:
    """Show what was typed with the difference that it makes, and what stands against it."""
    sent = _sent(request)
    context = form_context(jurisdiction, change, sent)
    try:
        known = read_terms(policy_making.newest_version(jurisdiction).terms)
        context["effect"] = policy_differences(known, _read(sent, jurisdiction).terms)
    except Refused as unreadable:
        refusal = refusal or unreadable
    status = status_code(refusal.reason) if refusal else 200
    return render(request, "governance/policy_edit.html", context | {"refusal": refusal}, status=status)


def _sent(request: HttpRequest) -> dict[str, str]:
    return {key: str(value) for key, value in request.POST.items()}


def _read(sent: dict[str, str], jurisdiction: Jurisdiction) -> Proposed:
    """Read the form against the version that its writer saw; one adopted since makes it void."""
    newest = policy_making.newest_version(jurisdiction)
    asked = sent.get("based_on", "")
    based_on = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
    check_based_on(based_on, newest.version)
    return read_policy(sent, jurisdiction, newest.terms, based_on)


def _open(
    jurisdiction: Jurisdiction,
    change: ChangeRequest | None,
    sent: dict[str, str],
    proposed: Proposed,
    by: User,
) -> ChangeRequest:
    if change is None:
        return put_to_vote(jurisdiction, proposed, by)
    return put_anew(change, sent.get("seen_digest", ""), proposed, by)


@open_to_signed_in
@require_GET
def policy_request(request: HttpRequest, request_id: int) -> HttpResponse:
    """The decision page of a policy or a recipe."""
    change, by = _visible(request, request_id)
    return render(request, "governance/policy_request.html", request_context(change, by))


@open_to_signed_in
@require_POST
@asks_password_again
def decide(request: HttpRequest, request_id: int) -> HttpResponse:
    """Cast the vote of the form, or do what else it says about the request."""
    change, by = _visible(request, request_id)
    return answer_form(
        request,
        request_id,
        page="policy-request",
        template="governance/policy_request.html",
        context=lambda: request_context(change, by),
    )


@open_to_signed_in
@require_POST
@asks_password_again
def answer(request: HttpRequest, request_id: int) -> HttpResponse:
    """Answer the comments that were ticked, all with one text."""
    change, by = _visible(request, request_id)
    text, ticked = request.POST.get("answer", ""), request.POST.getlist("comment")
    ids = {int(each) for each in ticked if each.isascii() and each.isdigit() and len(each) < 16}
    try:
        answer_comments(change_request_id=request_id, comment_ids=ids, text=text, by=by)
    except Refused as refusal:
        context = request_context(change, by) | {"answer_refusal": refusal, "answer": text, "ticked": ids}
        return render(request, "governance/policy_request.html", context, status=status_code(refusal.reason))
    count = "One comment is" if len(ids) == 1 else f"{len(ids)} comments are"
    messages.success(request, f"{count} answered; the answer is public now.")
    return redirect("policy-request", request_id=request_id)
