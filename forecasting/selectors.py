"""The only bridge from forecasting's rows to arrays, and the questions other apps ask about runs and plans."""

from __future__ import annotations

import io
import json
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import shapely
from django.db.models import OuterRef, Q, QuerySet, Subquery
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from forecasting.core.plan_body import PlanBody, read_plan
from forecasting.core.profile_tables import ProfileError
from forecasting.core.profiles import Profile, read_profile
from forecasting.core.scoring import density_order, flag_cells
from forecasting.models import Briefing, ForecastRun, Incident, Plan, PlanClosure, Scorecard
from governance.artifacts import read_artifact
from governance.core.refusals import Reason, Refused
from governance.selectors import areas_of

if TYPE_CHECKING:
    from governance.models import District, Jurisdiction

PROFILES = Path(__file__).resolve().parent / "profiles"


def profile_named(name: str) -> Profile:
    """Return a city's profile, or refuse and name those there are."""
    path = PROFILES / f"{name}.toml"
    if not path.exists():
        known = ", ".join(sorted(each.stem for each in PROFILES.glob("*.toml") if each.stem != "template"))
        raise Refused(
            Reason.NOT_FOUND,
            f"There is no profile “{name}” (there are: {known}). Copy forecasting/profiles/template.toml and fill it in.",
        )
    try:
        return read_profile(tomllib.loads(path.read_text()))
    except (ProfileError, tomllib.TOMLDecodeError) as problem:
        raise Refused(Reason.BAD_INPUT, f"The profile {path.name} cannot be used: {problem}") from problem


# --- geometry -----------------------------------------------------------------------------------------------


def on_plane(jurisdiction: Jurisdiction, shape: Any) -> BaseGeometry:
    """Return a GeoDjango geometry (WGS84) as a shapely one in the jurisdiction's projected CRS."""
    return to_plane(jurisdiction, shapely.from_wkb(bytes(shape.wkb)))


def to_plane(jurisdiction: Jurisdiction, shape: BaseGeometry) -> BaseGeometry:
    """Return a shapely geometry in WGS84 in the jurisdiction's projected CRS."""
    return _carried(shape, 4326, jurisdiction.srid)


def to_globe(jurisdiction: Jurisdiction, shape: BaseGeometry) -> BaseGeometry:
    """Return a shapely geometry in the jurisdiction's projected CRS in WGS84."""
    return _carried(shape, jurisdiction.srid, 4326)


def _carried(shape: BaseGeometry, source: int, target: int) -> BaseGeometry:
    way = Transformer.from_crs(source, target, always_xy=True)

    def carry(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(way.transform(points[:, 0], points[:, 1]))

    carried: BaseGeometry = shapely.transform(shape, carry)
    return carried


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
    newest = (
        Plan.objects.filter(change_request=OuterRef("change_request")).order_by("-revision").values("id")[:1]
    )
    rows = Plan.objects.filter(jurisdiction=jurisdiction, id=Subquery(newest))
    if districts is not None:
        rows = rows.filter(district__in=list(districts))
    return rows.select_related("district", "change_request", "run")


def plans_to_close(jurisdiction: Jurisdiction, moment: datetime) -> list[Plan]:
    """Return the executed plans whose shift is over and which nobody has closed yet."""
    closed = PlanClosure.objects.values("plan_id")
    executed = Briefing.objects.exclude(plan_id__in=closed).values("plan_id")
    return list(
        Plan.objects.filter(jurisdiction=jurisdiction, id__in=executed, ends_at__lte=moment).order_by("id")
    )


def incidents_in_shift(plan: Plan, body: PlanBody, moment: datetime) -> tuple[int, int]:
    """Count incidents of the plan's category in its shift, as known at `moment`: in its places, and in its district."""
    known = Q(superseded_at=None) | Q(superseded_at__gt=moment)
    rows = Incident.objects.filter(
        known,
        jurisdiction_id=plan.jurisdiction_id,
        district_id=plan.district_id,
        category=body.category,
        occurred_from__gte=plan.starts_at,
        occurred_from__lt=plan.ends_at,
        known_at__lte=moment,
    ).values_list("x", "y")
    cells = {(place.column, place.row) for place in body.places}
    at = [
        (int((x / 10 - body.origin[0]) // body.cell), int((y / 10 - body.origin[1]) // body.cell))
        for x, y in rows
    ]
    return sum(1 for cell in at if cell in cells), len(at)


# --- what audits look at ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CellSets:
    """Cells in question and, as a baseline, as much surface flagged by all-history counts alone.

    Both are squares in the jurisdiction's projected CRS, shapes `(m,)` and `(n,)`; no two of a set overlap.
    """

    proposed: NDArray[np.object_]
    counted: NDArray[np.object_]


def run_with_digest(digest: str) -> ForecastRun | None:
    """Return the run with this digest."""
    return ForecastRun.objects.filter(digest=digest).select_related("jurisdiction").first()


def flagged_cells(run: ForecastRun) -> CellSets:
    """Return what a run flagged in the whole city."""
    return _cell_sets(run, run_cells(run), lambda cells: cells["flagged"].to_numpy())


def plan_places(plan: Plan) -> CellSets:
    """Return a plan's places, and what counting alone would have proposed in its district."""
    places = {(place.column, place.row) for place in body_of(plan).places}
    cells = run_cells(plan.run).filter(pl.col("district") == plan.district.code)
    return _cell_sets(
        plan.run,
        cells,
        lambda here: np.array([cell in places for cell in zip(here["column"], here["row"], strict=True)]),
    )


def _cell_sets(
    run: ForecastRun, cells: pl.DataFrame, choose: Callable[[pl.DataFrame], NDArray[np.bool_]]
) -> CellSets:
    chosen, surface = choose(cells), cells["area"].to_numpy()
    order = density_order(cells["baseline"].to_numpy(), surface, np.random.default_rng(run.seed))
    counted = flag_cells(order, surface, float(surface[chosen].sum()))
    left = run.origin_x + cells["column"].to_numpy() * run.cell
    bottom = run.origin_y + cells["row"].to_numpy() * run.cell
    squares = shapely.box(left, bottom, left + run.cell, bottom + run.cell)
    return CellSets(squares[chosen], squares[counted])
