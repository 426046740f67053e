"""Where a point of an export lies: on the globe, on the city's own plane, in which district.

Points are tested in longitude and latitude (EPSG:4326) against the boundary and the districts as they were
imported, with two metres of grace: exports put points on the middle of a street, and a street is often the
edge of a city or a district. (Without it, Philadelphia would lose hundreds of incidents a year on one avenue
to the last digit of a coordinate.) A district first asks which points lie in its bounding box, so a city with
20 districts costs little more than one with two; no spatial index is built.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

NO_DISTRICT = -1
EDGE = 2e-5  # degrees: about two metres
_MISPLACED_SHARE = 0.5
_MISPLACED_AT_LEAST = 20

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Ground:
    """A jurisdiction's ground: boundary and districts in EPSG:4326, and the ways between the systems."""

    boundary: BaseGeometry
    districts: tuple[BaseGeometry, ...]
    to_globe: Transformer | None  # None: the file is in EPSG:4326 already
    to_work: Transformer | None  # from the file's system; None: the file is in the working system


@dataclass(frozen=True)
class Placed:
    """Where n points lie.

    ``x``, ``y``: int32, tenths of a unit of the working CRS; 0 where not inside.
    ``district``: index into the ground's districts, or NO_DISTRICT. ``inside``: within the boundary.
    """

    longitude: Floats
    latitude: Floats
    x: NDArray[np.int32]
    y: NDArray[np.int32]
    inside: Bools
    district: NDArray[np.int32]


def _way(source: str, target: str) -> Transformer | None:
    return None if source == target else Transformer.from_crs(source, target, always_xy=True)


def ground_of(
    boundary: BaseGeometry, districts: Sequence[BaseGeometry], *, crs: str, work_crs: str
) -> Ground:
    """The ground for files whose points are in ``crs``; prepares the geometries for many questions."""
    shapely.prepare(boundary)
    shapely.prepare(np.asarray(districts, dtype=object))
    return Ground(boundary, tuple(districts), _way(crs, "EPSG:4326"), _way(crs, work_crs))


def _around(shape: BaseGeometry, longitude: Floats, latitude: Floats) -> Bools:
    """Which points lie in the shape's bounding box and its edge; NaN never does."""
    west, south, east, north = shape.bounds
    across = (longitude >= west - EDGE) & (longitude <= east + EDGE)
    return np.asarray(across & (latitude >= south - EDGE) & (latitude <= north + EDGE))


def _inside(shape: BaseGeometry, longitude: Floats, latitude: Floats) -> Bools:
    """Which points touch the shape."""
    inside = _around(shape, longitude, latitude)
    inside[inside] = shapely.intersects_xy(shape, longitude[inside], latitude[inside])
    return inside


def _beside(shape: BaseGeometry, longitude: Floats, latitude: Floats) -> Bools:
    """Which points touch the shape or lie within its edge: dearer to ask, so for the few that touched nothing."""
    beside = _around(shape, longitude, latitude)
    points = shapely.points(longitude[beside], latitude[beside])
    beside[beside] = shapely.dwithin(shape, points, EDGE)
    return beside


def _district(ground: Ground, longitude: Floats, latitude: Floats, inside: Bools) -> NDArray[np.int32]:
    """The first district that each point touches, else the first within whose edge it lies."""
    district = np.full(len(longitude), NO_DISTRICT, dtype=np.int32)
    waiting = np.flatnonzero(inside)
    for test in (_inside, _beside):
        for index, shape in enumerate(ground.districts):
            found = test(shape, longitude[waiting], latitude[waiting])
            district[waiting[found]] = index
            waiting = waiting[~found]
    return district


def _through(way: Transformer | None, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    if way is None:
        return x, y
    across, up = way.transform(x, y, errcheck=False)
    return np.asarray(across, dtype=np.float64), np.asarray(up, dtype=np.float64)


def _tenths(values: Floats, inside: Bools) -> NDArray[np.int32]:
    return np.where(inside, np.rint(np.where(inside, values, 0.0) * 10), 0).astype(np.int32)


def place(ground: Ground, x: Floats, y: Floats) -> Placed:
    """Place n points given in the file's system, float64 of shape (n,); NaN = no point, never inside."""
    longitude, latitude = _through(ground.to_globe, x, y)
    inside = _inside(ground.boundary, longitude, latitude)
    inside[~inside] = _beside(ground.boundary, longitude[~inside], latitude[~inside])
    across, up = _through(ground.to_work, x, y)
    inside &= np.isfinite(across) & np.isfinite(up)
    return Placed(
        longitude,
        latitude,
        _tenths(across, inside),
        _tenths(up, inside),
        inside,
        _district(ground, longitude, latitude, inside),
    )


def misplaced(outside: int, points: int) -> bool:
    """Whether so many of a file's points lie outside that its CRS, or its city, must be wrong."""
    return points >= _MISPLACED_AT_LEAST and outside > _MISPLACED_SHARE * points
