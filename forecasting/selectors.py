"""The only bridge from forecasting's rows to arrays, and the questions other apps ask about runs and plans."""

from __future__ import annotations

import hashlib
import io
import json
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import shapely
from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from forecasting.core.grid import Grid, make_grid
from forecasting.core.incidents import Incidents, incidents_from_extract
from forecasting.core.limits import as_refusal
from forecasting.core.plan_body import PlanBody, read_plan
from forecasting.core.profile_tables import ProfileError
from forecasting.core.profiles import Profile, read_profile
from forecasting.core.scoring import density_order, flag_cells
from forecasting.core.training import City
from forecasting.core.windows import ShiftHours
from forecasting.models import Briefing, Extract, ForecastRun, Incident, Plan, PlanClosure, Recipe, Scorecard
from governance.artifacts import read_artifact
from governance.core.refusals import Reason, Refused
from governance.core.states import State
from governance.selectors import (
    areas_of,
    districts_of,
    first_checkpoint_covering,
    jurisdiction_numbered,
    newest_area,
    requests_in,
)

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
            f"There is no profile “{name}” (there are: {known}). "
            "Copy forecasting/profiles/template.toml and fill it in.",
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


@lru_cache(maxsize=16)
def _way(source: int, target: int) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def _carried(shape: BaseGeometry, source: int, target: int) -> BaseGeometry:
    way = _way(source, target)

    def carry(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(way.transform(points[:, 0], points[:, 1]))

    carried: BaseGeometry = shapely.transform(shape, carry)
    return carried


def named_layer(jurisdiction: Jurisdiction, kind: str) -> list[tuple[str, BaseGeometry]]:
    """Return the named geography of one kind, in the projected CRS; read once while nothing is imported."""
    return _layer(jurisdiction.pk, kind, newest_area(jurisdiction, kind))


@lru_cache(maxsize=8)
def _layer(jurisdiction_id: int, kind: str, _newest: int) -> list[tuple[str, BaseGeometry]]:
    jurisdiction = jurisdiction_numbered(jurisdiction_id)
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


def scorecards_of(jurisdiction: Jurisdiction, category: str) -> list[Scorecard]:
    """Return the newest score of every scored window of a category, the latest window first."""
    rows = Scorecard.objects.filter(run__jurisdiction=jurisdiction, run__category=category).select_related(
        "run"
    )
    newest = {card.run_id: card for card in rows.order_by("run__window_start", "id")}
    return list(reversed(newest.values()))


def scorecards_in(jurisdiction: Jurisdiction, category: str = "") -> QuerySet[Scorecard]:
    """Return every scoring of every run, of one category if named, the latest window first."""
    rows = Scorecard.objects.filter(run__jurisdiction=jurisdiction).select_related("run")
    rows = rows.filter(run__category=category) if category else rows
    return rows.order_by("-run__window_start", "run__category", "-id")


# --- plans --------------------------------------------------------------------------------------------------


def plan_of(change_request_id: int) -> Plan | None:
    """Return the newest revision of the plan behind a request."""
    rows = Plan.objects.select_related("jurisdiction", "district", "change_request", "run__recipe")
    return rows.filter(change_request_id=change_request_id).order_by("-revision").first()


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


def briefing_of(plan: Plan) -> Briefing | None:
    """Return the briefing of a plan revision, if it was executed."""
    return Briefing.objects.filter(plan=plan).first()


def closure_of(plan: Plan) -> PlanClosure | None:
    """Return the closure of a plan revision, if its shift is over and counted."""
    return PlanClosure.objects.filter(plan=plan).first()


def run_numbered(run_id: int) -> ForecastRun | None:
    """Return one run with its jurisdiction and recipe."""
    return ForecastRun.objects.select_related("jurisdiction", "recipe", "extract").filter(pk=run_id).first()


# --- what the engine reads ----------------------------------------------------------------------------------


def incidents_in(extract: Extract, category: str) -> Incidents:
    """Return the incidents of one category in a sealed extract, in the extract's order."""
    table = pl.read_parquet(io.BytesIO(read_artifact(extract.digest))).filter(pl.col("category") == category)
    return _incidents(*(table[name].to_numpy() for name in ("x", "y", "occurred_from", "occurred_to")))


def known_incidents(jurisdiction: Jurisdiction, category: str, as_of: datetime) -> Incidents:
    """Return the incidents of one category that were known at a moment, in the order of an extract."""
    query = """
        SELECT x, y, extract(epoch FROM occurred_from)::bigint, extract(epoch FROM occurred_to)::bigint
        FROM forecasting_incident
        WHERE jurisdiction_id = %s AND category = %s AND known_at <= %s
          AND (superseded_at IS NULL OR superseded_at > %s)
        ORDER BY occurred_from, occurred_to, x, y
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [jurisdiction.pk, category, as_of, as_of])
        rows = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 4)
    return _incidents(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3])


def _incidents(x: NDArray[Any], y: NDArray[Any], start: NDArray[Any], end: NDArray[Any]) -> Incidents:
    return incidents_from_extract(
        x.astype(np.int32), y.astype(np.int32), start.astype(np.int64), end.astype(np.int64)
    )


def city_of(jurisdiction: Jurisdiction, cell_metres: float, shifts: Sequence[ShiftHours]) -> City:
    """Return where a jurisdiction's forecasts take place; refuses a grid too large to compute."""
    districts = tuple((each.code, bytes(each.boundary.wkb)) for each in districts_of(jurisdiction))
    cell = cell_metres / jurisdiction.unit_metres
    with as_refusal():
        grid = _grid(jurisdiction.srid, bytes(jurisdiction.boundary.wkb), districts, cell)
    return City(grid, jurisdiction.unit_metres, jurisdiction.timezone, shifts)


@lru_cache(maxsize=8)
def _grid(srid: int, boundary: bytes, districts: tuple[tuple[str, bytes], ...], cell: float) -> Grid:
    shapes = [(code, _carried(shapely.from_wkb(wkb), 4326, srid)) for code, wkb in districts]
    return make_grid(_carried(shapely.from_wkb(boundary), 4326, srid), cell, shapes)


def geography_digest(jurisdiction: Jurisdiction) -> str:
    """Return the SHA-256 of the boundary and districts that a grid is made of."""
    shapes = [
        ("", jurisdiction.boundary),
        *((each.code, each.boundary) for each in districts_of(jurisdiction)),
    ]
    parts = [code.encode() + b"\0" + bytes(shape.wkb) for code, shape in shapes]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def recipe_in_force(jurisdiction: Jurisdiction, category: str, moment: datetime) -> Recipe | None:
    """Return the newest adopted recipe of a category that is still valid at a moment."""
    rows = Recipe.objects.filter(jurisdiction=jurisdiction, valid_until__gt=moment).order_by("-id")
    return next((row for row in rows if category in row.body["categories"]), None)


def run_for(jurisdiction: Jurisdiction, category: str, window_start: datetime) -> ForecastRun | None:
    """Return the run of a category whose window starts at a moment."""
    return ForecastRun.objects.filter(
        jurisdiction=jurisdiction, category=category, window_start=window_start
    ).first()


def reporting_delay(jurisdiction: Jurisdiction) -> timedelta:
    """Return the city's typical time from an incident to its record."""
    return timedelta(hours=profile_named(jurisdiction.profile).times.typical_delay_hours)


def runs_to_score(jurisdiction: Jurisdiction, moment: datetime) -> list[ForecastRun]:
    """Return the runs whose window and typical delay are over at a moment and which have no score yet."""
    over = ForecastRun.objects.filter(
        jurisdiction=jurisdiction, window_end__lte=moment - reporting_delay(jurisdiction), scorecards=None
    )
    return list(over.order_by("window_start", "category"))


def scorecard_with(run: ForecastRun, truth_digest: str) -> Scorecard | None:
    """Return the score of a run against exactly this truth."""
    return Scorecard.objects.filter(run=run, truth_digest=truth_digest).first()


def was_sealed_before(run: ForecastRun) -> bool:
    """Whether a real-clock city's run stood in a checkpoint signed before its window opened."""
    checkpoint = first_checkpoint_covering(run.ledger_index)
    real = not run.jurisdiction.is_replay and not run.jurisdiction.clock_offset
    return real and checkpoint is not None and checkpoint.signed_at < run.window_start


def latest_window_end(jurisdiction: Jurisdiction) -> datetime | None:
    """Return the end of the latest window forecast so far."""
    latest = ForecastRun.objects.filter(jurisdiction=jurisdiction).order_by("-window_end").first()
    return latest.window_end if latest else None


def latest_window_start(jurisdiction: Jurisdiction) -> datetime | None:
    """Return the start of the latest window forecast so far."""
    latest = ForecastRun.objects.filter(jurisdiction=jurisdiction).order_by("-window_start").first()
    return latest.window_start if latest else None


def grid_of_run(run: ForecastRun) -> Grid:
    """Return the grid a run was sealed on, from its own cells."""
    cells = run_cells(run)
    return Grid(
        cell=run.cell,
        origin_x=run.origin_x,
        origin_y=run.origin_y,
        columns=cells["column"].to_numpy().astype(np.int64),
        rows=cells["row"].to_numpy().astype(np.int64),
        area=cells["area"].to_numpy(),
        district=cells["district"].to_numpy().astype(np.str_),
    )


def known_counts(jurisdiction: Jurisdiction, as_of: datetime) -> dict[str, int]:
    """Return how many incidents of each category were known at a moment."""
    known = Q(superseded_at=None) | Q(superseded_at__gt=as_of)
    rows = Incident.objects.filter(known, jurisdiction=jurisdiction, known_at__lte=as_of)
    return dict(rows.values_list("category").annotate(Count("id")).order_by("category"))


def extract_numbered(extract_id: int) -> Extract | None:
    """Return one sealed extract."""
    return Extract.objects.filter(pk=extract_id).first()


def points_to_globe(jurisdiction: Jurisdiction) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Return the way from the projected CRS to longitude and latitude, for points of shape `(m, 2)`."""
    way = Transformer.from_crs(jurisdiction.srid, 4326, always_xy=True)
    return lambda points: np.column_stack(way.transform(points[:, 0], points[:, 1]))


def plans_to_execute(jurisdiction: Jurisdiction) -> list[Plan]:
    """Return the approved plans that have no briefing yet, exactly the revisions that were approved."""
    approved = requests_in(jurisdiction, State.APPROVED, kind="plan").values("digest")
    return list(
        Plan.objects.filter(jurisdiction=jurisdiction, digest__in=approved, briefing=None).order_by("id")
    )


# --- what the public portal releases ------------------------------------------------------------------------


def scorecard_of(run: ForecastRun) -> Scorecard | None:
    """Return the newest score of a run."""
    return Scorecard.objects.filter(run=run).order_by("-id").first()
