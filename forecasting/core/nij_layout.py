"""Where the cells of a challenge entry lie: square cells, turned and moved, cut off at the city's edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from forecasting.core.grid import Grid, make_grid
from forecasting.core.incidents import FloatArray, IntArray

TURNS = (0.0, 22.5, 45.0, 67.5)
"""Degrees, anticlockwise: a square looks the same after 90."""

MOVES = ((0.0, 0.0), (1 / 3, 0.0), (2 / 3, 0.0), (0.0, 0.5), (1 / 3, 0.5), (2 / 3, 0.5))
"""Shares of a cell, to the right and up along the turned axes."""


@dataclass(frozen=True)
class Layout:
    """Squares of side ``cell`` (CRS units) on whole multiples of it, moved and then turned about the CRS's origin.

    ``degrees`` turn anticlockwise; ``right`` and ``up`` are shares of a cell.
    """

    cell: float
    degrees: float
    right: float
    up: float

    def cells_of(self, x: FloatArray, y: FloatArray) -> tuple[IntArray, IntArray]:
        """Return the column and row of every point (shape ``(m,)``, projected CRS)."""
        points = _turned(np.column_stack([x, y]), -self.degrees)
        moved = np.floor(points / self.cell - (self.right, self.up)).astype(np.int64)
        return moved[:, 0], moved[:, 1]

    def grid(self, boundary: BaseGeometry) -> Grid:
        """Return the cells that overlap the boundary, on a plane turned back so that rows lie level.

        Raises CannotForecast as ``make_grid``.
        """
        level = shapely.transform(boundary, lambda points: _turned(points, -self.degrees))
        return make_grid(level, self.cell, origin=(self.right * self.cell, self.up * self.cell))

    def polygons(self, grid: Grid, boundary: BaseGeometry) -> NDArray[np.object_]:
        """Return the cells of ``grid`` on the CRS's plane, cut off at the boundary: polygons of shape ``(n,)``."""
        shapes = np.asarray(
            shapely.transform(grid.polygons(), lambda points: _turned(points, self.degrees)), dtype=np.object_
        )
        edge = np.flatnonzero(grid.fraction < 1 - 1e-9)
        shapes[edge] = [_faces(part) for part in shapely.intersection(shapes[edge], boundary)]
        return shapes


def listed_layouts(cell: float) -> tuple[Layout, ...]:
    """Return the 24 layouts that are tried: each turn with each move."""
    return tuple(Layout(cell, degrees, right, up) for degrees in TURNS for right, up in MOVES)


def _turned(points: FloatArray, degrees: float) -> FloatArray:
    angle = np.deg2rad(degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.asarray(points @ np.array([[cosine, sine], [-sine, cosine]]), dtype=np.float64)


def _faces(shape: BaseGeometry) -> BaseGeometry:
    """Return what has area of an intersection; a boundary may also touch a cell in points and lines."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    return shapely.union_all([part for part in shapely.get_parts(shape) if part.area > 0])
