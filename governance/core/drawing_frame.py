"""How a plane becomes a picture: rings, bounds, the frame around them, and marks that must not overlap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import cos, hypot, radians
from typing import Any, Final

WIDTH: Final = 440.0
MARGIN: Final = 0.04
ROUNDS: Final = 80

Point = tuple[float, float]
Ring = Sequence[Point]
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Frame:
    """How the plane maps to the picture: `left`, `top` in plane units, `scale` in user units per one."""

    left: float
    top: float
    scale: float
    squeeze: float
    width: float
    height: float

    def place(self, point: Point) -> Point:
        """Plane coordinates as picture coordinates (y down)."""
        return ((point[0] - self.left) * self.scale * self.squeeze, (self.top - point[1]) * self.scale)

    def shows(self, ring: Ring) -> bool:
        """Whether any part of the ring's bounding box lies inside the picture."""
        left, bottom, right, top = bounds_of([ring])
        (x0, y1), (x1, y0) = self.place((left, bottom)), self.place((right, top))
        return x1 >= 0 and y1 >= 0 and x0 <= self.width and y0 <= self.height


def rings_of(coordinates: Any) -> tuple[Ring, ...]:
    """All rings in the nested coordinates of a GeoJSON polygon or multipolygon, in order."""
    if not coordinates:
        return ()
    if isinstance(coordinates[0][0], int | float):
        return (tuple((float(p[0]), float(p[1])) for p in coordinates),)
    return tuple(ring for part in coordinates for ring in rings_of(part))


def square(x: float, y: float, side: float) -> tuple[Ring, ...]:
    """The ring of a grid cell from its lower-left corner and side, plane units."""
    return rectangle(x, y, side, side)


def rectangle(x: float, y: float, width: float, height: float) -> tuple[Ring, ...]:
    """The ring of a rectangle from its lower-left corner, plane units."""
    return (((x, y), (x + width, y), (x + width, y + height), (x, y + height)),)


def squeeze_at(latitude: float) -> float:
    """By how much a degree of longitude is shorter than one of latitude, for coordinates in degrees."""
    return cos(radians(latitude))


def bounds_of(rings: Iterable[Ring]) -> Bounds:
    """Left, bottom, right and top of all points; a unit square where there are none."""
    points = [point for ring in rings for point in ring]
    if not points:
        return (0.0, 0.0, 1.0, 1.0)
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return (min(xs), min(ys), max(xs), max(ys))


def frame_of(bounds: Bounds, squeeze: float = 1.0) -> Frame:
    """The frame that shows `bounds` whole, with a margin, centred."""
    left, bottom, right, top = bounds
    wide, high = max((right - left) * squeeze, 1e-12), max(top - bottom, 1e-12)
    height = min(max(WIDTH * high / wide, WIDTH / 2), WIDTH * 1.5)
    scale = min(WIDTH / wide, height / high) * (1 - 2 * MARGIN)
    half_x, half_y = WIDTH / (2 * scale * squeeze), height / (2 * scale)
    return Frame((left + right) / 2 - half_x, (bottom + top) / 2 + half_y, scale, squeeze, WIDTH, height)


def spread(points: Sequence[Point], gap: float) -> tuple[Point, ...]:
    """The points moved apart, as little as needed, until no two are nearer than `gap` (80 rounds at most)."""
    placed = list(points)
    for _ in range(ROUNDS):
        near = [
            (i, j)
            for i, j in combinations(range(len(placed)), 2)
            if distance(placed[i], placed[j]) < gap - 0.01
        ]
        if not near:
            break
        for i, j in near:
            placed[i], placed[j] = _pushed(placed[i], placed[j], gap)
    return tuple(placed)


def distance(a: Point, b: Point) -> float:
    """Straight-line distance."""
    return hypot(a[0] - b[0], a[1] - b[1])


def _pushed(a: Point, b: Point, gap: float) -> tuple[Point, Point]:
    length = distance(a, b)
    dx, dy = ((b[0] - a[0]) / length, (b[1] - a[1]) / length) if length > 1e-9 else (0.8, 0.6)
    step = (gap - length) / 2
    return (a[0] - dx * step, a[1] - dy * step), (b[0] + dx * step, b[1] + dy * step)
