"""Registering context: kept as it was known, named by digest, recorded once, refused with the remedy."""

import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import shapely

from forecasting.core.context_tables import SHAPE
from forecasting.models import ContextLayer
from forecasting.selectors.geography import on_plane
from forecasting.selectors.layers import layers_known, series_known, versions_known
from forecasting.services.register_layer import register_layer
from governance import clock
from governance.artifacts import read_artifact
from governance.core.refusals import Reason, Refused
from governance.core.roles import Role
from governance.models import LedgerEntry, LedgerText, User
from governance.services.grant_role import grant_role
from tests.cast import City, build_city
from tests.factories.context import BARS, add_layer, write_points


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    return write_points(tmp_path / "bars.geojson")


def test_a_layer_is_kept_as_shapes_alone_and_leaves_one_entry(city: City, bars: Path) -> None:
    before = LedgerEntry.objects.count()
    layer = add_layer(city, bars)
    assert LedgerEntry.objects.count() == before + 1
    entry = LedgerEntry.objects.get(index=layer.ledger_index)
    assert (entry.action, entry.subject) == ("layer.registered", layer.digest)
    assert b"bars" not in bytes(entry.leaf)
    assert LedgerText.objects.get(entry=entry).text == "bars: Licensing office, list of the tests"
    kept = read_artifact(layer.digest)
    assert pl.read_parquet(io.BytesIO(kept)).columns == [SHAPE]
    assert b"Person" not in kept
    assert (layer.features, layer.left_out) == (3, 0)


def test_at_a_moment_only_the_newest_version_known_by_then_is_visible(city: City, tmp_path: Path) -> None:
    now = clock.now(city.jurisdiction)
    old = add_layer(city, write_points(tmp_path / "a.geojson"), as_of=now - timedelta(days=300))
    new = add_layer(city, write_points(tmp_path / "b.geojson", BARS[:1]), as_of=now - timedelta(days=100))

    def seen(days: int) -> list[str]:
        return [row.digest for row in versions_known(city.jurisdiction, now - timedelta(days=days))]

    assert [seen(301), seen(300), seen(101), seen(100), seen(0)] == [
        [], [old.digest], [old.digest], [new.digest], [new.digest],
    ]  # fmt: skip
    assert len(layers_known(city.jurisdiction, now - timedelta(days=200))["bars"]) == 3
    assert len(layers_known(city.jurisdiction, now)["bars"]) == 1


def test_a_layer_lies_on_the_citys_own_plane(city: City, bars: Path) -> None:
    add_layer(city, bars)
    layer = layers_known(city.jurisdiction, clock.now(city.jurisdiction))["bars"]
    boundary = on_plane(city.jurisdiction, city.jurisdiction.boundary)
    assert shapely.contains(boundary, layer.geometries).all()
    assert layers_known(city.jurisdiction, clock.now(city.jurisdiction), names={"parks"}) == {}


def test_the_same_content_again_is_the_same_version_and_leaves_no_entry(city: City, tmp_path: Path) -> None:
    first = add_layer(city, write_points(tmp_path / "a.geojson"))
    before = LedgerEntry.objects.count()
    again = add_layer(
        city, write_points(tmp_path / "b.geojson", BARS[::-1]), as_of=clock.now(city.jurisdiction)
    )
    assert again == first
    assert LedgerEntry.objects.count() == before


def test_a_data_steward_may_register_and_others_may_not(city: City, bars: Path) -> None:
    steward = User.objects.create_user("sam@example.org", name="Sam Steward")
    grant_role(user=steward, role=Role.DATA_STEWARD, jurisdiction=city.jurisdiction, by=city.scheduler)
    assert add_layer(city, bars, by=steward).features == 3
    for who in (city.ana, city.ben, city.chloe, city.dev, city.eve):
        with pytest.raises(Refused) as refusal:
            add_layer(city, bars, by=who)
        assert refusal.value.reason is Reason.NOT_PERMITTED


@pytest.mark.parametrize(
    ("changes", "reason", "told"),
    [
        ({"layer_name": "Bars!"}, Reason.BAD_INPUT, "small letters"),
        (
            {"layer_name": "poor_households", "subject": "buildings"},
            Reason.OUTSIDE_POLICY,
            "speaks of who lives",
        ),
        ({"subject": "demography"}, Reason.OUTSIDE_POLICY, "list is closed"),
        ({"kind": "polygons"}, Reason.BAD_INPUT, "another kind than polygons"),
        ({"crs": "EPSG:32618"}, Reason.BAD_INPUT, "give --crs EPSG:4326"),
        ({"crs": "EPSG:1"}, Reason.BAD_INPUT, "no coordinate system"),
        ({"source": "me"}, Reason.BAD_INPUT, "where the file comes from"),
        ({"path": Path("nowhere.geojson")}, Reason.NOT_FOUND, "Check the path"),
    ],
)
def test_what_cannot_be_registered_is_refused_and_leaves_no_entry(
    city: City, bars: Path, changes: dict[str, Any], reason: Reason, told: str
) -> None:
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused, match=told) as refusal:
        add_layer(city, changes.pop("path", bars), **changes)
    assert refusal.value.reason is reason
    assert LedgerEntry.objects.count() == before
    assert not ContextLayer.objects.exists()


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.geojson", "{}", "neither a GeoJSON FeatureCollection"),
        ("a.geojson", '{"features": []}', "holds no feature"),
        ("a.geojson", '{"features": [{"geometry": null}]}', "Feature 1 of the file has no geometry"),
        ("a.csv", "name,longitude\nx,1\n", "needs a column of x"),
        ("a.csv", "longitude,latitude\n13.4,52.5\n", "check that the file is of this city"),
    ],
)
def test_a_file_that_is_no_layer_is_refused(
    city: City, tmp_path: Path, name: str, text: str, told: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(Refused, match=told):
        add_layer(city, tmp_path / name)


def test_a_moment_is_kept_in_utc_wherever_it_was_written(city: City, bars: Path) -> None:
    there = datetime(2024, 1, 31, 9, tzinfo=ZoneInfo("America/New_York"))
    layer = register_layer(
        jurisdiction=city.jurisdiction, layer_name="bars", subject="venues", kind="points", path=bars, as_of=there,
        crs="EPSG:4326", source="Licensing office", by=city.scheduler,
    )  # fmt: skip
    assert layer.as_of.tzinfo is UTC
    leaf = bytes(LedgerEntry.objects.get(index=layer.ledger_index).leaf)
    assert b"2024-01-31T14:00Z" in leaf


def test_points_come_from_csv_too(city: City, tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("lat,lon,licensee\n40.01,-75.18,A. Person\n40.02,-75.19,B. Person\n60.0,10.0,far away\n")
    layer = add_layer(city, path)
    assert (layer.features, layer.left_out) == (2, 1)


def test_what_the_policy_prohibits_is_not_taken(db: None, bars: Path) -> None:
    city = build_city(policy={"prohibited_features": ["bars"]})
    with pytest.raises(Refused, match="prohibits bars") as refusal:
        add_layer(city, bars)
    assert refusal.value.reason is Reason.OUTSIDE_POLICY


def test_nothing_is_known_before_it_is_there_and_versions_follow_each_other(
    city: City, tmp_path: Path, bars: Path
) -> None:
    now = clock.now(city.jurisdiction)
    with pytest.raises(Refused, match="lies ahead") as early:
        add_layer(city, bars, as_of=now + timedelta(hours=1))
    assert early.value.reason is Reason.TOO_EARLY
    add_layer(city, bars, as_of=now - timedelta(days=10))
    with pytest.raises(Refused, match="needs a later moment") as late:
        add_layer(city, write_points(tmp_path / "b.geojson", BARS[:1]), as_of=now - timedelta(days=10))
    assert late.value.reason is Reason.TOO_LATE


def write_weather(path: Path, days: int = 3, *, column: str = "PRCP") -> Path:
    lines = [f"{date(2024, 6, 1) + timedelta(days=day)},{day / 10}" for day in range(days)]
    path.write_text("\n".join([f"DATE,{column}", *lines]))
    return path


def test_a_series_is_kept_by_day(city: City, tmp_path: Path) -> None:
    layer = add_layer(
        city, write_weather(tmp_path / "w.csv"), layer_name="weather", subject="weather", kind="series",
        as_of=clock.now(city.jurisdiction),
    )  # fmt: skip
    assert layer.features == 3
    series = series_known(city.jurisdiction, clock.now(city.jurisdiction))["weather"]
    assert series.value.tolist() == [0.0, 0.1, 0.2]
    assert set(series.variable) == {"prcp"}
    assert "weather" not in layers_known(city.jurisdiction, clock.now(city.jurisdiction))


def test_what_was_measured_after_it_was_known_is_refused_but_a_calendar_looks_ahead(
    city: City, tmp_path: Path
) -> None:
    path, now = write_weather(tmp_path / "w.csv", days=40), clock.now(city.jurisdiction)
    with pytest.raises(Refused, match="26 rows are of days after 2024-06-14"):
        add_layer(city, path, layer_name="rain", subject="weather", kind="series", as_of=now)
    assert (
        add_layer(city, path, layer_name="holidays", subject="calendar", kind="series", as_of=now).features
        == 40
    )


def test_a_column_about_people_is_refused(city: City, tmp_path: Path) -> None:
    path = write_weather(tmp_path / "w.csv", column="poverty_rate")
    with pytest.raises(Refused, match="“poverty” speaks of who lives") as refusal:
        add_layer(city, path, layer_name="days", subject="weather", kind="series")
    assert refusal.value.reason is Reason.OUTSIDE_POLICY


def test_an_area_the_city_does_not_have_is_refused(city: City, tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    path.write_text("date,district,what\n2023-01-01,central,light\n2023-01-01,west,light\n")
    with pytest.raises(Refused, match="Line 3: the city has no area or district with the code “west”"):
        add_layer(city, path, layer_name="requests", subject="requests", kind="series")
