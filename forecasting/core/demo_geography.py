"""The ground of the demo city: outline, river, areas, police districts and a gazetteer of streets.

Everything is drawn on a plane in metres (``DEMO_CRS``) and can be turned to longitude and latitude. The place
the coordinates point at has nothing to do with the city.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from forecasting.core.demo_names import AREA_NAMES, DISTRICT_NAMES, STREET_NAMES, names_for, numbered_street

DEMO_CRS = "EPSG:32618"
CENTRE = (430_000.0, 4_260_000.0)
AREA_SIZE = 1.9e6  # square metres in an ordinary area
STREET_SPACING = 240.0
_RIVER_WIDTH = 0.028  # of the height of the city
_TILT = 0.14  # radians by which the street grid leans
_LLOYD_ROUNDS = 3

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NamedShape:
    """One area, district or street: a code, a name, a geometry in ``DEMO_CRS``."""

    code: str
    name: str
    shape: BaseGeometry


@dataclass(frozen=True)
class Geography:
    """The demo city on its plane. ``district_of``: index of each area's district, int64 of shape (areas,)."""

    land: MultiPolygon
    river: BaseGeometry
    areas: tuple[NamedShape, ...]
    districts: tuple[NamedShape, ...]
    streets: tuple[NamedShape, ...]
    district_of: NDArray[np.int64]


def on_globe(shape: BaseGeometry) -> BaseGeometry:
    """The same shape in longitude and latitude (EPSG:4326), to a tenth of a millimetre."""
    way = Transformer.from_crs(DEMO_CRS, "EPSG:4326", always_xy=True)

    def turned(points: Floats) -> Floats:
        return np.round(np.column_stack(way.transform(points[:, 0], points[:, 1])), 9)

    return shapely.transform(shape, turned)


def _outline(total_area: float, generator: np.random.Generator) -> Polygon:
    """A smooth closed curve, wider than high, of the given area around ``CENTRE``."""
    angle = np.linspace(0, 2 * pi, 240, endpoint=False)
    radius = np.ones_like(angle)
    for wave, height in ((2, 0.05), (3, 0.07), (4, 0.04), (5, 0.03)):
        radius += height * np.cos(wave * angle + generator.uniform(0, 2 * pi))
    shape = Polygon(np.column_stack([1.25 * radius * np.cos(angle), 0.9 * radius * np.sin(angle)]))
    scale = sqrt(total_area / shape.area)
    return shapely.transform(shape, lambda points: points * scale + CENTRE)


def _river(outline: Polygon, generator: np.random.Generator) -> BaseGeometry:
    """A band from west to east through the southern half of the city."""
    west, south, east, north = outline.bounds
    along = np.linspace(west - 500, east + 500, 60)
    turn = (along - west) / (east - west) * 2 * pi
    swing = 0.05 * np.sin(1.4 * turn + generator.uniform(0, 2 * pi)) + 0.02 * np.sin(3.1 * turn)
    level = south + (north - south) * (0.36 + swing)
    return (
        LineString(np.column_stack([along, level]))
        .buffer(_RIVER_WIDTH / 2 * (north - south))
        .intersection(outline)
    )


def _plain(shape: BaseGeometry) -> BaseGeometry:
    """The shape on a lattice of a centimetre: corners closer than that would cross when turned to degrees."""
    return shapely.set_precision(shape, 0.01)


def _parts(shape: BaseGeometry) -> list[Polygon]:
    return [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]


def _scattered(shape: BaseGeometry, total: int, generator: np.random.Generator) -> Floats:
    """``total`` points spread over the shape, each the best of eight candidates by distance to the others."""
    west, south, east, north = shape.bounds
    points: list[Floats] = []
    while len(points) < total:
        tries = generator.uniform((west, south), (east, north), (40, 2))
        tries = tries[shapely.contains_xy(shape, tries[:, 0], tries[:, 1])][:8]
        if len(tries) == 0:
            continue
        gaps = [
            np.min(np.hypot(*(np.asarray(points) - one).T), initial=np.inf) if points else 0 for one in tries
        ]
        points.append(tries[int(np.argmax(gaps))])
    return np.asarray(points)


def _cells(bank: Polygon, total: int, generator: np.random.Generator) -> list[BaseGeometry]:
    """The bank cut into ``total`` rounded-off Voronoi cells (Lloyd's relaxation)."""
    points = _scattered(bank, total, generator)
    cells: list[BaseGeometry] = [bank]
    for _ in range(_LLOYD_ROUNDS if total > 1 else 0):
        diagram = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=bank)
        cells = [_plain(cell.intersection(bank)) for cell in shapely.get_parts(diagram)]
        points = np.asarray([(cell.centroid.x, cell.centroid.y) for cell in cells])
    return cells


def _area_shapes(land: MultiPolygon, total: int, generator: np.random.Generator) -> list[BaseGeometry]:
    """Areas that do not cross the river: each bank gets its share of them, from north to south."""
    banks = sorted(_parts(land), key=lambda bank: -bank.area)
    shares = [max(1, round(total * bank.area / land.area)) for bank in banks]
    shares[0] = max(1, total - sum(shares[1:]))
    cells = [
        cell for bank, share in zip(banks, shares, strict=True) for cell in _cells(bank, share, generator)
    ]
    return sorted(cells, key=lambda cell: (-round(cell.centroid.y, -3), cell.centroid.x))


def _grouped(centres: Floats, sizes: Floats) -> NDArray[np.int64]:
    """Area -> district: the innermost sixth of the city is Central, the rest are sectors of equal area."""
    outward = centres - np.average(centres, axis=0, weights=sizes)
    district = np.zeros(len(centres), dtype=np.int64)
    inner_first = np.argsort(np.hypot(outward[:, 0] / 1.4, outward[:, 1]))
    reached = np.cumsum(sizes[inner_first]) / sizes.sum()
    outer = inner_first[reached > 1 / len(DISTRICT_NAMES)]
    turn = np.arctan2(outward[outer, 1], outward[outer, 0]) % (2 * pi)
    around = outer[np.argsort((turn + pi / 5) % (2 * pi))]
    sector = np.cumsum(sizes[around]) / max(sizes[around].sum(), 1.0) * (len(DISTRICT_NAMES) - 1)
    district[around] = 1 + np.minimum(np.ceil(sector - 1e-9).astype(int) - 1, len(DISTRICT_NAMES) - 2)
    return district


def _districts(areas: Sequence[NamedShape], district_of: NDArray[np.int64]) -> tuple[NamedShape, ...]:
    """One shape per district; a tiny city may leave some without an area, and these do not exist."""
    members = [[area.shape for area, d in zip(areas, district_of, strict=True) if d == i] for i in range(6)]
    return tuple(
        NamedShape(f"D{index + 1}", DISTRICT_NAMES[index], shapely.union_all(shapes))
        for index, shapes in enumerate(members)
        if shapes
    )


def _lines(land: MultiPolygon, *, upright: bool) -> list[BaseGeometry]:
    """The streets of one direction, from the south or the west, cut at the river and the city's edge."""
    west, south, east, north = land.bounds
    reach = max(east - west, north - south)
    lines = []
    for offset in np.arange(-reach / 2, reach / 2, STREET_SPACING):
        ends = [(offset, -reach), (offset, reach)] if upright else [(-reach, offset), (reach, offset)]
        line = shapely.affinity.rotate(LineString(ends), _TILT, origin=(0, 0), use_radians=True)
        middle = ((west + east) / 2, (south + north) / 2)
        lines.append(shapely.affinity.translate(line, *middle).intersection(land))
    return [line for line in lines if line.length > 2 * STREET_SPACING]


def _streets(land: MultiPolygon) -> tuple[NamedShape, ...]:
    upright, level = _lines(land, upright=True), _lines(land, upright=False)
    names = [numbered_street(number + 1) for number in range(len(upright))]
    names += [f"{name} Av" for name in names_for(len(level), STREET_NAMES)]
    return tuple(
        NamedShape(f"S{number:03d}", name, line)
        for number, (name, line) in enumerate(zip(names, upright + level, strict=True), start=1)
    )


def draw_geography(areas: int, generator: np.random.Generator) -> Geography:
    """A city of about ``areas`` areas (at least 2), each of about ``AREA_SIZE`` square metres."""
    outline = _outline(areas * AREA_SIZE, generator)
    river = _river(outline, generator)
    land = MultiPolygon(_parts(_plain(outline.difference(river))))
    shapes = _area_shapes(land, areas, generator)
    names = names_for(len(shapes), AREA_NAMES)
    named = tuple(
        NamedShape(f"A{number:02d}", name, shape)
        for number, (name, shape) in enumerate(zip(names, shapes, strict=True), start=1)
    )
    centres = np.asarray([(shape.centroid.x, shape.centroid.y) for shape in shapes])
    group = _grouped(centres, np.asarray([shape.area for shape in shapes]))
    district_of = np.unique(group, return_inverse=True)[1]  # numbers without gaps, as the districts are
    return Geography(land, river, named, _districts(named, group), _streets(land), district_of)
