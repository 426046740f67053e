"""The bytes of a sealed extract."""

import io

import polars as pl

from forecasting.core.incidents import EXTRACT_COLUMNS

_ORDER = ("category", "occurred_from", "occurred_to", "x", "y")


def extract_bytes(rows: pl.DataFrame) -> bytes:
    """One Parquet file of ``EXTRACT_COLUMNS`` in a fixed row order: the same rows in any order give the same bytes.

    x, y: int32, tenths of a unit of the jurisdiction's CRS; occurred_from, occurred_to: int64, UTC seconds since
    1970; category: text. Equal under one lock file: another version of the writer may pack the same rows
    into other bytes, which is why an extract is kept and not made again.
    """
    file = io.BytesIO()
    table = rows.select(EXTRACT_COLUMNS).sort(_ORDER)
    table.write_parquet(
        file, compression="zstd", compression_level=3, statistics=False, row_group_size=250_000
    )
    return file.getvalue()


def read_extract(data: bytes) -> pl.DataFrame:
    """The rows of an extract, in its order."""
    return pl.read_parquet(io.BytesIO(data), columns=list(EXTRACT_COLUMNS))
