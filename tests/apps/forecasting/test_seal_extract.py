"""An extract holds what was known at its moment, and nothing learned later."""

import hashlib
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from forecasting.core.incidents import EXTRACT_COLUMNS
from forecasting.models import Extract, Incident
from forecasting.services.ingest_batch import ingest_batch
from forecasting.services.seal_extract import seal_extract
from governance import clock
from governance.artifacts import read_artifact
from governance.core.refusals import Reason, Refused
from governance.models import LedgerEntry
from governance.services.advance_clock import advance_clock
from tests.cast import City, build_city
from tests.factories.exports import line, many, write

AS_OF = datetime(2024, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def twin(city: City) -> City:
    """Another city on the same ground."""
    return build_city(slug="twin")


def take(city: City, path: Path) -> None:
    ingest_batch(jurisdiction=city.jurisdiction, path=path, by=city.scheduler)


def seal(city: City, *categories: str, as_of: datetime = AS_OF) -> Extract:
    return seal_extract(
        jurisdiction=city.jurisdiction, as_of=as_of, categories=categories or ("robbery",), by=city.ana
    )


def rows(extract: Extract) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(read_artifact(extract.digest)))


def refusal(city: City, *categories: str, as_of: datetime = AS_OF) -> Refused:
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refused:
        seal(city, *categories, as_of=as_of)
    assert LedgerEntry.objects.count() == before
    return refused.value


def test_an_extract_is_one_file_named_by_its_digest_with_one_entry(city: City, tmp_path: Path) -> None:
    take(city, write(tmp_path / "a.csv", many(50)))
    before = LedgerEntry.objects.count()
    extract = seal(city)
    assert hashlib.sha256(read_artifact(extract.digest)).hexdigest() == extract.digest
    assert tuple(rows(extract).columns) == EXTRACT_COLUMNS
    assert LedgerEntry.objects.count() == before + 1
    entry = LedgerEntry.objects.order_by("-index")[0]
    assert (entry.action, entry.subject) == ("extract.sealed", extract.digest)


def test_rows_say_what_the_table_says(city: City, tmp_path: Path) -> None:
    take(city, write(tmp_path / "a.csv", [line(1, day="2024-05-01T12:30:15")]))
    incident = Incident.objects.get()
    (row,) = rows(seal(city)).rows(named=True)
    assert (row["x"], row["y"], row["category"]) == (incident.x, incident.y, "robbery")
    assert row["occurred_from"] == row["occurred_to"] == int(incident.occurred_from.timestamp())


def test_late_rows_do_not_leak_in(city: City, tmp_path: Path) -> None:
    """Planted: known just in time, just too late, reported late, far ahead; and a live row of the future."""
    told = [
        line(1, day="2024-06-01T02:00:00"),  # known 6 h after 06:00 UTC: exactly at AS_OF
        line(2, day="2024-06-01T02:00:01"),
        line(3, day="2024-05-01T12:00:00", reported="2024-06-01T03:00:00"),
        line(4, day="2024-06-10"),
        line(5, day="2024-09-10"),
    ]
    take(city, write(tmp_path / "a.csv", told))
    table = rows(seal(city))
    assert table["occurred_from"].to_list() == [int(datetime(2024, 6, 1, 6, tzinfo=UTC).timestamp())]


def test_a_correction_that_came_later_does_not_leak_in(city: City, tmp_path: Path) -> None:
    take(city, write(tmp_path / "a.csv", [line(1), line(2)]))
    before = seal(city, "robbery", "vandalism")
    take(city, write(tmp_path / "b.csv", [line(1, kind="Vandalism")]))
    assert seal(city, "robbery", "vandalism") == before
    after = seal(city, "robbery", "vandalism", as_of=clock.now(city.jurisdiction))
    assert sorted(rows(after)["category"]) == ["robbery", "vandalism"]


def test_a_row_that_moved_to_another_category_leaves_its_old_one(city: City, tmp_path: Path) -> None:
    take(city, write(tmp_path / "a.csv", [line(1), line(2)]))
    take(city, write(tmp_path / "b.csv", [line(1, kind="Vandalism")]))
    assert seal(city, as_of=clock.now(city.jurisdiction)).rows == 1


def test_sealing_again_changes_nothing(city: City, tmp_path: Path) -> None:
    take(city, write(tmp_path / "a.csv", [*many(20), line(99, kind="Vandalism")]))
    extract = seal(city, "robbery", "vandalism")
    before = LedgerEntry.objects.count()
    assert seal(city, "vandalism", "robbery", "robbery") == extract
    assert (LedgerEntry.objects.count(), Extract.objects.count()) == (before, 1)


def test_the_order_in_which_files_came_leaves_no_trace(city: City, twin: City, tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.csv", many(30)), write(tmp_path / "b.csv", many(30, first=31))
    for path in (first, second):
        take(city, path)
    for path in (second, first):
        take(twin, path)
    assert (
        seal(city).digest
        == seal_extract(
            jurisdiction=twin.jurisdiction,
            as_of=AS_OF,
            categories=["robbery"],
            by=twin.scheduler,
        ).digest
    )


def test_only_the_asked_categories_of_the_asked_city_are_sealed(city: City, tmp_path: Path) -> None:
    take(city, write(tmp_path / "a.csv", [line(1), line(2, kind="Vandalism"), line(3, kind="Narcotics")]))
    assert rows(seal(city, "vandalism", "narcotics"))["category"].to_list() == ["narcotics", "vandalism"]


def test_what_nobody_can_know_yet_is_refused(city: City, tmp_path: Path) -> None:
    take(city, write(tmp_path / "a.csv", [line(1), line(2, day="2024-06-20")]))
    later = clock.now(city.jurisdiction) + timedelta(days=7)
    assert refusal(city, as_of=later).reason is Reason.TOO_EARLY
    advance_clock(jurisdiction=city.jurisdiction, to=later + timedelta(hours=1), by=city.ana)
    city.jurisdiction.refresh_from_db()
    assert seal(city, as_of=later).rows == 2


def test_an_unknown_category_is_refused_and_the_known_ones_named(city: City) -> None:
    assert "residential_burglary" in refusal(city, "sorcery").message
    assert refusal(city, "sorcery").reason is Reason.BAD_INPUT


def test_a_moment_without_a_zone_is_refused(city: City) -> None:
    assert refusal(city, as_of=AS_OF.replace(tzinfo=None)).reason is Reason.BAD_INPUT


def test_an_extract_without_a_row_is_refused(city: City) -> None:
    assert refusal(city).reason is Reason.TOO_LITTLE_DATA


def test_who_may_not_run_forecasts_may_not_seal(city: City, tmp_path: Path) -> None:
    take(city, write(tmp_path / "a.csv", [line(1)]))
    for person in (city.eve, city.ben, city.chloe):
        with pytest.raises(Refused) as refused:
            seal_extract(jurisdiction=city.jurisdiction, as_of=AS_OF, categories=["robbery"], by=person)
        assert refused.value.reason is Reason.NOT_PERMITTED
