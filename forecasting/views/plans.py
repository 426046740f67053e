"""Pages of plans: the list, the decision, the edit, the briefing. A plan's address is its request's number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from forecasting.forms import read_added, read_edits
from forecasting.selectors.plans import body_of, briefing_of, closure_of, plan_of, plans_of, subject_of_plan
from forecasting.services.edit_plan import edit_plan
from forecasting.views.edit_page import edit_context
from forecasting.views.plan_page import outcome_sentence, plan_context
from governance import clock
from governance.artifacts import read_artifact
from governance.break_glass import check_may_read
from governance.core.refusals import Refused, status_code
from governance.core.roles import Permission
from governance.holds import check_not_held
from governance.permissions import districts_where, open_to_signed_in
from governance.selectors import jurisdictions
from governance.views.confirm import asks_password_again
from governance.views.deciding import answer_form

if TYPE_CHECKING:
    from forecasting.models import Plan
    from governance.models import User


def _visible(request: HttpRequest, request_id: int) -> tuple[Plan, User]:
    plan = plan_of(request_id)
    if plan is None:
        raise Http404("There is no such plan.")
    by = cast("User", request.user)
    check_may_read(by, plan.change_request)
    return plan, by


def _addresses(plan: Plan) -> dict[str, Any]:
    """Return the addresses and later events of a plan that its page links to."""
    number = plan.change_request_id
    briefing, closure = briefing_of(plan), closure_of(plan)
    files = {
        "pdf_url": reverse("plan-briefing", args=[number]),
        "geojson_url": reverse("plan-geojson", args=[number]),
    }
    return {
        "plan_url": reverse("plan", args=[number]),
        "form_url": reverse("plan-decide", args=[number]),
        "edit_url": reverse("plan-edit", args=[number]),
        "run_url": reverse("run", args=[plan.run_id]),
        "explore_url": reverse("run-explore", args=[plan.run_id]),
        "briefing": files if briefing else None,
        "outcome": outcome_sentence(plan, closure) if closure else "",
    }


@open_to_signed_in
@require_GET
def plan_list(request: HttpRequest) -> HttpResponse:
    """Plans of the districts that this person may see, the latest first."""
    plans = [
        plan
        for jurisdiction in jurisdictions()
        if (districts := districts_where(request.user, Permission.SEE_PLANS, jurisdiction))
        for plan in plans_of(jurisdiction, districts)[:200]
    ]
    return render(request, "forecasting/plans.html", {"plans": plans})


@open_to_signed_in
@require_GET
def plan_page(request: HttpRequest, request_id: int) -> HttpResponse:
    """The decision page of a plan's newest revision."""
    plan, by = _visible(request, request_id)
    return render(request, "forecasting/plan.html", plan_context(plan, by) | _addresses(plan))


@open_to_signed_in
@require_POST
@asks_password_again
def decide_plan(request: HttpRequest, request_id: int) -> HttpResponse:
    """Cast the vote of the form, or do what else it says about the plan's request."""
    plan, by = _visible(request, request_id)
    return answer_form(
        request,
        request_id,
        page="plan",
        template="forecasting/plan.html",
        context=lambda: plan_context(plan, by) | _addresses(plan),
    )


@open_to_signed_in
@require_http_methods(["GET", "POST"])
def edit_plan_page(request: HttpRequest, request_id: int) -> HttpResponse:
    """Edit a plan: the effect is shown first, then saved as a new revision."""
    if request.POST.get("do") == "save":
        return save_edit(request, request_id)
    plan, _ = _visible(request, request_id)
    sent = {key: str(value) for key, value in request.POST.items()} if request.method == "POST" else None
    return render(request, "forecasting/plan_edit.html", edit_context(plan, sent) | _addresses(plan))


@asks_password_again
def save_edit(request: HttpRequest, request_id: int) -> HttpResponse:
    """Save what was edited; it voids the votes there are, so it asks for the password as they do."""
    plan, by = _visible(request, request_id)
    sent = {key: str(value) for key, value in request.POST.items()}
    try:
        revised = edit_plan(
            plan_id=plan.pk,
            seen_digest=sent.get("seen_digest", ""),
            edits=read_edits(sent, body_of(plan)),
            added=read_added(sent),
            by=by,
        )
    except Refused as refusal:
        context = edit_context(plan, sent) | _addresses(plan) | {"refusal": refusal}
        return render(request, "forecasting/plan_edit.html", context, status=status_code(refusal.reason))
    messages.success(
        request, f"Saved as revision {revised.revision}; its own audit has to pass before it is approved."
    )
    return redirect("plan", request_id=request_id)


@open_to_signed_in
@require_GET
def briefing_file(request: HttpRequest, request_id: int, kind: str) -> HttpResponse:
    """The briefing sheet of an executed plan, as PDF or GeoJSON."""
    plan, _ = _visible(request, request_id)
    briefing = briefing_of(plan)
    if briefing is None:
        raise Http404("There is no briefing: it is issued once the plan is approved.")
    if (
        clock.now(plan.jurisdiction) < plan.ends_at
    ):  # handing it out is the next step of a plan that is running
        check_not_held(plan.jurisdiction, subject_of_plan(plan))
    digest, media = {
        "pdf": (briefing.pdf_digest, "application/pdf"),
        "geojson": (briefing.geojson_digest, "application/geo+json"),
    }[kind]
    answer = HttpResponse(read_artifact(digest), content_type=media)
    answer["Content-Disposition"] = f'attachment; filename="briefing-{request_id}.{kind}"'
    answer["Cache-Control"] = "no-store"
    return answer
