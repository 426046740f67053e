"""Which area a prediction falls in, and whether files that should speak of the same areas do.

A point belongs to the area it lies in; on a border, or where areas overlap, to the one with the smallest id, so that
each is counted once. A cell of a known size is shared out over areas by surface.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from audits.core.area_files import Areas
from audits.core.external_files import Counts, Points, refuse, sample

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]


@dataclass(frozen=True)
class Placed:
    """Counts by area, (n,), and what could not be placed: `outside` every area, and `unlocated` (no coordinates)."""

    count: Floats
    outside: float
    unlocated: float

    @property
    def total(self) -> float:
        """Everything that was handed in."""
        return float(self.count.sum()) + self.outside + self.unlocated


def refuse_other_ids(
    areas: Sequence[str], ids: Sequence[str], what: str, where: str = "the areas' file"
) -> None:
    """Raise CannotForecast where `ids` of one file are not among the `areas` of another, with the likely reason.

    Looks for what spreadsheets do to codes: leading zeros lost, or a number written as 42101000101.0.
    """
    known = set(areas)
    unknown = sorted({each for each in ids if each not in known})
    if not unknown:
        return
    width = max(len(each) for each in known)
    if all(each.zfill(width) in known for each in unknown):
        hint = (
            " They match once leading zeros are put back, which spreadsheets drop: keep the column as text."
        )
    elif all(each.removesuffix(".0") in known for each in unknown):
        hint = (
            " They match without the “.0”, which appears where a code was read as a number: keep it as text."
        )
    else:
        hint = f" There, areas are called {sample(sorted(known))}."
    raise refuse(f"The {what} name areas that are not in {where}: {sample(unknown)}.{hint}")


def place(
    places: Points | Counts,
    areas: Areas,
    what: str,
    *,
    outside_max: float = 0.05,
    cell_size: float | None = None,
) -> Placed:
    """Count by area. `cell_size`: side in metres of squares centred on the points, shared out by surface.

    Raises CannotForecast where ids are unknown, where nothing lies in any area, or where more than `outside_max`
    (a share, 0 to 1) could not be placed: a sign of a wrong coordinate reference system or of another city.
    """
    if isinstance(places, Counts):
        refuse_other_ids(areas.ids, places.ids, what)
        number = {name: i for i, name in enumerate(areas.ids)}
        index = np.array([number[each] for each in places.ids], dtype=np.int64)
        return Placed(_summed(index, places.count, len(areas.ids)), 0.0, 0.0)
    located = np.isfinite(places.x + places.y)
    xy = np.column_stack([places.x, places.y])[located]
    spots, spot_of = np.unique(xy, axis=0, return_inverse=True)
    weight = _summed(spot_of.reshape(-1), places.count[located], len(spots))
    count = (
        _in_cells(spots, weight, places.crs, areas, cell_size)
        if cell_size
        else _at(spots, weight, places.crs, areas)
    )
    unlocated = float(places.count[~located].sum())
    placed = Placed(count, max(float(weight.sum() - count.sum()), 0.0), unlocated)
    _refuse_misplaced(placed, places, areas, what, outside_max)
    return placed


def _at(spots: Floats, weight: Floats, crs: str, areas: Areas) -> Floats:
    points = shapely.points(_carried(spots, crs, areas.crs))
    spot, area = shapely.STRtree(areas.shapes).query(points, predicate="intersects")
    first = np.full(len(spots), len(areas.ids))
    np.minimum.at(first, spot, area)
    inside = first < len(areas.ids)
    return _summed(first[inside], weight[inside], len(areas.ids))


def _in_cells(spots: Floats, weight: Floats, crs: str, areas: Areas, size: float) -> Floats:
    plane = _plane(areas)
    way = pyproj.Transformer.from_crs(areas.crs, plane, always_xy=True)
    shapes = shapely.transform(areas.shapes, lambda xy: np.column_stack(way.transform(*xy.T)))
    x, y = _carried(spots, crs, plane).T
    cells = shapely.box(x - size / 2, y - size / 2, x + size / 2, y + size / 2)
    cell, area = shapely.STRtree(shapes).query(cells, predicate="intersects")
    part = shapely.area(shapely.intersection(cells[cell], shapes[area])) / size**2
    return _summed(area, part * weight[cell], len(areas.ids))


def _summed(index: NDArray[np.int64], weight: Floats, size: int) -> Floats:
    return np.bincount(index, weight, size).astype(np.float64)


def _plane(areas: Areas) -> str:
    """Return an equal-area plane round the middle of the areas, in metres."""
    west, south, east, north = shapely.total_bounds(areas.shapes)
    lon, lat = _carried(np.array([[(west + east) / 2, (south + north) / 2]]), areas.crs, "OGC:CRS84")[0]
    return f"+proj=laea +lat_0={lat:.6f} +lon_0={lon:.6f} +datum=WGS84 +units=m"


def _carried(xy: Floats, source: str, target: str) -> Floats:
    if source == target:
        return xy
    way = pyproj.Transformer.from_crs(source, target, always_xy=True)
    return np.column_stack(way.transform(*xy.T))


def _refuse_misplaced(placed: Placed, points: Points, areas: Areas, what: str, outside_max: float) -> None:
    lost = placed.outside + placed.unlocated
    if not placed.total > 0:
        raise refuse(f"The {what} add up to 0, so there is nothing to count.")
    if lost <= outside_max * placed.total:
        return
    raise refuse(
        f"{lost:,.0f} of {placed.total:,.0f} {what} could not be placed: {placed.outside:,.0f} lie outside every area "
        f"and {placed.unlocated:,.0f} have no coordinates; at most {outside_max:.0%} may. {_likely(points, areas)}"
    )


def _likely(points: Points, areas: Areas) -> str:
    """The likely reason why points lie elsewhere."""
    here = np.isfinite(points.x + points.y)
    box = shapely.box(*shapely.total_bounds(areas.shapes))
    turned = _carried(np.column_stack([points.y, points.x])[here], points.crs, areas.crs)
    if np.isfinite(turned).all() and shapely.contains_xy(box, *turned.T).mean() > 0.5:
        return "With x and y exchanged they would lie inside: name the columns the other way round."
    spread = _carried(np.column_stack([points.x, points.y])[here], points.crs, areas.crs)
    found = ", ".join(f"{each:.5g}" for each in (*np.nanmin(spread, axis=0), *np.nanmax(spread, axis=0)))
    wanted = ", ".join(f"{each:.5g}" for each in shapely.total_bounds(areas.shapes))
    return (
        f"They reach over {found} and the areas over {wanted} (west, south, east, north in {areas.crs}): check the "
        "coordinate reference system, and that both files are of the same city."
    )
