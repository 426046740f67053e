"""Forecast runs: which there are, and what each one sealed."""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from django.db.models import QuerySet

from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray, Incidents
from forecasting.core.run_tables import STABILITY
from forecasting.core.windows import Window, falls_in
from forecasting.models import ForecastRun, Recipe
from governance.artifacts import read_artifact
from governance.core.holds import Subject

if TYPE_CHECKING:
    from governance.models import Jurisdiction


def recipe_in_force(jurisdiction: Jurisdiction, category: str, moment: datetime) -> Recipe | None:
    """Return the newest adopted recipe of a category that is still valid at a moment and was not retired."""
    valid = Recipe.objects.filter(jurisdiction=jurisdiction, valid_until__gt=moment, retirement=None)
    rows = valid.order_by("-id")
    return next((row for row in rows if category in row.body["categories"]), None)


def runs_of(jurisdiction: Jurisdiction) -> QuerySet[ForecastRun]:
    """Return all runs, newest window first."""
    return ForecastRun.objects.filter(jurisdiction=jurisdiction).select_related("recipe", "extract")


def run_numbered(run_id: int) -> ForecastRun | None:
    """Return one run with its jurisdiction and recipe."""
    return ForecastRun.objects.select_related("jurisdiction", "recipe", "extract").filter(pk=run_id).first()


def run_with_digest(digest: str) -> ForecastRun | None:
    """Return the run with this digest."""
    return ForecastRun.objects.filter(digest=digest).select_related("jurisdiction").first()


def run_for(jurisdiction: Jurisdiction, category: str, window_start: datetime) -> ForecastRun | None:
    """Return the run of a category whose window starts at a moment."""
    return ForecastRun.objects.filter(
        jurisdiction=jurisdiction, category=category, window_start=window_start
    ).first()


def run_covering(jurisdiction: Jurisdiction, category: str, moment: datetime) -> ForecastRun | None:
    """Return the run of a category whose window holds a moment."""
    return ForecastRun.objects.filter(
        jurisdiction=jurisdiction, category=category, window_start__lte=moment, window_end__gt=moment
    ).first()


def latest_window_start(jurisdiction: Jurisdiction) -> datetime | None:
    """Return the start of the latest window forecast so far."""
    latest = ForecastRun.objects.filter(jurisdiction=jurisdiction).order_by("-window_start").first()
    return latest.window_start if latest else None


def latest_window_end(jurisdiction: Jurisdiction) -> datetime | None:
    """Return the end of the latest window forecast so far."""
    latest = ForecastRun.objects.filter(jurisdiction=jurisdiction).order_by("-window_end").first()
    return latest.window_end if latest else None


def subject_of_run(run: ForecastRun) -> Subject:
    """Return what a forecast is about, as holds see it."""
    return Subject(frozenset({run.recipe.digest}), category=run.category)


def run_cells(run: ForecastRun) -> pl.DataFrame:
    """Return the run's cells as sealed: one row per cell (see the decision on artifacts).

    A run sealed before ranks were redrawn has no ``stability``; it is null there.
    """
    cells = pl.read_parquet(io.BytesIO(read_artifact(run.cells_digest)))
    if STABILITY in cells.columns:
        return cells
    return cells.with_columns(pl.lit(None, dtype=pl.Float64).alias(STABILITY))


def run_shares(run: ForecastRun) -> pl.DataFrame:
    """Return the run's split to shifts: district, slot, share."""
    return pl.read_parquet(io.BytesIO(read_artifact(run.shares_digest)))


def run_manifest(run: ForecastRun) -> dict[str, Any]:
    """Return everything the run was computed from, as sealed."""
    manifest: dict[str, Any] = json.loads(read_artifact(run.manifest_digest))
    return manifest


def interval_level(run: ForecastRun) -> float:
    """Return the nominal probability of a run's intervals, 0 to 1, as its recipe stated it."""
    return float(run_manifest(run)["recipe"]["interval_level"])


def importance_of_run(run: ForecastRun) -> list[dict[str, Any]]:
    """Return what mattered in a run, the strongest term first, as sealed: term, strength, curve."""
    found: list[dict[str, Any]] = run_manifest(run).get("importance", [])
    return found


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


def window_of(run: ForecastRun) -> Window:
    """Return a run's window in UTC seconds."""
    return Window(int(run.window_start.timestamp()), int(run.window_end.timestamp()))


def observed_counts(run: ForecastRun, incidents: Incidents) -> FloatArray:
    """Return how many of the incidents fell in each cell of a run in its window, shape ``(n,)``."""
    inside = incidents.where(falls_in(incidents, window_of(run)))
    grid = grid_of_run(run)
    cells = grid.locate(inside.x, inside.y)
    return np.bincount(cells[cells >= 0], minlength=len(grid)).astype(np.float64)
