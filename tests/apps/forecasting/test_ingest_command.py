"""What a steward sees at the command line, and what she can download."""

import csv
import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from forecasting.management.commands.ingest import Command
from forecasting.models import Batch, Incident
from forecasting.services.ingest_batch import ingest_batch
from governance.core.roles import Role
from governance.services.grant_role import grant_role
from tests.cast import City
from tests.factories.exports import line, many, write

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


def run(name: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def bad(path: Path) -> Path:
    return write(path, [line(1), line(2, kind="=cmd|' /C calc'!A0"), line(3, point="-70.0,40.0")])


def test_it_ends_with_what_it_did_and_where_it_is(city: City, tmp_path: Path) -> None:
    said = run(
        "ingest", "rivermark", str(bad(tmp_path / "a.csv")), str(write(tmp_path / "b.csv", many(9, first=10)))
    )
    batch = Batch.objects.get(filename="a.csv")
    assert f"a.csv: batch {batch.pk}, 1 of 3 rows stored, 2 refused" in said
    assert "2 files, 12 rows in" in said
    assert "1  unknown category" in said
    assert "manage.py refusals BATCH --out refused.csv" in said
    assert "\x1b" not in said


def test_a_script_reads_json_and_nothing_else(city: City, tmp_path: Path) -> None:
    summary = json.loads(run("ingest", "rivermark", str(bad(tmp_path / "a.csv")), "--json"))
    assert (summary["rows"], summary["accepted"], summary["refused"]) == (3, 1, 2)
    assert summary["refusals"] == {"unknown_category": 1, "out_of_boundary": 1}
    assert summary["batches"][0]["sha256"] == Batch.objects.get().digest


def test_the_same_file_again_says_so(city: City, tmp_path: Path) -> None:
    path = str(write(tmp_path / "a.csv", many(3)))
    run("ingest", "rivermark", path)
    assert "nothing changed" in run("ingest", "rivermark", path)


def test_a_refused_file_ends_the_command_and_says_what_came_before(city: City, tmp_path: Path) -> None:
    good, empty = write(tmp_path / "a.csv", many(3)), tmp_path / "b.csv"
    empty.touch()
    with pytest.raises(CommandError, match=r"b\.csv: the file is empty.*1 files before it were stored"):
        run("ingest", "rivermark", str(good), str(empty))
    assert Incident.objects.count() == 3


def test_it_acts_for_the_account_that_is_named(city: City, tmp_path: Path) -> None:
    path = str(write(tmp_path / "a.csv", many(3)))
    with pytest.raises(CommandError, match="data steward"):
        run("ingest", "rivermark", path, "--by", "eve@example.org")


def test_a_bar_is_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    out = io.StringIO()
    Command(stdout=out).progress_of("a.csv")(1_500, 0.5)
    assert out.getvalue() == f"\ra.csv  [{'#' * 15}{'.' * 15}]  50%  1,500 rows\x1b[K"


def test_refusals_are_written_as_a_csv_that_no_spreadsheet_runs(city: City, tmp_path: Path) -> None:
    run("ingest", "rivermark", str(bad(tmp_path / "a.csv")))
    batch, out = Batch.objects.get(), tmp_path / "refused.csv"
    said = run("refusals", str(batch.pk), "--out", str(out))
    assert "2 refused rows of a.csv (1 out of boundary, 1 unknown category)" in said
    first, second = csv.DictReader(io.StringIO(out.read_text("utf-8-sig")))
    assert (first["row"], first["reason"], first["category"]) == (
        "2",
        "unknown_category",
        "'=cmd|' /C calc'!A0",
    )
    assert second["longitude"] == "-70.0"


def test_a_batch_may_be_named_by_its_digest(city: City, tmp_path: Path) -> None:
    run("ingest", "rivermark", str(write(tmp_path / "a.csv", many(3))))
    out = tmp_path / "refused.csv"
    assert "0 refused rows" in run("refusals", Batch.objects.get().digest[:8], "--out", str(out))
    assert out.read_text("utf-8-sig").split() == ["row,reason"]


def test_an_unknown_batch_an_unfit_account_and_an_unwritable_file_are_refused(
    city: City, tmp_path: Path
) -> None:
    run("ingest", "rivermark", str(write(tmp_path / "a.csv", many(3))))
    number, out = str(Batch.objects.get().pk), str(tmp_path / "r.csv")
    with pytest.raises(CommandError, match="There is no batch 99999"):
        run("refusals", "99999", "--out", out)
    with pytest.raises(CommandError, match="data steward"):
        run("refusals", number, "--out", out, "--by", "ana@example.org")
    with pytest.raises(CommandError, match="cannot be written"):
        run("refusals", number, "--out", str(tmp_path / "nowhere" / "r.csv"))


def test_a_steward_downloads_the_refusals_and_nobody_else_does(city: City, tmp_path: Path) -> None:
    batch = ingest_batch(jurisdiction=city.jurisdiction, path=bad(tmp_path / "a.csv"), by=city.scheduler)
    address = reverse("batch-refusals", args=[batch.pk])
    grant_role(user=city.eve, role=Role.DATA_STEWARD, jurisdiction=city.jurisdiction, by=city.scheduler)
    client = Client()
    assert client.get(address).status_code == 302
    client.force_login(city.ana, backend=MODEL_BACKEND)
    assert client.get(address).status_code == 403
    client.force_login(city.eve, backend=MODEL_BACKEND)
    page = client.get(address)
    assert page["Content-Disposition"].startswith("attachment")
    assert len(list(csv.DictReader(io.StringIO(page.content.decode("utf-8-sig"))))) == 2
