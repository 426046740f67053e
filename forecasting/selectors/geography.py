"""From the rows of a city's geography to shapes and grids on its projected plane, and back to the globe."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from forecasting.core.grid import Grid, make_grid
from forecasting.core.limits import as_refusal
from forecasting.core.training import City
from forecasting.core.windows import ShiftHours
from governance.selectors import areas_of, districts_of, jurisdiction_numbered, newest_area

if TYPE_CHECKING:
    from django.contrib.gis.geos import GEOSGeometry

    from governance.models import Jurisdiction

GLOBE = 4326  # longitude and latitude in degrees, WGS84
Points = NDArray[np.float64]
Shapes = NDArray[np.object_]


def on_plane(jurisdiction: Jurisdiction, shape: GEOSGeometry) -> BaseGeometry:
    """Return a GeoDjango geometry (WGS84) as a shapely one in the jurisdiction's projected CRS."""
    return _from_globe(bytes(shape.wkb), jurisdiction.srid)


def all_on_plane(jurisdiction: Jurisdiction, shapes: Iterable[GEOSGeometry]) -> Shapes:
    """Return GeoDjango geometries (WGS84) as shapely ones in the jurisdiction's projected CRS, shape `(n,)`."""
    globe = np.asarray(shapely.from_wkb([bytes(shape.wkb) for shape in shapes]), dtype=np.object_)
    projected: Shapes = shapely.transform(globe, _carrier(GLOBE, jurisdiction.srid))
    return projected


def to_globe(jurisdiction: Jurisdiction, shape: BaseGeometry) -> BaseGeometry:
    """Return a shapely geometry in the jurisdiction's projected CRS in WGS84."""
    carried: BaseGeometry = shapely.transform(shape, points_to_globe(jurisdiction))
    return carried


def points_to_globe(jurisdiction: Jurisdiction) -> Callable[[Points], Points]:
    """Return the way from the projected CRS to longitude and latitude, for points of shape `(m, 2)`."""
    return _carrier(jurisdiction.srid, GLOBE)


def _from_globe(wkb: bytes, srid: int) -> BaseGeometry:
    carried: BaseGeometry = shapely.transform(shapely.from_wkb(wkb), _carrier(GLOBE, srid))
    return carried


@lru_cache(maxsize=16)
def _carrier(source: int, target: int) -> Callable[[Points], Points]:
    way = Transformer.from_crs(source, target, always_xy=True)
    return lambda points: np.column_stack(way.transform(points[:, 0], points[:, 1]))


def named_layer(jurisdiction: Jurisdiction, kind: str) -> list[tuple[str, BaseGeometry]]:
    """Return the named geography of one kind, in the projected CRS; read once while nothing is imported."""
    return _layer(jurisdiction.pk, kind, newest_area(jurisdiction, kind))


@lru_cache(maxsize=8)
def _layer(jurisdiction_id: int, kind: str, _newest: int) -> list[tuple[str, BaseGeometry]]:
    jurisdiction = jurisdiction_numbered(jurisdiction_id)
    areas = areas_of(jurisdiction, kind)
    shapes = all_on_plane(jurisdiction, [area.geometry for area in areas])
    return [(area.name, shape) for area, shape in zip(areas, shapes, strict=True)]


def city_of(jurisdiction: Jurisdiction, cell_metres: float, shifts: Sequence[ShiftHours]) -> City:
    """Return where a jurisdiction's forecasts take place; refuses a grid too large to compute."""
    districts = tuple((each.code, bytes(each.boundary.wkb)) for each in districts_of(jurisdiction))
    cell = cell_metres / jurisdiction.unit_metres
    with as_refusal():
        grid = _grid(jurisdiction.srid, bytes(jurisdiction.boundary.wkb), districts, cell)
    return City(grid, jurisdiction.unit_metres, jurisdiction.timezone, shifts)


@lru_cache(maxsize=8)
def _grid(srid: int, boundary: bytes, districts: tuple[tuple[str, bytes], ...], cell: float) -> Grid:
    shapes = [(code, _from_globe(wkb, srid)) for code, wkb in districts]
    return make_grid(_from_globe(boundary, srid), cell, shapes)


def geography_digest(jurisdiction: Jurisdiction) -> str:
    """Return the SHA-256 of the boundary and districts that a grid is made of."""
    shapes = [
        ("", jurisdiction.boundary),
        *((each.code, each.boundary) for each in districts_of(jurisdiction)),
    ]
    parts = [code.encode() + b"\0" + bytes(shape.wkb) for code, shape in shapes]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
