"""The decision page of every request that has no page of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from governance import clock, selectors
from governance.core.approval import Verdict, Voter, check_standing
from governance.core.refusals import Refused, status_code
from governance.core.roles import Permission
from governance.core.spoken import spoken_deadline
from governance.holds import hold_line, hold_to_lift, opening_text
from governance.permissions import check, open_to_signed_in
from governance.services.cast_vote import cast_vote
from governance.views.confirm import asks_password_again
from governance.views.evidence import evidence_lines
from governance.views.inbox_page import KINDS, PAGES

if TYPE_CHECKING:
    from governance.models import ChangeRequest, User

SAID = {"approve": "approved", "return": "returned it", "reject": "rejected it"}
APPLIED = {"hold_lift": "The hold ends within the minute, and what it stopped can go on."}


def _visible(request: HttpRequest, request_id: int) -> tuple[ChangeRequest, User]:
    found = selectors.request_numbered(request_id)
    if found is None:
        raise Http404("There is no such request.")
    by = cast("User", request.user)
    check(
        by,
        Permission.SEE_PLANS if found.kind == "plan" else Permission.SEE_RECORD,
        found.jurisdiction,
        found.district,
    )
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
    """Cast the vote of the form; a refusal shows the page again, with the reason and the text kept."""
    found, by = _visible(request, request_id)
    rationale = request.POST.get("rationale", "")
    if request.POST.get("verdict") not in list(Verdict):
        raise Http404("There is no such verdict.")
    try:
        settled = cast_vote(
            change_request_id=request_id,
            verdict=Verdict(request.POST["verdict"]),
            rationale=rationale,
            seen_digest=request.POST.get("seen_digest", ""),
            by=by,
        )
    except Refused as refusal:
        context = request_context(found, by) | {"refusal": refusal, "rationale": rationale}
        return render(request, "governance/request.html", context, status=status_code(refusal.reason))
    messages.success(request, f"Your decision is in the record. This request is {settled.state}.")
    return redirect("request", request_id=request_id)


def request_context(found: ChangeRequest, by: User) -> dict[str, Any]:
    """Return everything the page of a request shows to this person."""
    here, rule, hold = found.jurisdiction, selectors.rule_for(found), hold_to_lift(found)
    line = hold_line(hold, by) if hold else None
    now, why_not = clock.local(clock.now(here), here), _why_not(found, by)
    votes = [
        (vote, SAID[vote.verdict], selectors.role_title(vote.role)) for vote in selectors.votes_on(found)
    ]
    return {
        "jurisdiction": here,
        "change": found,
        "kind": KINDS.get(found.kind, found.kind.replace("_", " ").capitalize()),
        "line": line,
        "is_read": line is None or line.is_read,
        "asked_by": list(found.authors.order_by("id")),
        "why": opening_text(found),
        "deadline": spoken_deadline(clock.local(found.expires_at, here), now),
        "quorum": rule.quorum,
        "least": rule.rationale_min_length,
        "evidence": evidence_lines([found.digest, *found.rests_on], here),
        "votes": votes,
        "approvals": sum(
            vote.verdict == Verdict.APPROVE and vote.digest == found.digest for vote, _, _ in votes
        ),
        "voters": selectors.voters_for(found),
        "why_not": why_not,
        "may_decide": not why_not,
        "applied": APPLIED.get(found.kind, "The schedule applies it within the minute."),
    }


def _why_not(found: ChangeRequest, by: User) -> str:
    """Ask the same rules the vote will ask; the answer is the refusal's sentence."""
    try:
        check(by, selectors.vote_permission(found.kind), found.jurisdiction, found.district)
        check_standing(
            selectors.proposal_of(found),
            Voter(by.pk, by.is_service),
            selectors.ballots_on(found),
            now=clock.now(found.jurisdiction),
        )
    except Refused as refusal:
        return refusal.message
    return ""
