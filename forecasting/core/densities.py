"""How dense a term is in every cell at a moment, whatever its kind: the raw surfaces behind the features.

Gaussians, near repeats and the self-exciting process are intensities at places: the grid only says at which points
they are read (some to a cell, so that little hangs on where it begins). A cell's own count does hang on the grid;
floating counts do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from forecasting.core.etas import EtasFit
from forecasting.core.etas_intensity import EtasSurfaces
from forecasting.core.floating import FloatingBoxes
from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray, Incidents, IntArray
from forecasting.core.kernels import kernel_coverage, kernel_density
from forecasting.core.layers import Layer, layer_density, layer_distance
from forecasting.core.near_repeat import decay_weights, near_repeat_intensity
from forecasting.core.recipe import Term
from forecasting.core.term_kinds import TermKind
from forecasting.core.windows import DAY, history

LEAST_FRACTION = 0.1
"""A cell with less of its area inside than this is treated as having this much, when densities are taken."""

NEAR_REPEAT_POINTS = 2
"""A near repeat is read at this many points a side of each cell."""

LEAST_METRES = 50.0
"""How near a feature of a layer is: distances well below this are alike."""


def decayed_counts(
    cells: IntArray, ages_days: FloatArray, half_life_days: float | None, size: int
) -> FloatArray:
    """Return, per cell, the sum over its incidents of ``0.5 ** (age / half_life)``, shape ``(size,)``.

    ``cells`` and ``ages_days`` have shape ``(m,)``. Without a half-life every incident counts one.
    """
    return np.bincount(cells, _decayed(ages_days, half_life_days), minlength=size).astype(np.float64)


def _decayed(ages_days: FloatArray, half_life_days: float | None) -> FloatArray | None:
    return None if half_life_days is None else np.exp2(-ages_days / half_life_days)


@dataclass(eq=False)
class Densities:
    """The raw surfaces of one category on one grid.

    ``incidents`` (shape ``(m,)``) all lie inside the grid, in ``cells``; CRS units are ``unit_metres`` long.
    """

    grid: Grid
    incidents: Incidents
    cells: IntArray
    unit_metres: float
    layers: Mapping[str, Layer] = field(default_factory=dict)
    _coverage: dict[float, FloatArray] = field(init=False, default_factory=dict)
    _counts: dict[tuple[int, float | None], FloatArray] = field(init=False, default_factory=dict)
    _at: dict[str, FloatArray] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._boxes = FloatingBoxes(self.grid, self.incidents.x, self.incidents.y)
        self._etas = EtasSurfaces(self.grid, self.incidents, self.unit_metres)

    def of(self, term: Term, cut: int, fit: EtasFit | None = None) -> FloatArray:
        """Return the density of a term per whole cell of area at ``cut`` (UTC seconds), shape ``(n,)``.

        Only incidents over before ``cut`` are used. ``fit``: of a self-exciting term, its usable fit (0 everywhere
        without). Units differ from kind to kind: only ratios between cells are meant.
        """
        if term.kind is TermKind.ETAS:
            return np.zeros(len(self.grid)) if fit is None else self._etas.intensity(fit, cut)
        ways = {
            TermKind.COUNTS: self._counted,
            TermKind.FLOATING: self._floating,
            TermKind.NEAR_REPEAT: self._near_repeat,
            TermKind.LAYER_DISTANCE: self._of_layer,
            TermKind.LAYER_DENSITY: self._of_layer,
        }
        return ways[term.kind](term, cut)

    def _counted(self, term: Term, cut: int) -> FloatArray:
        counts = self._decayed_at(cut, term.half_life_days)
        if term.bandwidth_metres is None:
            return counts / np.maximum(self.grid.fraction, LEAST_FRACTION)
        bandwidth = term.bandwidth_metres / (self.grid.cell * self.unit_metres)
        if bandwidth not in self._coverage:
            self._coverage[bandwidth] = kernel_coverage(self.grid, bandwidth)
        return kernel_density(self.grid, counts, bandwidth, self._coverage[bandwidth])

    def _decayed_at(self, cut: int, half_life_days: float | None) -> FloatArray:
        """Decayed counts; those of the last moment are kept, for terms of one half-life and several bandwidths."""
        if (cut, half_life_days) not in self._counts:
            self._counts = {key: counts for key, counts in self._counts.items() if key[0] == cut}
            past = history(self.incidents, cut)
            ages = (cut - self.incidents.ends[past]) / DAY
            self._counts[cut, half_life_days] = decayed_counts(
                self.cells[past], ages, half_life_days, len(self.grid)
            )
        return self._counts[cut, half_life_days]

    def _floating(self, term: Term, cut: int) -> FloatArray:
        past = np.flatnonzero(history(self.incidents, cut))
        return self._boxes.density(
            past, _decayed((cut - self.incidents.ends[past]) / DAY, term.half_life_days)
        )

    def _near_repeat(self, term: Term, cut: int) -> FloatArray:
        return near_repeat_intensity(
            self.incidents,
            self.grid,
            cut,
            decay_weights(term.bandwidth_metres, term.half_life_days),
            unit_metres=self.unit_metres,
            points=NEAR_REPEAT_POINTS,
        )

    def _of_layer(self, term: Term, cut: int) -> FloatArray:
        del cut  # what a place is like does not hang on the moment
        if term.name not in self._at:
            layer, metres = self.layers[term.layer], term.bandwidth_metres or 0.0
            if term.kind is TermKind.LAYER_DENSITY:
                found = layer_density(layer, self.grid, unit_metres=self.unit_metres, bandwidth_metres=metres)
            else:
                apart = layer_distance(layer, self.grid, unit_metres=self.unit_metres, reach_metres=metres)
                found = 1.0 / (apart + LEAST_METRES)
            self._at[term.name] = found
        return self._at[term.name]
