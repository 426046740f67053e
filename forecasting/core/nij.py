"""The rules of the NIJ Real-Time Crime Forecasting Challenge (2017), and its two scores.

An entry cuts the city into cells and flags some of them as hot spots. It is scored on the incidents from a first
day to a last one: by PAI, and by PEI*. Source: National Institute of Justice, Real-Time Crime Forecasting Challenge,
rules and questions answered, 2016-17.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from forecasting.core.incidents import BoolArray, FloatArray
from forecasting.core.limits import CannotForecast
from forecasting.core.scoring import (
    Estimate,
    Hits,
    count_hits,
    hit_rate,
    prediction_accuracy_index,
    prediction_efficiency_index,
)

FOOT = 0.3048
"""Metres in an international foot, the unit of the rules."""

MILE = 5280.0
LEAST_CELL, LARGEST_CELL = 62_500.0, 360_000.0
"""Square feet of a cell; one that the city's edge trims may be smaller."""

LEAST_FLAGGED, MOST_FLAGGED = 0.25 * MILE**2, 0.75 * MILE**2
"""Square feet of all hot spots together."""

ROUNDING = 1e-6
"""Relative difference of areas that is put down to rounding: coordinates are stored as binary numbers."""

EDGE_FEET = 1.0
"""A trimmed cell lies at most this far from the city's edge."""


class Score(StrEnum):
    """What an entry is made for; the two pull opposite ways: PAI to few small cells, PEI* to many large ones."""

    PAI = "PAI"
    PEI = "PEI"


class Horizon(StrEnum):
    """How long an entry is scored."""

    ONE_WEEK = "1WK"
    TWO_WEEKS = "2WK"
    ONE_MONTH = "1MO"
    TWO_MONTHS = "2MO"
    THREE_MONTHS = "3MO"


def last_day(first: date, horizon: Horizon) -> date:
    """Return the last day that counts: from 1 March to 7 March, 14 March, 31 March, 30 April, 31 May.

    Months are calendar months: the day before the same day of a later month (or before that month's last day
    where it has no such day).
    """
    length, unit = int(horizon[0]), horizon[1:]
    if unit == "WK":
        return first + timedelta(days=7 * length - 1)
    years, month = divmod(first.month - 1 + length, 12)
    year, month = first.year + years, month + 1
    return date(year, month, min(first.day, monthrange(year, month)[1])) - timedelta(days=1)


@dataclass(frozen=True, eq=False)
class Entry:
    """The cells of an entry (shapely polygons, shape ``(n,)``, projected CRS) and which are hot spots.

    ``unit_metres`` is the length of the CRS's unit.
    """

    polygons: NDArray[np.object_]
    hotspot: BoolArray
    unit_metres: float

    @property
    def square_feet(self) -> FloatArray:
        """Area of every cell, shape ``(n,)``."""
        return np.asarray(shapely.area(self.polygons) * (self.unit_metres / FOOT) ** 2, dtype=np.float64)


@dataclass(frozen=True)
class EntryScore:
    """``hits`` (n of N in a of A, areas in square feet), PAI and PEI* with intervals; incidents no cell holds."""

    hits: Hits
    outside: int
    hit_rate: Estimate
    pai: Estimate
    pei: Estimate


def check_entry(entry: Entry) -> None:
    """Refuse an entry that breaks a rule. Raises CannotForecast (``bad_input``) with the rule and what was found.

    The rules: no two cells overlap; a cell has 62,500 to 360,000 square feet, or less where the city's edge trims
    it; the hot spots have 0.25 to 0.75 square miles together. The city is what the cells cover.
    """
    if len(entry.polygons) == 0 or len(entry.hotspot) != len(entry.polygons):
        raise _breach(
            f"{len(entry.hotspot)} flags for {len(entry.polygons)} cells. Give every cell one flag."
        )
    feet = entry.square_feet
    _check_flagged(float(feet[entry.hotspot].sum()))
    if feet.max() > LARGEST_CELL * (1 + ROUNDING):
        raise _breach(
            f"a cell has {feet.max():,.0f} square feet; at most {LARGEST_CELL:,.0f} are allowed. Make cells smaller."
        )
    city = shapely.union_all(entry.polygons)
    if abs(city.area / shapely.area(entry.polygons).sum() - 1) > ROUNDING:
        raise _breach("cells overlap. Cut the city into cells that only share edges.")
    _check_small(entry, city, feet)


def _breach(what: str) -> CannotForecast:
    return CannotForecast("bad_input", f"This is no entry of the challenge: {what}")


def _check_flagged(square_feet: float) -> None:
    if not LEAST_FLAGGED * (1 - ROUNDING) <= square_feet <= MOST_FLAGGED * (1 + ROUNDING):
        raise _breach(
            f"the hot spots have {square_feet / MILE**2:.4f} square miles together; 0.25 to 0.75 are allowed. "
            "Flag more or fewer cells."
        )


def _check_small(entry: Entry, city: BaseGeometry, feet: FloatArray) -> None:
    small = feet < LEAST_CELL * (1 - ROUNDING)
    reach = EDGE_FEET * FOOT / entry.unit_metres
    edge = city.boundary
    shapely.prepare(edge)
    inland = small & ~shapely.dwithin(entry.polygons, edge, reach)
    if inland.any():
        raise _breach(
            f"{inland.sum()} cells away from the city's edge have less than {LEAST_CELL:,.0f} square feet, the "
            f"smallest {feet[inland].min():,.0f}. Only the city's edge may trim a cell."
        )


def score_entry(entry: Entry, x: FloatArray, y: FloatArray) -> EntryScore:
    """Score an entry on the incidents at ``x``, ``y`` (shapes ``(m,)``, the entry's CRS) that fell in its window.

    PAI = (n / N) / (a / A) and PEI* = n / n*, where n* is the sum of the k highest counts among the entry's own
    cells and k how many it flags. N counts the incidents that a cell holds; one on a shared edge belongs to the
    first of its cells. Raises CannotForecast (``bad_input``) on an entry that breaks a rule.
    """
    check_entry(entry)
    points = shapely.points(x, y)
    point, cell = shapely.STRtree(entry.polygons).query(points, predicate="intersects")
    owner = np.full(len(x), len(entry.polygons), dtype=np.int64)
    np.minimum.at(owner, point, cell)
    inside = owner < len(entry.polygons)
    observed = np.bincount(owner[inside], minlength=len(entry.polygons)).astype(np.float64)
    return scored(count_hits(entry.hotspot, observed, entry.square_feet), int((~inside).sum()))


def scored(hits: Hits, outside: int = 0) -> EntryScore:
    """Return the two scores of hits, with Wilson's interval on n / N carried to each."""
    return EntryScore(
        hits,
        outside,
        hit_rate(hits),
        prediction_accuracy_index(hits),
        prediction_efficiency_index(hits),
    )
