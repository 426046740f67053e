"""Files that cannot be trusted are refused whole, with name, line and remedy."""

import gzip
import io
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from forecasting.core.profiles import Profile
from forecasting.intake.incident_file import Limits
from forecasting.intake.stretches import stretches
from forecasting.selectors.profiles import profile_named
from governance.core.refusals import Reason, Refused
from tests.factories.exports import HEADER, line, many, write

SMALL = Limits(stretch=2_000, record=500, ratio=60)


@pytest.fixture(scope="module")
def profile() -> Profile:
    return profile_named("demo")


def read(path: Path, profile: Profile, limits: Limits = SMALL) -> pl.DataFrame:
    return pl.concat([stretch.raw for stretch in stretches(path, profile, limits)])


def refusal(path: Path, profile: Profile, limits: Limits = SMALL) -> Refused:
    with pytest.raises(Refused) as refused:
        read(path, profile, limits)
    assert refused.value.message.startswith(path.name)
    assert refused.value.message.endswith("Nothing was stored.")
    return refused.value


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "A.CSV"])
def test_rows_come_whole_and_numbered_in_several_stretches(
    tmp_path: Path, profile: Profile, name: str
) -> None:
    path = write(tmp_path / name, many(500))
    parts = list(stretches(path, profile, SMALL))
    assert len(parts) > 5
    assert parts[-1].share == pytest.approx(1)
    rows = pl.concat([part.raw for part in parts])
    assert rows["row"].to_list() == list(range(1, 501))
    assert rows["incident_id"].to_list() == [str(n) for n in range(1, 501)]


def test_line_breaks_commas_and_quotes_inside_quotes_are_text(tmp_path: Path, profile: Profile) -> None:
    rows = [f'"multi\n""line"",\n{n}",{line(n)}' for n in range(1, 200)]
    table = read(write(tmp_path / "a.csv", rows, header=f"narrative,{HEADER}"), profile)
    assert table["incident_id"].to_list() == [str(n) for n in range(1, 200)]


def test_columns_that_the_profile_does_not_name_are_never_read(tmp_path: Path, profile: Profile) -> None:
    path = write(tmp_path / "a.csv", [f"Jane Doe,{line(1)}"], header=f"victim_name,{HEADER}")
    assert set(read(path, profile).columns) == {"row", *HEADER.split(",")}


def test_windows_line_ends_a_byte_order_mark_and_a_missing_last_line_end_are_fine(
    tmp_path: Path, profile: Profile
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([HEADER, line(1), line(2)]).encode())
    table = read(path, profile)
    assert table["incident_id"].to_list() == ["1", "2"]
    assert table["latitude"].to_list() == ["40.01", "40.01"]


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path, profile: Profile) -> None:
    with pytest.raises(Refused, match="There is no file") as refused:
        stretches(tmp_path / "none.csv", profile)
    assert refused.value.reason is Reason.NOT_FOUND


def test_another_kind_of_file_is_refused(tmp_path: Path, profile: Profile) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK")
    assert ".csv.gz, .parquet" in refusal(path, profile).message


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.parquet"])
def test_an_empty_file_is_refused(tmp_path: Path, profile: Profile, name: str) -> None:
    (tmp_path / name).touch()
    assert "is empty" in refusal(tmp_path / name, profile).message


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_a_header_without_rows_is_refused(tmp_path: Path, profile: Profile, name: str) -> None:
    assert "line 1: the file holds no rows" in refusal(write(tmp_path / name, []), profile).message


def test_missing_columns_are_named_beside_those_there_are(tmp_path: Path, profile: Profile) -> None:
    path = write(tmp_path / "a.csv", ["1,2"], header="id,category")
    message = refusal(path, profile).message
    assert "line 1: the columns incident_id, occurred, reported, longitude, latitude" in message
    assert "The file has: id, category" in message


def test_another_separator_is_recognised(tmp_path: Path, profile: Profile) -> None:
    path = write(tmp_path / "a.csv", [line(1).replace(",", ";")], header=HEADER.replace(",", ";"))
    assert "separated by ';'" in refusal(path, profile).message


def test_a_column_that_stands_there_twice_is_refused(tmp_path: Path, profile: Profile) -> None:
    path = write(tmp_path / "a.csv", [line(1) + ",7"], header=HEADER + ",latitude")
    assert "latitude stands there twice" in refusal(path, profile).message


def test_a_row_with_too_many_fields_is_found(tmp_path: Path, profile: Profile) -> None:
    rows = [*many(300), line(301) + ",12 Elm St", *many(5, first=302)]
    message = refusal(write(tmp_path / "a.csv", rows), profile).message
    assert "line 302: there are 7 fields under 6 column names" in message


def test_a_quote_that_never_closes_is_found_at_the_end(tmp_path: Path, profile: Profile) -> None:
    rows = [*many(100), '"' + line(101), *many(5, first=102)]
    assert (
        "line 102: a quotation mark opens here" in refusal(write(tmp_path / "a.csv", rows), profile).message
    )


def test_a_quote_that_never_closes_does_not_fill_the_memory(tmp_path: Path, profile: Profile) -> None:
    rows = ['"' + line(1), *many(500)]
    assert "line 2: a quotation mark opens here" in refusal(write(tmp_path / "a.csv", rows), profile).message


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("\n".join([HEADER, line(1), line(2, kind="Räuber")]).encode("latin-1"), "line 3"),
        (HEADER.encode("utf-16"), "line 1"),
        (HEADER.encode("utf-16-le"), "line 1"),
    ],
)
def test_a_wrong_encoding_is_found_at_its_line(
    tmp_path: Path, profile: Profile, text: bytes, where: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text)
    message = refusal(path, profile).message
    assert f"{where}: this is not UTF-8 text" in message
    assert "Export it as UTF-8" in message


def test_truncated_gzip_is_refused_with_the_line_reached(tmp_path: Path, profile: Profile) -> None:
    path = write(tmp_path / "a.csv.gz", many(3000))
    path.write_bytes(path.read_bytes()[:-200])
    message = refusal(path, profile).message
    assert "the compressed data ends too early. Fetch the file again" in message
    assert ", line " in message


@pytest.mark.parametrize("at", [0, 400])
def test_damaged_gzip_is_refused(tmp_path: Path, profile: Profile, at: int) -> None:
    path = write(tmp_path / "a.csv.gz", many(3000))
    data = bytearray(path.read_bytes())
    data[at : at + 40] = bytes(40)
    path.write_bytes(data)
    assert "the compressed data is damaged" in refusal(path, profile).message


def test_a_decompression_bomb_is_refused(tmp_path: Path, profile: Profile) -> None:
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(HEADER.encode() + b"\n" * 2_000_000))
    refused = refusal(path, profile)
    assert refused.reason is Reason.TOO_LARGE
    assert "decompression bomb" in refused.message


def test_more_than_the_whole_limit_is_refused(tmp_path: Path, profile: Profile) -> None:
    path = write(tmp_path / "a.csv", many(500))
    assert refusal(path, profile, Limits(stretch=2_000, unpacked=10_000)).reason is Reason.TOO_LARGE


def parquet(path: Path, frame: pl.DataFrame) -> Path:
    frame.write_parquet(path)
    return path


def typed(rows: int) -> pl.DataFrame:
    moment = datetime(2024, 5, 1, 16, tzinfo=UTC)
    return pl.DataFrame(
        {
            "incident_id": range(1, rows + 1),
            "category": "Robbery",
            "occurred": moment,
            "reported": moment.replace(tzinfo=None),
            "longitude": -75.18,
            "latitude": 40.01,
        }
    )


def test_a_parquet_file_is_read_in_slices_as_its_csv_would_be(tmp_path: Path, profile: Profile) -> None:
    path = parquet(tmp_path / "a.parquet", typed(25))
    parts = list(stretches(path, profile, Limits(parquet_rows=10)))
    assert [len(part.raw) for part in parts] == [10, 10, 5]
    first = parts[0].raw.row(0, named=True)
    assert (first["incident_id"], first["occurred"]) == (
        "1",
        "2024-05-01T12:00:00",
    )  # local time of the profile
    assert first["reported"] == "2024-05-01T16:00:00"  # without a zone: local already
    assert parts[2].raw["row"].to_list() == [21, 22, 23, 24, 25]


def test_a_parquet_file_without_its_columns_or_rows_is_refused(tmp_path: Path, profile: Profile) -> None:
    path = parquet(tmp_path / "a.parquet", typed(3).drop("latitude"))
    assert "the column latitude" in refusal(path, profile).message
    assert "no rows" in refusal(parquet(path, typed(0)), profile).message
    assert refusal(parquet(path, typed(9)), profile, Limits(rows=8)).reason is Reason.TOO_LARGE


def test_what_is_no_parquet_is_refused(tmp_path: Path, profile: Profile) -> None:
    file = io.BytesIO()
    typed(100).write_parquet(file)
    path = tmp_path / "a.parquet"
    for data in (b"PAR1 and then nothing", file.getvalue()[:-20]):
        path.write_bytes(data)
        assert "no readable Parquet file" in refusal(path, profile).message
