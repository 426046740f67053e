"""manage.py audit_external: as somebody with a vendor's file would use it."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pytest
import shapely
from django.core.management import call_command
from django.core.management.base import CommandError
from scipy.stats import spearmanr

from tests.conftest import shared_folder
from tests.core.audits.external_examples import RISING, areas_file, counts_file, groups_file, points_file

WHEN = "2026-01-02T03:04:05+00:00"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A made-up city of twenty areas and a vendor's points."""
    written = {
        "areas": areas_file(),
        "groups": groups_file(),
        "predictions": points_file(RISING),
        "incidents": counts_file([3] * len(RISING)),
    }
    paths = {kind: tmp_path / f"{kind}.{'geojson' if kind == 'areas' else 'csv'}" for kind in written}
    for kind, text in written.items():
        paths[kind].write_text(text)
    return paths


def audit(paths: dict[str, Path], *more: str) -> str:
    out = io.StringIO()
    given = [word for kind, path in paths.items() for word in (f"--{kind}", str(path))]
    call_command("audit_external", *given, "--draws", "100", *more, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_everything_is_printed_as_json_without_a_database(files: dict[str, Path]) -> None:
    answer = json.loads(audit(files, "--json"))
    assert answer["format"] == "lamplight-external-audit/1"
    black = answer["groups"][0]
    assert black["spearman"]["equal_counts_alike"]["value"] == 1
    assert black["top_10_percent"]["by_area_id"]["rate"]["value"] == pytest.approx(1850 / 9500, rel=1e-5)
    assert black["given_incidents"]["predictions_per_incident"]["value"] > 0
    assert [each["kind"] for each in answer["inputs"]["files"]] == list(files)
    assert audit(files, "--json") == json.dumps(answer, sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def test_points_and_counts_by_area_give_the_same_figures(files: dict[str, Path], tmp_path: Path) -> None:
    cells = tmp_path / "cells.csv"
    cells.write_text(counts_file(RISING))
    one, other = (
        json.loads(audit(files | {"predictions": path}, "--json", "--seed", "5"))
        for path in (files["predictions"], cells)
    )
    assert one["groups"] == other["groups"]


def test_a_terminal_gets_the_verdict_in_a_sentence(files: dict[str, Path]) -> None:
    assert "Fails. Black residents live in the most targeted 5 % of areas" in audit(files)


def test_the_report_is_a_tagged_pdf_with_the_same_bytes_every_time(
    files: dict[str, Path], tmp_path: Path
) -> None:
    first, second = tmp_path / "first.pdf", tmp_path / "second.pdf"
    for path in (first, second):
        audit(files, "--report", str(path), "--created", WHEN, "--title", "Made-up vendor")
    assert first.read_bytes() == second.read_bytes()
    with pikepdf.open(first) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.docinfo["/Title"]) == "Audit of predictions: Made-up vendor"


def test_what_is_wrong_is_refused_in_a_sentence(files: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="hold 190 predictions, but 7 were expected"):
        audit(files, "--expect-predictions", "7")
    with pytest.raises(CommandError, match="could not be placed"):
        audit(files, "--predictions-crs", "EPSG:2272")
    with pytest.raises(CommandError, match="is not MEANING=COLUMN"):
        audit(files, "--columns", "black")
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        audit(files | {"groups": tmp_path / "nowhere.csv"})
    with pytest.raises(CommandError, match="At least 100 draws"):
        audit(files, "--draws", "10")
    (tmp_path / "latin.csv").write_bytes("GEOID,Größe".encode("latin-1"))
    with pytest.raises(CommandError, match="not UTF-8"):
        audit(files | {"groups": tmp_path / "latin.csv"})


def test_help_documents_the_formats(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("audit_external", "--help")
    said = capsys.readouterr().out
    assert "GeoJSON FeatureCollection of Polygons" in said
    assert "one prediction a line" in said


def made_up_vendor(folder: Path) -> tuple[list[str], np.ndarray, np.ndarray, str]:
    """Points of a vendor who predicts more where more residents are black; ids, counts, shares, CSV."""
    rows = {
        each["GEOID"]: each
        for each in csv.DictReader(io.StringIO((folder / "tract_demographics.csv").read_text()))
    }
    features = json.loads((folder / "census_tracts.geojson").read_text())["features"]
    rng = np.random.default_rng(7)
    lines, counts, shares = ["longitude,latitude"], [], []
    ids = sorted(each["properties"]["GEOID"] for each in features)
    shapes = {each["properties"]["GEOID"]: shapely.geometry.shape(each["geometry"]) for each in features}
    for name in ids:
        people = int(rows[name]["total_population"])
        share = int(rows[name]["black_alone"]) / people if people else np.nan
        count = int(rng.poisson(8 * np.exp(1.5 * np.nan_to_num(share)) * rng.gamma(1, 1)))
        spot = shapes[name].representative_point()
        lines += [f"{spot.x:.7f},{spot.y:.7f}"] * count
        counts.append(count)
        shares.append(share)
    return ids, np.array(counts, dtype=float), np.array(shares), "\n".join(lines) + "\n"


@pytest.mark.shared_data
def test_a_made_up_vendor_over_a_real_citys_tracts(tmp_path: Path) -> None:
    """Every figure against the same one computed by other means: scipy, sorting, and sums by hand."""
    folder = shared_folder() / "data" / "philadelphia"
    ids, counts, shares, text = made_up_vendor(folder)
    (tmp_path / "vendor.csv").write_text(text)
    paths = {
        "areas": folder / "census_tracts.geojson",
        "groups": folder / "tract_demographics.csv",
        "predictions": tmp_path / "vendor.csv",
    }
    answer = json.loads(audit(paths, "--json"))
    assert answer["areas"]["number"] == 408
    assert answer["areas"]["in_a_band"] == 20
    assert answer["predictions"]["total"] == counts.sum()
    black: dict[str, Any] = answer["groups"][0]
    lived_in = np.isfinite(shares)
    expected = spearmanr(counts[lived_in], shares[lived_in]).statistic
    assert black["spearman"]["equal_counts_alike"]["value"] == pytest.approx(expected, rel=1e-5)
    rank = np.empty(counts.size)
    rank[sorted(range(counts.size), key=lambda i: (-counts[i], ids[i]))] = np.arange(counts.size, 0, -1)
    by_id = spearmanr(rank[lived_in], shares[lived_in]).statistic
    assert black["spearman"]["by_area_id"]["value"] == pytest.approx(by_id, rel=1e-5)
    most = sorted(range(counts.size), key=lambda i: (-counts[i], ids[i]))[:20]
    rows = list(csv.DictReader(io.StringIO((folder / "tract_demographics.csv").read_text())))
    people = {each["GEOID"]: (int(each["total_population"]), int(each["black_alone"])) for each in rows}
    here, everywhere = (
        np.sum([people[name] for name in names], axis=0) for names in ([ids[i] for i in most], ids)
    )
    lift = (here[1] / here[0]) / (everywhere[1] / everywhere[0]) - 1
    assert black["lift"]["by_area_id"]["most"]["value"] == pytest.approx(lift, rel=1e-5)
    rate = black["top_5_percent"]["by_area_id"]["rate"]
    assert rate["value"] == pytest.approx(here[1] / everywhere[1], rel=1e-5)
    assert rate["low"] < rate["value"] < rate["high"]
    assert answer["groups"][0]["verdict"]["verdict"] == "fail"
