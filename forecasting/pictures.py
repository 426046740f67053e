"""Runs and plans as figures: rows and artifacts in, SVG out. The same picture serves page, print and PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from forecasting.core.plan_body import PlanBody
from forecasting.models import ForecastRun, Plan
from forecasting.selectors.geography import on_plane, to_globe
from forecasting.selectors.plans import body_of
from forecasting.selectors.runs import run_cells
from governance.core.drawing import TOP_HEAVY, Markup, quantile_breaks
from governance.core.drawing_frame import Bounds, bounds_of, rings_of
from governance.core.drawing_map import Marker, Outline, Shape, cell_shapes, draw_key, draw_map
from governance.selectors import districts_of

if TYPE_CHECKING:
    from governance.models import Jurisdiction

NEAR = 0.04
"""How much of the neighbourhood a plan's map shows beyond the district, as a share of its width."""


@dataclass(frozen=True)
class Picture:
    """A map with the key to its shading; `limits` are the upper limits of the lower four classes."""

    map: Markup
    key: Markup
    limits: tuple[float, ...]


def plan_picture(plan: Plan, cells: pl.DataFrame | None = None) -> Picture:
    """Return the map of a plan: its district's cells shaded by expected incidents in the shift, places numbered.

    `cells`: the run's cells where the caller has read them already.
    """
    body = body_of(plan)
    grid = (run_cells(plan.run) if cells is None else cells).filter(pl.col("district") == plan.district.code)
    share = body.places[0].share if body.places else 0.0
    values = (grid["expected"] * share).to_list()
    limits = quantile_breaks(values, TOP_HEAVY)
    outlines = _outlines(plan.jurisdiction, mine=plan.district.code)
    own = bounds_of(ring for each in outlines if each.kind == "mine" for ring in each.rings)
    title = (
        f"{plan.district.name}: expected incidents in the shift by place, {len(body.places)} proposed places "
        "numbered. The table on this page holds the same figures."
    )
    picture = draw_map(
        title=title,
        shapes=_shapes(grid, values, limits, plan.run),
        outlines=outlines,
        markers=_markers(body),
        breaks=limits,
        focus=_wider(own),
        seam=0.0,
    )
    return Picture(
        picture, draw_key(breaks=limits, title="Expected incidents per place, low to high"), limits
    )


def run_picture(run: ForecastRun, cells: pl.DataFrame, *, column: str = "expected") -> Picture:
    """Return the map of a whole run: `column` is "expected", or "baseline" for the trivial forecast beside it."""
    limits = quantile_breaks(cells["expected"].to_list(), TOP_HEAVY)
    picture = draw_map(
        title=f"{run.jurisdiction.name}: {column} incidents by place in the window, with district lines.",
        shapes=_shapes(cells, cells[column].to_list(), limits, run),
        outlines=_outlines(run.jurisdiction),
        breaks=limits,
        seam=0.0,
    )
    return Picture(picture, draw_key(breaks=limits, title="Incidents per place, low to high"), limits)


HEAT = {
    "new hot spot": 4,
    "consecutive hot spot": 4,
    "intensifying hot spot": 4,
    "persistent hot spot": 3,
    "diminishing hot spot": 2,
    "sporadic hot spot": 2,
    "oscillating hot spot": 2,
    "historical hot spot": 1,
}
"""How dark a place is drawn: the newer and the surer it is hot, the darker; cold ones are left to the table."""


def findings_picture(
    place: str,
    lines: Sequence[Outline],
    body: Mapping[str, Any],
    shown: Sequence[Mapping[str, Any]],
) -> Markup:
    """Return the map of what is emerging in one category of a city: hot places shaded by class, findings numbered.

    `lines`: `city_lines` of it; `body`: as `findings_of` gives it; `shown`: the findings of the table, which numbers
    them from 1.
    """
    side, origin = body["grid"]["cell"], tuple(body["grid"]["origin"])
    hot = [(cell, HEAT[name]) for name, cells in body["classes"].items() if name in HEAT for cell in cells]
    marked = [
        _marker(number, found, side, origin) for number, found in enumerate(shown, start=1) if found["cells"]
    ]
    return draw_map(
        title=f"{place}: places that stand out, and {len(marked)} findings numbered as in the table.",
        shapes=cell_shapes(
            columns=[cell[0] for cell, _ in hot],
            rows=[cell[1] for cell, _ in hot],
            values=[float(value) for _, value in hot],
            breaks=(0.5, 1.5, 2.5, 3.5),
            side=side,
            origin=(origin[0], origin[1]),
        ),
        outlines=lines,
        markers=marked,
        breaks=(0.5, 1.5, 2.5, 3.5),
    )


def _marker(number: int, found: Mapping[str, Any], side: float, origin: Sequence[float]) -> Marker:
    columns, rows = ([cell[at] + 0.5 for cell in found["cells"]] for at in (0, 1))
    x, y = origin[0] + side * sum(columns) / len(columns), origin[1] + side * sum(rows) / len(rows)
    return Marker(x, y, str(number), found["where"])


def cell_rings(run: ForecastRun, cells: pl.DataFrame) -> list[list[list[float]]]:
    """Return the outline of each cell: longitude and latitude to a metre, first corner repeated."""
    west = run.origin_x + cells["column"].to_numpy() * run.cell
    south = run.origin_y + cells["row"].to_numpy() * run.cell
    squares = shapely.box(west, south, west + run.cell, south + run.cell)
    globe = shapely.get_parts(to_globe(run.jurisdiction, shapely.GeometryCollection(list(squares))))
    return [[[round(x, 5), round(y, 5)] for x, y in shapely.get_coordinates(each).tolist()] for each in globe]


def _shapes(
    cells: pl.DataFrame, values: Sequence[float], limits: Sequence[float], run: ForecastRun
) -> list[Shape]:
    return cell_shapes(
        columns=cells["column"].to_list(),
        rows=cells["row"].to_list(),
        values=values,
        breaks=limits,
        side=run.cell,
        origin=(run.origin_x, run.origin_y),
    )


def city_lines(jurisdiction: Jurisdiction) -> list[Outline]:
    """Return the ground and the districts of a city, for the maps of one page."""
    return _outlines(jurisdiction)


def _outlines(jurisdiction: Jurisdiction, mine: str = "") -> list[Outline]:
    """The ground, every district, and the reader's own on top."""
    lines = [(d.code, _rings(on_plane(jurisdiction, d.boundary))) for d in districts_of(jurisdiction)]
    ground = Outline(_rings(on_plane(jurisdiction, jurisdiction.boundary)), "city")
    others = [Outline(rings) for code, rings in lines if code != mine]
    return [ground, *others, *(Outline(rings, "mine") for code, rings in lines if code == mine)]


def _rings(shape: BaseGeometry) -> tuple[Sequence[tuple[float, float]], ...]:
    return rings_of(mapping(shape)["coordinates"])


def _markers(body: PlanBody) -> list[Marker]:
    x0, y0 = body.origin
    return [
        Marker(x0 + (p.column + 0.5) * body.cell, y0 + (p.row + 0.5) * body.cell, str(p.number), p.name)
        for p in body.places
    ]


def _wider(bounds: Bounds) -> Bounds:
    left, bottom, right, top = bounds
    edge = NEAR * max(right - left, top - bottom)
    return (left - edge, bottom - edge, right + edge, top + edge)
