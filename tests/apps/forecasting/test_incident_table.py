"""Packed bytes into the table and out again, to the last microsecond."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from forecasting.core.corrections import CONTENT
from forecasting.core.record_identity import rows_known
from forecasting.intake import incident_table
from forecasting.intake.extract_rows import rows_known_at
from forecasting.intake.incident_table import contents_of, copy_incidents, records_known, supersede
from forecasting.models import Incident
from tests.cast import City

MOMENT = datetime(2024, 5, 1, 12, 30, 15, 123_456, tzinfo=UTC)


def rows(city: City, size: int = 6) -> pl.DataFrame:
    """Incidents of two kinds, the odd ones in no district, one before the year 2000."""
    numbers = np.arange(size)
    start = [MOMENT - timedelta(days=10_000 if n == 0 else n) for n in numbers.tolist()]
    return pl.DataFrame(
        {
            "external_id_hash": [bytes([n] * 16) for n in numbers.tolist()],
            "category": ["robbery" if n < size // 2 else "motor_vehicle_theft" for n in numbers],
            "found_by": ["police" if n == 1 else "reported" for n in numbers],
            "occurred_from": start,
            "occurred_to": [moment + timedelta(hours=1) for moment in start],
            "reported_at": [moment + timedelta(hours=2) for moment in start],
            "known_at": [moment + timedelta(hours=3) for moment in start],
            "x": (numbers - 2).astype(np.int32),
            "y": (44_277_570 + numbers).astype(np.int32),
            "longitude": -75.18 + numbers / 1000,
            "latitude": 40.01 + numbers / 1000,
            "district_id": [city.central.pk if n % 2 == 0 else None for n in numbers],
        }
    )


def copy(city: City, table: pl.DataFrame) -> None:
    copy_incidents(table, jurisdiction_id=city.jurisdiction.pk, batch_id=77, quality="block")


def test_every_column_comes_back_as_it_went_in(city: City) -> None:
    table = rows(city)
    copy(city, table)
    stored = {bytes(each.external_id_hash): each for each in Incident.objects.all()}
    for row in table.rows(named=True):
        incident: Any = stored[row["external_id_hash"]]
        for name in (
            "category",
            "found_by",
            "occurred_from",
            "occurred_to",
            "reported_at",
            "known_at",
            "x",
            "y",
        ):
            assert getattr(incident, name) == row[name]
        assert (incident.point.x, incident.point.y, incident.point.srid) == (
            row["longitude"],
            row["latitude"],
            4326,
        )
        assert incident.district_id == row["district_id"]
        assert (incident.jurisdiction_id, incident.batch_id) == (city.jurisdiction.pk, 77)
        assert (incident.geocode_quality, incident.superseded_at) == ("block", None)


def test_no_rows_are_no_trouble(city: City) -> None:
    copy(city, rows(city).clear())
    assert not Incident.objects.exists()
    assert rows_known(records_known(city.jurisdiction.pk), [b"a" * 16]).tolist() == [-1]
    assert contents_of(np.array([], dtype=np.int64)).columns == ["id", *CONTENT]


@pytest.mark.parametrize("block", [2, 4_000_000])
def test_records_in_force_are_found_whatever_the_size_of_a_block(
    city: City, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    copy(city, rows(city))
    ids = {bytes(each.external_id_hash): each.pk for each in Incident.objects.all()}
    superseded = ids.pop(bytes([3] * 16))
    supersede(np.array([superseded]), pl.Series([MOMENT]))
    monkeypatch.setattr(incident_table, "BLOCK", block)
    known = records_known(city.jurisdiction.pk)
    assert rows_known(known, list(ids)).tolist() == list(ids.values())
    assert rows_known(known, [bytes([3] * 16)]).tolist() == [-1]


def test_contents_are_those_of_the_asked_rows(city: City) -> None:
    copy(city, rows(city))
    incident = Incident.objects.get(x=2)
    (row,) = contents_of(np.array([incident.pk])).rows(named=True)
    assert row == {name: getattr(incident, name) for name in ("id", *CONTENT)}


@pytest.mark.parametrize("block", [2, 4_000_000])
def test_rows_of_an_extract_are_seconds_and_tenths(
    city: City, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    table = rows(city)
    copy(city, table)
    monkeypatch.setattr(incident_table, "BLOCK", block)
    found = rows_known_at(city.jurisdiction.pk, ["robbery", "motor_vehicle_theft"], MOMENT).sort("x")
    assert found["x"].to_list() == table["x"].to_list()
    assert found["category"].to_list() == table["category"].to_list()
    assert found["occurred_from"].to_list() == [int(t.timestamp() // 1) for t in table["occurred_from"]]
