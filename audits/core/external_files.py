"""Reading what somebody else hands in: points and counts, refused with a reason before anything is computed.

Everything is text in, plain arrays out. Refusals are `CannotForecast("bad_input", sentence)`: what was found, where,
and what to do. Neutral formats:

    points      CSV with a header: longitude, latitude (or x, y with a CRS named), and optionally a column of counts
    counts      CSV with a header: the area's id and a column of counts
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyproj
from numpy.typing import NDArray

from forecasting.core.limits import CannotForecast

Floats = NDArray[np.float64]

DEGREES = "OGC:CRS84"
_SHOWN = 5
AREA_NAMES = ("geoid", "area", "area_id", "area_code", "code", "id")
_X = ("longitude", "lon", "lng", "long", "x", "point_x")
_Y = ("latitude", "lat", "y", "point_y")
_COUNT = ("predictions", "prediction_count", "incidents", "count", "n", "weight")


@dataclass(frozen=True)
class Points:
    """Places with counts: `x`, `y` (m,) in `crs`, NaN where a line gives none; `count` (m,)."""

    x: Floats
    y: Floats
    count: Floats
    crs: str


@dataclass(frozen=True)
class Counts:
    """Counts by area id, one for each line of a file."""

    ids: tuple[str, ...]
    count: Floats


def refuse(sentence: str) -> CannotForecast:
    """Return the refusal of an input, to be raised."""
    return CannotForecast("bad_input", sentence)


def read_places(
    text: str, what: str, *, columns: Mapping[str, str] | None = None, crs: str | None = None
) -> Points | Counts:
    """Read a CSV of points, or of counts by area, whichever its header says.

    `what`: how a refusal calls the file ("predictions"). `columns`: `area`, `x`, `y`, `count` -> the file's column,
    where the names are not recognised. Each line counts once where no column of counts is there; counts by area need
    one. Raises CannotForecast for missing columns, a count that is not a number of 0 or more, or x and y without a CRS.
    """
    table = _table(text, what)
    found = _columns(table.columns, dict(columns or {}), what)
    count = _numbers(table, found["count"], what) if "count" in found else np.ones(table.height)
    if np.isnan(count).any() or (count < 0).any():
        line = int(np.flatnonzero(np.isnan(count) | (count < 0))[0]) + 2
        raise refuse(f"Line {line} of the {what}: the count in {found['count']} must be a number, 0 or more.")
    if "area" in found:
        ids = tuple((each or "").strip() for each in table[found["area"]].to_list())
        return Counts(ids, count)
    named = found["x"].strip().lower() in ("longitude", "lon", "lng", "long")
    if crs is None and not named:
        raise refuse(
            f"The {what} give places as {found['x']} and {found['y']}, but not in which coordinate reference system. "
            "Name it, for example EPSG:4326 for longitude and latitude."
        )
    points = Points(
        _numbers(table, found["x"], what),
        _numbers(table, found["y"], what),
        count,
        checked_crs(crs or DEGREES, what),
    )
    if not np.isfinite(points.x + points.y).any():
        raise refuse(f"No line of the {what} has both {found['x']} and {found['y']} as numbers.")
    bounds = (np.nanmin(points.x), np.nanmin(points.y), np.nanmax(points.x), np.nanmax(points.y))
    refuse_impossible_degrees(*bounds, crs=points.crs, what=f"the {what}")
    return points


def read_numbers(
    text: str, area: str, columns: Mapping[str, str], what: str
) -> tuple[tuple[str, ...], dict[str, Floats]]:
    """Read ids and columns of numbers, 0 or more, from CSV text. `columns`: meaning -> column.

    Raises CannotForecast where a column is missing or holds anything else.
    """
    table = _table(text, what)
    absent = sorted({area, *columns.values()} - set(table.columns))
    if absent:
        raise refuse(f"The {what} have no column {sample(absent)}; there are: {', '.join(table.columns)}.")
    found = {meaning: _numbers(table, column, what) for meaning, column in columns.items()}
    for meaning, values in found.items():
        if not (values >= 0).all():
            line = int(np.flatnonzero(~(values >= 0))[0]) + 2
            raise refuse(f"Line {line} of the {what}: {columns[meaning]} must be a number, 0 or more.")
    return tuple((each or "").strip() for each in table[area].to_list()), found


def checked_crs(name: str, what: str) -> str:
    """Return the name of a CRS that pyproj knows. Raises CannotForecast otherwise."""
    try:
        pyproj.CRS.from_user_input(name)
    except pyproj.exceptions.CRSError:
        raise refuse(
            f"The coordinate reference system of {what}, “{name}”, is not known. Use a code such as EPSG:4326."
        ) from None
    return name


def refuse_impossible_degrees(
    west: float, south: float, east: float, north: float, *, crs: str, what: str
) -> None:
    """Raise CannotForecast where a CRS in degrees is claimed and the coordinates are none."""
    if not pyproj.CRS.from_user_input(crs).is_geographic:
        return
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise refuse(
            f"{what[0].upper()}{what[1:]} are said to be in degrees ({crs}), but their coordinates run from "
            f"{west:,.0f}, {south:,.0f} to {east:,.0f}, {north:,.0f}. Name the coordinate reference system they are in."
        )


def sample(names: Sequence[str]) -> str:
    """Return the first few names of a list, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(f"“{name}”" for name in names[:_SHOWN]) + more


def _table(text: str, what: str) -> pl.DataFrame:
    try:
        table = pl.read_csv(io.StringIO(text.removeprefix("\ufeff")), infer_schema=False)
    except pl.exceptions.PolarsError as problem:
        raise refuse(f"The {what} cannot be read as CSV: {str(problem).splitlines()[0]}") from None
    if not table.height:
        raise refuse(f"The {what} have a header but no line.")
    return table


def _columns(header: list[str], given: dict[str, str], what: str) -> dict[str, str]:
    absent = sorted(set(given.values()) - set(header))
    if absent:
        raise refuse(f"The {what} have no column {sample(absent)}; there are: {', '.join(header)}.")
    by_lower = {name.strip().lower(): name for name in header}
    found = dict(given)
    for meaning, names in (("x", _X), ("y", _Y), ("count", _COUNT), ("area", AREA_NAMES)):
        known = [by_lower[each] for each in names if each in by_lower]
        if known and meaning not in found:
            found[meaning] = known[0]
    if "x" in found and "y" in found and "area" not in given:
        return {meaning: name for meaning, name in found.items() if meaning != "area"}
    if "area" in found and "count" in found:
        return {"area": found["area"], "count": found["count"]}
    raise refuse(
        f"The {what} need either longitude and latitude (or x and y), or an area's id and a count. "
        f"There are: {', '.join(header)}."
    )


def _numbers(table: pl.DataFrame, column: str, what: str) -> Floats:
    """Numbers of a column, NaN where a line is empty. Raises CannotForecast where it says something else."""
    text = table[column].str.strip_chars()
    numbers = text.cast(pl.Float64, strict=False)
    wrong = (numbers.is_null() & text.is_not_null() & (text != "")).arg_true()
    if wrong.len():
        line = int(wrong[0])
        raise refuse(f"Line {line + 2} of the {what}: {column} is “{text[line]}”, which is not a number.")
    return np.asarray(numbers.fill_null(float("nan")).to_numpy(), dtype=np.float64)
