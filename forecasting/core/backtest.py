"""Rolling backtests: the same computation at past origins, scored beside the baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from forecasting.core.features import Surfaces
from forecasting.core.incidents import FloatArray, Incidents
from forecasting.core.intervals import Dispersion, intervals_held
from forecasting.core.layers import Layer
from forecasting.core.pipeline import make_forecast
from forecasting.core.pooling import Comparison, PooledHits, PooledScore, compare, pool_scores
from forecasting.core.recipe import BASELINE, Recipe, Term
from forecasting.core.scoring import Estimate, WindowScore, score_window, wilson_interval
from forecasting.core.training import City, surfaces_for
from forecasting.core.windows import Window

Progress = Callable[[str, int, int], None]
"""Told after every window: the model, windows done, windows in all."""

Forecaster = Callable[[Surfaces, Window], tuple[FloatArray, Dispersion]]
"""A model without a recipe: expected incidents per cell of a window, shape ``(n,)``, and how far counts stray."""


@dataclass(frozen=True)
class Trial:
    """One window of one model: its score, and in how many of the districts the interval held."""

    score: WindowScore
    held: int
    districts: int


@dataclass(frozen=True)
class Backtest:
    """Every model's windows, pooled score and comparison with the reference on the same windows."""

    windows: Sequence[Window]
    trials: Mapping[str, Sequence[Trial]]
    scores: Mapping[str, Sequence[WindowScore]]
    pooled: Mapping[str, PooledScore]
    against: Mapping[str, Comparison]


def run_backtest(
    incidents: Mapping[str, Incidents],
    city: City,
    category: str,
    recipes: Mapping[str, Recipe],
    windows: Sequence[Window],
    *,
    seed: int,
    progress: Progress,
    layers: Mapping[str, Layer] = MappingProxyType({}),
    others: Mapping[str, Forecaster] = MappingProxyType({}),
) -> Backtest:
    """Forecast every window with every recipe from what was known at its start, and score it.

    ``incidents`` are given by category, ``layers`` by name. ``recipes`` (name -> recipe) has to hold the reference
    ``counts``. A fresh forecast is made for each window by ``make_forecast``, so nothing from inside a window
    reaches it. ``others`` are models without a recipe, which look at the reference's surfaces. Raises CannotForecast
    as these do.
    """
    looked: dict[tuple[Term, ...], Surfaces] = {}  # recipes of the same terms look at the same surfaces
    trials = {}
    for name, recipe in recipes.items():
        if recipe.terms not in looked:
            looked[recipe.terms] = surfaces_for(incidents, city, recipe, category, layers)
        made = partial(_by_recipe, city=city, recipe=recipe, seed=seed)
        trials[name] = _trials(
            looked[recipe.terms], made, city, recipe.interval_level, windows, seed, partial(progress, name)
        )
    reference = recipes[BASELINE]
    for name, made_otherwise in others.items():
        trials[name] = _trials(
            looked[reference.terms],
            made_otherwise,
            city,
            reference.interval_level,
            windows,
            seed,
            partial(progress, name),
        )
    scores = {name: [trial.score for trial in rows] for name, rows in trials.items()}
    pooled = {name: pool_scores(rows, np.random.default_rng(seed)) for name, rows in scores.items()}
    against = {
        name: compare(rows, scores[BASELINE], np.random.default_rng(seed))
        for name, rows in scores.items()
        if name != BASELINE
    }
    return Backtest(windows, trials, scores, pooled, against)


def _by_recipe(
    surfaces: Surfaces, window: Window, *, city: City, recipe: Recipe, seed: int
) -> tuple[FloatArray, Dispersion]:
    forecast = make_forecast(surfaces, city, recipe, window, flag_area=0.0, seed=seed)
    return forecast.expected, forecast.training.dispersion


def _trials(
    surfaces: Surfaces,
    forecaster: Forecaster,
    city: City,
    level: float,
    windows: Sequence[Window],
    seed: int,
    report: Callable[[int, int], None],
) -> list[Trial]:
    trials = []
    for done, window in enumerate(windows, start=1):
        expected, spread = forecaster(surfaces, window)
        observed = surfaces.counts(window.start, window.end)
        score = score_window(expected, observed, city.grid.area, np.random.default_rng(seed))
        trials.append(Trial(score, *intervals_held(expected, observed, city.grid.district, spread, level)))
        report(done, len(windows))
    return trials


def backtest_figures(backtest: Backtest) -> dict[str, Any]:
    """Return the pooled figures as plain data, fit for JSON; undefined numbers are None."""
    return {
        name: {
            "windows": score.windows,
            "hit_rate": {f"{share * 100:g}": _hits(hits) for share, hits in score.hits.items()},
            "deviance_per_window": _estimate(score.deviance),
            "expected_over_observed": _number(score.bias),
            "districts_in_interval": _held(backtest.trials[name]),
            **({"against_counts": _comparison(backtest.against[name])} if name in backtest.against else {}),
        }
        for name, score in backtest.pooled.items()
    }


def _held(trials: Sequence[Trial]) -> dict[str, Any]:
    n, total = sum(trial.held for trial in trials), sum(trial.districts for trial in trials)
    return {"n": n, "N": total, **_estimate(wilson_interval(n, total))}


def _hits(hits: PooledHits) -> dict[str, Any]:
    return {
        "n": hits.n,
        "N": hits.total,
        **_estimate(hits.bootstrap),
        "wilson": _estimate(hits.wilson),
        "mean_of_windows": _number(hits.mean),
        "pai": _estimate(hits.pai),
        "pei": _estimate(hits.pei),
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    gains = {f"{share * 100:g}": _estimate(gain) for share, gain in comparison.hit_rate.items()}
    return {"hit_rate_gain": gains, "deviance_skill": _estimate(comparison.skill)}


def _estimate(estimate: Estimate) -> dict[str, float | None]:
    return {"value": _number(estimate.value), "low": _number(estimate.low), "high": _number(estimate.high)}


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None
