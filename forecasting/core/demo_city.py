"""Rivermark, the demo city: made up, seeded, of any size, and with a known truth.

Its incidents come out as the columns of the ``demo`` profile, so they enter by the same door as a real
city's. Beside them stands what no real city can show: the expected recorded incidents of every cell, the
share recorded in every area, and how many followers an incident has. Forecasts, intervals and audits are
tested against that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from forecasting.core.demo_geography import DEMO_CRS, Geography, draw_geography
from forecasting.core.demo_kinds import KINDS, Kind
from forecasting.core.demo_process import (
    CELL,
    FineGrid,
    Happenings,
    discovery_rates,
    happen,
    outward,
    reporting_rates,
    risk_surface,
    with_followers,
)

DEMO_NAME = "Rivermark"
DEMO_ZONE = "America/New_York"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Size:
    """How large a city to make: areas, days from ``start``, expected recorded incidents of all kinds."""

    start: date
    areas: int = 60
    days: int = 1096
    incidents: int = 150_000


@dataclass(frozen=True)
class Truth:
    """What the demo city knows about itself.

    ``expected``: by category, expected *recorded* incidents in each cell over the whole time, shape (rows,
    columns), 0 off the land. ``recorded_share``: by category, the share of an area's incidents that is
    recorded, shape (areas,): reported, or discovered where patrols go. ``branching``: by category, expected
    direct followers of one incident. ``generation``: int64 per row of the incidents, 0 = background.
    """

    grid: FineGrid
    expected: Mapping[str, Floats]
    recorded_share: Mapping[str, Floats]
    branching: Mapping[str, float]
    generation: NDArray[np.int64]


@dataclass(frozen=True)
class DemoCity:
    """The ground, the incidents as a file would hold them (columns of the profile ``demo``), the truth."""

    geography: Geography
    incidents: pl.DataFrame
    truth: Truth


def fine_grid(geography: Geography) -> FineGrid:
    """The city in cells of 100 m, each with the area of its centre."""
    west, south, east, north = geography.land.bounds
    origin = (float(np.floor(west / CELL) * CELL), float(np.floor(south / CELL) * CELL))
    shape = (int((north - origin[1]) // CELL) + 1, int((east - origin[0]) // CELL) + 1)
    grid = FineGrid(origin, np.full(shape, -1, dtype=np.int64))
    x, y = grid.centres()
    for index, area in enumerate(geography.areas):
        shapely.prepare(area.shape)
        grid.area[shapely.contains_xy(area.shape, x, y)] = index
    return grid


def _recorded_shares(
    geography: Geography, grid: FineGrid, generator: np.random.Generator
) -> dict[str, Floats]:
    """By category: the share of each area's incidents that is recorded."""
    towards = outward(*grid.centres(), grid.land)[1]
    by_area = np.asarray([towards[grid.area == index].mean() for index in range(len(geography.areas))])
    reported, discovered = reporting_rates(by_area, generator), discovery_rates(by_area, generator)
    return {kind.category: discovered if kind.discovered else reported for kind in KINDS}


def _recorded(
    happened: Happenings, grid: FineGrid, share: Floats, generator: np.random.Generator
) -> Happenings:
    """The incidents that are recorded, each with its area's share."""
    row, column = grid.cell_of(happened.x, happened.y)
    kept = generator.random(len(row)) < share[grid.area[row, column]]
    return happened.where(kept)


def _of_kind(
    kind: Kind, size: Size, grid: FineGrid, share: Floats, generator: np.random.Generator
) -> tuple[Happenings, Floats]:
    """The recorded incidents of one kind, and the expected ones per cell over the whole time."""
    risk = risk_surface(grid, kind, generator)
    share_of_cell = np.where(grid.land, share[grid.area], 0.0)
    recorded = with_followers(kind, grid.land, risk) * share_of_cell
    total = size.incidents * kind.share
    happened = happen(
        grid,
        kind,
        risk * (total / recorded.sum() / size.days),
        days=size.days,
        first_weekday=size.start.weekday(),
        first_day_of_year=size.start.timetuple().tm_yday,
        generator=generator,
    )
    return _recorded(happened, grid, share, generator), recorded * (total / recorded.sum())


def _nudged(x: Floats, y: Floats, grid: FineGrid, land: shapely.Geometry) -> tuple[Floats, Floats]:
    """The points, those at the city's very edge moved to their cell's centre, which is land."""
    inner = shapely.buffer(land, -1.0)
    shapely.prepare(inner)
    outside = ~shapely.contains_xy(inner, x, y)
    row, column = grid.cell_of(x, y)
    return (
        np.where(outside, grid.origin[0] + (column + 0.5) * CELL, x),
        np.where(outside, grid.origin[1] + (row + 0.5) * CELL, y),
    )


def _table(
    size: Size, kind: Kind, incidents: Happenings, x: Floats, y: Floats, generator: np.random.Generator
) -> pl.DataFrame:
    """One kind's rows, not yet numbered: category, occurred, reported, longitude, latitude, generation."""
    first = datetime.combine(size.start, datetime.min.time())
    seconds = incidents.day * 86_400 + incidents.second
    delay = generator.gamma(1.2, kind.delay * 3600 / 1.2, len(seconds)).astype(np.int64)
    longitude, latitude = Transformer.from_crs(DEMO_CRS, "EPSG:4326", always_xy=True).transform(x, y)
    return pl.DataFrame(
        {"occurred": seconds, "reported": seconds + delay, "longitude": longitude, "latitude": latitude}
    ).select(
        pl.lit(kind.label).alias("category"),
        *(
            (pl.lit(first) + pl.duration(seconds=pl.col(name))).alias(name)
            for name in ("occurred", "reported")
        ),
        pl.col("longitude", "latitude").round(6),
        pl.Series("generation", incidents.generation),
    )


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows in order of their reports, with an id each and times as text."""
    rows = rows.sort("reported", "occurred", "longitude", "latitude").with_row_index("number", 1)
    number = pl.col("number").cast(pl.String).str.zfill(7)
    return rows.select(
        pl.format("RM-{}", number).alias("incident_id"),
        "category",
        *(pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S") for name in ("occurred", "reported")),
        "longitude",
        "latitude",
        "generation",
    )


def make_demo_city(size: Size, generator: np.random.Generator) -> DemoCity:
    """Draw the city: its ground, its incidents, its truth. Same size and seed, same city."""
    geography = draw_geography(size.areas, generator)
    grid = fine_grid(geography)
    shares = _recorded_shares(geography, grid, generator)
    tables, expected = [], {}
    for kind in KINDS:
        incidents, expected[kind.category] = _of_kind(kind, size, grid, shares[kind.category], generator)
        x, y = _nudged(incidents.x, incidents.y, grid, geography.land)
        tables.append(_table(size, kind, incidents, x, y, generator))
    rows = _numbered(pl.concat(tables))
    branching = {kind.category: kind.branching for kind in KINDS}
    truth = Truth(grid, expected, shares, branching, rows["generation"].to_numpy())
    return DemoCity(geography, rows.drop("generation"), truth)
