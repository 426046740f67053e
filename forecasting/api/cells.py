"""The cells of a forecast as data: as rows, or as a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import polars as pl
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting.api.runs import NEEDS, visible_run
from forecasting.pictures import cell_rings
from forecasting.selectors.runs import run_cells
from governance.api.answers import BY_ROLE, REFUSALS, RoleEndpoint
from governance.api.asked import person, word_asked
from governance.api.limits import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecasting.models import ForecastRun

FLAGGED = OpenApiParameter(
    "flagged", str, enum=("yes", "no"), description="Only cells that are, or are not, flagged."
)
SHOWN = (
    "column",
    "row",
    "district",
    "area",
    "expected",
    "low",
    "high",
    "baseline",
    "rank",
    "flagged",
    "stability",
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
    stability = serializers.FloatField(
        allow_null=True,
        help_text="Share of redraws of what is uncertain in which the cell is among the flagged: 0 never, 1 always; "
        "null where the run was sealed before ranks were redrawn.",
    )


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
        cells = _cells(request, visible_run(person(request), run_id))
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
        run = visible_run(person(request), run_id)
        cells = _cells(request, run)
        shown = _page(self, cells)
        answer = {
            "type": "FeatureCollection",
            "numberMatched": len(cells),
            "numberReturned": len(shown),
            "next": cast("Page", self.paginator).get_next_link(),
            "features": _features(run, shown),
        }
        return Response(answer)


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
