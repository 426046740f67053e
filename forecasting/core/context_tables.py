"""The bytes of registered context: one Parquet file named by its SHA-256, read back as layers and series."""

from __future__ import annotations

import io

import numpy as np
import polars as pl
import shapely

from forecasting.core.context_series import COLUMNS, Series
from forecasting.core.context_shapes import ShapeArray
from forecasting.core.layers import Layer, LayerKind

SHAPE = "shape"
"""The one column of a layer's file: well-known binary in the city's projected CRS. No property is kept."""


def shape_bytes(shapes: ShapeArray) -> bytes:
    """Write shapes (shape ``(n,)``, in the order given) as one file: the same shapes give the same bytes."""
    return _written(pl.DataFrame({SHAPE: shapely.to_wkb(shapes, byte_order=1).tolist()}, {SHAPE: pl.Binary}))


def series_bytes(table: pl.DataFrame) -> bytes:
    """Write a series' rows (``COLUMNS``, in the order given) as one file."""
    return _written(table.select(COLUMNS))


def layer_in(data: bytes, name: str, kind: str, as_of: int) -> Layer:
    """Read a layer back; ``kind`` is "points", "lines" or "polygons", ``as_of`` UTC seconds."""
    written = pl.read_parquet(io.BytesIO(data), columns=[SHAPE])[SHAPE].to_list()
    shapes = np.asarray(shapely.from_wkb(written), dtype=np.object_)
    return Layer(name, LayerKind(kind.removesuffix("s")), shapes, as_of)


def series_in(data: bytes, name: str, as_of: int) -> Series:
    """Read a series back; ``as_of`` in UTC seconds."""
    table = pl.read_parquet(io.BytesIO(data), columns=list(COLUMNS))
    return Series(
        name=name,
        day=table["day"].cast(pl.Int64).to_numpy(),
        variable=table["variable"].to_numpy().astype(np.str_),
        area=table["area"].to_numpy().astype(np.str_),
        x=table["x"].fill_null(np.nan).to_numpy(),
        y=table["y"].fill_null(np.nan).to_numpy(),
        value=table["value"].to_numpy(),
        as_of=as_of,
    )


def _written(table: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    table.write_parquet(file, compression="zstd", statistics=False)
    return file.getvalue()
