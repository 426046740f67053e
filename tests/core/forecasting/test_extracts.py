"""The same knowledge gives the same bytes."""

import io

import numpy as np
import polars as pl

from forecasting.core.extracts import extract_bytes, read_extract
from forecasting.core.incidents import EXTRACT_COLUMNS


def rows(size: int = 500) -> pl.DataFrame:
    rng = np.random.default_rng(5)
    start = rng.integers(0, 1_000, size)
    return pl.DataFrame(
        {
            "category": rng.choice(["robbery", "burglary"], size),
            "x": rng.integers(0, 9, size).astype(np.int32),
            "y": rng.integers(0, 9, size).astype(np.int32),
            "occurred_from": start,
            "occurred_to": start + 1,
        }
    )


def test_the_order_of_the_rows_leaves_no_trace() -> None:
    shuffled = rows().sample(fraction=1.0, shuffle=True, seed=1)
    assert extract_bytes(rows()) == extract_bytes(shuffled)


def test_one_row_more_gives_other_bytes() -> None:
    assert extract_bytes(rows()) != extract_bytes(rows().vstack(rows().head(1)))


def test_columns_and_types_are_fixed_and_rows_sorted() -> None:
    table = pl.read_parquet(io.BytesIO(extract_bytes(rows())))
    assert tuple(table.columns) == EXTRACT_COLUMNS
    assert table.dtypes == [pl.Int32, pl.Int32, pl.Int64, pl.Int64, pl.String]
    assert table.equals(table.sort("category", "occurred_from", "occurred_to", "x", "y"))


def test_an_extract_reads_back_as_it_was_written() -> None:
    assert (
        read_extract(extract_bytes(rows()))
        .sort(EXTRACT_COLUMNS)
        .equals(rows().select(EXTRACT_COLUMNS).sort(EXTRACT_COLUMNS))
    )
