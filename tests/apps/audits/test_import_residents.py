"""Bringing in residents on the real database."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, ProgrammingError, transaction

from audits.models import GroupCount, ResidentTable
from audits.selectors import residents_in_force
from audits.services.import_residents import import_residents
from governance.core.refusals import Reason, Refused
from governance.models import LedgerEntry
from tests.cast import City
from tests.factories.forecasts import add_areas, residents_csv


def load(city: City, data: bytes, by: object = None) -> ResidentTable:
    return import_residents(
        jurisdiction=city.jurisdiction,
        filename="census.csv",
        data=data,
        by=by or city.scheduler,  # type: ignore[arg-type]
    )


def test_a_census_file_becomes_the_residents_in_force_with_one_entry(city: City) -> None:
    codes = add_areas(city)
    before = LedgerEntry.objects.count()
    table = load(city, residents_csv(codes))
    assert LedgerEntry.objects.count() == before + 1
    assert (table.areas, table.residents, table.groups) == (36, 36000, ["black", "white", "below_poverty"])
    found = residents_in_force(city.jurisdiction)
    assert found is not None
    assert found.table.everybody == 36000
    assert found.table.totals.tolist() == [18 * 800 + 18 * 100, 18 * 200 + 18 * 900, 18 * 400 + 18 * 100]
    assert len(found.areas) == 36


def test_the_same_file_again_changes_nothing_and_leaves_no_entry(city: City) -> None:
    codes = add_areas(city)
    first = load(city, residents_csv(codes))
    before = LedgerEntry.objects.count()
    assert load(city, residents_csv(codes)) == first
    assert LedgerEntry.objects.count() == before


def test_a_newer_file_takes_over_and_the_older_one_stays(city: City) -> None:
    codes = add_areas(city)
    load(city, residents_csv(codes))
    load(city, residents_csv(codes, people=2000))
    found = residents_in_force(city.jurisdiction)
    assert found is not None
    assert found.table.everybody == 72000
    assert ResidentTable.objects.count() == 2


def test_areas_that_were_never_imported_are_named_and_nothing_is_stored(city: City) -> None:
    codes = add_areas(city)
    with pytest.raises(Refused) as refusal:
        load(city, residents_csv([*codes, "z91", "z92"]))
    assert refusal.value.reason is Reason.BAD_INPUT
    assert "names areas that were not imported: z91, z92" in refusal.value.message
    assert not ResidentTable.objects.exists()


def test_areas_without_a_row_are_named(city: City) -> None:
    codes = add_areas(city)
    with pytest.raises(Refused, match="no row for imported areas: a00"):
        load(city, residents_csv(codes[1:]))


def test_a_file_before_any_area_says_what_to_do_first(city: City) -> None:
    with pytest.raises(Refused, match="import_areas"):
        load(city, residents_csv(["a00"]))


def test_a_file_in_another_encoding_is_refused(city: City) -> None:
    add_areas(city)
    with pytest.raises(Refused, match="not UTF-8"):
        load(city, b"GEOID,population,black\n\xe9,1,1\n")


def test_nobody_without_the_permission_may_import(city: City) -> None:
    codes = add_areas(city)
    for who in ("ana", "ben", "chloe", "dev", "eve"):
        with pytest.raises(Refused) as refusal:
            load(city, residents_csv(codes), by=getattr(city, who))
        assert refusal.value.reason is Reason.NOT_PERMITTED, who


def test_the_database_refuses_to_change_a_count(city: City) -> None:
    load(city, residents_csv(add_areas(city)))
    with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
        GroupCount.objects.update(residents=1)


def test_the_command_imports_and_says_what_it_did(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "census.csv"
    path.write_bytes(residents_csv(add_areas(city)).replace(b"GEOID", b"id"))
    columns = ["area=id", "all_residents=total_population", "black=black_alone"]
    call_command("import_residents", "rivermark", str(path), "--columns", *columns)
    assert "36,000 residents of 36 areas in 1 groups (black)" in capsys.readouterr().out


def test_the_command_turns_a_refusal_into_its_sentence(city: City, tmp_path: Path) -> None:
    path = tmp_path / "census.csv"
    path.write_bytes(residents_csv(["a00"]))
    with pytest.raises(CommandError, match="import_areas"):
        call_command("import_residents", "rivermark", str(path))
