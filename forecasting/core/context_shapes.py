"""Shapes of a file on the city's own plane: checked, projected, cut to the city's surroundings, in a fixed order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from forecasting.core.incidents import FloatArray
from forecasting.core.limits import CannotForecast

ShapeArray = NDArray[np.object_]

GLOBE = "EPSG:4326"
WEB = "EPSG:3857"
REACH_METRES = 2_000.0
"""Features this near the city are kept: what stands just across the line is near its edge all the same."""
LEAST_SHARE = 0.5
"""If fewer of a file's features lie in reach, the file is taken to be another city's or in another system."""
MOST_FEATURES = 500_000
PRECISION = 0.01
"""Coordinates are kept to so much of a unit of the CRS."""

PARTS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {"points": (0, 4), "lines": (1, 2, 5), "polygons": (3, 6)}
)
"""Shapely's type numbers of each kind, single and multiple."""


@dataclass(frozen=True)
class Surroundings:
    """Where a city lies: its boundary in the projected CRS ``crs``, whose unit is so many metres."""

    boundary: BaseGeometry
    crs: str
    unit_metres: float

    @property
    def reach(self) -> float:
        """How far around the boundary features are kept, in units of the CRS."""
        return REACH_METRES / self.unit_metres


@dataclass(frozen=True)
class Placed:
    """Shapes (shape ``(n,)``, projected CRS, single parts, in a fixed order) and how many lay out of reach."""

    shapes: ShapeArray
    left_out: int


def place_shapes(shapes: ShapeArray, kind: str, crs: str, city: Surroundings) -> Placed:
    """Carry shapes of a file (``crs``, x or longitude first) to the city's plane and keep those in reach.

    Raises CannotForecast (``bad_input``, ``grid_too_large``): none or too many features, one without a geometry, of
    another kind or invalid, an unknown CRS, or most of them elsewhere; each with the feature's number and a remedy.
    """
    _check_shapes(shapes, kind)
    near, there = _near(shapes, crs, city)
    if near.mean() < LEAST_SHARE:
        raise CannotForecast("bad_input", _elsewhere(shapes, crs, city, int(near.sum())))
    return Placed(_in_order(_rounded(there[near], kind)), int((~near).sum()))


def place_points(x: FloatArray, y: FloatArray, crs: str, city: Surroundings) -> tuple[FloatArray, FloatArray]:
    """Carry points (shape ``(n,)`` each) to the city's plane, NaN where they lie out of reach.

    Raises CannotForecast as ``place_shapes`` does.
    """
    points = np.asarray(shapely.points(x, y), dtype=np.object_)
    _check_shapes(points, "points")
    near, there = _near(points, crs, city)
    if near.mean() < LEAST_SHARE:
        raise CannotForecast("bad_input", _elsewhere(points, crs, city, int(near.sum())))
    placed = np.round(shapely.get_coordinates(there) / PRECISION) * PRECISION
    placed[~near] = np.nan
    return placed[:, 0], placed[:, 1]


def _check_shapes(shapes: ShapeArray, kind: str) -> None:
    if not len(shapes):
        raise CannotForecast("bad_input", "The file holds no feature, so there is nothing to register.")
    if len(shapes) > MOST_FEATURES:
        raise CannotForecast(
            "grid_too_large",
            f"The file holds {len(shapes):,} features; at most {MOST_FEATURES:,} are kept as one layer. Leave out "
            "what is far from the city, or split it by what the features are.",
        )
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    _refuse(np.asarray(missing), "has no geometry. Remove it, or give it one.")
    _refuse(
        ~np.isin(shapely.get_type_id(shapes), PARTS[kind]),
        f"is of another kind than {kind}. Give a file of one kind, or name its kind with --kind.",
    )
    endless = ~np.isfinite(shapely.bounds(shapes)).all(axis=1)
    _refuse(np.asarray(endless), "has a coordinate that is no number.")
    for number in np.flatnonzero(~shapely.is_valid(shapes))[:1]:
        raise CannotForecast(
            "bad_input",
            f"Feature {number + 1} is not a valid shape ({shapely.is_valid_reason(shapes[number])}). Repair it where "
            "it comes from (“fix geometries” in a GIS) and give the file again.",
        )


def _refuse(wrong: NDArray[np.bool_], because: str) -> None:
    if wrong.any():
        first, others = int(np.argmax(wrong)) + 1, int(wrong.sum()) - 1
        more = f" So are {others:,} others." if others else ""
        raise CannotForecast("bad_input", f"Feature {first} of the file {because}{more}")


def _near(shapes: ShapeArray, crs: str, city: Surroundings) -> tuple[NDArray[np.bool_], ShapeArray]:
    """Which features come near the city read as ``crs``, and all of them on its plane."""
    there = _carried(shapes, crs, city.crs)
    whole = np.isfinite(shapely.bounds(there)).all(axis=1)
    near = np.zeros(len(there), dtype=np.bool_)
    shapely.prepare(city.boundary)
    near[whole] = shapely.dwithin(city.boundary, there[whole], city.reach)
    return near, there


def _carried(shapes: ShapeArray, source: str, target: str) -> ShapeArray:
    try:
        way = Transformer.from_crs(source, target, always_xy=True)
    except CRSError:
        raise CannotForecast(
            "bad_input",
            f"“{source[:60]}” is no coordinate system known here. Name it like EPSG:4326 (longitude and latitude) or "
            "EPSG:2272.",
        ) from None
    carried: ShapeArray = shapely.transform(
        shapes, lambda at: np.column_stack(way.transform(at[:, 0], at[:, 1], errcheck=False))
    )
    return carried


def _elsewhere(shapes: ShapeArray, crs: str, city: Surroundings, near: int) -> str:
    """Say that a file lies elsewhere, and as what its coordinates would lie here."""
    told = f"Only {near:,} of {len(shapes):,} features lie in or near the city when read as {crs}."
    swapped = shapely.transform(shapes, lambda at: at[:, ::-1])
    trials = [(shapes, other) for other in (GLOBE, city.crs, WEB) if other != crs]
    for some, other in (*trials, (swapped, crs)):
        if _near(some, other, city)[0].mean() >= LEAST_SHARE:
            remedy = (
                "They do with x and y exchanged: write longitude (x) before latitude (y)."
                if some is swapped
                else f"They do when read as {other}: give --crs {other}."
            )
            return f"{told} {remedy}"
    west, south, east, north = (float(each) for each in shapely.total_bounds(shapes))
    return (
        f"{told} Their coordinates run from ({west:,.6g}, {south:,.6g}) to ({east:,.6g}, {north:,.6g}). Name the "
        "system they are in with --crs, or check that the file is of this city."
    )


def _rounded(shapes: ShapeArray, kind: str) -> ShapeArray:
    """Single parts with rounded coordinates; a part that rounding broke is mended, one it emptied is left out."""
    parts = np.asarray(shapely.get_parts(shapes), dtype=np.object_)
    rounded = shapely.transform(parts, lambda at: np.round(at / PRECISION) * PRECISION)
    broken = ~shapely.is_valid(rounded)
    rounded[broken] = shapely.make_valid(rounded[broken])
    again = np.asarray(shapely.get_parts(rounded), dtype=np.object_)
    kept: ShapeArray = again[np.isin(shapely.get_type_id(again), PARTS[kind]) & ~shapely.is_empty(again)]
    return kept


def _in_order(shapes: ShapeArray) -> ShapeArray:
    written: Sequence[bytes] = shapely.to_wkb(shapes, byte_order=1).tolist()
    order = sorted(range(len(shapes)), key=written.__getitem__)
    ordered: ShapeArray = shapes[np.array(order, dtype=np.int64)]
    return ordered
