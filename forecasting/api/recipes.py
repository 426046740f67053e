"""Recipes as data: the list, one with its bake-off, and its model card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting.core.recipe_states import RecipeState
from forecasting.selectors.model_cards import card_of
from forecasting.selectors.recipes import Standing, categories_in_force, standing_of, standings_in
from governance.api.answers import BY_ROLE, REFUSALS, Problem, RoleEndpoint
from governance.api.asked import JURISDICTION, permitted_jurisdiction
from governance.core.roles import Permission

if TYPE_CHECKING:
    from collections.abc import Mapping

NEEDS = "Needs `see_forecasts`."


class RecipeRow(serializers.Serializer[Any]):
    """One recipe or draft of one, and where it stands."""

    digest = serializers.CharField()
    title = serializers.CharField()
    jurisdiction = serializers.CharField(source="jurisdiction.slug")
    categories = serializers.ListField(child=serializers.CharField())
    state = serializers.CharField(help_text=f"One of: {', '.join(RecipeState)}.")
    in_force_for = serializers.SerializerMethodField(help_text="Categories whose forecasts use it now.")
    drafted_at = serializers.DateTimeField(source="draft.drafted_at", default=None)
    valid_until = serializers.DateTimeField(source="recipe.valid_until", default=None)
    retired_at = serializers.DateTimeField(source="retirement.retired_at", default=None)
    request = serializers.IntegerField(source="request.pk", default=None)
    verdicts = serializers.SerializerMethodField(help_text="Kind of evidence → its newest verdict.")

    def get_in_force_for(self, standing: Standing) -> list[str]:
        """Return the categories whose forecasts use it now."""
        used: Mapping[str, int] = self.context.get("in_force", {})
        number = standing.recipe.pk if standing.recipe else None
        return sorted(category for category, each in used.items() if each == number)

    def get_verdicts(self, standing: Standing) -> dict[str, str]:
        """Return each kind of evidence with its newest verdict."""
        return {kind: row.verdict for kind, row in standing.evidence.items()}


class TrialRow(serializers.Serializer[Any]):
    """One category of a bake-off."""

    category = serializers.CharField()
    verdict = serializers.CharField()
    sentence = serializers.CharField()
    figures = serializers.DictField(
        help_text="`models`: each one's own scores; `paired`: the draft against each."
    )
    report_digest = serializers.CharField()
    ledger_index = serializers.IntegerField()


class RecipeWhole(RecipeRow):
    """A recipe with its body, whose canonical JSON (RFC 8785) has the digest, and its bake-off."""

    body = serializers.DictField()
    trials = TrialRow(many=True)


class Recipes(RoleEndpoint):
    """All recipes and drafts."""

    permission_classes = (IsAuthenticated,)
    serializer_class = RecipeRow

    @extend_schema(
        summary="Recipes and drafts of them, the newest first",
        description=f"{NEEDS} Where each stands follows from what is recorded about its digest.",
        tags=[BY_ROLE],
        parameters=[JURISDICTION],
        responses={200: RecipeRow(many=True), 403: Problem},
    )
    def get(self, request: Request) -> Response:
        here = permitted_jurisdiction(request, Permission.SEE_FORECASTS)
        return self.page(standings_in(here) if here else [])

    def get_serializer_context(self) -> dict[str, Any]:
        """Add which recipe each category's forecasts use now."""
        return {**super().get_serializer_context(), "in_force": _in_force(self.request)}


class OneRecipe(RoleEndpoint):
    """One recipe."""

    permission_classes = (IsAuthenticated,)
    serializer_class = RecipeWhole

    @extend_schema(
        summary="One recipe with its body and its bake-off",
        description=NEEDS,
        tags=[BY_ROLE],
        parameters=[JURISDICTION],
        responses={200: RecipeWhole, **REFUSALS},
    )
    def get(self, request: Request, digest: str) -> Response:
        return Response(self.one(_asked(request, digest)))

    def get_serializer_context(self) -> dict[str, Any]:
        """Add which recipe each category's forecasts use now."""
        return {**super().get_serializer_context(), "in_force": _in_force(self.request)}


class CardAnswer(serializers.Serializer[Any]):
    """A model card: what a recipe is for and not for, what it was measured to do, and who approved it."""

    format = serializers.CharField()
    title = serializers.CharField()
    jurisdiction = serializers.CharField()
    digest = serializers.CharField()
    state = serializers.CharField()
    about = serializers.CharField()
    intended_use = serializers.CharField()
    not_for = serializers.ListField(child=serializers.CharField())
    data = serializers.DictField()  # type: ignore[assignment]
    method = serializers.DictField()
    evaluation = serializers.ListField(child=serializers.DictField())
    scores = serializers.ListField(child=serializers.DictField())
    calibration = serializers.DictField()
    audits = serializers.ListField(child=serializers.DictField())
    limits = serializers.ListField(child=serializers.CharField())
    approval = serializers.DictField()
    digests = serializers.DictField(child=serializers.CharField())


class Card(RoleEndpoint):
    """The model card of one recipe."""

    permission_classes = (IsAuthenticated,)
    serializer_class = CardAnswer

    @extend_schema(
        summary="The model card of one recipe",
        description=f"{NEEDS} Made from the figures of its own evaluation and forecasts; what was never measured is "
        "null or empty.",
        tags=[BY_ROLE],
        parameters=[JURISDICTION],
        responses={200: CardAnswer, **REFUSALS},
    )
    def get(self, request: Request, digest: str) -> Response:
        return Response(self.one(card_of(_asked(request, digest))))


def _asked(request: Request, digest: str) -> Standing:
    here = permitted_jurisdiction(request, Permission.SEE_FORECASTS)
    standing = standing_of(here, digest) if here else None
    if standing is None:
        raise Http404("There is no such recipe.")
    return standing


def _in_force(request: Request | None) -> Mapping[str, int]:
    """Return category -> number of the recipe in use; nothing while only the description is drawn."""
    if request is None or not request.user.is_authenticated:
        return {}
    here = permitted_jurisdiction(request, Permission.SEE_FORECASTS)
    return categories_in_force(here) if here else {}
