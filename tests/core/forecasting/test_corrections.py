"""A later file may repeat a record, or correct it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from forecasting.core.corrections import CONTENT, SUPERSEDES, corrected_at, settle

MOMENT = datetime(2024, 6, 14, tzinfo=UTC)


def row(supersedes: int | None, **changes: Any) -> dict[str, Any]:
    content = {
        "category": "burglary",
        "found_by": "reported",
        "occurred_from": MOMENT,
        "occurred_to": MOMENT,
        "reported_at": MOMENT,
        "x": 10,
        "y": 20,
    }
    return content | {SUPERSEDES: supersedes} | changes


def known(*ids: int) -> pl.DataFrame:
    return pl.DataFrame([{"id": number, **{name: row(None)[name] for name in CONTENT}} for number in ids])


def test_a_row_with_the_same_content_is_dropped() -> None:
    settled = settle(pl.DataFrame([row(7), row(None, x=11)]), known(7))
    assert settled.unchanged == 1
    assert settled.kept["x"].to_list() == [11]


def test_a_change_of_any_content_is_a_correction() -> None:
    later = MOMENT + timedelta(hours=1)
    changes: dict[str, Any] = {
        "category": "robbery",
        "found_by": "police",
        "occurred_from": later,
        "occurred_to": later,
        "reported_at": later,
        "x": 11,
        "y": 21,
    }
    assert set(changes) == set(CONTENT)
    for name, value in changes.items():
        settled = settle(pl.DataFrame([row(7, **{name: value})]), known(7))
        assert settled.kept[SUPERSEDES].to_list() == [7]
        assert settled.unchanged == 0


def test_where_nothing_is_known_all_rows_are_new() -> None:
    rows = pl.DataFrame([row(None), row(None, x=1)], schema_overrides={SUPERSEDES: pl.Int64})
    assert settle(rows, known()).kept.equals(rows)


def test_a_correction_is_not_known_before_it_is_loaded() -> None:
    loaded = MOMENT + timedelta(days=30)
    frame = pl.DataFrame({SUPERSEDES: [None, 7], "told": [MOMENT, MOMENT]})
    moments = frame.select(corrected_at(pl.col("told"), loaded)).to_series().to_list()
    assert moments == [MOMENT, loaded]


def test_a_correction_of_a_row_that_is_not_known_yet_waits_for_its_own_time() -> None:
    loaded = MOMENT - timedelta(days=30)
    frame = pl.DataFrame({SUPERSEDES: [7], "told": [MOMENT]})
    assert frame.select(corrected_at(pl.col("told"), loaded)).to_series().to_list() == [MOMENT]
