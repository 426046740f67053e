"""Which places a plan proposes: the most expected incidents for the hours that the policy gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from forecasting.core.incidents import FloatArray, IntArray

DRAWS = 2000


@dataclass(frozen=True)
class Budget:
    """What one plan may use: officer hours, stops per place, minutes per stop, most minutes and most places."""

    hours: float
    visits: int
    visit_minutes: int
    cap_minutes: int
    most_places: int

    @property
    def minutes_per_place(self) -> int:
        """Minutes one place gets in the shift, never above the cap."""
        return min(self.visits * self.visit_minutes, self.cap_minutes)

    @property
    def places(self) -> int:
        """How many places the hours suffice for."""
        return min(self.most_places, int(self.hours * 60 // self.minutes_per_place))


@dataclass(frozen=True)
class Share:
    """A share between 0 and 1 with its interval."""

    value: float
    low: float
    high: float


def choose_places(expected: FloatArray, budget: Budget) -> IntArray:
    """Return the indices of the places to propose, most expected incidents first.

    `expected` has shape ``(n,)``: incidents per place in the shift. Every place costs the same minutes, so the best
    set is the largest expected counts; equal counts keep the grid's order. Places that expect nothing are left out.
    """
    order = np.argsort(-expected, kind="stable")[: budget.places]
    return order[expected[order] > 0]


def rate_interval(expected: FloatArray, dispersion: float, level: float) -> tuple[FloatArray, FloatArray]:
    """Return how sure we are of each place's rate: gamma quantiles around `expected`, shape ``(n,)`` each.

    `dispersion` is the variance of a place's true rate relative to its forecast, learned on past windows (mean 1);
    0 means that chance alone explained the past, and the interval closes on the forecast.
    """
    if dispersion <= 0:
        return expected.copy(), expected.copy()
    shape = 1.0 / dispersion
    low = float(stats.gamma.ppf((1 - level) / 2, shape, scale=dispersion))
    high = float(stats.gamma.ppf((1 + level) / 2, shape, scale=dispersion))
    return expected * low, expected * high


def covered_share(
    expected: FloatArray, chosen: IntArray, dispersion: float, level: float, generator: np.random.Generator
) -> Share:
    """Return the share of the district's expected incidents that lies in the chosen places, 0 to 1.

    The interval draws every place's true rate from its gamma distribution (`dispersion` as in `rate_interval`).
    """
    total = float(expected.sum())
    if total <= 0 or not len(chosen):
        return Share(0.0, 0.0, 0.0)
    value = float(expected[chosen].sum()) / total
    if dispersion <= 0:
        return Share(value, value, value)
    inside = _drawn_total(expected[chosen], dispersion, generator)
    rest = np.delete(expected, chosen)
    outside = _drawn_total(rest, dispersion, generator)
    low, high = np.quantile(inside / (inside + outside), [(1 - level) / 2, (1 + level) / 2])
    return Share(value, float(low), float(high))


def _drawn_total(rates: FloatArray, dispersion: float, generator: np.random.Generator) -> FloatArray:
    shape = 1.0 / dispersion
    total = np.zeros(DRAWS)
    for start in range(0, len(rates), 256):
        block = rates[start : start + 256]
        total += generator.gamma(shape, dispersion, (DRAWS, len(block))) @ block
    return total
