"""The bytes of registered context, there and back."""

from datetime import date

import numpy as np
import polars as pl
import shapely
from shapely.geometry import LineString, Point

from forecasting.core.context_series import COLUMNS
from forecasting.core.context_tables import SHAPE, layer_in, series_bytes, series_in, shape_bytes
from forecasting.core.layers import LayerKind


def test_shapes_come_back_as_they_were_and_nothing_else_is_kept() -> None:
    given = np.array([Point(1.25, 2.5), Point(3, 4)], dtype=object)
    data = shape_bytes(given)
    layer = layer_in(data, "bars", "points", 1_700_000_000)
    assert (layer.name, layer.kind, layer.as_of) == ("bars", LayerKind.POINT, 1_700_000_000)
    assert shapely.equals_exact(layer.geometries, given).all()
    assert shape_bytes(given) == data
    assert pl.read_parquet(data).columns == [SHAPE]


def test_lines_come_back_as_lines() -> None:
    given = np.array([LineString([(0, 0), (1, 1)])], dtype=object)
    assert layer_in(shape_bytes(given), "roads", "lines", 0).kind is LayerKind.LINE


def test_a_series_comes_back_with_days_since_1970_and_nan_for_no_point() -> None:
    rows = pl.DataFrame(
        [
            (date(1970, 1, 3), "prcp", "", None, None, 0.5),
            (date(1970, 1, 4), "prcp", "central", 2.0, 3.0, 1.0),
        ],
        schema=dict(zip(COLUMNS, (pl.Date, pl.String, pl.String, *[pl.Float64] * 3), strict=True)),
        orient="row",
    )
    data = series_bytes(rows)
    series = series_in(data, "weather", 7)
    assert series_bytes(rows) == data
    assert series.day.tolist() == [2, 3]
    assert series.area.tolist() == ["", "central"]
    assert series.value.tolist() == [0.5, 1.0]
    assert np.isnan(series.x[0])
    assert (series.x[1], series.y[1]) == (2.0, 3.0)
