"""A forecast's cells as GeoJSON or CSV, for looking at; never for deployment."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray
from forecasting.core.run_tables import Columns

NOT_APPROVED = "not approved for deployment"
DEGREES = 6
"""Decimals of longitude and latitude: about a tenth of a metre."""
SHOWN = ("district", "expected", "low", "high", "baseline", "rank", "flagged")

ToGlobe = Callable[[FloatArray], FloatArray]


def globe_polygons(grid: Grid, to_globe: ToGlobe) -> NDArray[np.object_]:
    """Return the cells as polygons in longitude and latitude, shape ``(n,)``.

    ``to_globe`` carries points of shape ``(m, 2)`` from the grid's CRS to degrees.
    """

    def carry(points: FloatArray) -> FloatArray:
        return np.round(to_globe(points), DEGREES)

    return np.asarray(shapely.transform(grid.polygons(), carry), dtype=object)


def cells_geojson(columns: Columns, polygons: NDArray[np.object_], facts: Mapping[str, Any]) -> bytes:
    """Return a FeatureCollection (RFC 7946), one feature per cell, ranked cells first.

    ``facts`` are put beside the features under ``lamplight``, with the mark that nobody approved this.
    """
    features = [
        {"type": "Feature", "geometry": json.loads(shape), "properties": row}
        for shape, row in zip(*_ranked(columns, shapely.to_geojson(polygons)), strict=True)
    ]
    collection = {
        "type": "FeatureCollection",
        "lamplight": {"status": NOT_APPROVED, **facts},
        "features": features,
    }
    return json.dumps(collection, separators=(",", ":")).encode()


def cells_csv(columns: Columns, polygons: NDArray[np.object_], facts: Mapping[str, Any]) -> bytes:
    """Return a CSV, one row per cell, ranked cells first: the facts on every row, the polygon as WKT in degrees."""
    shapes, rows = _ranked(columns, shapely.to_wkt(polygons, rounding_precision=DEGREES))
    table = pl.DataFrame([{**row, "polygon": shape} for shape, row in zip(shapes, rows, strict=True)])
    marks = {"status": NOT_APPROVED, **{name: facts[name] for name in ("model", "category", "window_start")}}
    buffer = io.BytesIO()
    table.with_columns(**{name: pl.lit(value) for name, value in marks.items()}).write_csv(buffer)
    return buffer.getvalue()


def _ranked(columns: Columns, shapes: NDArray[Any]) -> tuple[list[str], list[dict[str, Any]]]:
    order = np.argsort(columns["rank"], kind="stable")
    lists = {name: columns[name][order].tolist() for name in SHOWN}
    rows = [dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)]
    return shapes[order].tolist(), rows
