"""Pages of recipes: the list, one recipe with its buttons, the form of a draft, the model card."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from forecasting.core.limits import as_refusal
from forecasting.core.recipe_draft import check_releasable
from forecasting.forms import read_recipe
from forecasting.selectors.model_cards import card_of
from forecasting.selectors.recipes import Standing, standing_of
from forecasting.services.draft_recipe import draft_recipe
from forecasting.services.order_evaluation import order_evaluation
from forecasting.services.propose_recipe import propose_recipe
from forecasting.services.retire_recipe import retire_recipe
from forecasting.views.recipe_page import effect, form_context, list_context, recipe_context
from governance.core.refusals import Reason, Refused, status_code
from governance.core.roles import Permission
from governance.permissions import check, open_to_signed_in
from governance.selectors import home_jurisdiction, jurisdictions, policy_in_force
from governance.views.confirm import asks_password_again

if TYPE_CHECKING:
    from forecasting.core.recipe import Recipe as RecipeBody
    from governance.models import Jurisdiction, User


def _here(request: HttpRequest) -> tuple[Jurisdiction, User]:
    """Return where this person works; without a role she is refused what she lacks."""
    by = cast("User", request.user)
    here = home_jurisdiction(by, request.session.get("jurisdiction", ""))
    if here is None:
        for each in jurisdictions():
            check(by, Permission.SEE_FORECASTS, each)
        raise Refused(Reason.NOT_PERMITTED, "Your account has no role, so there is no recipe to read here.")
    check(by, Permission.SEE_FORECASTS, here)
    return here, by


def _visible(request: HttpRequest, digest: str) -> tuple[Standing, User]:
    here, by = _here(request)
    standing = standing_of(here, digest)
    if standing is None or not standing.body:
        raise Http404("There is no such recipe.")
    return standing, by


@open_to_signed_in
@require_GET
def recipe_list(request: HttpRequest) -> HttpResponse:
    """Every recipe and draft, and where each stands."""
    here, by = _here(request)
    return render(request, "forecasting/recipes.html", list_context(here, by))


@open_to_signed_in
@require_GET
def recipe_page(request: HttpRequest, digest: str) -> HttpResponse:
    """One recipe: where it stands, what it is, what it changes, how it did, who was asked."""
    standing, by = _visible(request, digest)
    return render(request, "forecasting/recipe.html", recipe_context(standing, by))


@open_to_signed_in
@require_GET
def card(request: HttpRequest, digest: str) -> HttpResponse:
    """The model card, made from the recipe's own figures."""
    standing, _ = _visible(request, digest)
    context = {"jurisdiction": standing.jurisdiction, "standing": standing, "card": card_of(standing)}
    return render(request, "forecasting/recipe_card.html", context)


@open_to_signed_in
@require_POST
@asks_password_again
def act(request: HttpRequest, digest: str) -> HttpResponse:
    """Order the evaluation, put the recipe to the vote, or retire it; a refusal shows the page with its reason."""
    standing, by = _visible(request, digest)
    try:
        messages.success(request, _done(standing, request.POST.get("do", ""), request, by))
    except Refused as refusal:
        context = recipe_context(standing, by) | {"refusal": refusal, "typed": request.POST.get("reason", "")}
        return render(request, "forecasting/recipe.html", context, status=status_code(refusal.reason))
    return redirect("recipe", digest=digest)


def _done(standing: Standing, deed: str, request: HttpRequest, by: User) -> str:
    """Do what the form says and return the sentence that says so. Raises Http404 for what no form of ours sends."""
    if deed == "retire" and standing.recipe is not None:
        retire_recipe(recipe=standing.recipe, reason=request.POST.get("reason", ""), by=by)
        return "The recipe is retired: no forecast uses it from now on. That, and your reason, are in the record."
    if standing.draft is None:
        raise Http404("Nothing of that kind can be done with this recipe.")
    if deed == "evaluate":
        order_evaluation(draft=standing.draft, by=by)
        return "Its evaluation is ordered. The schedule tries one kind of incident after the other."
    if deed == "propose":
        change = propose_recipe(draft=standing.draft, by=by)
        return f"Request {change.pk} is open: everybody may read it and comment, then the board votes."
    raise Http404("Nothing of that kind can be done with this recipe.")


@open_to_signed_in
@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest) -> HttpResponse:
    """Draft a recipe: the difference to the one in force is shown first, then the draft is kept."""
    here, by = _here(request)
    check(by, Permission.PROPOSE, here)
    if request.method != "POST":
        return render(request, "forecasting/recipe_draft.html", form_context(here, None, ()))
    sent, chosen = _sent(request), request.POST.getlist("category")
    context = form_context(here, sent, chosen)
    try:
        recipe = _read(here, sent, chosen)
        context |= effect(here, recipe)
        if sent.get("do") == "keep":
            kept = draft_recipe(
                jurisdiction=here,
                title=sent.get("title", ""),
                body=recipe.to_dict(),
                reason=sent.get("reason", ""),
                by=by,
            )
            messages.success(request, "The draft is kept and in the record. Order its evaluation next.")
            return redirect("recipe", digest=kept.digest)
    except Refused as refusal:
        return render(
            request,
            "forecasting/recipe_draft.html",
            context | {"refusal": refusal},
            status=status_code(refusal.reason),
        )
    return render(request, "forecasting/recipe_draft.html", context)


def _sent(request: HttpRequest) -> dict[str, str]:
    return {key: str(value)[:5000] for key, value in request.POST.items()}


def _read(here: Jurisdiction, sent: dict[str, str], chosen: list[str]) -> RecipeBody:
    allowed = policy_in_force(here).terms.allowed_categories
    with as_refusal():
        recipe = read_recipe(sent, chosen, allowed)
        check_releasable(recipe, allowed)
    return recipe
