"""How much of each area lies inside the flagged places."""

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]

SLIVER = 0.01


def exposure(areas: Geometries, cells: Geometries) -> Floats:
    """Share of each area's surface that lies inside flagged cells.

    `areas`: shape (n,), polygons. `cells`: shape (m,), flagged cells as polygons that do not overlap one
    another (cells of one grid never do). Both in the same projected CRS, so that surface is true surface.
    Returns shape (n,): 0 means that no flagged cell touches the area, 1 that all of it is flagged. Residents
    are taken to be spread evenly over their area, so this is also the share of its residents who live in a
    flagged place.

    Raises ValueError where an area has no surface, or where cells overlap so that a share exceeds 1.
    """
    surface = _surfaces(areas)
    area_index, cell_index = _touching(areas, cells)
    overlap = shapely.area(shapely.intersection(areas[area_index], cells[cell_index]))
    share = np.bincount(area_index, weights=overlap, minlength=areas.size) / surface
    if (share > 1 + 1e-6).any():
        raise ValueError("flagged cells overlap one another: their surface would be counted twice")
    return np.minimum(share, 1.0)


def share_inside(areas: Geometries, place: shapely.Geometry) -> Floats:
    """Share of each area's surface inside one place (a district), 0 to 1, shape (n,). Same projected CRS.

    A share under 1 % counts as 0: where two maps draw one border, slivers of the neighbours appear.
    """
    share = shapely.area(shapely.intersection(areas, place)) / _surfaces(areas)
    return np.where(share < SLIVER, 0.0, np.minimum(share, 1.0))


def clipped(areas: Geometries, place: shapely.Geometry) -> Geometries:
    """Return the part of each area inside the place, shape (n,); an area outside it becomes empty."""
    return np.asarray(shapely.intersection(areas, place), dtype=np.object_)


def _surfaces(areas: Geometries) -> Floats:
    surface = np.asarray(shapely.area(areas), dtype=np.float64)
    if (surface <= 0).any():
        raise ValueError(f"area number {int(np.flatnonzero(surface <= 0)[0])} has no surface")
    return surface


def _touching(areas: Geometries, cells: Geometries) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    found = shapely.STRtree(cells).query(areas, predicate="intersects")
    return found[0].astype(np.int64), found[1].astype(np.int64)
