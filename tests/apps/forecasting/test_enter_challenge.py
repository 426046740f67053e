"""Entries of the NIJ challenge: by the rules, chosen on the past alone, recorded."""

import io
import json
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapefile
import shapely
from django.core.management import call_command
from django.core.management.base import CommandError

from forecasting.core.fingerprint import digest
from forecasting.core.manifest import canonical_bytes
from forecasting.core.nij import Entry, Horizon, Score, check_entry
from forecasting.models import ForecastRun, Incident
from forecasting.selectors.geography import on_plane
from forecasting.services.enter_challenge import ChallengeEntry, enter_challenge
from governance.core.refusals import Reason, Refused
from governance.models import Jurisdiction, LedgerEntry
from tests.cast import City
from tests.factories.history import CATEGORY, add_history


def enter(city: City, who: str = "ana", **changes: Any) -> ChallengeEntry:
    given: dict[str, Any] = {
        "category": CATEGORY,
        "first": date(2024, 6, 14),
        "horizon": Horizon.ONE_MONTH,
        "score": Score.PEI,
        "progress": lambda _done, _layouts: None,
        **changes,
    }
    return enter_challenge(jurisdiction=city.jurisdiction, by=getattr(city, who), **given)


def read(made: ChallengeEntry) -> Entry:
    """Read the shapefile back as a stranger would; the test city's plane is in metres."""
    parts = {suffix[1:]: io.BytesIO(made.files[suffix]) for suffix in (".shp", ".shx", ".dbf")}
    with shapefile.Reader(**parts) as reader:
        polygons = np.array([shapely.geometry.shape(each.__geo_interface__) for each in reader.shapes()])
        hotspot = np.array([each["hotspot"] == 1 for each in reader.records()])
        assert [each["id"] for each in reader.records()] == list(range(1, len(polygons) + 1))
        areas = [each["area"] for each in reader.records()]
    assert areas == pytest.approx(shapely.area(polygons).tolist(), rel=1e-6, abs=1e-4)
    return Entry(polygons, hotspot, 1.0)


@pytest.mark.parametrize(("score", "flagged"), [(Score.PAI, (0.25, 0.2523)), (Score.PEI, (0.73, 0.75))])
def test_the_shapefile_keeps_the_rules_and_covers_the_city(
    city: City, score: Score, flagged: tuple[float, float]
) -> None:
    add_history(city)
    made = enter(city, score=score)
    entry = read(made)
    check_entry(entry)
    boundary = on_plane(city.jurisdiction, city.jurisdiction.boundary)
    assert shapely.area(entry.polygons).sum() == pytest.approx(boundary.area, rel=1e-6)
    miles = entry.square_feet[entry.hotspot].sum() / 5280**2
    assert flagged[0] - 1e-6 <= miles <= flagged[1]
    assert made.facts["flagged_square_miles"] == pytest.approx(miles, abs=1e-6)
    assert b"UTM_Zone_18N" in made.files[".prj"]


def test_the_hot_corner_is_flagged(city: City) -> None:
    """Four in ten incidents lie in one corner of Central: nothing else earns a place before it."""
    add_history(city)
    entry = read(enter(city))
    hot = on_plane(city.jurisdiction, city.jurisdiction.boundary.__class__.from_ewkt(
        "SRID=4326;MULTIPOLYGON(((-75.18001 40.00999,-75.17999 40.00999,-75.17999 40.01001,-75.18001 40.00999)))"
    ))  # fmt: skip
    assert entry.hotspot[shapely.intersects(entry.polygons, hot.centroid)].all()


def test_an_entry_leaves_one_leaf_with_its_digest_and_no_run(city: City) -> None:
    add_history(city)
    before = LedgerEntry.objects.count()
    made = enter(city)
    leaf = LedgerEntry.objects.latest("index")
    assert LedgerEntry.objects.count() == before + 1
    assert (leaf.action, leaf.subject) == ("forecast.entered", made.digest)
    assert made.digest == digest(canonical_bytes(made.facts))
    assert made.facts["files"] == {suffix: digest(data) for suffix, data in made.files.items()}
    assert not ForecastRun.objects.exists()


def test_the_same_past_gives_the_same_entry_and_what_came_later_changes_nothing(city: City) -> None:
    add_history(city)
    first = date(2024, 5, 1)
    made = enter(city, first=first)
    Incident.objects.filter(known_at__gt=datetime(2024, 5, 1, 4, tzinfo=UTC)).update(x=0, y=0)
    assert enter(city, first=first).digest == made.digest


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"who": "eve"}, Reason.NOT_PERMITTED),
        ({"category": "jaywalking"}, Reason.NOT_FOUND),
        ({"category": "narcotics"}, Reason.OUTSIDE_POLICY),
        ({"category": "robbery"}, Reason.TOO_LITTLE_DATA),
        ({"first": date(2024, 9, 1)}, Reason.TOO_EARLY),
        ({"first": date(2023, 8, 1)}, Reason.TOO_LITTLE_DATA),
    ],
)
def test_what_cannot_be_entered_is_refused_and_leaves_no_leaf(
    city: City, changes: dict[str, Any], reason: Reason
) -> None:
    add_history(city)
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        enter(city, **changes)
    assert refusal.value.reason is reason
    assert LedgerEntry.objects.count() == before


def test_a_city_in_degrees_is_refused_with_the_remedy(city: City) -> None:
    add_history(city)
    Jurisdiction.objects.filter(pk=city.jurisdiction.pk).update(srid=4326)
    city.jurisdiction.refresh_from_db()
    with pytest.raises(Refused, match="not projected"):
        enter(city)


def command(city: City, out: Path, *more: str, as_of: str = "2024-06-14") -> str:
    told, progress = StringIO(), StringIO()
    call_command(
        "forecast", city.jurisdiction.slug, "--category", CATEGORY, "--as-of", as_of, "--nij", "PEI", "--out", str(out),
        *more, stdout=told, stderr=progress,
    )  # fmt: skip
    assert "24 layouts of cells tried" in progress.getvalue()
    return told.getvalue()


def test_the_command_writes_the_files_and_says_where(city: City, tmp_path: Path) -> None:
    add_history(city)
    told = command(city, tmp_path / "entry", "--horizon", "2wk")
    stem = tmp_path / "entry" / f"{CATEGORY}_2WK_PEI"
    assert str(stem.with_suffix(".shp")) in told
    assert "2024-06-14 to 2024-06-27" in told
    assert "Not approved for deployment" in told
    facts = json.loads(stem.with_suffix(".json").read_text())
    assert digest(stem.with_suffix(".shp").read_bytes()) == facts["files"][".shp"]
    assert LedgerEntry.objects.latest("index").subject == facts["digest"]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ((), "with --nij write one of 1WK, 2WK, 1MO, 2MO, 3MO"),
        (("--horizon", "1MO", "--cell", "500ft"), "leave out --cell"),
        (("--horizon", "1MO", "--model", "counts"), "leave out --cell"),
        (("--horizon", "1MO", "--by", "eve@example.org"), "see forecasts before they are public"),
    ],
)
def test_what_the_command_cannot_do_is_said_with_the_remedy(
    city: City, tmp_path: Path, more: tuple[str, ...], problem: str
) -> None:
    add_history(city)
    with pytest.raises(CommandError, match=problem):
        command(city, tmp_path / "entry", *more)
    with pytest.raises(CommandError, match="first scored day, like 2017-03-01"):
        command(city, tmp_path / "entry", "--horizon", "1MO", as_of="2024-06-14T06:00")
    assert not (tmp_path / "entry").exists()
