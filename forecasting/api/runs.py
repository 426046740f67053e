"""Forecasts as data: the list, one run, its cells as rows or as a map, and how forecasts turned out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting.core.taxonomy import TAXONOMY
from forecasting.models import ForecastRun, Scorecard
from forecasting.pictures import cell_rings
from forecasting.selectors.runs import run_cells, run_numbered, runs_of
from forecasting.selectors.scores import scorecards_in
from governance.api.answers import BY_ROLE, REFUSALS, Problem, RoleEndpoint
from governance.api.asked import JURISDICTION, permitted_jurisdiction, person, word_asked
from governance.api.limits import Page
from governance.core.roles import Permission
from governance.permissions import check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.models import User

CATEGORY = OpenApiParameter("category", str, enum=TAXONOMY)
FLAGGED = OpenApiParameter(
    "flagged", str, enum=("yes", "no"), description="Only cells that are, or are not, flagged."
)
SHOWN = ("column", "row", "district", "area", "expected", "low", "high", "baseline", "rank", "flagged")
NEEDS = "Needs `see_forecasts`."


class RunRow(serializers.ModelSerializer[ForecastRun]):
    """One category's forecast for one window, as it was sealed."""

    jurisdiction = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    recipe = serializers.SlugRelatedField[Any](slug_field="digest", read_only=True)
    extract = serializers.SlugRelatedField[Any](slug_field="digest", read_only=True)

    class Meta:
        model = ForecastRun
        fields = (
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


class CellRow(serializers.Serializer[Any]):
    """One cell: its column and row count from the run's origin, lengths are units of the city's projected CRS."""

    column = serializers.IntegerField()
    row = serializers.IntegerField()
    district = serializers.CharField(allow_blank=True)
    area = serializers.FloatField(help_text="Surface inside the city, CRS units squared.")
    expected = serializers.FloatField(help_text="Incidents in the whole window.")
    low = serializers.FloatField()
    high = serializers.FloatField()
    baseline = serializers.FloatField(help_text="The same total, spread by all past reports alone.")
    rank = serializers.IntegerField(help_text="1: the most expected per surface.")
    flagged = serializers.BooleanField()


class CellFeature(serializers.Serializer[Any]):
    """One cell as a GeoJSON feature (RFC 7946), in degrees."""

    type = serializers.CharField(default="Feature")
    id = serializers.IntegerField(help_text="The cell's rank.")
    properties = CellRow()
    geometry = serializers.DictField()


class CellMap(serializers.Serializer[Any]):
    """A page of cells as a GeoJSON feature collection."""

    type = serializers.CharField(default="FeatureCollection")
    numberMatched = serializers.IntegerField(help_text="Cells that were asked for, on all pages.")
    numberReturned = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    features = CellFeature(many=True)


class MapPage(Page):
    """A map wants many cells at once."""

    default_limit = 1000
    max_limit = 5000


class GeoJSONRenderer(JSONRenderer):
    """JSON under the name that map programs know."""

    media_type = "application/geo+json"
    format = "geojson"


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
    serializer_class = RunRow

    @extend_schema(
        summary="One forecast", description=NEEDS, tags=[BY_ROLE], responses={200: RunRow, **REFUSALS}
    )
    def get(self, request: Request, run_id: int) -> Response:
        return Response(self.one(_visible(person(request), run_id)))


class Cells(RoleEndpoint):
    """The cells of one forecast."""

    permission_classes = (IsAuthenticated,)
    serializer_class = CellRow

    @extend_schema(
        summary="The cells of a forecast, rank 1 first",
        description=f"{NEEDS} The sealed file behind them has the digest `cells_digest`.",
        tags=[BY_ROLE],
        parameters=[FLAGGED],
        responses={200: CellRow(many=True), **REFUSALS},
    )
    def get(self, request: Request, run_id: int) -> Response:
        cells = _cells(request, _visible(person(request), run_id))
        return self.get_paginated_response(self.get_serializer(_page(self, cells).to_dicts(), many=True).data)


class CellsOnMap(RoleEndpoint):
    """The cells of one forecast as GeoJSON."""

    permission_classes = (IsAuthenticated,)
    serializer_class = CellMap
    pagination_class = MapPage
    renderer_classes = (GeoJSONRenderer,)

    @extend_schema(
        summary="The cells of a forecast as GeoJSON, rank 1 first",
        description=f"{NEEDS} Each feature carries its rank and whether it is flagged; up to "
        f"{MapPage.max_limit} features a page.",
        tags=[BY_ROLE],
        parameters=[FLAGGED, OpenApiParameter("limit", int), OpenApiParameter("offset", int)],
        responses={200: CellMap, **REFUSALS},
    )
    def get(self, request: Request, run_id: int) -> Response:
        run = _visible(person(request), run_id)
        cells = _cells(request, run)
        shown = _page(self, cells)
        answer = {
            "type": "FeatureCollection",
            "numberMatched": len(cells),
            "numberReturned": len(shown),
            "next": self.paginator.get_next_link() if self.paginator else None,
            "features": _features(run, shown),
        }
        return Response(answer)


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


def _visible(by: User, run_id: int) -> ForecastRun:
    run = run_numbered(run_id)
    if run is None:
        raise Http404("There is no such forecast.")
    check(by, Permission.SEE_FORECASTS, run.jurisdiction)
    return run


def _cells(request: Request, run: ForecastRun) -> pl.DataFrame:
    """Return the cells asked for by rank, which no two cells share."""
    flagged = word_asked(request, "flagged", ("yes", "no"))
    cells = run_cells(run).sort("rank")
    return cells.filter(pl.col("flagged") == (flagged == "yes")) if flagged else cells


def _page(endpoint: RoleEndpoint, cells: pl.DataFrame) -> pl.DataFrame:
    """Return one page of cells with the columns that are shown."""
    chosen: Sequence[int] = endpoint.paginate_queryset(range(len(cells))) or []
    return cells.select(SHOWN).slice(chosen[0] if chosen else 0, len(chosen))


def _features(run: ForecastRun, cells: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "type": "Feature",
            "id": row["rank"],
            "properties": row,
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for row, ring in zip(cells.to_dicts(), cell_rings(run, cells), strict=True)
    ]
