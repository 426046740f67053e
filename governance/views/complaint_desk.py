"""The desk where complaints are read, taken and answered, by people who had no part in what they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from governance import redress
from governance.core.complaints import ComplaintOutcome, check_no_part
from governance.core.refusals import Reason, Refused, status_code
from governance.permissions import open_to_signed_in
from governance.selectors import home_jurisdiction
from governance.services.answer_complaint import answer_complaint
from governance.services.take_complaint import take_complaint
from governance.views.complaint_page import case_context, desk_context
from governance.views.confirm import asks_password_again

if TYPE_CHECKING:
    from governance.models import Complaint, User


@open_to_signed_in
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for an answer in this person's jurisdiction, the nearest deadline first."""
    by = cast("User", request.user)
    here = home_jurisdiction(by, request.session.get("jurisdiction", ""))
    if here is None:
        return render(request, "governance/no_role.html")
    redress.check_reads_complaints(by, here)
    return render(request, "governance/complaints.html", desk_context(here, by))


@open_to_signed_in
@require_GET
def one(request: HttpRequest, number: int) -> HttpResponse:
    """One complaint, for somebody who may answer it."""
    complaint, by = _visible(request, number)
    return render(request, "governance/complaint.html", case_context(complaint, by))


@open_to_signed_in
@require_POST
def take(request: HttpRequest, number: int) -> HttpResponse:
    """Take a complaint."""
    complaint, by = _visible(request, number)
    try:
        take_complaint(complaint_id=number, by=by)
    except Refused as refusal:
        return _again(request, complaint, by, refusal)
    messages.success(request, "You have taken this complaint. The record says so; answer it below.")
    return redirect("complaint", number=number)


@open_to_signed_in
@require_POST
@asks_password_again
def answer(request: HttpRequest, number: int) -> HttpResponse:
    """Answer a complaint; a refusal keeps what was typed."""
    complaint, by = _visible(request, number)
    try:
        answer_complaint(
            complaint_id=number,
            outcome=_outcome(request.POST.get("outcome", "")),
            reason=request.POST.get("reason", ""),
            remedy=request.POST.get("remedy", ""),
            by=by,
        )
    except Refused as refusal:
        return _again(request, complaint, by, refusal)
    messages.success(
        request, "Your answer is recorded. Whoever filed the complaint reads it by the private link."
    )
    return redirect("complaint", number=number)


def _visible(request: HttpRequest, number: int) -> tuple[Complaint, User]:
    """Return a complaint that this person may read: by her role, and without a part in what it is about."""
    by = cast("User", request.user)
    complaint = redress.complaint_numbered(number)
    if complaint is None:
        raise Http404("There is no such complaint.")
    redress.check_reads_complaints(by, complaint.jurisdiction)
    check_no_part(redress.reader_of(by, complaint))
    return complaint, by


def _outcome(text: str) -> ComplaintOutcome:
    if text not in list(ComplaintOutcome):
        raise Refused(Reason.BAD_INPUT, "Choose an outcome.")
    return ComplaintOutcome(text)


def _again(request: HttpRequest, complaint: Complaint, by: User, refusal: Refused) -> HttpResponse:
    fresh = redress.complaint_numbered(complaint.pk) or complaint
    sent = {name: request.POST.get(name, "") for name in ("outcome", "reason", "remedy")}
    context = case_context(fresh, by) | {"refusal": refusal, "sent": sent}
    return render(request, "governance/complaint.html", context, status=status_code(refusal.reason))
