"""What is learned before an origin: coefficients, dispersion, and the city's level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from types import MappingProxyType

import numpy as np

from forecasting.core.estimators import Coefficients, TrainingWindow, fit_blend
from forecasting.core.features import Surfaces
from forecasting.core.fingerprint import round_significant
from forecasting.core.grid import Grid
from forecasting.core.incidents import Incidents
from forecasting.core.intervals import Dispersion, estimate_dispersion
from forecasting.core.layers import Layer, check_layer
from forecasting.core.levels import REACH_HALF_LIVES, recent_daily_rate
from forecasting.core.limits import (
    MIN_INCIDENTS,
    MIN_TRAINING_INCIDENTS,
    MIN_TRAINING_WINDOWS,
    CannotForecast,
)
from forecasting.core.recipe import Recipe, layers_read
from forecasting.core.windows import DAY, ShiftHours, Window, days_later, training_windows

BURN_IN_DAYS = 180
"""A training window has at least this much history before it."""


@dataclass(frozen=True)
class City:
    """Where a forecast takes place: grid, CRS unit in metres, local time zone (IANA), shifts."""

    grid: Grid
    unit_metres: float
    timezone: str
    shifts: Sequence[ShiftHours]


@dataclass(frozen=True)
class Training:
    """What was learned before the origin; ``daily_rate`` is the city's level in incidents a day."""

    coefficients: Coefficients
    dispersion: Dispersion
    daily_rate: float
    windows: int
    incidents: int


def surfaces_for(
    incidents: Mapping[str, Incidents],
    city: City,
    recipe: Recipe,
    category: str,
    layers: Mapping[str, Layer] = MappingProxyType({}),
) -> Surfaces:
    """Return the features of a category on the city's grid, ready for any origin.

    ``incidents`` are given by category. A term that looks at a category they do not hold (it was on hold when the
    extract was sealed, or nothing of it was reported) says nothing. ``layers`` are the context layers by name.

    Raises CannotForecast (``bad_input``) where the recipe looks at a layer that is missing, or that cannot belong to
    this city.
    """
    used = {name: layers[name] for name in sorted(layers_read(recipe)) if name in layers}
    if missing := sorted(layers_read(recipe) - used.keys()):
        raise CannotForecast(
            "bad_input",
            f"The recipe looks at the context layer {', '.join(missing)}, which is not there. Register it, or use a "
            "recipe without it.",
        )
    for layer in used.values():
        check_layer(layer, city.grid, unit_metres=city.unit_metres)
    related = {
        term.name: Surfaces(
            city.grid, incidents[term.category], (replace(term, category=""),), city.unit_metres
        )
        for term in recipe.terms
        if term.category in incidents.keys() - {category}
    }
    name = category.replace("_", " ")
    return Surfaces(city.grid, incidents[category], recipe.terms, city.unit_metres, name, related, used)


def knowledge_cut(origin: int, recipe: Recipe) -> int:
    """Return the moment before which incidents are known at ``origin``, UTC seconds."""
    return origin - round(recipe.reporting_delay_days * DAY)


def train(surfaces: Surfaces, city: City, recipe: Recipe, origin: int) -> Training:
    """Learn coefficients and dispersion on windows before ``origin``, and the level of the recent weeks.

    Raises CannotForecast (``too_few_incidents``, ``history_too_short``).
    """
    _check_enough(surfaces, recipe, origin)
    windows = _windows_before(surfaces, city, recipe, origin)
    blocks = [_training_window(surfaces, city, recipe, window) for window in windows]
    seen = int(sum(block.counts.sum() for block in blocks))
    _check_training(len(blocks), seen, surfaces.named, recipe)
    coefficients = _coefficients(blocks, recipe)
    rate = _daily_rate(surfaces, recipe, origin)
    _check_level(rate, surfaces.named, recipe)
    return Training(coefficients, _dispersion(blocks, coefficients, city.grid), rate, len(blocks), seen)


def _check_enough(surfaces: Surfaces, recipe: Recipe, origin: int) -> None:
    found = int((surfaces.incidents.ends < knowledge_cut(origin, recipe)).sum())
    if found < MIN_INCIDENTS:
        raise CannotForecast(
            "too_few_incidents",
            f"{found} incidents of {surfaces.named} are known inside the boundary before the origin; at "
            f"least {MIN_INCIDENTS} are needed. Ingest a longer history, choose a later origin, or a "
            "broader category.",
        )


def _check_training(windows: int, seen: int, named: str, recipe: Recipe) -> None:
    if windows < MIN_TRAINING_WINDOWS:
        needed = BURN_IN_DAYS + MIN_TRAINING_WINDOWS * recipe.training_days
        raise CannotForecast(
            "history_too_short",
            f"The history before the origin holds {windows} training windows of {recipe.training_days} "
            f"days; at least {MIN_TRAINING_WINDOWS} are needed, that is {needed} days of incidents. Ingest "
            "earlier files or choose a later origin.",
        )
    if seen < MIN_TRAINING_INCIDENTS:
        raise CannotForecast(
            "too_few_incidents",
            f"{seen} incidents of {named} fall in the training windows; at least "
            f"{MIN_TRAINING_INCIDENTS} are needed. Choose a broader category or more training windows.",
        )


def _check_level(rate: float, named: str, recipe: Recipe) -> None:
    if not rate > 0:
        raise CannotForecast(
            "too_few_incidents",
            f"No incident of {named} happened in the last "
            f"{REACH_HALF_LIVES * recipe.level_half_life_days:.0f} days, so the city's level is unknown. "
            "Check that recent exports were ingested, or forecast another category.",
        )


def _windows_before(surfaces: Surfaces, city: City, recipe: Recipe, origin: int) -> tuple[Window, ...]:
    last_end = days_later(origin, -ceil(recipe.reporting_delay_days), city.timezone)
    earliest = int(surfaces.incidents.ends.min()) + BURN_IN_DAYS * DAY
    return training_windows(last_end, recipe.training_days, recipe.training_windows, earliest, city.timezone)


def _training_window(surfaces: Surfaces, city: City, recipe: Recipe, window: Window) -> TrainingWindow:
    features = surfaces.features(knowledge_cut(window.start, recipe))
    level = max(
        _daily_rate(surfaces, recipe, window.start), 1 / recipe.training_days / recipe.training_windows
    )
    exposure = city.grid.fraction * (level * window.days / float(city.grid.fraction.sum()))
    return TrainingWindow(features, exposure, surfaces.counts(window.start, window.end))


def _daily_rate(surfaces: Surfaces, recipe: Recipe, origin: int) -> float:
    ends = surfaces.incidents.ends
    return recent_daily_rate(
        ends, knowledge_cut(origin, recipe), recipe.level_half_life_days, int(ends.min())
    )


def _coefficients(blocks: Sequence[TrainingWindow], recipe: Recipe) -> Coefficients:
    if recipe.fitted:
        return fit_blend(blocks, recipe.ridge)
    return Coefficients(0.0, np.ones(len(recipe.terms)))


def _dispersion(blocks: Sequence[TrainingWindow], coefficients: Coefficients, grid: Grid) -> Dispersion:
    expected = []
    for block in blocks:
        shape = block.exposure * np.exp(block.features @ coefficients.slopes)
        expected.append(shape * (block.exposure.sum() / shape.sum()))
    estimate = estimate_dispersion(expected, [block.counts for block in blocks], grid.district)
    rounded = round_significant(np.array([estimate.cell, estimate.city, estimate.district]))
    return Dispersion(*(float(value) for value in rounded))
