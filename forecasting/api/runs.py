"""Forecasts as data: the list, one run, and how forecasts turned out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting.core.score_history import LEAST_WINDOWS, history_figures
from forecasting.core.taxonomy import TAXONOMY
from forecasting.models import ForecastRun, Scorecard
from forecasting.selectors.runs import importance_of_run, run_numbered, runs_of
from forecasting.selectors.scores import SEEN, pooled_history, scorecards_in
from governance.api.answers import BY_ROLE, REFUSALS, Problem, RoleEndpoint
from governance.api.asked import JURISDICTION, permitted_jurisdiction, person, word_asked
from governance.core.roles import Permission
from governance.permissions import check

if TYPE_CHECKING:
    from governance.models import User

CATEGORY = OpenApiParameter("category", str, enum=TAXONOMY)
NEEDS = "Needs `see_forecasts`."


class RunRow(serializers.ModelSerializer[ForecastRun]):
    """One category's forecast for one window, as it was sealed."""

    jurisdiction = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    recipe = serializers.SlugRelatedField[Any](slug_field="digest", read_only=True)
    extract = serializers.SlugRelatedField[Any](slug_field="digest", read_only=True)

    class Meta:
        model = ForecastRun
        fields: tuple[str, ...] = (
            "id",
            "jurisdiction",
            "category",
            "police_discovered",
            "as_of",
            "window_start",
            "window_end",
            "cell",
            "total",
            "total_low",
            "total_high",
            "baseline_total",
            "digest",
            "recipe",
            "extract",
            "cells_digest",
            "shares_digest",
            "manifest_digest",
            "seed",
            "policy_version",
            "issued_at",
            "ledger_index",
        )


class TermImportance(serializers.Serializer[Any]):
    """What one term did to a forecast as a whole."""

    term = serializers.CharField()
    strength = serializers.FloatField(
        help_text="Mean of |log factor|, weighted by expected incidents: 0 changes nothing."
    )
    curve = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2),
        help_text="Pairs: log of the term's value against the city's average, and the factor it brings.",
    )


class RunWhole(RunRow):
    """One forecast with what mattered in it."""

    importance = serializers.SerializerMethodField(help_text="Every term, the strongest first, as sealed.")

    class Meta(RunRow.Meta):
        fields = (*RunRow.Meta.fields, "importance")

    @extend_schema_field(TermImportance(many=True))
    def get_importance(self, run: ForecastRun) -> list[dict[str, Any]]:
        return importance_of_run(run)


class ScoreRow(serializers.ModelSerializer[Scorecard]):
    """How one run turned out, beside its baseline."""

    category = serializers.CharField(source="run.category")
    window_start = serializers.DateTimeField(source="run.window_start")
    figures = serializers.DictField(help_text="method → metric → value, n, N, low, high")

    class Meta:
        model = Scorecard
        fields = (
            "id",
            "run",
            "category",
            "window_start",
            "standing",
            "observed",
            "figures",
            "truth_digest",
            "digest",
            "scored_at",
            "ledger_index",
        )


class Runs(RoleEndpoint):
    """All forecasts."""

    permission_classes = (IsAuthenticated,)
    serializer_class = RunRow

    @extend_schema(
        summary="Forecasts, the latest window first",
        description=NEEDS,
        tags=[BY_ROLE],
        parameters=[JURISDICTION, CATEGORY],
        responses={200: RunRow(many=True), 403: Problem},
    )
    def get(self, request: Request) -> Response:
        here = permitted_jurisdiction(request, Permission.SEE_FORECASTS)
        category = word_asked(request, "category", TAXONOMY)
        rows = runs_of(here) if here else ForecastRun.objects.none()
        rows = rows.filter(category=category) if category else rows
        return self.page(rows.select_related("jurisdiction").order_by("-window_start", "category", "id"))


class Run(RoleEndpoint):
    """One forecast."""

    permission_classes = (IsAuthenticated,)
    serializer_class = RunWhole

    @extend_schema(
        summary="One forecast", description=NEEDS, tags=[BY_ROLE], responses={200: RunWhole, **REFUSALS}
    )
    def get(self, request: Request, run_id: int) -> Response:
        return Response(self.one(visible_run(person(request), run_id)))


class Scorecards(RoleEndpoint):
    """All scores."""

    permission_classes = (IsAuthenticated,)
    serializer_class = ScoreRow

    @extend_schema(
        summary="How forecasts turned out, the latest window first",
        description=f"{NEEDS} Every scoring of every forecast, good or bad, beside counting past reports alone. A "
        "truth that changed late makes a second scoring of the same run.",
        tags=[BY_ROLE],
        parameters=[JURISDICTION, CATEGORY],
        responses={200: ScoreRow(many=True), 403: Problem},
    )
    def get(self, request: Request) -> Response:
        here = permitted_jurisdiction(request, Permission.SEE_FORECASTS)
        category = word_asked(request, "category", TAXONOMY)
        return self.page(scorecards_in(here, category) if here else [])


class PooledRow(serializers.Serializer[Any]):
    """One category's scores over its latest windows together."""

    category = serializers.CharField()
    windows = serializers.IntegerField()
    hit_rate = serializers.DictField(
        help_text="method → share of the area in percent → n, N, windows, value, low, high, wilson, bootstrap"
    )
    deviance_skill = serializers.DictField(help_text="compared with → value, low, high; 0 equal, 1 perfect")
    district_coverage = serializers.DictField(
        allow_null=True, help_text="Districts covered by the randomised PIT: n, N, value, low, high"
    )
    level = serializers.FloatField(allow_null=True, help_text="What the coverage should be.")
    sharpness = serializers.FloatField(allow_null=True, help_text="Interval widths over means.")
    pit = serializers.ListField(child=serializers.IntegerField(), help_text="Ten bars from 0 to 1.")


class PooledScores(RoleEndpoint):
    """Scores over time."""

    permission_classes = (IsAuthenticated,)
    serializer_class = PooledRow

    @extend_schema(
        summary="Scores of a category over its latest windows together",
        description=f"{NEEDS} The newest scoring of each of the latest {SEEN} windows. Intervals: blocks of windows "
        f"resampled, Wilson's below {LEAST_WINDOWS} windows. A category is required; 404 while none is scored.",
        tags=[BY_ROLE],
        parameters=[JURISDICTION, CATEGORY],
        responses={200: PooledRow, **REFUSALS},
    )
    def get(self, request: Request) -> Response:
        here = permitted_jurisdiction(request, Permission.SEE_FORECASTS)
        category = word_asked(request, "category", TAXONOMY)
        history = pooled_history(here, category) if here else None
        if history is None:
            raise Http404("No forecast of this category has been scored.")
        return Response({"category": category, **history_figures(history)})


def visible_run(by: User, run_id: int) -> ForecastRun:
    """Return a run that this person may see."""
    run = run_numbered(run_id)
    if run is None:
        raise Http404("There is no such forecast.")
    check(by, Permission.SEE_FORECASTS, run.jurisdiction)
    return run
