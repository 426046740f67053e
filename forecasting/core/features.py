"""Surfaces of past incidents: what every cell looks like at an origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray, Incidents, IntArray
from forecasting.core.kernels import kernel_coverage, kernel_density
from forecasting.core.recipe import Term
from forecasting.core.windows import DAY, history

LEAST_FRACTION = 0.1
"""A cell with less of its area inside than this is treated as having this much, when densities are taken."""


def decayed_counts(
    cells: IntArray, ages_days: FloatArray, half_life_days: float | None, size: int
) -> FloatArray:
    """Return, per cell, the sum over its incidents of ``0.5 ** (age / half_life)``, shape ``(size,)``.

    ``cells`` and ``ages_days`` have shape ``(m,)``. Without a half-life every incident counts one.
    """
    weights = None if half_life_days is None else np.exp2(-ages_days / half_life_days)
    return np.bincount(cells, weights, minlength=size).astype(np.float64)


def relative_log(density: FloatArray, fraction: FloatArray, floor: float) -> FloatArray:
    """Return ``log((density / city average + floor) / (1 + floor))``, shape ``(n,)``.

    0 is a cell with the city's average density, so that a coefficient times this value is the log of
    a factor "against the city's average". The average is weighted by ``fraction``, the area inside.
    An empty surface gives 0 everywhere.
    """
    average = float((density * fraction).sum() / fraction.sum())
    if average <= 0:
        return np.zeros_like(density)
    return np.asarray(np.log((density / average + floor) / (1.0 + floor)), dtype=np.float64)


@dataclass
class Surfaces:
    """The features of one category on one grid, computed once per origin and kept.

    ``incidents`` are those of the category ``named``; ``unit_metres`` is the length of the CRS unit in metres;
    ``related`` are, by the name of a term that looks at another category, that category's surfaces of this one
    term on the same grid; a term without any is 0 everywhere.
    A backtest asks for the same origins again and again: answers are kept in memory.
    """

    grid: Grid
    incidents: Incidents
    terms: Sequence[Term]
    unit_metres: float
    named: str = "this category"
    related: Mapping[str, Surfaces] = field(default_factory=dict)
    cells: IntArray = field(init=False)
    _coverage: dict[float, FloatArray] = field(init=False, default_factory=dict)
    _known: dict[int, FloatArray] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        located = self.grid.locate(self.incidents.x, self.incidents.y)
        self.outside = int((located < 0).sum())
        self.incidents = self.incidents.where(located >= 0)
        self.cells = located[located >= 0]

    def counts(self, start: int, end: int) -> FloatArray:
        """Return the incidents per cell that belong to ``[start, end)`` (UTC seconds), shape ``(n,)``."""
        inside = (self.incidents.ends >= start) & (self.incidents.ends < end)
        return np.bincount(self.cells[inside], minlength=len(self.grid)).astype(np.float64)

    def features(self, cut: int) -> FloatArray:
        """Return the relative log surfaces at ``cut``, shape ``(n, terms)``.

        Only incidents over before ``cut`` (UTC seconds) are used. 0 is the city's average.
        """
        if cut not in self._known:
            self._known[cut] = self._features(cut)
        return self._known[cut]

    def _features(self, cut: int) -> FloatArray:
        past = history(self.incidents, cut)
        cells, ages = self.cells[past], (cut - self.incidents.ends[past]) / DAY
        counts = {
            half_life: decayed_counts(cells, ages, half_life, len(self.grid))
            for half_life in {term.half_life_days for term in self.terms if not term.category}
        }
        columns = [
            self._related(term, cut) if term.category else self._relative(term, counts[term.half_life_days])
            for term in self.terms
        ]
        return np.column_stack(columns)

    def _related(self, term: Term, cut: int) -> FloatArray:
        other = self.related.get(term.name)
        return np.zeros(len(self.grid)) if other is None else other.features(cut)[:, 0]

    def _relative(self, term: Term, counts: FloatArray) -> FloatArray:
        return relative_log(self._density(term, counts), self.grid.fraction, term.floor)

    def _density(self, term: Term, counts: FloatArray) -> FloatArray:
        if term.bandwidth_metres is None:
            return counts / np.maximum(self.grid.fraction, LEAST_FRACTION)
        bandwidth = term.bandwidth_metres / (self.grid.cell * self.unit_metres)
        if bandwidth not in self._coverage:
            self._coverage[bandwidth] = kernel_coverage(self.grid, bandwidth)
        return kernel_density(self.grid, counts, bandwidth, self._coverage[bandwidth])
