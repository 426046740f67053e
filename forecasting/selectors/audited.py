"""What audits look at: the cells a run flagged or a plan proposed, beside what counting alone would choose."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from forecasting.core.scoring import density_order, flag_cells
from forecasting.models import ForecastRun, Plan, RecipeTrial
from forecasting.selectors.plans import body_of
from forecasting.selectors.runs import run_cells
from governance.artifacts import read_artifact

TIES = 1
"""Seed of the order of cells with equal counts where no run has one."""


@dataclass(frozen=True)
class CellSets:
    """Cells in question and, as a baseline, as much surface flagged by all-history counts alone.

    Both are squares in the jurisdiction's projected CRS, shapes `(m,)` and `(n,)`; no two of a set overlap.
    """

    proposed: NDArray[np.object_]
    counted: NDArray[np.object_]


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


def tried_cells(trials: Sequence[RecipeTrial]) -> CellSets:
    """Return what a tried recipe flags: every cell that its last forecast of any category flags, each cell once.

    Beside it, every cell that all-history counts of any category would flag on as much surface. All trials of one
    evaluation lie on one grid. A category of which nothing could be forecast adds nothing.
    """
    tables = [(trial, _trial_cells(trial)) for trial in trials if trial.cells_digest]
    if not tables:
        nothing = np.array([], dtype=np.object_)
        return CellSets(nothing, nothing)
    first, cells = tables[0]
    chosen = np.logical_or.reduce([each["flagged"].to_numpy() for _, each in tables])
    counted = np.logical_or.reduce([_counted(each, each["flagged"].to_numpy()) for _, each in tables])
    left = first.origin_x + cells["column"].to_numpy() * first.cell
    bottom = first.origin_y + cells["row"].to_numpy() * first.cell
    squares = shapely.box(left, bottom, left + first.cell, bottom + first.cell)
    return CellSets(squares[chosen], squares[counted])


def _trial_cells(trial: RecipeTrial) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(read_artifact(trial.cells_digest)))


def _counted(cells: pl.DataFrame, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The cells that counting alone flags on as much surface as was chosen; ties by a fixed seed."""
    surface = cells["area"].to_numpy()
    order = density_order(cells["baseline"].to_numpy(), surface, np.random.default_rng(TIES))
    return np.asarray(flag_cells(order, surface, float(surface[chosen].sum())))


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
