"""Context layers: things on the map that a forecast may look at, and their surfaces on a grid.

A layer holds places (bars, stops, roads, parks), never people: what a jurisdiction may register is on the
allowlist. Distance to and density of features are the two operations of risk terrain modelling (Caplan & Kennedy
2011; in a penalised Poisson regression: Kennedy, Caplan, Piza & Buccine-Schraeder 2016, Applied Spatial Analysis
and Policy 9:529-548).

    Layer(name: str, kind: LayerKind, geometries: NDArray[object], as_of: int)
    distance_to(layer, x, y, *, reach) -> metres or whatever unit the CRS has, shape of x
    layer_distance(layer, grid, *, unit_metres, reach_metres) -> metres, shape (n,)
    layer_density(layer, grid, *, unit_metres, bandwidth_metres) -> amount per whole cell, shape (n,)
    check_layer(layer, grid, *, unit_metres) -> None, or CannotForecast where the layer cannot belong to this city
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely
from numpy.typing import NDArray

from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.kernels import kernel_coverage, kernel_density
from forecasting.core.limits import CannotForecast

POINTS_PER_SIDE = 2
"""A cell's distance is the mean over this many points a side: less of it hangs on where the grid begins."""

SHARE_POINTS = 4
"""The share of a cell that polygons cover is taken from this many points a side."""

FAR_AWAY_METRES = 20_000.0
"""A layer none of whose features lies this near to the city belongs to another place, or another CRS."""


class LayerKind(StrEnum):
    """What the features of a layer are."""

    POINT = "point"
    LINE = "line"
    POLYGON = "polygon"


DIMENSIONS = {LayerKind.POINT: 0, LayerKind.LINE: 1, LayerKind.POLYGON: 2}


@dataclass(frozen=True, eq=False)
class Layer:
    """The features of one context layer in the jurisdiction's projected CRS.

    ``name``: a lower-case word. ``kind``: points, lines or polygons, of one kind only (single or multi).
    ``geometries``: shapely geometries, shape ``(m,)``, m >= 1, none empty. ``as_of``: since when the layer is
    known, UTC seconds; a forecast whose origin lies before it may not use the layer. At its training windows a
    layer is taken as it stands: it says what a place is like and holds no incidents.

    Raises CannotForecast (``bad_input``) where that does not hold.
    """

    name: str
    kind: LayerKind
    geometries: NDArray[np.object_]
    as_of: int

    def __post_init__(self) -> None:
        if not self.name.isidentifier() or not self.name.islower():
            raise CannotForecast("bad_input", f"A layer's name is a lower-case word; got {self.name!r}.")
        if not len(self.geometries) or shapely.is_empty(self.geometries).any():
            raise CannotForecast(
                "bad_input",
                f"Layer {self.name!r} holds nothing, or empty features. Remove those, or the layer.",
            )
        found = set(shapely.get_dimensions(self.geometries).tolist())
        if found != {DIMENSIONS[self.kind]} or not np.isfinite(shapely.total_bounds(self.geometries)).all():
            raise CannotForecast(
                "bad_input",
                f"Layer {self.name!r} should hold {self.kind}s with finite coordinates only. Split it by kind.",
            )

    def __len__(self) -> int:
        return len(self.geometries)


def point_layer(name: str, x: FloatArray, y: FloatArray, as_of: int) -> Layer:
    """Return a layer of points given by their coordinates, shapes ``(m,)``, in the projected CRS."""
    return Layer(name, LayerKind.POINT, np.asarray(shapely.points(x, y), dtype=np.object_), as_of)


def check_layer(layer: Layer, grid: Grid, *, unit_metres: float) -> None:
    """Refuse a layer that cannot belong to this city.

    Raises CannotForecast (``bad_input``) when the box around its features lies farther than ``FAR_AWAY_METRES``
    from the grid's: the sign of another CRS, of degrees, or of swapped axes.
    """
    left, bottom, right, top = shapely.total_bounds(layer.geometries)
    west, south = grid.origin_x + grid.columns.min() * grid.cell, grid.origin_y + grid.rows.min() * grid.cell
    height, width = grid.shape
    city = shapely.box(west, south, west + width * grid.cell, south + height * grid.cell)
    apart = float(shapely.distance(city, shapely.box(left, bottom, right, top))) * unit_metres
    if apart > FAR_AWAY_METRES:
        raise CannotForecast(
            "bad_input",
            f"Layer {layer.name!r} lies {apart / 1000:,.0f} km from the city (x {left:g} to {right:g}, y {bottom:g} to "
            f"{top:g}). Transform it to the jurisdiction's projected CRS, and check the order of its axes.",
        )


def distance_to(layer: Layer, x: FloatArray, y: FloatArray, *, reach: float) -> FloatArray:
    """Return the distance from each point to the nearest feature, at most ``reach``; shape of ``x``, CRS units.

    0 on a feature and inside a polygon.
    """
    tree = shapely.STRtree(layer.geometries)
    (asked, _), apart = tree.query_nearest(
        shapely.points(x, y), max_distance=reach, return_distance=True, all_matches=False
    )
    found = np.full(len(x), float(reach))
    found[asked] = np.minimum(apart, reach)
    return found


def layer_distance(layer: Layer, grid: Grid, *, unit_metres: float, reach_metres: float) -> FloatArray:
    """Return each cell's distance to the nearest feature in metres, at most ``reach_metres``, shape ``(n,)``.

    The mean over ``POINTS_PER_SIDE`` x ``POINTS_PER_SIDE`` even points of the cell.
    """
    x, y, _ = cell_points(grid, POINTS_PER_SIDE)
    metres = distance_to(layer, x, y, reach=reach_metres / unit_metres) * unit_metres
    return np.asarray(metres.reshape(len(grid), -1).mean(axis=1))


def layer_density(layer: Layer, grid: Grid, *, unit_metres: float, bandwidth_metres: float) -> FloatArray:
    """Return the density of features per whole cell of area, shape ``(n,)``, smoothed with a Gaussian.

    Points are counted, lines measured in metres, polygons as the share of the cell they cover. What lies outside
    the grid does not count, and the edge is corrected for it. ``bandwidth_metres`` is the standard deviation.
    """
    amount = {LayerKind.POINT: _points_in, LayerKind.LINE: _length_in, LayerKind.POLYGON: _share_in}
    bandwidth = bandwidth_metres / (grid.cell * unit_metres)
    found = amount[layer.kind](layer, grid)
    if layer.kind is LayerKind.LINE:
        found = found * unit_metres
    return kernel_density(grid, found, bandwidth, kernel_coverage(grid, bandwidth))


def cell_points(grid: Grid, per_side: int) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return ``per_side x per_side`` even points of every cell and the cell of each, cell after cell."""
    inner = (np.arange(per_side) + 0.5) / per_side
    east, north = (part.ravel() for part in np.meshgrid(inner, inner))
    x = grid.origin_x + (grid.columns[:, None] + east) * grid.cell
    y = grid.origin_y + (grid.rows[:, None] + north) * grid.cell
    return x.ravel(), y.ravel(), np.repeat(np.arange(len(grid)), per_side**2)


def _laid(grid: Grid, x: FloatArray, y: FloatArray, weights: FloatArray) -> FloatArray:
    cell = grid.locate(x, y)
    return np.bincount(cell[cell >= 0], weights[cell >= 0], minlength=len(grid)).astype(np.float64)


def _points_in(layer: Layer, grid: Grid) -> FloatArray:
    places = shapely.get_coordinates(layer.geometries)
    return _laid(grid, places[:, 0], places[:, 1], np.ones(len(places)))


def _length_in(layer: Layer, grid: Grid) -> FloatArray:
    """Length of line per cell in CRS units: every line cut into pieces of at most a quarter of a cell."""
    pieces = shapely.segmentize(shapely.get_parts(layer.geometries), grid.cell / 4)
    places, line = shapely.get_coordinates(pieces, return_index=True)
    joined = line[1:] == line[:-1]
    step, middle = np.diff(places, axis=0)[joined], (places[1:] + places[:-1])[joined] / 2
    return _laid(grid, middle[:, 0], middle[:, 1], np.hypot(step[:, 0], step[:, 1]))


def _share_in(layer: Layer, grid: Grid) -> FloatArray:
    """Share of each cell's points that lie in a polygon; overlapping polygons count once."""
    x, y, cell = cell_points(grid, SHARE_POINTS)
    asked, _ = shapely.STRtree(layer.geometries).query(shapely.points(x, y), predicate="intersects")
    covered = np.bincount(cell[np.unique(asked)], minlength=len(grid))
    return np.asarray(covered / SHARE_POINTS**2, dtype=np.float64)
