"""A census file of residents by area and group, read and checked before anything is stored.

Everything that is wrong with a file is told at once, with the line and what to do.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from audits.core.groups import EVERYBODY

AREA = "area"
_KNOWN = {
    AREA: ("geoid", "area", "area_id", "area_code", "code", "id"),
    EVERYBODY: ("total_population", "population", "residents", "all_residents"),
    "black": ("black_alone", "black"),
    "white": ("white_alone", "white"),
    "asian": ("asian_alone", "asian"),
    "hispanic": ("hispanic_latino", "hispanic", "latino"),
    "below_poverty": ("below_poverty",),
}
_SHOWN = 10


class ResidentRowsError(ValueError):
    """A file that cannot be read, with a sentence naming line, column and remedy."""


@dataclass(frozen=True)
class ResidentRow:
    """One line of the file: an area's code, all its residents, and residents by group (overlapping)."""

    area: str
    residents: int
    groups: Mapping[str, int]


def guess_columns(header: list[str]) -> dict[str, str]:
    """Name the file's column for the area, for all residents and for each group that is recognised.

    Raises ResidentRowsError where the area, the total or every group is missing.
    """
    found = recognised(header)
    _refuse_incomplete(found, header)
    return found


def recognised(header: list[str]) -> dict[str, str]:
    """Return meaning -> column for every column whose name is recognised, however few."""
    by_lower = {name.strip().lower(): name for name in header}
    return {
        meaning: by_lower[alias]
        for meaning, aliases in _KNOWN.items()
        for alias in reversed(aliases)
        if alias in by_lower
    }


def read_rows(text: str, columns: Mapping[str, str] | None = None) -> tuple[ResidentRow, ...]:
    """Read CSV text with a header line into rows, in the file's order.

    `columns`: meaning (`area`, `all_residents`, or a group's name) -> the file's column; guessed where None.
    Raises ResidentRowsError for missing columns, an area named twice, or a number that is not a whole,
    non-negative one, or a group larger than its area.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""))
    header = list(reader.fieldnames or [])
    chosen = dict(columns) if columns else guess_columns(header)
    _refuse_incomplete(chosen, header)
    rows = tuple(_row(record, chosen, line) for line, record in enumerate(reader, start=2))
    if not rows:
        raise ResidentRowsError("The file has a header but no row, so there is nothing to import.")
    _refuse_repeated(rows)
    return rows


def differences(rows: tuple[ResidentRow, ...], areas: frozenset[str]) -> str:
    """Say where the file's areas and the imported ones differ; empty where they agree exactly."""
    codes = {row.area for row in rows}
    parts = [
        _listing("The file names areas that were not imported", sorted(codes - areas)),
        _listing("It has no row for imported areas", sorted(areas - codes)),
    ]
    return " ".join(part for part in parts if part)


def _refuse_incomplete(columns: Mapping[str, str], header: list[str]) -> None:
    absent = sorted(set(columns.values()) - set(header))
    if absent:
        raise ResidentRowsError(f"The file has no column {', '.join(absent)}; it has: {', '.join(header)}.")
    for meaning, words in ((AREA, "the area's code"), (EVERYBODY, "all residents")):
        if meaning not in columns:
            raise ResidentRowsError(
                f"No column is known to hold {words}. Name it: --columns {meaning}=COLUMN. "
                f"The file has: {', '.join(header)}."
            )
    if len(columns) < 3:
        raise ResidentRowsError("No column of a group was found. Name one: --columns GROUP=COLUMN.")


def _row(record: Mapping[str, str | None], columns: Mapping[str, str], line: int) -> ResidentRow:
    counts = {
        meaning: _count(record[column], column, line)
        for meaning, column in columns.items()
        if meaning != AREA
    }
    residents = counts.pop(EVERYBODY)
    for group, count in counts.items():
        if count > residents:
            raise ResidentRowsError(
                f"Line {line}: {columns[group]} is {count}, more than the {residents} people who live there."
            )
    area = (record[columns[AREA]] or "").strip()
    if not area:
        raise ResidentRowsError(f"Line {line}: the column {columns[AREA]} is empty.")
    return ResidentRow(area, residents, counts)


def _count(written: str | None, column: str, line: int) -> int:
    text = (written or "").strip().removesuffix(".0")
    if not (text.isascii() and text.isdigit()):
        raise ResidentRowsError(
            f"Line {line}: {column} is “{written or ''}”; it must be a whole number of people, 0 where nobody lives."
        )
    return int(text)


def _refuse_repeated(rows: tuple[ResidentRow, ...]) -> None:
    repeated = sorted(set(_repeats(rows)))
    if repeated:
        raise ResidentRowsError(_listing("The file has more than one row for areas", repeated))


def _repeats(rows: tuple[ResidentRow, ...]) -> Iterator[str]:
    seen: set[str] = set()
    for row in rows:
        if row.area in seen:
            yield row.area
        seen.add(row.area)


def _listing(words: str, codes: list[str]) -> str:
    if not codes:
        return ""
    more = f" and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else ""
    return f"{words}: {', '.join(codes[:_SHOWN])}{more}."
