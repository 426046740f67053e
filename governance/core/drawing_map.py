"""Maps: places shaded in five steps, districts outlined, proposals numbered.

Coordinates are planar, y up, in any unit (a projected CRS, or degrees with `squeeze`); a picture is
`WIDTH` user units wide and as high as its content asks, between half and one and a half times that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from governance.core.drawing import (
    CLASSES,
    Markup,
    class_of,
    element,
    figure,
    number,
    quantile_breaks,
    reading,
)
from governance.core.drawing_frame import (
    Bounds,
    Frame,
    Point,
    Ring,
    bounds_of,
    distance,
    frame_of,
    rectangle,
    spread,
)

DISC: Final = 9.5
SMALLEST_STEP: Final = 0.35


@dataclass(frozen=True)
class Shape:
    """A cell or an area: rings (outer and holes alike), its value (None: not known), its tooltip."""

    rings: tuple[Ring, ...]
    value: float | None = None
    label: str = ""


@dataclass(frozen=True)
class Outline:
    """A line above the shading (a district, the reader's own, an area, a place), or ground below it."""

    rings: tuple[Ring, ...]
    kind: Literal["city", "district", "mine", "area", "place"] = "district"


@dataclass(frozen=True)
class Marker:
    """A numbered disc at a point; `label` is the name of the place."""

    x: float
    y: float
    text: str
    label: str = ""


def draw_map(
    *,
    title: str,
    shapes: Sequence[Shape],
    outlines: Sequence[Outline] = (),
    markers: Sequence[Marker] = (),
    breaks: Sequence[float] | None = None,
    focus: Bounds | None = None,
    squeeze: float = 1.0,
    seam: float = 0.6,
) -> Markup:
    """A choropleth: `shapes` in five steps of one hue, `outlines` and numbered `markers` above.

    `breaks`: upper limits of the lower four classes (quantiles of the values where None); `focus`: the
    bounds to show (all of it where None); `squeeze`: see `squeeze_at`, 1 for projected coordinates;
    `seam`: width of the line between shapes, 0 for a fine grid.
    """
    everything = [r for s in shapes for r in s.rings] + [r for o in outlines for r in o.rings]
    frame = frame_of(focus or bounds_of(everything), squeeze)
    limits = quantile_breaks(s.value for s in shapes if s.value is not None) if breaks is None else breaks
    parts = [
        *_lines(frame, [o for o in outlines if o.kind == "city"]),
        *_shading(frame, shapes, limits, seam),
        *_lines(frame, [o for o in outlines if o.kind != "city"]),
        *_discs(frame, markers),
    ]
    return figure(kind="map", title=title, width=frame.width, height=frame.height, children=parts)


def cell_shapes(
    *,
    columns: Sequence[int],
    rows: Sequence[int],
    values: Sequence[float],
    breaks: Sequence[float],
    side: float,
    origin: Point,
) -> list[Shape]:
    """Grid cells as few rectangles: neighbours in a row that share a class become one; nothing finer is seen.

    `columns`, `rows`: cell indices, `values`: one per cell, `side` and `origin` (lower-left corner) in plane
    units. Cells of the lowest class are left out: draw the ground ("city") below.
    """
    classes = {(r, c): class_of(v, breaks) for c, r, v in zip(columns, rows, values, strict=True)}
    shown = sorted((r, c, k) for (r, c), k in classes.items() if k)
    runs = groupby(enumerate(shown), key=lambda item: (item[1][0], item[1][2], item[1][1] - item[0]))
    shapes = []
    for (row, step, _), cells in runs:
        found = [cell[1] for _, cell in cells]
        left, bottom = origin[0] + found[0] * side, origin[1] + row * side
        shapes.append(Shape(rectangle(left, bottom, side * len(found), side), _within(step, breaks)))
    return shapes


def draw_key(*, breaks: Sequence[float], title: str, unknown: str = "") -> Markup:
    """The scale of a map: a swatch per class, the limits between them, and one more for "not known"."""
    wide, high, count = 52.0, 12.0, len(breaks) + 1
    parts = [
        element("rect", kind=f"r{_step(i, count)}", x=i * wide, y=0.0, width=wide, height=high)
        for i in range(count)
    ]
    parts += [
        element("text", reading(limit), kind="ax", x=(i + 1) * wide, y=high + 14, text_anchor="middle")
        for i, limit in enumerate(breaks)
    ]
    if unknown:
        parts.append(
            element("rect", kind="unknown", x=(count + 0.4) * wide, y=0.5, width=wide / 2, height=high - 1)
        )
        parts.append(element("text", unknown, kind="ax", x=(count + 1.0) * wide, y=high - 1))
    width = wide * count if not unknown else wide * (count + 1.2) + 7.5 * len(unknown)
    return figure(kind="key", title=title, width=width, height=high + 18, children=parts)


def _shading(frame: Frame, shapes: Sequence[Shape], breaks: Sequence[float], seam: float) -> list[Markup]:
    """One group per class: shapes without a tooltip share one path, so thousands of cells stay small."""
    groups: dict[str, list[Shape]] = {}
    for shape in shapes:
        if any(frame.shows(ring) for ring in shape.rings):
            groups.setdefault(_kind(shape.value, breaks), []).append(shape)
    return [_group(frame, kind, groups[kind], seam) for kind in sorted(groups)]


def _group(frame: Frame, kind: str, shapes: Sequence[Shape], seam: float) -> Markup:
    lines: Mapping[str, str] = {"shape_rendering": "crispEdges", "stroke": "none"}
    if seam:
        lines = {"stroke": "#fdfcf9", "stroke_width": str(seam)}
    seams: Mapping[str, str] = {} if kind == "unknown" else lines
    mute = [ring for shape in shapes if not shape.label for ring in shape.rings]
    paths = [element("path", d=_path(frame, mute), fill_rule="evenodd")] if mute else []
    paths += [
        element("path", element("title", s.label), d=_path(frame, s.rings), fill_rule="evenodd")
        for s in shapes
        if s.label
    ]
    return element("g", *paths, kind=kind, **seams)


def _discs(frame: Frame, markers: Sequence[Marker]) -> list[Markup]:
    true = [frame.place((m.x, m.y)) for m in markers]
    moved = [_inside(frame, p) for p in spread(true, 2 * DISC + 2)]
    lines = [_leader(a, b) for a, b in zip(true, moved, strict=True) if distance(a, b) > DISC]
    return lines + [_disc(marker, at) for marker, at in zip(markers, moved, strict=True)]


def _disc(marker: Marker, at: Point) -> Markup:
    said = f"{marker.text}: {marker.label}" if marker.label else marker.text
    return element(
        "g",
        element("title", said),
        element("circle", kind="disc", cx=at[0], cy=at[1], r=DISC),
        element("text", marker.text, kind="number", x=at[0], y=at[1] + 4),
    )


def _leader(start: Point, end: Point) -> Markup:
    line = element("path", kind="leader", d=f"M{_pair(start)}L{_pair(end)}")
    return element("g", line, element("circle", kind="leader", cx=start[0], cy=start[1], r=2.0))


def _lines(frame: Frame, outlines: Sequence[Outline]) -> list[Markup]:
    shown = [o for o in outlines if any(frame.shows(ring) for ring in o.rings)]
    return [element("path", kind=o.kind, d=_path(frame, o.rings)) for o in shown]


def _path(frame: Frame, rings: Iterable[Ring]) -> str:
    return "".join(_trace(frame, ring) for ring in rings if len(ring) > 2 and frame.shows(ring))


def _trace(frame: Frame, ring: Ring) -> str:
    """A closed ring; points nearer than a third of a unit to the one before are left out."""
    kept: list[Point] = []
    for point in map(frame.place, ring):
        if not kept or distance(kept[-1], point) >= SMALLEST_STEP:
            kept.append(point)
    return "M" + "L".join(_pair(p) for p in kept) + "Z"


def _within(step: int, breaks: Sequence[float]) -> float:
    """A value of that class: its upper limit, or anything above the last."""
    return breaks[step] if step < len(breaks) else breaks[-1] + 1.0


def _kind(value: float | None, breaks: Sequence[float]) -> str:
    return "unknown" if value is None else f"r{_step(class_of(value, breaks), len(breaks) + 1)}"


def _step(index: int, count: int) -> int:
    """Fewer classes than five still use the whole ramp."""
    return round(index * (CLASSES - 1) / max(count - 1, 1))


def _inside(frame: Frame, point: Point) -> Point:
    edge = DISC + 1
    return (
        min(max(point[0], edge), frame.width - edge),
        min(max(point[1], edge), frame.height - edge),
    )


def _pair(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"
