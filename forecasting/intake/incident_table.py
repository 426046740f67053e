"""Incidents into the table and back, by COPY and by packed bytes: never a Python object per row."""

from collections.abc import Mapping

import numpy as np
import polars as pl
import psycopg
from django.db import connection
from numpy.typing import NDArray

from forecasting.core.corrections import CONTENT
from forecasting.core.record_identity import PACKED, Known, known_records
from forecasting.intake.copy_format import COLUMNS, POSTGRES_EPOCH, binary_copy

BLOCK = 4_000_000  # ids packed into one value, so that none comes near PostgreSQL's limit of 1 GB
_CONTENT = np.dtype(
    [("id", ">i8"), ("category", "S40"), ("found_by", "S8")]
    + [(name, ">i8") for name in CONTENT[2:5]]
    + [(name, ">i4") for name in CONTENT[5:]]
)
_CONTENT_ROW = """int8send(id) || convert_to(rpad(category, 40), 'UTF8') || convert_to(rpad(found_by, 8), 'UTF8')
  || timestamptz_send(occurred_from) || timestamptz_send(occurred_to) || timestamptz_send(reported_at)
  || int4send(x) || int4send(y)"""
_TURN = 0x1A3B  # any number that no other advisory lock uses


def packed_rows(packed: str, condition: str, values: Mapping[str, object]) -> bytes:
    """One value per row, in PostgreSQL's binary form and in no order, without a Python object per row.

    `packed`: SQL that makes a bytea of a row; `condition`: which rows; `values`: their named parameters.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM forecasting_incident")
        last = int(cursor.fetchone()[0])
    query = (
        f"SELECT string_agg({packed}, '') FROM forecasting_incident "
        f"WHERE id >= %(first)s AND id < %(first)s + {BLOCK} AND {condition}"
    )
    # Django's own cursor binds on the client, which knows text only.
    with psycopg.Cursor(connection.connection) as cursor:
        blocks = [
            cursor.execute(query, {**values, "first": first}, binary=True).fetchone()
            for first in range(0, last + 1, BLOCK)
        ]
    return b"".join(block[0] for block in blocks if block and block[0])


def wait_for_turn(jurisdiction_id: int) -> None:
    """Let one file at a time into a jurisdiction until the transaction ends.

    Two at once would both take the same id for new, and store it twice.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_TURN, jurisdiction_id])


def records_known(jurisdiction_id: int) -> Known:
    """Every record in force of a jurisdiction, found by its identity."""
    packed = packed_rows(
        "int8send(id) || external_id_hash",
        "jurisdiction_id = %(jurisdiction)s AND superseded_at IS NULL",
        {"jurisdiction": jurisdiction_id},
    )
    return known_records(np.frombuffer(packed, dtype=PACKED))


def contents_of(ids: NDArray[np.int64]) -> pl.DataFrame:
    """`id` and ``CONTENT`` of some rows, in no order."""
    rows = np.empty(0, dtype=_CONTENT)
    if len(ids):
        rows = np.frombuffer(packed_rows(_CONTENT_ROW, "id = ANY(%(ids)s)", {"ids": ids.tolist()}), _CONTENT)
    columns: dict[str, pl.Series] = {"id": pl.Series(rows["id"].astype(np.int64))}
    for name in CONTENT[:2]:
        columns[name] = pl.Series(np.char.rstrip(rows[name]).astype(str), dtype=pl.String)
    for name in CONTENT[2:5]:
        microseconds = pl.Series(rows[name].astype(np.int64) + POSTGRES_EPOCH)
        columns[name] = microseconds.cast(pl.Datetime("us", "UTC"))
    for name in CONTENT[5:]:
        columns[name] = pl.Series(rows[name].astype(np.int32))
    return pl.DataFrame(columns)


def next_batch_id() -> int:
    """The id that a batch will have: its rows are written before its counts are known."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('forecasting_batch', 'id'))")
        return int(cursor.fetchone()[0])


def copy_incidents(rows: pl.DataFrame, *, jurisdiction_id: int, batch_id: int, quality: str) -> None:
    """Append rows to the table. `rows`: accepted incidents with known_at and district_id."""
    data = binary_copy(rows, jurisdiction_id=jurisdiction_id, batch_id=batch_id, quality=quality)
    statement = f"COPY forecasting_incident ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(data)


def supersede(ids: NDArray[np.int64], moments: pl.Series) -> None:
    """Mark rows as superseded from the moment their corrections are known."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE forecasting_incident AS old SET superseded_at = new.moment "
            "FROM unnest(%s::bigint[], %s::timestamptz[]) AS new(id, moment) WHERE old.id = new.id",
            [ids.tolist(), moments.to_list()],
        )
