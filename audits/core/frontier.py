"""The price of fairness: how many expected incidents a lower disparity costs. It informs boards; no forecast reads it.

With expected incidents e_c, area a_c and, per cell, the share b_gc of group g's residents and b_c of all residents
that live there, a set F of flagged cells within the area budget covers sum_F e_c / sum e_c of the expected incidents
and has the disparity ratio (sum_F b_gc) / (sum_F b_c) (see `audits.core.disparity`). For a price w the set of cells
with the highest (e_c / sum e - w (b_gc - b_c)) / a_c maximises coverage less w times the disparity difference;
raising w walks along the frontier. The points are those of the frontier's convex hull, exact up to one cell of area.

Source: Lagrangian relaxation of the choice under a budget, Everett (1963, Operations Research 11:399); fairness as
a penalty after Corbett-Davies et al. (2017, KDD), "Algorithmic decision making and the cost of fairness".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PRICES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
"""Prices to try: coverage given up per unit of disparity difference."""


@dataclass(frozen=True)
class Choice:
    """One point of the frontier.

    `price`: what a unit of difference was taken to cost. `covered`: share of the expected incidents inside the
    flagged cells, 0 to 1. `rate`, `reference`: share of the group and of all residents living there. `ratio`:
    rate / reference, 1 = alike, NaN = nobody lives there. `cells`: how many are flagged.
    """

    price: float
    covered: float
    rate: float
    reference: float
    ratio: float
    cells: int


def frontier(
    expected: Floats,
    area: Floats,
    group: Floats,
    everybody: Floats,
    budget: float,
    prices: Sequence[float] = PRICES,
) -> tuple[Choice, ...]:
    """Return the choices along the frontier of one group, from no price to the highest.

    `expected` (incidents), `area` (any unit, > 0), `group` and `everybody` (share of the group's and of all
    residents in each cell, each summing to at most 1): shape (n,). `budget`: area that may be flagged, in `area`'s
    unit. A price at which nothing changes gives no new point. Raises ValueError on shapes that differ, an empty
    budget, or nothing expected.
    """
    _check(expected, area, group, everybody, budget)
    found: dict[bytes, Choice] = {}
    for price in sorted(prices):
        flagged = _flagged(expected / expected.sum() - price * (group - everybody), area, budget)
        found.setdefault(flagged.tobytes(), _choice(price, flagged, expected, group, everybody))
    return tuple(found.values())


def price_of(choices: Sequence[Choice], ratio_max: float) -> float:
    """Return the coverage given up, in shares of all expected incidents, to bring the ratio to at most `ratio_max`.

    0 where the forecast's own choice is within it; NaN where no choice is.
    """
    within = [each.covered for each in choices if each.ratio <= ratio_max]
    return choices[0].covered - max(within) if within else float("nan")


def _check(expected: Floats, area: Floats, group: Floats, everybody: Floats, budget: float) -> None:
    if len({expected.shape, area.shape, group.shape, everybody.shape}) > 1:
        raise ValueError("Expected incidents, areas and residents have to be given for the same cells.")
    if not (budget > 0 and area.min() > 0 and expected.sum() > 0):
        raise ValueError("A frontier needs an area to flag, cells with an area, and something expected.")


def _flagged(worth: Floats, area: Floats, budget: float) -> NDArray[np.intp]:
    order = np.argsort(-worth / area, kind="stable")
    fits = np.cumsum(area[order]) <= budget * (1 + 1e-9)
    return np.sort(order[fits])


def _choice(
    price: float, flagged: NDArray[np.intp], expected: Floats, group: Floats, everybody: Floats
) -> Choice:
    rate, reference = float(group[flagged].sum()), float(everybody[flagged].sum())
    ratio = rate / reference if reference > 0 else float("nan")
    return Choice(
        price, float(expected[flagged].sum() / expected.sum()), rate, reference, ratio, len(flagged)
    )
