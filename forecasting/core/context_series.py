"""Context that changes from day to day: one row per day, variable and, where it has one, area or point."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasting.core.context_shapes import Surroundings, place_points
from forecasting.core.incidents import FloatArray
from forecasting.core.limits import CannotForecast

DAYS = ("date", "day", "datum", "requested_date", "requested_datetime", "created_date", "timestamp")
AREAS = ("area", "district", "area_code", "district_code", "dist_num")
ACROSS = ("longitude", "lon", "lng", "x", "point_x")
UP = ("latitude", "lat", "y", "point_y")
COUNT = "count"
"""The variable of a file that has no figures: every row of it counts one."""

COLUMNS = ("day", "variable", "area", "x", "y", "value")
PLACE = ["day", "variable", "area", "x", "y"]
PATTERNS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d")


@dataclass(frozen=True)
class Series:
    """One registered series, as a forecast may read it; all arrays have shape ``(n,)``, ordered by day.

    ``day``: days since 1 January 1970, local. ``variable``: what was measured. ``area``: the code of an area or
    district, "" for the whole city. ``x``, ``y``: the point on the city's plane, NaN where there is none.
    ``as_of``: UTC seconds by which all of it was known.
    """

    name: str
    day: NDArray[np.int64]
    variable: NDArray[np.str_]
    area: NDArray[np.str_]
    x: FloatArray
    y: FloatArray
    value: FloatArray
    as_of: int


def series_variables(raw: pl.DataFrame) -> tuple[str, ...]:
    """Return what a file's columns measure: those of figures, in small letters; ``count`` where there is none."""
    return tuple(_word(name) for name in _figures(raw)) or (COUNT,)


def series_table(
    raw: pl.DataFrame, crs: str, city: Surroundings, areas: Collection[str], last_day: date | None
) -> tuple[pl.DataFrame, int]:
    """Return a file's series (``COLUMNS``, sorted) and how many of its rows lay out of the city's reach.

    ``raw`` has a day and, as far as it has them, an area's code (one of ``areas``) or a point (in ``crs``); every
    other column of figures is a variable. ``last_day``: no row may be of a later one (None: any day).
    Raises CannotForecast (``bad_input``) with the line (the header is line 1) and the remedy.
    """
    if not raw.height:
        raise CannotForecast("bad_input", "The file has no row, so there is nothing to register.")
    days = _days(raw)
    _check_last_day(days, last_day)
    x, y = _points(raw, crs, city)
    numbered = {f"figure {at}": name for at, name in enumerate(_figures(raw))}
    figures = {at: raw[name].cast(pl.Float64) for at, name in numbered.items()}
    wide = pl.DataFrame({"day": days, "area": _areas(raw, areas), "x": x, "y": y, **figures})
    near = wide.filter(pl.col("x").is_null() | pl.col("x").is_not_nan())
    words = {at: _word(name) for at, name in numbered.items()}
    return _long(near, words), len(wide) - len(near)


def _figures(raw: pl.DataFrame) -> list[str]:
    taken = {_column(raw, names) for names in (DAYS, AREAS, ACROSS, UP)}
    return [name for name in raw.columns if name not in taken and raw.schema[name].is_numeric()]


def _column(raw: pl.DataFrame, names: Sequence[str]) -> str:
    """The file's own name of the first of these columns that it has; "" where it has none."""
    have = {name.strip().lower(): name for name in reversed(raw.columns)}
    return next((have[name] for name in names if name in have), "")


def _word(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_") or COUNT


def _days(raw: pl.DataFrame) -> pl.Series:
    column = _column(raw, DAYS)
    if not column:
        raise CannotForecast(
            "bad_input",
            f"A series needs a column of days ({', '.join(DAYS[:3])}); the file has {', '.join(raw.columns)}.",
        )
    found = raw[column]
    if found.dtype.is_temporal():
        return found.cast(pl.Date)
    text = found.cast(pl.String).str.strip_chars()
    read = pl.select(pl.coalesce(text.str.to_datetime(each, strict=False) for each in PATTERNS)).to_series()
    if read.null_count():
        line = int(read.is_null().arg_max() or 0) + 2
        raise CannotForecast(
            "bad_input",
            f"Line {line}: “{text[line - 2]}” in column {column} is no day. Write days as 2024-06-14.",
        )
    return read.cast(pl.Date)


def _check_last_day(days: pl.Series, last_day: date | None) -> None:
    if last_day is None:
        return
    late = days > last_day
    if late.any():
        raise CannotForecast(
            "bad_input",
            f"{late.sum():,} rows are of days after {last_day}, the first in line {int(late.arg_max() or 0) + 2}: what "
            "is measured cannot have been known before. Give the moment when the file was made as --as-of.",
        )


def _areas(raw: pl.DataFrame, areas: Collection[str]) -> pl.Series:
    column = _column(raw, AREAS)
    if not column:
        return pl.Series([""] * raw.height, dtype=pl.String)
    codes = raw[column].cast(pl.String).fill_null("").str.strip_chars()
    unknown = ~codes.is_in(["", *areas])
    if unknown.any():
        line = int(unknown.arg_max() or 0) + 2
        raise CannotForecast(
            "bad_input",
            f"Line {line}: the city has no area or district with the code “{codes[line - 2]}” ({unknown.sum():,} rows "
            "name such). Import the areas first, or correct the codes.",
        )
    return codes


def _points(raw: pl.DataFrame, crs: str, city: Surroundings) -> tuple[pl.Series, pl.Series]:
    """X and y on the city's plane: null without columns of points, NaN out of reach."""
    across, up = _column(raw, ACROSS), _column(raw, UP)
    if not (across and up):
        nothing = pl.Series([None] * raw.height, dtype=pl.Float64)
        return nothing, nothing
    given = [raw[name].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy() for name in (across, up)]
    whole = np.isfinite(given[0]) & np.isfinite(given[1])
    x, y = np.full(raw.height, np.nan), np.full(raw.height, np.nan)
    x[whole], y[whole] = place_points(given[0][whole], given[1][whole], crs, city)
    return pl.Series(x), pl.Series(y)


def _long(wide: pl.DataFrame, words: Mapping[str, str]) -> pl.DataFrame:
    """One row per day, variable and place: figures as they are, rows without any counted."""
    place = [name for name in PLACE if name != "variable"]
    if not words:
        counted = wide.group_by(place).agg(pl.len().cast(pl.Float64).alias("value"))
        return _sorted(counted.with_columns(pl.lit(COUNT).alias("variable")))
    table = wide.unpivot(index=place, variable_name="variable", value_name="value")
    table = table.filter(pl.col("value").is_finite())
    table = table.with_columns(pl.col("variable").replace_strict(words, return_dtype=pl.String))
    _check_repeated(table)
    return _sorted(table)


def _check_repeated(table: pl.DataFrame) -> None:
    repeated = table.filter(pl.struct(PLACE).is_duplicated()).sort("day")
    if len(repeated):
        row = repeated.row(0, named=True)
        raise CannotForecast(
            "bad_input",
            f"{row['variable']} of {row['day']} stands there more than once for the same place. Keep one figure a day: "
            "choose one station, take their mean, or name the area or the point of each.",
        )


def _sorted(table: pl.DataFrame) -> pl.DataFrame:
    if not len(table):
        raise CannotForecast("bad_input", "No row of the file has a figure in the city's reach.")
    return table.select(COLUMNS).sort(PLACE, nulls_last=True)
