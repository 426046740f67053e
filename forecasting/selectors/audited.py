"""What audits look at: the cells a run flagged or a plan proposed, beside what counting alone would choose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from forecasting.core.scoring import density_order, flag_cells
from forecasting.models import ForecastRun, Plan
from forecasting.selectors.plans import body_of
from forecasting.selectors.runs import run_cells


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
