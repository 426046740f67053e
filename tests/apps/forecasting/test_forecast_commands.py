"""manage.py forecast and backtest, as a person runs them."""

import json
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.cast import City
from tests.factories.history import CATEGORY, add_history


def forecast(city: City, out: Path, *more: str) -> str:
    told = StringIO()
    call_command(
        "forecast", city.jurisdiction.slug, "--category", CATEGORY, "--as-of", "2024-06-10", "--cell", "500ft",
        "--out", str(out), *more, stdout=told,
    )  # fmt: skip
    return told.getvalue()


def test_the_file_holds_every_cell_and_says_it_is_not_approved(city: City, tmp_path: Path) -> None:
    add_history(city)
    told = forecast(city, tmp_path / "cells.geojson")
    made = json.loads((tmp_path / "cells.geojson").read_text())
    assert made["lamplight"]["status"] == "not approved for deployment"
    assert "Not approved for deployment" in told
    assert len(made["features"]) == made["lamplight"]["cells"] > 900
    longitude, latitude = made["features"][0]["geometry"]["coordinates"][0][0]
    assert -75.21 < longitude < -75.15
    assert 39.99 < latitude < 40.07
    assert made["lamplight"]["cell_metres"] == 152.4


def test_a_csv_and_a_summary_for_scripts(city: City, tmp_path: Path) -> None:
    add_history(city)
    summary = json.loads(forecast(city, tmp_path / "cells.csv", "--flag-area", "0.5km2", "--json"))
    table = pl.read_csv(tmp_path / "cells.csv")
    assert table["flagged"].sum() == summary["flagged_cells"] == 21
    assert summary["flagged_km2"] <= 0.5
    assert table["status"].unique().to_list() == ["not approved for deployment"]
    assert table["expected"].sum() == pytest.approx(summary["expected"], rel=1e-3)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (("--by", "eve@example.org"), "see forecasts before they are public"),
        (("--cell", "12 parsecs"), "is not a length"),
        (("--horizon", "a week"), "like 7d"),
        (("--category", "jaywalking"), "There is no category"),
        (("--as-of", "tomorrow"), "is not a date"),
        (("--model", "kmeans"), "invalid choice"),
    ],
)
def test_what_cannot_be_done_is_said_with_the_remedy(
    city: City, tmp_path: Path, more: tuple[str, ...], problem: str
) -> None:
    add_history(city)
    with pytest.raises(CommandError, match=problem):
        forecast(city, tmp_path / "cells.csv", *more)
    assert not (tmp_path / "cells.csv").exists()


def test_a_file_of_another_kind_is_refused_before_anything_is_computed(city: City, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"ends in \.geojson or \.csv"):
        forecast(city, tmp_path / "cells.shp")


def test_a_backtest_prints_hits_with_intervals_beside_the_baseline(city: City) -> None:
    add_history(city)
    told, progress = StringIO(), StringIO()
    given = ("backtest", city.jurisdiction.slug, "--category", CATEGORY, "--from", "2024-05-10", "--windows", "3",
             "--horizon", "7d", "--cell", "300m", "--model", "blend", "--model", "svm")  # fmt: skip
    call_command(*given, stdout=told, stderr=progress)
    assert "counts" in told.getvalue()
    assert "(the baseline)" in told.getvalue()
    assert "blend: 3 windows scored" in progress.getvalue()
    assert "svm: 3 windows scored" in progress.getvalue()
    machine = StringIO()
    call_command(*given, "--json", stdout=machine, stderr=progress)
    assert json.loads(machine.getvalue())["models"]["blend"]["windows"] == 3


def test_a_backtest_into_the_future_is_refused(city: City) -> None:
    with pytest.raises(CommandError, match="fewer windows"):
        call_command("backtest", city.jurisdiction.slug, "--category", CATEGORY, "--from", "2024-06-01")
