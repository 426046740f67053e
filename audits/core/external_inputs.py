"""From the files that somebody hands in to what is audited: every check that needs more than one file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audits.core.area_files import Areas, read_areas
from audits.core.external_files import read_numbers, read_places, refuse
from audits.core.external_measures import Vendor
from audits.core.groups import EVERYBODY, GroupTable
from audits.core.placement import Placed, place, refuse_other_ids
from audits.core.resident_rows import (
    AREA,
    ResidentRow,
    ResidentRowsError,
    guess_columns,
    read_rows,
    recognised,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """How to read one file of places. `columns`: `area`, `x`, `y`, `count` -> column; `cell_size`: metres."""

    columns: Mapping[str, str] = field(default_factory=dict)
    crs: str | None = None
    cell_size: float | None = None


@dataclass(frozen=True)
class Texts:
    """The files' contents."""

    areas: str
    groups: str
    predictions: str
    incidents: str | None = None


@dataclass(frozen=True)
class Options:
    """What the person who hands in the files says of them; everything may be left to be recognised.

    `margins`: group -> column of the residents' file with its margin of error at 90 %. `outside_max`: share of places
    that may lie in no area. `expected_...`: totals that the files must have.
    """

    area_id: str | None = None
    areas_crs: str | None = None
    columns: Mapping[str, str] | None = None
    margins: Mapping[str, str] = field(default_factory=dict)
    predictions: Reading = field(default_factory=Reading)
    incidents: Reading = field(default_factory=Reading)
    outside_max: float = 0.05
    expected_residents: float | None = None
    expected_predictions: float | None = None


def vendor_from(texts: Texts, options: Options) -> tuple[Vendor, dict[str, Any]]:
    """Return what is audited, and how the files were read as plain values.

    Raises CannotForecast with a sentence that names the file, what is wrong and what to do: unreadable files, ids that
    differ, a coordinate reference system that cannot be right, totals that are not the ones expected.
    """
    areas = read_areas(texts.areas, id_name=options.area_id, crs=options.areas_crs)
    table, columns = _residents(texts.groups.removeprefix("\ufeff"), areas, options)
    _refuse_other_total("residents", table.everybody, options.expected_residents)
    predicted = _placed(texts.predictions, "predictions", areas, options.predictions, options.outside_max)
    _refuse_other_total("predictions", predicted.total, options.expected_predictions)
    happened = (
        None
        if texts.incidents is None
        else _placed(texts.incidents, "incidents", areas, options.incidents, options.outside_max)
    )
    try:
        vendor = Vendor(
            table,
            predicted.count,
            None if happened is None else happened.count,
            _margins(texts.groups, columns, areas, table, options.margins),
        )
    except ValueError as problem:
        raise refuse(f"These files cannot be audited: {problem}.") from None
    return vendor, {
        "areas_crs": areas.crs,
        "columns_of_residents": columns,
        "predictions": _counted(predicted),
        "incidents": None if happened is None else _counted(happened),
    }


def _residents(text: str, areas: Areas, options: Options) -> tuple[GroupTable, dict[str, str]]:
    try:
        columns = _columns(next(csv.reader(io.StringIO(text)), []), options.columns)
        rows = read_rows(text, columns)
    except ResidentRowsError as problem:
        raise refuse(f"Residents by group: {problem}") from None
    _refuse_different_areas(rows, areas)
    by_area = {row.area: row for row in rows}
    groups = tuple(rows[0].groups)
    ordered = [by_area[each] for each in areas.ids]
    counts = np.array([[row.groups[group] for group in groups] for row in ordered], dtype=np.float64)
    residents = np.array([row.residents for row in ordered], dtype=np.float64)
    return GroupTable(areas.ids, groups, counts, residents), columns


def _columns(header: list[str], named: Mapping[str, str] | None) -> dict[str, str]:
    """The columns named, with the area's id and all residents recognised where only groups were named."""
    if not named:
        return guess_columns(header)
    bases = {meaning: name for meaning, name in recognised(header).items() if meaning in (AREA, EVERYBODY)}
    return bases | dict(named)


def _refuse_different_areas(rows: tuple[ResidentRow, ...], areas: Areas) -> None:
    have = [row.area for row in rows]
    refuse_other_ids(areas.ids, have, "residents by group")
    refuse_other_ids(have, areas.ids, "features of the areas' file", "the residents by group")


def _margins(
    text: str, columns: Mapping[str, str], areas: Areas, table: GroupTable, margins: Mapping[str, str]
) -> Floats | None:
    if not margins:
        return None
    unknown = sorted(set(margins) - set(table.groups))
    if unknown:
        raise refuse(
            f"Margins are given for {unknown[0]}, which is no group here: {', '.join(table.groups)}."
        )
    ids, found = read_numbers(text, columns["area"], margins, "residents by group")
    row_of = {each: row for row, each in enumerate(ids)}
    rows = [row_of[each] for each in areas.ids]
    nothing = np.zeros(len(rows))
    return np.column_stack([found[group][rows] if group in found else nothing for group in table.groups])


def _placed(text: str, what: str, areas: Areas, reading: Reading, outside_max: float) -> Placed:
    places = read_places(text, what, columns=reading.columns, crs=reading.crs)
    return place(places, areas, what, outside_max=outside_max, cell_size=reading.cell_size)


def _counted(placed: Placed) -> dict[str, float]:
    return {
        "handed_in": round(placed.total, 6),
        "in_areas": round(float(placed.count.sum()), 6),
        "outside_every_area": round(placed.outside, 6),
        "without_coordinates": round(placed.unlocated, 6),
    }


def _refuse_other_total(what: str, found: float, expected: float | None) -> None:
    if expected is not None and abs(found - expected) > 0.5:
        raise refuse(
            f"The files hold {found:,.0f} {what}, but {expected:,.0f} were expected: a file is cut short, holds lines "
            "twice, or is another one."
        )
