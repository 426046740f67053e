"""Incidents into the table and back, by COPY and by packed bytes: never a Python object per row."""

from collections.abc import Iterator

import numpy as np
import polars as pl
import psycopg
from django.db import connection
from numpy.typing import NDArray

from forecasting.core.corrections import CONTENT
from forecasting.core.record_identity import PACKED, Known, known_records

BLOCK = 4_000_000  # ids packed into one value, so that none comes near PostgreSQL's limit of 1 GB
_TURN = 0x1A3B  # any number that no other advisory lock uses
_COPIED = (
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
_POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("srid", "<u4"), ("x", "<f8"), ("y", "<f8")])  # EWKB


def packed_rows(query: str, values: list[object]) -> Iterator[bytes]:
    """Run a query of one bytea column and yield its values in PostgreSQL's binary form."""
    connection.ensure_connection()
    with psycopg.Cursor(
        connection.connection
    ) as cursor:  # Django's own cursor binds on the client: text only
        cursor.execute(query, values, binary=True)
        for (value,) in cursor:
            yield bytes(value)


def wait_for_turn(jurisdiction_id: int) -> None:
    """Let one file at a time into a jurisdiction until the transaction ends.

    Two at once would both take the same id for new, and store it twice.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_TURN, jurisdiction_id])


def records_known(jurisdiction_id: int) -> Known:
    """Every record in force of a jurisdiction, found by its identity."""
    query = (
        "SELECT string_agg(int8send(id) || external_id_hash, '') FROM forecasting_incident "
        f"WHERE jurisdiction_id = %s AND superseded_at IS NULL GROUP BY id / {BLOCK}"
    )
    packed = b"".join(packed_rows(query, [jurisdiction_id]))
    return known_records(np.frombuffer(packed, dtype=PACKED))


def contents_of(ids: NDArray[np.int64]) -> pl.DataFrame:
    """`id` and ``CONTENT`` of some rows."""
    columns = ["id", *CONTENT]
    schema: dict[str, type[pl.DataType] | pl.DataType] = {
        "id": pl.Int64,
        **dict.fromkeys(CONTENT[:2], pl.String),
    }
    schema |= dict.fromkeys(CONTENT[2:5], pl.Datetime("us", "UTC")) | dict.fromkeys(CONTENT[5:], pl.Int32)
    if len(ids) == 0:
        return pl.DataFrame(schema=schema)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(columns)} FROM forecasting_incident WHERE id = ANY(%s)", [ids.tolist()]
        )
        return pl.DataFrame(cursor.fetchall(), schema=schema, orient="row")


def next_batch_id() -> int:
    """The id that a batch will have: its rows are written before its counts are known."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('forecasting_batch', 'id'))")
        return int(cursor.fetchone()[0])


def _points(longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> pl.Series:
    """The points as hexadecimal EWKB with SRID 4326."""
    packed = np.zeros(len(longitude), dtype=_POINT)
    packed["order"], packed["kind"], packed["srid"] = 1, 0x20000001, 4326
    packed["x"], packed["y"] = longitude, latitude
    text, width = packed.tobytes().hex(), 2 * _POINT.itemsize
    return pl.Series([text[at : at + width] for at in range(0, len(text), width)], dtype=pl.String)


def copy_incidents(rows: pl.DataFrame, *, jurisdiction_id: int, batch_id: int, quality: str) -> None:
    """Append rows to the table. `rows`: as sorted, with known_at, and district_id in place of an index."""
    table = rows.with_columns(
        pl.lit(jurisdiction_id).alias("jurisdiction_id"),
        pl.lit(batch_id).alias("batch_id"),
        pl.lit(quality).alias("geocode_quality"),
        (pl.lit("\\x") + pl.col("external_id_hash").bin.encode("hex")).alias("external_id_hash"),
        _points(rows["longitude"].to_numpy(), rows["latitude"].to_numpy()).alias("point"),
    ).select(_COPIED)
    text = table.write_csv(include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.6f+00")
    statement = f"COPY forecasting_incident ({', '.join(_COPIED)}) FROM STDIN (FORMAT CSV)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(text.encode())


def supersede(ids: NDArray[np.int64], moments: pl.Series) -> None:
    """Mark rows as superseded from the moment their corrections are known."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE forecasting_incident AS old SET superseded_at = new.moment "
            "FROM unnest(%s::bigint[], %s::timestamptz[]) AS new(id, moment) WHERE old.id = new.id",
            [ids.tolist(), moments.to_list()],
        )
