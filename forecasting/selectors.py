"""The only bridge from forecasting's rows to arrays, and the questions other apps ask about runs and plans."""

import io
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import polars as pl
import shapely
from django.db.models import OuterRef, QuerySet, Subquery
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from forecasting.core.plan_body import PlanBody, read_plan
from forecasting.models import Briefing, ForecastRun, Plan, PlanClosure, Scorecard
from governance.artifacts import read_artifact
from governance.models import District, Jurisdiction
from governance.selectors import areas_of

# --- geometry -----------------------------------------------------------------------------------------------


def on_plane(jurisdiction: Jurisdiction, shape: Any) -> BaseGeometry:
    """Return a GeoDjango geometry (WGS84) as a shapely one in the jurisdiction's projected CRS."""
    return to_plane(jurisdiction, shapely.from_wkb(bytes(shape.wkb)))


def to_plane(jurisdiction: Jurisdiction, shape: BaseGeometry) -> BaseGeometry:
    """Return a shapely geometry in WGS84 in the jurisdiction's projected CRS."""
    way = Transformer.from_crs(4326, jurisdiction.srid, always_xy=True)
    return shapely.transform(shape, way.transform, interleaved=False)


def to_globe(jurisdiction: Jurisdiction, shape: BaseGeometry) -> BaseGeometry:
    """Return a shapely geometry in the jurisdiction's projected CRS in WGS84."""
    way = Transformer.from_crs(jurisdiction.srid, 4326, always_xy=True)
    return shapely.transform(shape, way.transform, interleaved=False)


def named_layer(jurisdiction: Jurisdiction, kind: str) -> list[tuple[str, BaseGeometry]]:
    """Return the named geography of one kind, in the projected CRS."""
    return [(area.name, on_plane(jurisdiction, area.geometry)) for area in areas_of(jurisdiction, kind)]


# --- runs ---------------------------------------------------------------------------------------------------


def run_cells(run: ForecastRun) -> pl.DataFrame:
    """Return the run's cells as sealed: one row per cell (see the decision on artifacts)."""
    return pl.read_parquet(io.BytesIO(read_artifact(run.cells_digest)))


def run_shares(run: ForecastRun) -> pl.DataFrame:
    """Return the run's split to shifts: district, slot, share."""
    return pl.read_parquet(io.BytesIO(read_artifact(run.shares_digest)))


def run_manifest(run: ForecastRun) -> dict[str, Any]:
    """Return everything the run was computed from, as sealed."""
    manifest: dict[str, Any] = json.loads(read_artifact(run.manifest_digest))
    return manifest


def run_covering(jurisdiction: Jurisdiction, category: str, moment: datetime) -> ForecastRun | None:
    """Return the run of a category whose window holds a moment."""
    return ForecastRun.objects.filter(
        jurisdiction=jurisdiction, category=category, window_start__lte=moment, window_end__gt=moment
    ).first()


def runs_of(jurisdiction: Jurisdiction) -> QuerySet[ForecastRun]:
    """Return all runs, newest window first."""
    return ForecastRun.objects.filter(jurisdiction=jurisdiction).select_related("recipe", "extract")


def newest_scorecard(jurisdiction: Jurisdiction, category: str) -> Scorecard | None:
    """Return the score of the latest scored window of a category."""
    rows = Scorecard.objects.filter(run__jurisdiction=jurisdiction, run__category=category)
    return rows.select_related("run").order_by("-run__window_start", "-id").first()


# --- plans --------------------------------------------------------------------------------------------------


def plan_of(change_request_id: int) -> Plan | None:
    """Return the newest revision of the plan behind a request."""
    return Plan.objects.filter(change_request_id=change_request_id).order_by("-revision").first()


def plan_with_digest(digest: str) -> Plan | None:
    """Return the plan revision with this digest."""
    return Plan.objects.filter(digest=digest).select_related("jurisdiction", "district", "run").first()


def body_of(plan: Plan) -> PlanBody:
    """Return what the plan says."""
    return read_plan(plan.body)


def plans_of(jurisdiction: Jurisdiction, districts: Sequence[District] | None = None) -> QuerySet[Plan]:
    """Return the newest revision of every plan, the latest first."""
    newest = Plan.objects.filter(change_request=OuterRef("change_request")).order_by("-revision").values("id")[:1]
    rows = Plan.objects.filter(jurisdiction=jurisdiction, id=Subquery(newest))
    if districts is not None:
        rows = rows.filter(district__in=list(districts))
    return rows.select_related("district", "change_request", "run")


def plans_to_close(jurisdiction: Jurisdiction, moment: datetime) -> list[Plan]:
    """Return the executed plans whose shift is over and which nobody has closed yet."""
    closed = PlanClosure.objects.values("plan_id")
    executed = Briefing.objects.exclude(plan_id__in=closed).values("plan_id")
    return list(Plan.objects.filter(jurisdiction=jurisdiction, id__in=executed, ends_at__lte=moment).order_by("id"))
