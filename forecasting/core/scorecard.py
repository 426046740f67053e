"""One forecast's score beside its baseline, as figures that are stored and published."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecasting.core.fingerprint import round_significant
from forecasting.core.incidents import BoolArray, FloatArray
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


def score_figures(
    expected: FloatArray,
    baseline: FloatArray,
    observed: FloatArray,
    area: FloatArray,
    flagged: BoolArray,
    seed: int,
) -> Figures:
    """Return method -> metric -> figure for a forecast and its baseline, arrays of shape ``(n,)``.

    Metrics: ``hit_rate``, ``pai`` and ``pei`` at ``_1``, ``_5``, ``_20`` % of the area and at ``_flagged`` (the
    baseline flags as much area as the forecast did), ``deviance``, ``skill`` (of the forecast against the
    baseline), ``total``. A figure has ``value``, ``low``, ``high`` (95 %) and, for hits, ``n`` of ``N`` and the
    share of area; None where nothing is defined. Values carry 6 significant digits.
    """
    budget = float(area[flagged].sum())
    ours = _figures(expected, observed, area, budget, seed)
    theirs = _figures(baseline, observed, area, budget, seed)
    ours["skill"] = _figure(deviance_skill(observed, expected, baseline))
    return {FORECAST: ours, BASELINE: theirs}


def _figures(
    expected: FloatArray, observed: FloatArray, area: FloatArray, budget: float, seed: int
) -> dict[str, Figure]:
    order = density_order(expected, area, np.random.default_rng(seed))
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
) -> dict[str, Figure]:
    """Return whether intervals held, for the city and for the districts: ``n`` of ``N`` with its interval.

    A good interval of level 0.9 holds in about 9 of 10 districts, over many windows.
    """
    n, total = intervals_held(expected, observed, districts, dispersion, level)
    return {"districts_in_interval": {**_figure(wilson_interval(n, total)), "n": n, "N": total}}
