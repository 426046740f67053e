"""The rows of an extract out of the table: what was known at a moment, and nothing learned later."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import polars as pl

from forecasting.intake.copy_format import POSTGRES_EPOCH
from forecasting.intake.incident_table import packed_rows

_PACKED = np.dtype([("x", ">i4"), ("y", ">i4"), ("start", ">i8"), ("end", ">i8"), ("category", ">i4")])
_ROW = """int4send(x) || int4send(y) || timestamptz_send(occurred_from) || timestamptz_send(occurred_to)
  || int4send(array_position(%(names)s::text[], category::text))"""
_KNOWN = """jurisdiction_id = %(jurisdiction)s AND category = ANY(%(names)s) AND known_at <= %(as_of)s
  AND (superseded_at IS NULL OR superseded_at > %(as_of)s)"""


def rows_known_at(jurisdiction_id: int, categories: Sequence[str], as_of: datetime) -> pl.DataFrame:
    """x, y (int32, tenths of a CRS unit), occurred_from, occurred_to (UTC seconds), category; in no order."""
    names = list(categories)
    values = {"jurisdiction": jurisdiction_id, "names": names, "as_of": as_of}
    rows = np.frombuffer(packed_rows(_ROW, _KNOWN, values), dtype=_PACKED)
    return pl.DataFrame(
        {
            "x": rows["x"].astype(np.int32),
            "y": rows["y"].astype(np.int32),
            "occurred_from": (rows["start"].astype(np.int64) + POSTGRES_EPOCH) // 1_000_000,
            "occurred_to": (rows["end"].astype(np.int64) + POSTGRES_EPOCH) // 1_000_000,
            "category": pl.Series(names, dtype=pl.String).gather(rows["category"].astype(np.int64) - 1),
        }
    )
