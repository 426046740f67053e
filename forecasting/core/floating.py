"""Floating counts: a count of past incidents that does not hang on where the grid begins.

A cell's own count moves by a tenth and more when the grid is laid a few metres aside. Here a place is counted in
boxes of the cell's size on several grids, shifted and turned, and the mean is taken (the "floating grid").
The boxes hang on the coordinates' own origin, not on the forecast's grid: another grid reads the same surface
at other points.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.layers import cell_points

LAID = (
    (0.0, 0.0, 0.0),
    (0.5, 0.5, 0.0),
    (0.25, 0.75, 22.5),
    (0.75, 0.25, 22.5),
    (0.0, 0.5, 45.0),
    (0.5, 0.0, 45.0),
    (0.25, 0.25, 67.5),
    (0.75, 0.75, 67.5),
)
"""How each of the grids is laid: its shift along both axes in cells, and its turn in degrees."""

POINTS_PER_SIDE = 3
"""A cell reads the boxes at this many points a side, and takes their mean."""

LEAST_INSIDE = 0.1
"""A box with less of its area inside the boundary is treated as having this much."""


@dataclass(frozen=True)
class _Boxes:
    """One grid of boxes: how many, the box of each incident (m,) and of each point of a cell, and the share inside."""

    size: int
    of_incidents: IntArray
    of_points: IntArray
    inside: FloatArray


@dataclass(frozen=True, eq=False)
class FloatingBoxes:
    """The boxes that incidents (``x``, ``y``, shape ``(m,)``, inside the grid) and cells fall in, at any time."""

    grid: Grid
    x: FloatArray
    y: FloatArray

    @cached_property
    def _laid(self) -> tuple[_Boxes, ...]:
        x, y, cell = cell_points(self.grid, POINTS_PER_SIDE)
        part = self.grid.fraction[cell] / POINTS_PER_SIDE**2
        return tuple(self._boxes(x, y, part, *laid) for laid in LAID)

    def _boxes(
        self, x: FloatArray, y: FloatArray, part: FloatArray, east: float, north: float, degrees: float
    ) -> _Boxes:
        turn = np.deg2rad(degrees)
        side = self.grid.cell

        def box(axis_x: FloatArray, axis_y: FloatArray) -> tuple[IntArray, IntArray]:
            column = (np.cos(turn) * axis_x + np.sin(turn) * axis_y) / side + east
            row = (np.cos(turn) * axis_y - np.sin(turn) * axis_x) / side + north
            return np.floor(row).astype(np.int64), np.floor(column).astype(np.int64)

        row, column = box(np.concatenate([x, self.x]), np.concatenate([y, self.y]))
        row, column = row - row.min(), column - column.min()
        number = row * (int(column.max()) + 1) + column
        size, points = int(number.max()) + 1, number[: len(x)]
        inside = np.bincount(points, part, minlength=size)
        return _Boxes(size, number[len(x) :], points, np.maximum(inside, LEAST_INSIDE))

    def density(self, chosen: IntArray, weights: FloatArray | None) -> FloatArray:
        """Return the mean weight per whole cell of area around each cell, shape ``(n,)``.

        ``chosen`` (shape ``(k,)``) are the incidents that count, by number, and ``weights`` (shape ``(k,)``) how much
        each does (None: one). At each point of a cell stands the sum of the weights in the box that holds it,
        divided by the share of the box inside the boundary, averaged over the grids of ``LAID``; a cell takes the
        mean of its points.
        """
        total = np.zeros(len(self.grid) * POINTS_PER_SIDE**2)
        for boxes in self._laid:
            sums = np.bincount(boxes.of_incidents[chosen], weights, minlength=boxes.size)
            total += (sums / boxes.inside)[boxes.of_points]
        return np.asarray(total.reshape(len(self.grid), -1).mean(axis=1) / len(LAID))
