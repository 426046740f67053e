"""A forecast and a plan of the small city, with cells chosen by the test."""

import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
from django.contrib.gis.geos import Polygon
from numpy.typing import NDArray

from forecasting.core.fingerprint import table_bytes
from forecasting.core.grid import Grid, make_grid
from forecasting.core.plan_body import Place, PlanBody, plan_digest
from forecasting.core.scorecard import score_figures
from forecasting.models import Extract, ForecastRun, Plan, Recipe, Scorecard
from forecasting.selectors.geography import on_plane
from forecasting.selectors.runs import run_cells
from governance import clock
from governance.artifacts import store_artifact
from governance.models import District
from governance.services.import_areas import NamedShape, import_areas
from governance.services.open_change_request import open_change_request
from tests.cast import City

SIDE = 6  # areas in each direction over the whole city
CELL = 250.0
Where = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]


def add_areas(city: City) -> list[str]:
    """Import 36 rectangular areas, `a00` (south-west) to `a55` (north-east): first row, then column."""
    shapes = []
    for row in range(SIDE):
        for column in range(SIDE):
            west, south = -75.20 + column * 0.04 / SIDE, 40.00 + row * 0.06 / SIDE
            box = Polygon.from_bbox((west, south, west + 0.04 / SIDE, south + 0.06 / SIDE))
            box.srid = 4326
            shapes.append(NamedShape(f"a{row}{column}", f"Area {row}{column}", box))
    import_areas(
        jurisdiction=city.jurisdiction, kind="area", shapes=shapes, digest="a" * 64, by=city.scheduler
    )
    return [shape.code for shape in shapes]


def grid_of(city: City) -> Grid:
    """Return the small city's grid."""
    districts = [
        (each.code, on_plane(city.jurisdiction, each.boundary)) for each in (city.central, city.north)
    ]
    return make_grid(on_plane(city.jurisdiction, city.jurisdiction.boundary), CELL, districts)


def across(grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where each cell's centre lies: 0 (west, south) to 1 (east, north)."""
    x, y = grid.columns + 0.5, grid.rows + 0.5
    return (x - x.min()) / np.ptp(x), (y - y.min()) / np.ptp(y)


def add_run(
    city: City,
    *,
    flagged: Where,
    counted: Where | None = None,
    window_start: datetime | None = None,
    category: str = "residential_burglary",
    by_counts: bool = False,
    level: float = 0.9,
) -> ForecastRun:
    """Make a run that flags the cells where `flagged` says so; all-history counts lie where `counted` says so.

    `by_counts`: as a fallback makes it. `level`: of its intervals.
    """
    grid = grid_of(city)
    flags = flagged(*across(grid))
    history = np.where((counted or flagged)(*across(grid)), 1.0, 0.01)
    expected = np.where(flags, 0.5, 0.01)
    manifest: dict[str, object] = {
        "recipe": {"interval_level": level},
        "dispersion": {"cell": 0.1, "city": 0.01},
        "slots": [],
    }
    if by_counts:
        manifest["fallback"] = "f" * 64
    sealed = store_artifact(json.dumps(manifest).encode(), "application/json", name="manifest")
    cells = store_artifact(_cells(grid, flags, expected, history), "application/octet-stream", name="cells")
    start = window_start or clock.now(city.jurisdiction) + timedelta(hours=1)
    name = hashlib.sha256(f"{start}{category}{secrets.token_hex(4)}".encode()).hexdigest()
    recipe = Recipe.objects.create(
        jurisdiction=city.jurisdiction, name="test recipe", body={}, digest=name, valid_until=start
    )
    extract = Extract.objects.create(
        jurisdiction=city.jurisdiction, as_of=start, categories=[category], digest=name, rows=0
    )
    total = float(expected.sum())
    return ForecastRun.objects.create(
        jurisdiction=city.jurisdiction,
        recipe=recipe,
        extract=extract,
        category=category,
        as_of=start - timedelta(hours=1),
        window_start=start,
        window_end=start + timedelta(days=7),
        cell=CELL,
        digest=name,
        cells_digest=cells.digest,
        shares_digest=name,
        manifest_digest=sealed.digest,
        base=1.0,
        total=total,
        total_low=total * 0.8,
        total_high=total * 1.2,
        baseline_total=total,
        seed=1,
        policy_version=1,
        ledger_index=0,
        issued_at=start - timedelta(hours=1),
    )


def add_score(run: ForecastRun, observed: Callable[[int], int]) -> Scorecard:
    """Score a run: `observed` says how many incidents were recorded in the cell with this index."""
    cells = run_cells(run)
    counts = np.array([observed(index) for index in range(len(cells))], dtype=np.int32)
    truth = store_artifact(
        table_bytes({"observed": counts}), "application/octet-stream", name="observed counts"
    )
    figures = score_figures(
        cells["expected"].to_numpy(),
        cells["baseline"].to_numpy(),
        counts.astype(np.float64),
        cells["area"].to_numpy(),
        cells["flagged"].to_numpy(),
        run.seed,
    )
    return Scorecard.objects.create(
        run=run,
        standing="retrospective",
        observed=int(counts.sum()),
        figures=figures,
        truth_digest=truth.digest,
        digest=hashlib.sha256(run.digest.encode() + truth.digest.encode()).hexdigest(),
        scored_at=clock.now(run.jurisdiction),
        ledger_index=0,
    )


def _cells(
    grid: Grid, flags: NDArray[np.bool_], expected: NDArray[np.float64], history: NDArray[np.float64]
) -> bytes:
    order = np.argsort(-expected, kind="stable")
    rank = np.empty(len(grid), dtype=np.int32)
    rank[order] = np.arange(1, len(grid) + 1)
    return table_bytes(
        {
            "column": grid.columns.astype(np.int32),
            "row": grid.rows.astype(np.int32),
            "area": grid.area,
            "district": grid.district,
            "expected": expected,
            "low": expected * 0.5,
            "high": expected * 2,
            "baseline": history * expected.sum() / history.sum(),
            "rank": rank,
            "flagged": flags,
            "stability": np.where(flags, 0.8, 0.1),
            "factor_history": expected,
        }
    )


def add_plan(
    city: City,
    run: ForecastRun,
    *,
    places: Where,
    district: District | None = None,
    starts_at: datetime | None = None,
    hours: int = 8,
) -> Plan:
    """Propose a plan for a district, Central if none is named, with its cells where `places` says so."""
    grid, where = grid_of(city), district or city.central
    chosen = np.flatnonzero(places(*across(grid)) & (grid.district == where.code))
    start = starts_at or clock.now(city.jurisdiction) + timedelta(hours=12)
    body = PlanBody(
        salt=secrets.token_hex(32),
        jurisdiction=city.jurisdiction.slug,
        district=where.code,
        category=run.category,
        shift="night",
        starts_at=f"{start:%Y-%m-%dT%H:%M:%SZ}",
        ends_at=f"{start + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}",
        run=run.digest,
        recipe=run.recipe.digest,
        policy_version=1,
        hours_available=8.0,
        district_expected=3.0,
        covered=(0.2, 0.1, 0.3),
        baseline_covered=0.15,
        cell=run.cell,
        origin=(run.origin_x, run.origin_y),
        places=tuple(_place(number, grid, cell) for number, cell in enumerate(chosen.tolist(), start=1)),
    )
    digest = plan_digest(body)
    request = open_change_request(
        kind="plan",
        jurisdiction=city.jurisdiction,
        district=where,
        title=f"Residential burglary, {where.name}",
        digest=digest,
        rests_on=[run.digest],
        expires_at=start,
        by=city.scheduler,
        category=run.category,
    )
    return Plan.objects.create(
        jurisdiction=city.jurisdiction,
        district=where,
        change_request=request,
        run=run,
        revision=1,
        shift="night",
        starts_at=start,
        ends_at=start + timedelta(hours=hours),
        body=body.to_dict(),
        digest=digest,
    )


def _place(number: int, grid: Grid, cell: int) -> Place:
    return Place(
        number=number,
        column=int(grid.columns[cell]),
        row=int(grid.rows[cell]),
        name=f"Hidden Lane {number}",
        expected=0.1,
        low=0.05,
        high=0.2,
        baseline=0.08,
        base=1.0,
        share=0.1,
        factors={"history": 1.0},
        reasons=(),
        option="presence",
        visits=1,
        minutes=12,
    )


def residents_csv(codes: list[str], *, people: int = 1000) -> bytes:
    """Return a census file: the western half of the areas is black and poor, the eastern half white."""
    lines = ["GEOID,total_population,black_alone,white_alone,below_poverty"]
    for code in codes:
        west = int(code[2]) < SIDE / 2
        black, poor = (people * 8 // 10, people * 4 // 10) if west else (people // 10, people // 10)
        lines.append(f"{code},{people},{black},{people - black},{poor}")
    return ("\n".join(lines) + "\n").encode()
