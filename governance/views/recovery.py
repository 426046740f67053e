"""The page on which a recovery of the log is proposed and agreed to: what is missing, by which rule, who has agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from governance import selectors
from governance.core.recovery import KIND
from governance.core.refusals import Reason, Refused, status_code
from governance.core.roles import ROLES, Permission, roles_with
from governance.log_recovery import Asked, Gap, asked_now, gap, votes_of
from governance.permissions import check, open_to_signed_in, relied_on
from governance.services.confirm_recovery import confirm_recovery
from governance.services.propose_recovery import propose_recovery
from governance.views.confirm import asks_password_again
from governance.views.deciding import refusal_of

if TYPE_CHECKING:
    from governance.models import Jurisdiction, User

TEMPLATE = "governance/recovery.html"


def _here(request: HttpRequest) -> tuple[Jurisdiction, User]:
    by = cast("User", request.user)
    jurisdiction = selectors.home_jurisdiction(by, request.session.get("jurisdiction", ""))
    if jurisdiction is None:
        raise Refused(
            Reason.NOT_PERMITTED, "Your account has no role. How the record stands is public, at /record/."
        )
    check(by, Permission.SEE_RECORD, jurisdiction)
    return jurisdiction, by


@open_to_signed_in
@require_GET
def recovery(request: HttpRequest) -> HttpResponse:
    """Say what the database lacks, what is proposed and who has agreed."""
    return render(request, TEMPLATE, recovery_context(*_here(request)))


@open_to_signed_in
@require_POST
@asks_password_again
def propose(request: HttpRequest) -> HttpResponse:
    """Propose to recover the log; the board of where the person works decides."""
    jurisdiction, by = _here(request)
    try:
        propose_recovery(jurisdiction=jurisdiction, reason=request.POST.get("rationale", ""), by=by)
    except Refused as refusal:
        return _again(request, jurisdiction, by, refusal)
    messages.success(request, "Proposed. Nothing has changed; the board’s quorum has to agree.")
    return redirect("recovery")


@open_to_signed_in
@require_POST
@asks_password_again
def agree(request: HttpRequest) -> HttpResponse:
    """Agree to exactly the proposal that was seen."""
    jurisdiction, by = _here(request)
    sent = request.POST
    try:
        confirm_recovery(seen_digest=sent.get("seen_digest", ""), rationale=sent.get("rationale", ""), by=by)
    except Refused as refusal:
        return _again(request, jurisdiction, by, refusal)
    messages.success(request, "Kept. With the recovery it is recorded as your vote.")
    return redirect("recovery")


def _again(request: HttpRequest, jurisdiction: Jurisdiction, by: User, refusal: Refused) -> HttpResponse:
    more = {"refusal": refusal, "rationale": request.POST.get("rationale", "")}
    context = recovery_context(jurisdiction, by) | more
    return render(request, TEMPLATE, context, status=status_code(refusal.reason))


def recovery_context(jurisdiction: Jurisdiction, by: User) -> dict[str, Any]:
    """Return what the page shows to this person."""
    least = selectors.policy_in_force(jurisdiction).terms.rationale_min_length
    context: dict[str, Any] = {"jurisdiction": jurisdiction, "least": least, "log_alarm": None}
    try:
        found = gap()
    except Refused as refusal:
        return context | {"nothing": refusal}
    may_propose = not refusal_of(lambda: relied_on(by, selectors.open_permissions(KIND), jurisdiction))
    context |= {"gap": found, "last": found.checkpoint.size - 1, "may_propose": may_propose}
    return context | _proposed(found, by)


def _proposed(found: Gap, by: User) -> dict[str, Any]:
    try:
        asked = asked_now(found)
    except Refused as refusal:
        return {"why_none": refusal}
    why_not = refusal_of(lambda: _check_may_agree(asked, by))
    return {
        "asked": asked,
        "votes": votes_of(asked.row),
        "stages": [_stage(asked, number) for number in range(len(asked.rule.stages))],
        "why_not": why_not,
        "may_decide": not why_not,
    }


def _stage(asked: Asked, number: int) -> dict[str, Any]:
    stage = asked.rule.stages[number]
    titles = (ROLES[role].title.lower() for role in roles_with(stage.permission))
    return {"name": stage.name, "quorum": stage.quorum, "roles": " or ".join(titles)}


def _check_may_agree(asked: Asked, by: User) -> None:
    """Refuse, with the sentence that agreeing itself would meet."""
    voter = selectors.voter_of(asked.request, by, asked.rule)
    asked.check_may_agree(voter)
