"""The one computation: incidents, city, recipe, window and seed to a forecast.

Forecasts, backtests and reproductions all come through here, so what is scored is what is issued.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecasting.core.baselines import history_counts
from forecasting.core.explain import AREA, check_additivity, product
from forecasting.core.features import Surfaces
from forecasting.core.fingerprint import round_significant
from forecasting.core.importance import Importance, importances
from forecasting.core.incidents import BoolArray, FloatArray, Incidents, IntArray
from forecasting.core.intervals import count_interval
from forecasting.core.recipe import Recipe
from forecasting.core.scoring import density_order, flag_cells
from forecasting.core.shares import group_numbers, shrunk_profiles, slot_weights, window_shares
from forecasting.core.stages import look
from forecasting.core.training import City, Training, knowledge_cut, train
from forecasting.core.windows import DAY, Window, shift_slots


@dataclass(frozen=True)
class Forecast:
    """Expected incidents per cell over a whole window, with interval, baseline, rank, flag and reasons.

    Arrays have shape ``(n,)`` in the grid's order. ``expected`` is exactly ``base`` times ``factors``
    in their order. ``low`` and ``high`` bound the count at the recipe's interval level; ``baseline``
    spreads the same total by all-history counts; ``rank`` 1 is the highest density; ``features`` (shape
    ``(n, columns)``) are what the final stage looked at; ``importance`` says how much each term matters, the
    strongest first; ``outside`` counts incidents that no cell holds; ``notes`` say, by term, why one that has to be
    tested was or was not used.
    """

    window: Window
    expected: FloatArray
    low: IntArray
    high: IntArray
    baseline: FloatArray
    rank: IntArray
    flagged: BoolArray
    base: float
    factors: dict[str, FloatArray]
    training: Training
    features: FloatArray
    importance: tuple[Importance, ...]
    outside: int
    notes: dict[str, str]

    @property
    def total(self) -> float:
        """Expected incidents in the whole city and window."""
        return float(self.expected.sum())


@dataclass(frozen=True)
class Split:
    """Shares of each district's expected incidents by shift slot: ``shares[d, s]``, rows sum to 1."""

    districts: NDArray[np.str_]
    shares: FloatArray


def make_forecast(
    surfaces: Surfaces, city: City, recipe: Recipe, window: Window, *, flag_area: float, seed: int
) -> Forecast:
    """Compute the forecast of one category for one window.

    Only incidents over before the window's start, less the recipe's reporting delay, are used.
    ``flag_area`` (CRS unit^2) is how much may be flagged; ``seed`` decides ties of rank. Values are
    rounded to 6 significant digits, so the same input gives the same digest on any worker.

    Raises CannotForecast (``too_few_incidents``, ``history_too_short``, ``not_additive``).
    """
    surfaces = surfaces.opened(knowledge_cut(window.start, recipe), seed)
    training = train(surfaces, city, recipe, window.start, seed)
    features = look(surfaces, recipe, knowledge_cut(window.start, recipe), seed)
    grid, stage = city.grid, training.stage
    shape = grid.fraction * stage.risk(features)
    level = training.daily_rate * window.days / float(shape.sum())
    factors = {AREA: grid.fraction, **stage.factors(features)}
    check_additivity(shape * level, level * stage.base, factors)
    factors = {name: round_significant(values) for name, values in factors.items()}
    base = float(round_significant(np.array(level * stage.base)))
    expected = product(base, factors)
    low, high = count_interval(expected, training.dispersion.single, recipe.interval_level)
    order = density_order(expected, grid.area, np.random.default_rng(seed))
    return Forecast(
        window=window,
        expected=expected,
        low=low,
        high=high,
        baseline=baseline_of(surfaces, city, recipe, window, float(expected.sum())),
        rank=_ranks(order),
        flagged=flag_cells(order, grid.area, flag_area),
        base=base,
        factors=factors,
        training=training,
        features=features,
        importance=importances(features, factors, recipe.terms, expected),
        outside=surfaces.outside,
        notes={name: opening.sentence for name, opening in surfaces.openings.items()},
    )


def recipe_as_known(recipe: Recipe, window: Window, as_of: int) -> Recipe:
    """Return the recipe with the time from ``as_of`` (UTC seconds) to the window added to its reporting delay.

    A forecast issued before its window opens does not know the hours in between; its training windows are
    then made to know as little at their own origins. An ``as_of`` after the origin changes nothing.
    """
    gap = max(0, window.start - as_of) / DAY
    return replace(recipe, reporting_delay_days=recipe.reporting_delay_days + gap)


def baseline_of(surfaces: Surfaces, city: City, recipe: Recipe, window: Window, total: float) -> FloatArray:
    """Return the reference forecast: ``total`` spread by all-history counts, shape ``(n,)``."""
    known = surfaces.counts(int(surfaces.incidents.ends.min()), knowledge_cut(window.start, recipe))
    return round_significant(history_counts(known, city.grid.fraction, total))


def _ranks(order: IntArray) -> IntArray:
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    return rank


def split_to_shifts(incidents: Incidents, city: City, recipe: Recipe, window: Window) -> Split:
    """Split each district's forecast over the shifts of the window, by its shrunk profile of the week.

    Uses the incidents of the recipe's ``profile_days`` before the origin. Rows sum to 1 up to rounding
    to 6 significant digits.
    """
    cut = knowledge_cut(window.start, recipe)
    recent = incidents.where((incidents.ends < cut) & (incidents.ends >= cut - recipe.profile_days * DAY))
    cells = city.grid.locate(recent.x, recent.y)
    inside = recent.where(cells >= 0)
    names, numbers = group_numbers(city.grid.district)
    weights = slot_weights(inside, numbers[cells[cells >= 0]], len(names), city.timezone, city.shifts)
    profiles = shrunk_profiles(weights, recipe.profile_strength)
    slots = shift_slots(window, city.timezone, city.shifts)
    return Split(names, round_significant(window_shares(profiles, slots, len(city.shifts))))
