"""Parquet files, read in slices and spelled as the same export's CSV would be."""

from collections.abc import Iterator

import polars as pl

from forecasting.core.profiles import Profile
from forecasting.intake.incident_file import IncidentFile, Stretch, numbered
from governance.core.refusals import Reason


def parquet_stretches(file: IncidentFile) -> Iterator[Stretch]:
    """Yield a Parquet file's rows as the text that the profile expects."""
    try:
        lazy = pl.scan_parquet(file.path)
        schema = lazy.collect_schema()
        file.check_columns(schema.names())
        rows = int(lazy.select(pl.len()).collect().item())
        _check_rows(file, rows)
        asked = lazy.select(_as_text(file.profile, name, schema[name]) for name in file.columns)
        for first in range(0, rows, file.limits.parquet_rows):
            part = asked.slice(first, file.limits.parquet_rows).collect()
            yield Stretch(numbered(part, first), min((first + len(part)) / rows, 1.0))
    except (pl.exceptions.PolarsError, OSError):
        file.refuse("this is no readable Parquet file. Fetch or export it again.")


def _check_rows(file: IncidentFile, rows: int) -> None:
    if rows == 0:
        file.refuse("the file holds no rows. Export it again.")
    if rows > file.limits.rows:
        file.refuse(
            f"it holds {rows:,} rows; at most {file.limits.rows:,} are taken at once. Give it in parts.",
            reason=Reason.TOO_LARGE,
        )


def _as_text(profile: Profile, name: str, kind: pl.DataType) -> pl.Expr:
    """A column as the CSV of the same export would spell it."""
    column = pl.col(name)
    if isinstance(kind, pl.Datetime) and kind.time_zone:
        column = column.dt.convert_time_zone(profile.times.zone).dt.replace_time_zone(None)
    if kind.is_temporal():
        return column.dt.to_string(_spelling(profile, name, kind))
    return column.cast(pl.String)


def _spelling(profile: Profile, name: str, kind: pl.DataType) -> str:
    times = profile.times
    for moment in (times.occurred_from, times.occurred_to, times.reported):
        if moment and moment.columns == (name,):
            return moment.format
    if isinstance(kind, pl.Date):
        return "%Y-%m-%d"
    return "%H:%M:%S" if isinstance(kind, pl.Time) else "%Y-%m-%d %H:%M:%S"
