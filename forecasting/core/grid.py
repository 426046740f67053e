"""The grid of cells a city is forecast on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.limits import MAX_CELLS, CannotForecast

CELLS_PER_BLOCK = 500_000
"""Candidate cells tested against the boundary at once; bounds the memory of a large grid."""


@dataclass(frozen=True, eq=False)
class Grid:
    """The square cells that overlap a boundary, in row-major order (row, then column).

    Cell ``i`` has its lower-left corner at ``(origin_x + columns[i] * cell, origin_y + rows[i] * cell)``
    in units of the projected CRS, and side ``cell``. Arrays have shape ``(n,)``: ``columns`` and
    ``rows`` int64, ``area`` float64 (unit^2 inside the boundary, > 0), ``district`` the code of the
    cell's district ("" where there are none).
    """

    cell: float
    origin_x: float
    origin_y: float
    columns: IntArray
    rows: IntArray
    area: FloatArray
    district: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def total_area(self) -> float:
        """Area of the boundary covered by all cells, unit^2."""
        return float(self.area.sum())

    @cached_property
    def fraction(self) -> FloatArray:
        """Share of each cell that lies inside the boundary, in (0, 1]."""
        return np.minimum(self.area / self.cell**2, 1.0)

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the smallest picture that holds every cell."""
        return int(np.ptp(self.rows)) + 1, int(np.ptp(self.columns)) + 1

    @cached_property
    def _positions(self) -> tuple[IntArray, IntArray]:
        return self.rows - self.rows.min(), self.columns - self.columns.min()

    @cached_property
    def _index(self) -> IntArray:
        table = np.full(self.shape, -1, dtype=np.int64)
        table[self._positions] = np.arange(len(self))
        return table

    def picture(self, values: FloatArray) -> FloatArray:
        """Lay cell values (shape ``(n,)``) out as a picture of ``shape``, 0 outside the boundary."""
        canvas = np.zeros(self.shape)
        canvas[self._positions] = values
        return canvas

    def cells_of(self, picture: FloatArray) -> FloatArray:
        """Read the cells' values (shape ``(n,)``) back out of a picture of ``shape``."""
        return picture[self._positions]

    def locate(self, x: FloatArray, y: FloatArray) -> IntArray:
        """Return the cell index of every point (shape ``(m,)``), -1 where no cell holds it.

        A cell owns its lower and left edges, so every point belongs to at most one cell.
        """
        column = np.floor((x - self.origin_x) / self.cell).astype(np.int64) - self.columns.min()
        row = np.floor((y - self.origin_y) / self.cell).astype(np.int64) - self.rows.min()
        height, width = self.shape
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        found = np.full(len(x), -1, dtype=np.int64)
        found[inside] = self._index[row[inside], column[inside]]
        return found

    def polygons(self) -> NDArray[np.object_]:
        """Return the cells as squares (shape ``(n,)``, shapely polygons, projected CRS, untrimmed)."""
        left, bottom = self.origin_x + self.columns * self.cell, self.origin_y + self.rows * self.cell
        return shapely.box(left, bottom, left + self.cell, bottom + self.cell)


def make_grid(
    boundary: BaseGeometry,
    cell: float,
    districts: Sequence[tuple[str, BaseGeometry]] = (),
    origin: tuple[float, float] = (0.0, 0.0),
) -> Grid:
    """Lay square cells over ``boundary``, on whole multiples of ``cell`` from ``origin``.

    ``boundary`` and ``districts`` (code, polygon) are in one projected CRS; ``cell`` is a length in
    its units. A cell belongs to the grid when it shares area with the boundary; it belongs to the
    district that holds its centre, else to the nearest district.

    Raises CannotForecast (``grid_too_large`` above ``MAX_CELLS``, ``empty_area`` when the boundary
    has no area or the cell no size).
    """
    _check_size(boundary, cell)
    columns, rows, area = _overlapping_cells(boundary, cell, origin)
    centre_x = np.asarray(origin[0] + (columns + 0.5) * cell, dtype=np.float64)
    centre_y = np.asarray(origin[1] + (rows + 0.5) * cell, dtype=np.float64)
    district = assign_districts(centre_x, centre_y, districts)
    return Grid(cell, origin[0], origin[1], columns, rows, area, district)


def _check_size(boundary: BaseGeometry, cell: float) -> None:
    if not cell > 0 or boundary.is_empty or not boundary.area > 0:
        raise CannotForecast(
            "empty_area",
            f"A grid needs a boundary with area and a cell with a length above 0; got area "
            f"{boundary.area:.0f} and cell {cell}. Check the jurisdiction's boundary and the cell size.",
        )
    least = boundary.area / cell**2
    if least > MAX_CELLS:
        raise CannotForecast(
            "grid_too_large",
            f"A cell of {cell:g} units would cut this area into about {least:,.0f} cells; at most "
            f"{MAX_CELLS:,} are computed in one run. Choose a cell of at least "
            f"{np.sqrt(boundary.area / MAX_CELLS):.0f} units, or a smaller jurisdiction.",
        )


def _overlapping_cells(
    boundary: BaseGeometry, cell: float, origin: tuple[float, float]
) -> tuple[IntArray, IntArray, FloatArray]:
    left, bottom, right, top = boundary.bounds
    columns = np.arange(np.floor((left - origin[0]) / cell), np.floor((right - origin[0]) / cell) + 1)
    rows = np.arange(np.floor((bottom - origin[1]) / cell), np.floor((top - origin[1]) / cell) + 1)
    shapely.prepare(boundary)
    step = max(1, CELLS_PER_BLOCK // len(columns))
    blocks = [
        _block(boundary, cell, origin, columns, rows[first : first + step])
        for first in range(0, len(rows), step)
    ]
    return (
        np.concatenate([block[0] for block in blocks]),
        np.concatenate([block[1] for block in blocks]),
        np.concatenate([block[2] for block in blocks]),
    )


def _block(
    boundary: BaseGeometry, cell: float, origin: tuple[float, float], columns: FloatArray, rows: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    row, column = (part.ravel() for part in np.meshgrid(rows, columns, indexing="ij"))
    left, bottom = origin[0] + column * cell, origin[1] + row * cell
    squares = shapely.box(left, bottom, left + cell, bottom + cell)
    area = np.where(shapely.contains(boundary, squares), cell**2, 0.0)
    edge = shapely.intersects(boundary, squares) & (area == 0)
    area[edge] = shapely.area(shapely.intersection(squares[edge], boundary))
    keep = area > 0
    return column[keep].astype(np.int64), row[keep].astype(np.int64), area[keep]


def assign_districts(
    x: FloatArray, y: FloatArray, districts: Sequence[tuple[str, BaseGeometry]]
) -> NDArray[np.str_]:
    """Return the code of the district holding each point, the nearest one where none does.

    Shapes ``(n,)``; one projected CRS. Where districts overlap, the first in the list wins. Without
    districts every code is "".
    """
    if not districts:
        return np.full(len(x), "", dtype=np.str_)
    codes = np.array([code for code, _ in districts], dtype=np.str_)
    owner = np.full(len(x), -1, dtype=np.int64)
    for number, (_, polygon) in enumerate(districts):
        shapely.prepare(polygon)
        owner[(owner < 0) & shapely.intersects_xy(polygon, x, y)] = number
    lost = owner < 0
    if lost.any():
        tree = shapely.STRtree([polygon for _, polygon in districts])
        owner[lost] = tree.nearest(shapely.points(x[lost], y[lost]))
    return codes[owner]
