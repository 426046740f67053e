"""Incidents without a point: read back from the refusals of the files that came in."""

from datetime import date
from pathlib import Path

from forecasting.intake.unplaced import unplaced_days
from forecasting.models import Batch
from forecasting.services.ingest_batch import ingest_batch
from tests.cast import City
from tests.factories.exports import line, write

NOWHERE = ","
MAY_FIRST = (date(2024, 5, 1) - date(1970, 1, 1)).days


def take(city: City, path: Path) -> Batch:
    return ingest_batch(jurisdiction=city.jurisdiction, path=path, by=city.scheduler)


def test_they_are_counted_by_category_and_local_day(city: City, tmp_path: Path) -> None:
    rows = [
        line(1),
        line(2, point=NOWHERE),
        line(3, point=NOWHERE, day="2024-05-01T23:30:00"),
        line(4, point=NOWHERE, kind="Vandalism", day="2024-05-03"),
        line(5, kind="Sorcery", point=NOWHERE),
        line(6, day="soon", point=NOWHERE),
    ]
    take(city, write(tmp_path / "a.csv", rows))
    found = unplaced_days(city.jurisdiction)
    assert found is not None
    assert {name: days.tolist() for name, days in found.items()} == {
        "robbery": [MAY_FIRST, MAY_FIRST],
        "vandalism": [MAY_FIRST + 2],
    }


def test_a_row_in_two_exports_counts_once(city: City, tmp_path: Path) -> None:
    take(city, write(tmp_path / "a.csv", [line(1), line(2, point=NOWHERE)]))
    take(city, write(tmp_path / "b.csv", [line(1), line(2, point=NOWHERE), line(3, point=NOWHERE)]))
    found = unplaced_days(city.jurisdiction)
    assert found is not None
    assert found["robbery"].tolist() == [MAY_FIRST, MAY_FIRST]


def test_a_city_without_refusals_has_none(city: City) -> None:
    assert unplaced_days(city.jurisdiction) == {}
