"""One file, one batch: taken as the profile says, whole or not at all, never twice."""

import hashlib
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from pyproj import Transformer

from forecasting.intake.batches import refused_rows
from forecasting.models import Batch, Incident
from forecasting.services.ingest_batch import ingest_batch
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.models import Artifact, LedgerEntry
from tests.cast import City, build_city
from tests.factories.exports import HEADER, NORTH, line, many, write


def take(city: City, path: Path) -> Batch:
    return ingest_batch(jurisdiction=city.jurisdiction, path=path, by=city.scheduler)


def refusal(city: City, path: Path) -> Refused:
    before = (
        LedgerEntry.objects.count(),
        Artifact.objects.count(),
        Batch.objects.count(),
        Incident.objects.count(),
    )
    with pytest.raises(Refused) as refused, transaction.atomic():
        take(city, path)
    after = (
        LedgerEntry.objects.count(),
        Artifact.objects.count(),
        Batch.objects.count(),
        Incident.objects.count(),
    )
    assert after == before, "nothing is stored"
    return refused.value


def test_a_file_becomes_a_batch_with_one_entry(city: City, tmp_path: Path) -> None:
    before = LedgerEntry.objects.count()
    path = write(tmp_path / "may.csv", [line(1), line(2, point=NORTH), line(3, kind="Sorcery")])
    batch = take(city, path)
    assert (batch.rows, batch.accepted, batch.refused, batch.refusals) == (3, 2, 1, {"unknown_category": 1})
    assert batch.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    entry = LedgerEntry.objects.order_by("-index")[0]
    assert LedgerEntry.objects.count() == before + 1
    assert (entry.action, entry.subject) == ("batch.ingested", batch.digest)


def test_an_incident_is_stored_as_the_profile_reads_it(city: City, tmp_path: Path) -> None:
    told = "2024-05-01T18:00:00"
    take(city, write(tmp_path / "a.csv", [line(1, day="2024-05-01T12:30:00", reported=told)]))
    incident = Incident.objects.get()
    assert incident.category == "robbery"
    assert incident.occurred_from == incident.occurred_to == datetime(2024, 5, 1, 16, 30, tzinfo=UTC)
    assert incident.reported_at == datetime(2024, 5, 1, 22, tzinfo=UTC)
    assert incident.known_at == incident.reported_at + timedelta(hours=6)
    assert incident.superseded_at is None
    assert incident.district == city.central
    assert incident.point.srid == 4326
    assert (incident.point.x, incident.point.y) == (-75.18, 40.01)
    plane = Transformer.from_crs(4326, city.jurisdiction.srid, always_xy=True).transform(-75.18, 40.01)
    assert (incident.x / 10, incident.y / 10) == pytest.approx(plane, abs=0.06)
    assert (incident.geocode_quality, incident.found_by) == ("exact", "reported")


def test_districts_and_police_discoveries_are_told_apart(city: City, tmp_path: Path) -> None:
    take(city, write(tmp_path / "a.csv", [line(1), line(2, point=NORTH), line(3, kind="Narcotics")]))
    stored = Incident.objects.order_by("id").values_list("district__code", "found_by")
    assert list(stored) == [("central", "reported"), ("north", "reported"), ("central", "police")]


def test_names_addresses_and_narratives_never_reach_the_database(city: City, tmp_path: Path) -> None:
    secret = "Jane Doe of 12 Elm Street"
    rows = [f'"{secret}",{line(1)}', f'"{secret}",{line(2, kind="Sorcery")}']
    batch = take(city, write(tmp_path / "a.csv", rows, header=f"narrative,{HEADER}"))
    with connection.cursor() as cursor:
        for table in (
            "forecasting_incident",
            "forecasting_batch",
            "governance_ledgerentry",
            "governance_artifact",
        ):
            cursor.execute(f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE %s", ["%Jane Doe%"])
            assert cursor.fetchone() == (0,)
    assert secret not in refused_rows(batch).write_csv()


def test_the_id_itself_is_not_stored(city: City, tmp_path: Path) -> None:
    take(city, write(tmp_path / "a.csv", [line("RM-777")]))
    stored = bytes(Incident.objects.get().external_id_hash)
    assert len(stored) == 16
    assert stored != hashlib.sha256(b"RM-777").digest()[:16]


def test_the_same_id_in_two_cities_has_two_identities(city: City, tmp_path: Path) -> None:
    other = build_city(slug="elsewhere")
    path = write(tmp_path / "a.csv", [line(1)])
    take(city, path)
    take(other, path)
    assert Incident.objects.values("external_id_hash").distinct().count() == 2


def test_refusals_are_kept_with_row_number_reason_and_allowed_fields(city: City, tmp_path: Path) -> None:
    rows = [line(1), line(1), line(2, point="-70.0,40.0"), line(3, point=","), line(4, day="soon")]
    batch = take(city, write(tmp_path / "a.csv", rows))
    kept = refused_rows(batch)
    assert kept.select("row", "reason").rows() == [
        (2, "repeated_id"),
        (3, "out_of_boundary"),
        (4, "missing_point"),
        (5, "unparsable_date"),
    ]
    assert "incident_id" not in kept.columns
    assert sum(batch.refusals.values()) == batch.refused == 4


def test_a_date_after_today_is_refused_even_where_a_replay_stands_in_the_past(
    city: City, tmp_path: Path
) -> None:
    later_than_replay, tomorrow = "2024-12-01", (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    batch = take(city, write(tmp_path / "a.csv", [line(1, day=later_than_replay), line(2, day=tomorrow)]))
    assert batch.refusals == {"date_in_future": 1}
    assert Incident.objects.get().occurred_from > clock.now(city.jurisdiction)


def test_the_same_file_again_changes_nothing(city: City, tmp_path: Path) -> None:
    first = take(city, write(tmp_path / "a.csv", many(5)))
    before = LedgerEntry.objects.count()
    assert take(city, write(tmp_path / "renamed.csv", many(5))) == first
    assert (LedgerEntry.objects.count(), Incident.objects.count()) == (before, 5)


def test_a_later_file_corrects_and_keeps_the_earlier_row(city: City, tmp_path: Path) -> None:
    take(city, write(tmp_path / "a.csv", [line(1), line(2)]))
    rows = [line(1), line(2, kind="Vandalism"), line(3)]
    batch = take(city, write(tmp_path / "b.csv", rows))
    assert (batch.accepted, batch.corrections, batch.unchanged) == (2, 1, 1)
    old, new = Incident.objects.filter(
        external_id_hash=Incident.objects.get(category="vandalism").external_id_hash
    )
    assert (old.category, new.category) == ("robbery", "vandalism")
    assert old.superseded_at == new.known_at
    assert new.superseded_at is None
    assert Incident.objects.count() == 4


def test_a_correction_is_not_known_before_it_came(city: City, tmp_path: Path) -> None:
    take(city, write(tmp_path / "a.csv", [line(1)]))
    take(city, write(tmp_path / "b.csv", [line(1, kind="Vandalism")]))
    known = Incident.objects.get(category="vandalism").known_at
    assert abs(known - clock.now(city.jurisdiction)) < timedelta(minutes=1)


def test_a_correction_can_be_corrected(city: City, tmp_path: Path) -> None:
    for number, kind in enumerate(["Robbery", "Vandalism", "Robbery", "Robbery"]):
        take(city, write(tmp_path / f"{number}.csv", [line(1, kind=kind), line(10 + number)]))
    history = Incident.objects.filter(batch__corrections__gt=0, superseded_at=None, category="robbery")
    assert Incident.objects.filter(superseded_at=None).count() == 5
    assert Incident.objects.exclude(superseded_at=None).count() == 2
    assert history.exists()


def test_a_live_row_is_known_when_it_is_loaded_and_an_old_one_when_it_was_reported(
    real_clock_city: City, tmp_path: Path
) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    take(real_clock_city, write(tmp_path / "a.csv", [line(1, day=yesterday), line(2)]))
    live, old = Incident.objects.order_by("-occurred_from")
    assert abs(live.known_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert old.known_at == old.reported_at + timedelta(hours=6)


def test_a_gzipped_file_is_another_file_with_the_same_incidents(city: City, tmp_path: Path) -> None:
    take(city, write(tmp_path / "a.csv", many(20)))
    batch = take(city, write(tmp_path / "a.csv.gz", many(20)))
    assert (batch.accepted, batch.unchanged) == (0, 20)


def test_a_file_in_another_crs_is_refused_with_the_remedy(city: City, tmp_path: Path) -> None:
    rows = [line(n, point="484000,4427000") for n in range(30)]
    refused = refusal(city, write(tmp_path / "utm.csv", rows))
    assert refused.reason is Reason.BAD_INPUT
    assert "utm.csv, line 2: 30 of 30 points lie outside Rivermark" in refused.message
    assert "correct `crs`" in refused.message


def test_a_file_of_which_nothing_can_be_taken_is_refused(city: City, tmp_path: Path) -> None:
    rows = [line(n, day="01/05/2024 noonT") for n in range(5)]
    refused = refusal(city, write(tmp_path / "a.csv", rows))
    assert (
        "a.csv, line 2: not one of 5 rows can be taken; 5 of them because of unparsable date"
        in refused.message
    )


def test_a_file_that_breaks_at_its_end_leaves_nothing(city: City, tmp_path: Path) -> None:
    rows = [*many(40_000), '"' + line(40_001)]
    assert "line 40,002: a quotation mark" in refusal(city, write(tmp_path / "a.csv", rows)).message
    assert Incident.objects.count() == 0


def test_a_file_that_changes_while_it_is_read_is_refused(city: City, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", many(5))

    def change(rows: int, share: float) -> None:
        write(path, many(6))

    with pytest.raises(Refused, match="changed while it was read"), transaction.atomic():
        ingest_batch(jurisdiction=city.jurisdiction, path=path, by=city.scheduler, progress=change)
    assert Incident.objects.count() == 0


def test_progress_is_told_up_to_the_whole_file(city: City, tmp_path: Path) -> None:
    told: list[tuple[int, float]] = []
    path = write(tmp_path / "a.csv", many(100_000))
    ingest_batch(
        jurisdiction=city.jurisdiction, path=path, by=city.scheduler, progress=lambda *now: told.append(now)
    )
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1] == (100_000, 1.0)


def test_who_may_not_manage_data_may_not_ingest(city: City, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", many(3))
    for person in (city.eve, city.ana, city.ben):
        with pytest.raises(Refused) as refused:
            ingest_batch(jurisdiction=city.jurisdiction, path=path, by=person)
        assert refused.value.reason is Reason.NOT_PERMITTED


def test_a_missing_file_is_not_found(city: City, tmp_path: Path) -> None:
    assert refusal(city, tmp_path / "none.csv").reason is Reason.NOT_FOUND


def test_when_the_record_fails_nothing_is_stored(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("no record")

    monkeypatch.setattr("forecasting.services.ingest_batch.record", fail)
    with pytest.raises(RuntimeError, match="no record"):
        take(city, write(tmp_path / "a.csv", many(5)))
    assert (Incident.objects.count(), Batch.objects.count()) == (0, 0)


@pytest.mark.usefixtures("fresh_database")
def test_two_files_at_once_do_not_store_a_record_twice(tmp_path: Path) -> None:
    city = build_city()
    paths = [write(tmp_path / f"{n}.csv", [*many(2000), line(9000 + n)]) for n in range(2)]
    failures: list[BaseException] = []

    def work(path: Path) -> None:
        try:
            take(city, path)
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Incident.objects.count() == 2002
