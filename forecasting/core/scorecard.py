"""One forecast's score beside trivial ones, as figures that are stored and published."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecasting.core.calibration import (
    Placement,
    pit_counts,
    place_districts,
    predicted_cells,
    randomised_pit,
)
from forecasting.core.fingerprint import round_significant
from forecasting.core.incidents import BoolArray, FloatArray, IntArray
from forecasting.core.intervals import Dispersion, intervals_held
from forecasting.core.scoring import (
    COVERAGES,
    Estimate,
    Hits,
    count_hits,
    density_order,
    deviance_estimate,
    deviance_skill,
    flag_cells,
    hit_rate,
    prediction_accuracy_index,
    prediction_efficiency_index,
    wilson_interval,
)

Figure = dict[str, float | int | None]
Figures = dict[str, dict[str, Figure]]

FORECAST = "forecast"
BASELINE = "counts"
DECAYED = "decayed"
RANDOM = "random"
METHODS = (FORECAST, BASELINE, DECAYED, RANDOM)
"""A scorecard's methods: the forecast, all-history counts, counts that fade with age, and a drawn map."""

PIT = "district_pit"
CELL_PIT = "cell_pit"


def score_figures(
    expected: FloatArray,
    baseline: FloatArray,
    observed: FloatArray,
    area: FloatArray,
    flagged: BoolArray,
    seed: int,
    decayed: FloatArray | None = None,
) -> Figures:
    """Return method -> metric -> figure for a forecast and trivial ones, arrays of shape ``(n,)``.

    Metrics: ``hit_rate``, ``pai`` and ``pei`` at ``_1``, ``_5``, ``_20`` % of the area and at ``_flagged`` (the
    others flag as much area as the forecast did), ``deviance``, ``skill`` and ``skill_decayed`` (of the forecast
    against counts and ``decayed`` counts), ``total``. ``random`` flags cells in an order drawn from ``seed`` and
    expects the same everywhere. A figure has ``value``, ``low``, ``high`` (95 %) and, for hits, ``n`` of ``N`` and the
    share of area; None where nothing is defined. Values carry 6 significant digits.
    """
    budget = float(area[flagged].sum())
    given = {FORECAST: expected, BASELINE: baseline} | ({} if decayed is None else {DECAYED: decayed})
    figures = {
        name: _figures(
            values, density_order(values, area, np.random.default_rng(seed)), observed, area, budget
        )
        for name, values in given.items()
    }
    figures[FORECAST]["skill"] = _figure(deviance_skill(observed, expected, baseline))
    if decayed is not None:
        figures[FORECAST]["skill_decayed"] = _figure(deviance_skill(observed, expected, decayed))
    drawn = np.random.default_rng([seed, 1]).permutation(len(area))
    even = area * float(expected.sum() / area.sum())
    return {**figures, RANDOM: _figures(even, drawn, observed, area, budget)}


def _figures(
    expected: FloatArray, order: IntArray, observed: FloatArray, area: FloatArray, budget: float
) -> dict[str, Figure]:
    budgets = {f"{share * 100:g}": share * float(area.sum()) for share in COVERAGES}
    figures: dict[str, Figure] = {}
    for name, allowed in {**budgets, "flagged": budget}.items():
        hits = count_hits(flag_cells(order, area, allowed), observed, area)
        figures[f"hit_rate_{name}"] = _hit_figure(hit_rate(hits), hits)
        figures[f"pai_{name}"] = _hit_figure(prediction_accuracy_index(hits), hits)
        figures[f"pei_{name}"] = {**_hit_figure(prediction_efficiency_index(hits), hits), "best": hits.best}
    figures["deviance"] = _figure(deviance_estimate(observed, expected))
    figures["total"] = {"value": _plain(float(expected.sum())), "observed": int(observed.sum())}
    return figures


def _hit_figure(estimate: Estimate, hits: Hits) -> Figure:
    share = _plain(hits.area / hits.total_area)
    return {**_figure(estimate), "n": hits.n, "N": hits.total, "area_share": share, "cells": hits.cells}


def _figure(estimate: Estimate) -> Figure:
    return {"value": _plain(estimate.value), "low": _plain(estimate.low), "high": _plain(estimate.high)}


def _plain(value: float) -> float | None:
    return float(round_significant(np.array(value))) if np.isfinite(value) else None


def interval_figures(
    expected: FloatArray,
    observed: FloatArray,
    districts: NDArray[np.str_],
    dispersion: Dispersion,
    level: float,
    seed: int,
) -> dict[str, Figure]:
    """Return how the districts' counts fell in their distributions, arrays of shape ``(n,)``, one entry per cell.

    ``districts_in_interval``: ``n`` of ``N`` intervals of whole counts that held, which is more than ``level`` of
    them even if all is right. ``district_pit``: ``n`` of ``N`` covered by the randomised PIT, drawn from ``seed``,
    which is about ``level`` if all is right, over many windows; ``chance`` averages over the draws, ``width`` and
    ``mean`` are sums over districts, ``bin_0`` to ``bin_9`` count the values from 0 to 1; ``cell_pit`` those of cells.
    """
    n, total = intervals_held(expected, observed, districts, dispersion, level)
    rng = np.random.default_rng([seed, 2])
    placed = place_districts(expected, observed, districts, dispersion, level, rng)
    cells = randomised_pit(predicted_cells(expected, dispersion), observed, rng)
    return {
        "districts_in_interval": {**_figure(wilson_interval(n, total)), "n": n, "N": total},
        PIT: _pit_figure(placed, level),
        CELL_PIT: {"N": len(cells), **_bins(cells)},
    }


def _pit_figure(placed: Placement, level: float) -> Figure:
    n, total = int(placed.covered.sum()), len(placed.covered)
    return {
        **_figure(wilson_interval(n, total)),
        "n": n,
        "N": total,
        "level": level,
        "chance": _plain(float(placed.chance.sum())),
        "width": _plain(float(placed.width.sum())),
        "mean": _plain(float(placed.mean.sum())),
        **_bins(placed.pit),
    }


def _bins(pit: FloatArray) -> Figure:
    return {f"bin_{number}": int(count) for number, count in enumerate(pit_counts(pit))}


def public_figures(figures: Figures) -> Figures:
    """Return the figures without where single counts fell: of few districts that would tell their counts.

    Nor the map drawn by lot: whoever knows city and window can draw the same one, and would read the incidents in
    those very cells. What it finds is the share of the area, within chance.
    """
    return {
        method: {name: figure for name, figure in by_metric.items() if name not in (PIT, CELL_PIT)}
        for method, by_metric in figures.items()
        if method != RANDOM
    }
