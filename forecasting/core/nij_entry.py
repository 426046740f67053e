"""An entry of the NIJ challenge: cells, hot spots, and everything about how they were chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from forecasting.core.decay_mixture import SURFACES, cell_history, mixture_score, past_window
from forecasting.core.fingerprint import round_significant
from forecasting.core.grid import Grid
from forecasting.core.incidents import BoolArray, FloatArray, Incidents, IntArray
from forecasting.core.limits import CannotForecast
from forecasting.core.nij import (
    FOOT,
    LEAST_FLAGGED,
    MILE,
    MOST_FLAGGED,
    ROUNDING,
    Entry,
    Score,
    check_entry,
)
from forecasting.core.nij_choice import (
    DECAYS,
    MIXTURE,
    Choice,
    Progress,
    choose,
    learned_by,
    past_windows,
)
from forecasting.core.nij_layout import Layout, listed_layouts
from forecasting.core.pooling import block_samples, ratio_of_sums
from forecasting.core.windows import Window

CELL_FEET = {Score.PAI: 250.0, Score.PEI: 600.0}
"""Side of a cell: PAI is highest on the smallest cells that are allowed, PEI* on the largest."""

TIE_HALF_LIFE, TIE_BANDWIDTH = 730.0, 2.0
"""Cells that a method ranks equal stand in the order of this smooth surface (days, cells)."""

BESIDE = "decayed_730"
PAST_SEED = 1


@dataclass(frozen=True, eq=False)
class MadeEntry:
    """An entry that keeps the rules, the choice behind it, and the weights of the mixture (empty without it)."""

    entry: Entry
    choice: Choice
    weights: FloatArray


def make_entry(
    incidents: Incidents,
    boundary: BaseGeometry,
    window: Window,
    *,
    days: int,
    score: Score,
    unit_metres: float,
    timezone: str,
    delay: int,
    seed: int,
    progress: Progress,
    layouts: Sequence[Layout] | None = None,
) -> MadeEntry:
    """Make the entry for ``window``, ``days`` local days long, tuned for one of the two scores.

    Only incidents inside ``boundary`` (projected CRS, unit ``unit_metres``) that were over ``delay`` seconds before
    the window's start are read. Method and layout are chosen on windows before that. Raises CannotForecast
    (``bad_input``, ``too_few_incidents``, ``history_too_short``).
    """
    _check_city(boundary, unit_metres)
    shapely.prepare(boundary)
    cut = window.start - delay
    known = incidents.where((incidents.ends < cut) & shapely.contains_xy(boundary, incidents.x, incidents.y))
    cell = CELL_FEET[score] * FOOT / unit_metres
    flagged = cells_to_flag(score)
    earliest = int(known.ends.min()) if len(known) else window.start
    windows = past_windows(window.start, days, earliest, delay, timezone)
    choice = choose(
        known,
        layouts or listed_layouts(cell),
        windows,
        score=score,
        flagged=flagged,
        delay=delay,
        seed=seed,
        progress=progress,
    )
    grid = choice.layout.grid(boundary)
    order, weights = _order(known, choice, windows, grid, cut, delay, flagged, seed)
    hotspot = _flag(order, grid.area * (unit_metres / FOOT) ** 2, score)
    entry = Entry(choice.layout.polygons(grid, boundary), hotspot, unit_metres)
    check_entry(entry)
    return MadeEntry(entry, choice, weights)


def cells_to_flag(score: Score) -> int:
    """Return how many whole cells are flagged: 112 of 250 ft reach 0.25 square miles, 58 of 600 ft fit in 0.75."""
    cell = CELL_FEET[score] ** 2
    return int(np.ceil(LEAST_FLAGGED / cell) if score is Score.PAI else MOST_FLAGGED // cell)


def _check_city(boundary: BaseGeometry, unit_metres: float) -> None:
    miles = boundary.area * (unit_metres / FOOT / MILE) ** 2
    if miles < 1:
        raise CannotForecast(
            "bad_input",
            f"The boundary holds {miles:.2f} square miles; an entry flags up to 0.75, so a city of at least 1 is "
            "needed. Check the jurisdiction's boundary and its projected CRS.",
        )


def _order(
    known: Incidents,
    choice: Choice,
    windows: Sequence[Window],
    grid: Grid,
    cut: int,
    delay: int,
    flagged: int,
    seed: int,
) -> tuple[IntArray, FloatArray]:
    """Return the grid's cells from first to last, and the mixture's weights."""
    history = cell_history(*choice.layout.cells_of(known.x, known.y), known.ends)
    weights = np.zeros(0)
    if choice.method == MIXTURE:
        taught = [
            past_window(history, history.surfaces(each.start - delay), each.start, each.end, flagged)
            for each in windows
        ]
        surfaces = history.surfaces(cut)
        weights = round_significant(learned_by(taught, cut, surfaces.shape[1]))
        values = mixture_score(surfaces, weights, flagged)
    else:
        values = history.decayed(cut, DECAYS[choice.method])
    ranked = history.read(history.picture(values), grid.columns, grid.rows)
    near = history.read(history.near(cut, TIE_HALF_LIFE, TIE_BANDWIDTH), grid.columns, grid.rows)
    lottery = np.random.default_rng(seed).random(len(grid))
    return np.lexsort((lottery, -round_significant(near), -round_significant(ranked))), weights


def _flag(order: IntArray, square_feet: FloatArray, score: Score) -> BoolArray:
    """Flag the first cells that reach the least area, or the most that fit in the greatest."""
    area = np.cumsum(square_feet[order])
    if score is Score.PAI:
        count = int(np.searchsorted(area, LEAST_FLAGGED * (1 - ROUNDING / 2))) + 1
    else:
        count = int(np.searchsorted(area, MOST_FLAGGED, side="right"))
    hotspot = np.zeros(len(order), dtype=np.bool_)
    hotspot[order[:count]] = True
    return hotspot


def entry_facts(made: MadeEntry, score: Score) -> dict[str, Any]:
    """Return what stands beside an entry, fit for JSON: layout, method, areas, and how the choice did on the past.

    The past figures are those that the choice was made by, so they flatter it.
    """
    feet, choice, past = made.entry.square_feet, made.choice, made.choice.of_layout
    return {
        "cell_feet": CELL_FEET[score],
        "turned_degrees": choice.layout.degrees,
        "moved_cells": [round(choice.layout.right, 6), round(choice.layout.up, 6)],
        "method": choice.method,
        "weights": dict(zip(SURFACES, made.weights.tolist(), strict=False)),
        "cells": len(feet),
        "flagged_cells": int(made.entry.hotspot.sum()),
        "flagged_square_miles": round(float(feet[made.entry.hotspot].sum()) / MILE**2, 6),
        "city_square_miles": round(float(feet.sum()) / MILE**2, 6),
        "past_windows": len(choice.judged),
        "past_windows_overlap": any(one.end > two.start for one, two in pairwise(choice.judged)),
        "layouts_tried": len(choice.trials),
        "past": {
            name: _past(past.hits[name], past.total, past.best)
            for name in dict.fromkeys((choice.method, BESIDE))
        },
    }


def _past(hits: IntArray, total: IntArray, best: IntArray) -> dict[str, Any]:
    """Return pooled hits; long windows overlap and count incidents again, so the interval resamples blocks of them."""
    samples = block_samples(len(total), np.random.default_rng(PAST_SEED))
    rate = ratio_of_sums(hits.astype(np.float64), total.astype(np.float64), samples)
    low, high = (round(value, 6) if np.isfinite(value) else None for value in (rate.low, rate.high))
    return {"n": int(hits.sum()), "N": int(total.sum()), "n*": int(best.sum()), "low": low, "high": high}
