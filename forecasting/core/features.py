"""What every cell looks like at an origin: surfaces of past incidents and of context, against the city's average."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from forecasting.core.densities import Densities
from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray, Incidents, IntArray
from forecasting.core.layers import Layer
from forecasting.core.limits import CannotForecast
from forecasting.core.openings import Opening, Past, open_terms
from forecasting.core.recipe import Term
from forecasting.core.term_kinds import TESTED, TermKind


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
    term on the same grid; a term without any is 0 everywhere. ``layers`` are, by name, the context layers.
    ``openings`` are, by the name of a term that has to be tested, what the test said: see ``opened``. Untested, such a
    term is 0 everywhere. A backtest asks for the same origins again and again: answers are kept in memory.
    """

    grid: Grid
    incidents: Incidents
    terms: Sequence[Term]
    unit_metres: float
    named: str = "this category"
    related: Mapping[str, Surfaces] = field(default_factory=dict)
    layers: Mapping[str, Layer] = field(default_factory=dict)
    openings: Mapping[str, Opening] = field(default_factory=dict)
    cells: IntArray = field(init=False)
    _columns: dict[tuple[str, int], FloatArray] = field(init=False, default_factory=dict)
    _known: dict[int, FloatArray] = field(init=False, default_factory=dict)
    _opened: dict[tuple[int, int], Mapping[str, Opening]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        located = self.grid.locate(self.incidents.x, self.incidents.y)
        self.outside = int((located < 0).sum())
        self.incidents = self.incidents.where(located >= 0)
        self.cells = located[located >= 0]
        self._densities = Densities(self.grid, self.incidents, self.cells, self.unit_metres, self.layers)

    def opened(self, cut: int, seed: int) -> Surfaces:
        """Return the surfaces for a forecast that knows what was over before ``cut`` (UTC seconds).

        Terms that have to be tested are tested on that past, once; what does not hang on the tests stays shared.
        Raises CannotForecast (``bad_input``) where a layer was not known yet.
        """
        for layer in self.layers.values():
            if layer.as_of > cut:
                raise CannotForecast(
                    "bad_input",
                    f"Layer {layer.name!r} was not known yet at the origin of this forecast. Choose a later origin, or "
                    "a recipe without it.",
                )
        if not any(term.kind in TESTED for term in self.terms):
            return self
        if (cut, seed) not in self._opened:
            past = Past(self.incidents, self.grid, cut, self.unit_metres, self.named)
            self._opened[cut, seed] = open_terms(self.terms, past, seed)
        made = copy.copy(self)
        made.openings, made._known = self._opened[cut, seed], {}
        return made

    def counts(self, start: int, end: int) -> FloatArray:
        """Return the incidents per cell that belong to ``[start, end)`` (UTC seconds), shape ``(n,)``."""
        inside = (self.incidents.ends >= start) & (self.incidents.ends < end)
        return np.bincount(self.cells[inside], minlength=len(self.grid)).astype(np.float64)

    def features(self, cut: int) -> FloatArray:
        """Return the relative log surfaces at ``cut``, shape ``(n, terms)``.

        Only incidents over before ``cut`` (UTC seconds) are used. 0 is the city's average.
        """
        if cut not in self._known:
            self._known[cut] = np.column_stack([self._feature(term, cut) for term in self.terms])
        return self._known[cut]

    def _feature(self, term: Term, cut: int) -> FloatArray:
        opening = self.openings.get(term.name)
        if term.kind in TESTED and (opening is None or not opening.speaks):
            return np.zeros(len(self.grid))
        if (
            term.kind is TermKind.ETAS and opening is not None
        ):  # hangs on the fit, which each origin has its own
            return relative_log(self._densities.of(term, cut, opening.fit), self.grid.fraction, term.floor)
        if (term.name, cut) not in self._columns:
            self._columns[term.name, cut] = self._column(term, cut)
        return self._columns[term.name, cut]

    def _column(self, term: Term, cut: int) -> FloatArray:
        if term.category:
            other = self.related.get(term.name)
            return np.zeros(len(self.grid)) if other is None else other.features(cut)[:, 0]
        return relative_log(self._densities.of(term, cut), self.grid.fraction, term.floor)
