"""Cells as files."""

import io
import json

import numpy as np
import polars as pl
import shapely

from forecasting.core.cell_export import NOT_APPROVED, cells_csv, cells_geojson, globe_polygons
from forecasting.core.grid import make_grid
from forecasting.core.incidents import FloatArray
from forecasting.core.run_tables import Columns

GRID = make_grid(shapely.box(0, 0, 200, 100), 100.0)
FACTS = {"model": "blend", "category": "robbery", "window_start": "2023-12-01T11:00:00Z"}
COLUMNS: Columns = {
    "district": np.array(["a", "b"], dtype=object),
    "expected": np.array([0.5, 2.0]),
    "low": np.array([0.0, 0.0]),
    "high": np.array([2.0, 5.0]),
    "baseline": np.array([1.0, 1.5]),
    "rank": np.array([2, 1], dtype=np.int32),
    "flagged": np.array([False, True]),
}


def to_degrees(points: FloatArray) -> FloatArray:
    return points / 100_000


def test_geojson_has_a_polygon_and_the_numbers_of_every_cell_best_first() -> None:
    made = json.loads(cells_geojson(COLUMNS, globe_polygons(GRID, to_degrees), FACTS))
    first = made["features"][0]
    assert first["properties"] == {
        "district": "b", "expected": 2.0, "low": 0.0, "high": 5.0, "baseline": 1.5, "rank": 1, "flagged": True,
    }  # fmt: skip
    assert shapely.geometry.shape(first["geometry"]).bounds == (0.001, 0.0, 0.002, 0.001)


def test_both_files_say_that_nobody_approved_them() -> None:
    polygons = globe_polygons(GRID, to_degrees)
    assert json.loads(cells_geojson(COLUMNS, polygons, FACTS))["lamplight"] == {
        "status": NOT_APPROVED,
        **FACTS,
    }
    table = pl.read_csv(io.BytesIO(cells_csv(COLUMNS, polygons, FACTS)))
    assert table["status"].to_list() == [NOT_APPROVED, NOT_APPROVED]
    assert table["rank"].to_list() == [1, 2]
    assert shapely.from_wkt(table["polygon"][0]).bounds == (0.001, 0.0, 0.002, 0.001)
