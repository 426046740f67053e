"""Ways to turn a layer into one figure per cell: near it or not, where it is dense or not, how dense it is.

These are the operationalisations of risk terrain modelling (Caplan & Kennedy 2011, "Risk terrain modeling
compendium"): within a distance; density above the mean by two standard deviations; and, here, density on a scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray
from forecasting.core.layers import Layer, layer_density, layer_distance
from forecasting.core.limits import CannotForecast

BLOCKS_METRES = (150.0, 300.0, 450.0)
"""One, two and three blocks."""

DENSE_DEVIATIONS = 2.0
DENSEST = 0.95
LEAST_THERE = 5
"""A figure is tried only if so many cells, and so many incidents or expected ones, lie on either side of it."""


class How(StrEnum):
    """What the figure of a cell says."""

    WITHIN = "within"
    """1 where the nearest feature is at most so far, else 0."""
    DENSE = "dense"
    """1 where the density, smoothed over so far, exceeds its mean by two standard deviations, else 0."""
    SCALED = "scaled"
    """The smoothed density as a share of that of the densest twentieth of cells that have any, at most 1."""


@dataclass(frozen=True)
class Operationalisation:
    """One way to look at one layer; ``metres`` is the distance, or the bandwidth of a density."""

    layer: str
    how: How
    metres: float

    @property
    def words(self) -> str:
        """Where a cell is that it says 1 of."""
        things = self.layer.replace("_", " ")
        if self.how is How.WITHIN:
            return f"being within {self.metres:g} m of {things}"
        if self.how is How.DENSE:
            return f"being in a high density of {things} (over {self.metres:g} m)"
        return f"being in the highest density of {things}, against none (over {self.metres:g} m)"


def operationalise(
    layers: Mapping[str, Layer],
    grid: Grid,
    *,
    unit_metres: float,
    counts: FloatArray,
    distances: Sequence[float] = BLOCKS_METRES,
) -> tuple[tuple[Operationalisation, ...], FloatArray]:
    """Return what can be tried and its figures, shape ``(n, tried)``, in the order of names, ways and distances.

    Left out is what hardly tells cells apart: fewer than ``LEAST_THERE`` cells, or incidents both seen and expected
    by area, on one side. Raises CannotForecast (``bad_input``) on a distance that is not above 0.
    """
    if not distances or min(distances) <= 0:
        raise CannotForecast(
            "bad_input", "A risk terrain needs distances above 0, such as one, two, three blocks."
        )
    columns: dict[Operationalisation, FloatArray] = {}
    for name in sorted(layers):
        for what, values in _ways(layers[name], grid, unit_metres, distances):
            if _tells(values, grid.fraction, counts):
                columns[what] = values
    table = np.column_stack(list(columns.values())) if columns else np.empty((len(grid), 0))
    return tuple(columns), table


def values_of(what: Operationalisation, layer: Layer, grid: Grid, *, unit_metres: float) -> FloatArray:
    """Return one operationalisation's figures, 0 to 1, shape ``(n,)``."""
    if what.how is How.WITHIN:
        far = layer_distance(layer, grid, unit_metres=unit_metres, reach_metres=2 * what.metres)
        return (far <= what.metres).astype(np.float64)
    density = layer_density(layer, grid, unit_metres=unit_metres, bandwidth_metres=what.metres)
    return _dense(density) if what.how is How.DENSE else _share_of_densest(density)


def _ways(
    layer: Layer, grid: Grid, unit_metres: float, distances: Sequence[float]
) -> list[tuple[Operationalisation, FloatArray]]:
    """All ways at once, the same figures as ``values_of`` gives for each; each density is asked for once."""
    found = [
        (what, values_of(what, layer, grid, unit_metres=unit_metres))
        for what in (Operationalisation(layer.name, How.WITHIN, metres) for metres in distances)
    ]
    for metres in distances:
        density = layer_density(layer, grid, unit_metres=unit_metres, bandwidth_metres=metres)
        found += [
            (Operationalisation(layer.name, How.DENSE, metres), _dense(density)),
            (Operationalisation(layer.name, How.SCALED, metres), _share_of_densest(density)),
        ]
    return found


def _dense(density: FloatArray) -> FloatArray:
    dense = density > density.mean() + DENSE_DEVIATIONS * density.std()
    return np.asarray(dense, dtype=np.float64)


def _share_of_densest(density: FloatArray) -> FloatArray:
    some = density[density > density.max() * 1e-6]
    top = float(np.quantile(some, DENSEST)) if len(some) else 0.0
    return np.asarray(np.minimum(density / top, 1.0) if top > 0 else np.zeros_like(density), dtype=np.float64)


def _tells(values: FloatArray, fraction: FloatArray, counts: FloatArray) -> bool:
    there = values > 0.5
    expected = counts.sum() * fraction / fraction.sum()
    return all(
        side.sum() >= LEAST_THERE and max(counts[side].sum(), expected[side].sum()) >= LEAST_THERE
        for side in (there, ~there)
    )
