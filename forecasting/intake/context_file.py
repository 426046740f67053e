"""Files of context: GeoJSON or CSV read into shapes, CSV or Parquet into the rows of a series. Nothing is kept here."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import shapely

from forecasting.core.context_series import ACROSS, UP
from forecasting.core.context_shapes import GLOBE, ShapeArray
from governance.core.refusals import Reason, Refused

LARGEST = 500_000_000  # bytes; a file is read whole


@dataclass(frozen=True)
class ShapeFile:
    """Shapes as a file has them, one per feature (None where one has no geometry), and the CRS they are in."""

    shapes: ShapeArray
    crs: str


def read_file(path: Path) -> bytes:
    """Return a file's bytes. Raises Refused(NOT_FOUND | TOO_LARGE)."""
    try:
        if path.stat().st_size > LARGEST:
            raise Refused(
                Reason.TOO_LARGE,
                f"{path.name} has {path.stat().st_size:,} bytes; at most {LARGEST:,} are read. Cut it to the city.",
            )
        return path.read_bytes()
    except OSError as problem:
        raise Refused(
            Reason.NOT_FOUND, f"{path} cannot be read: {problem.strerror}. Check the path."
        ) from None


def read_shape_file(data: bytes, name: str, crs: str) -> ShapeFile:
    """Read shapes: GeoJSON, or CSV with a column for x (longitude) and one for y (latitude).

    ``crs`` "": what a GeoJSON file declares, else longitude and latitude. Raises Refused(BAD_INPUT).
    """
    if name.lower().endswith((".csv", ".csv.gz")):
        return ShapeFile(_points(_csv(data, name), name), crs or GLOBE)
    try:
        collection = json.loads(data)
        features: Sequence[Mapping[str, Any] | None] = list(collection["features"])
        shapes = [_shape(each) for each in features]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Refused(
            Reason.BAD_INPUT,
            f"{name} is neither a GeoJSON FeatureCollection in UTF-8 nor a .csv file. Convert it to one of them.",
        ) from None
    return ShapeFile(np.array([*shapes, None], dtype=np.object_)[:-1], crs or _declared(collection))


def read_series_file(data: bytes, name: str) -> pl.DataFrame:
    """Read the rows of a series from .csv, .csv.gz or .parquet. Raises Refused(BAD_INPUT)."""
    if not name.lower().endswith(".parquet"):
        return _csv(data, name)
    try:
        return pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError):
        raise Refused(Reason.BAD_INPUT, f"{name} is no Parquet file.") from None


def _csv(data: bytes, name: str) -> pl.DataFrame:
    try:
        return pl.read_csv(io.BytesIO(data), infer_schema_length=None)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as problem:
        told = str(problem).splitlines()[0][:160] if str(problem) else "no reason given"
        raise Refused(
            Reason.BAD_INPUT, f"{name} cannot be read as CSV in UTF-8 with a header line: {told}"
        ) from None


def _points(table: pl.DataFrame, name: str) -> ShapeArray:
    have = {column.strip().lower(): column for column in reversed(table.columns)}
    across = next((have[each] for each in ACROSS if each in have), None)
    up = next((have[each] for each in UP if each in have), None)
    if across is None or up is None:
        raise Refused(
            Reason.BAD_INPUT,
            f"{name} needs a column of x ({', '.join(ACROSS)}) and one of y ({', '.join(UP)}); it has "
            f"{', '.join(table.columns)[:200]}. Rename them.",
        )
    x, y = (
        table[column].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy() for column in (across, up)
    )
    points = np.asarray(shapely.points(x, y), dtype=np.object_)
    points[np.isnan(x) | np.isnan(y)] = None
    return points


def _shape(feature: Mapping[str, Any] | None) -> Any:
    geometry = feature.get("geometry") if feature else None
    return shapely.from_geojson(json.dumps(geometry), on_invalid="ignore") if geometry else None


def _declared(collection: Mapping[str, Any]) -> str:
    """The CRS that a file from before RFC 7946 names, else longitude and latitude."""
    crs = collection.get("crs")
    name = (crs.get("properties") or {}).get("name", "") if isinstance(crs, dict) else ""
    return GLOBE if not isinstance(name, str) or not name or name.endswith("CRS84") else name
