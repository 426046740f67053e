"""One file of incidents: what it may ask of the machine, and how it is refused as a whole.

A file that cannot be trusted as a whole is refused with its name, the line and the remedy, before or while it is
read; the caller's transaction then keeps nothing of it. Rows that cannot be taken are another matter: the
profile decides about them one by one (core/ingestion.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import polars as pl

from forecasting.core.ingestion import ROW
from forecasting.core.profiles import Profile
from governance.core.refusals import Reason, Refused


@dataclass(frozen=True)
class Limits:
    """What a file may ask of the machine. Bytes; `ratio`: unpacked to packed, looked at beyond `stretch` bytes."""

    stretch: int = 3 * 2**20
    record: int = 2**20
    unpacked: int = 16 * 2**30
    ratio: int = 60
    rows: int = 100_000_000
    parquet_rows: int = 100_000


@dataclass(frozen=True)
class Stretch:
    """Some rows of a file as text (the columns that the profile reads, and `row`), and how much of it is read."""

    raw: pl.DataFrame
    share: float


class IncidentFile:
    """One file on disk and the way to refuse it by name and line."""

    def __init__(self, path: Path, profile: Profile, limits: Limits) -> None:
        self.path = path
        self.columns = profile.columns_read
        self.profile = profile
        self.limits = limits

    def refuse(self, problem: str, *, line: int | None = None, reason: Reason = Reason.BAD_INPUT) -> NoReturn:
        """Refuse the whole file with a sentence that says what to do."""
        where = self.path.name if line is None else f"{self.path.name}, line {line:,}"
        raise Refused(reason, f"{where}: {problem} Nothing was stored.")

    def check_columns(self, found: Sequence[str]) -> None:
        """Refuse a file that lacks a column of the profile, or holds one twice."""
        missing = [column for column in self.columns if column not in found]
        if missing:
            self.refuse(
                f"the column{'s' if len(missing) > 1 else ''} {', '.join(missing)} that the profile names "
                f"{'are' if len(missing) > 1 else 'is'} not there. The file has: {_shown(found)}. "
                f"{_separator_hint(found)}Choose the profile of this export, or correct the profile.",
                line=1,
            )
        twice = [column for column in self.columns if list(found).count(column) > 1]
        if twice:
            self.refuse(f"the column {twice[0]} stands there twice. Rename or remove one of them.", line=1)


def _shown(columns: Sequence[str]) -> str:
    return ", ".join(column[:40] for column in columns[:20]) + (", …" if len(columns) > 20 else "")


def _separator_hint(found: Sequence[str]) -> str:
    marks = [mark for mark in (";", "\t", "|") if len(found) == 1 and mark in found[0]]
    return f"Its fields are separated by {marks[0]!r}: export it with commas. " if marks else ""


def numbered(rows: pl.DataFrame, before: int) -> pl.DataFrame:
    """The rows with their numbers in the file, from `before` + 1."""
    return rows.with_columns(pl.int_range(before + 1, before + 1 + len(rows), dtype=pl.Int64).alias(ROW))
