"""Looking at a risk terrain: what stands near goes with what, as both were known, and recorded."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from forecasting.services.explore_risk_terrain import explore_risk_terrain
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.models import LedgerEntry
from tests.cast import City
from tests.factories.context import add_layer, write_points
from tests.factories.history import CATEGORY, add_history

HOT = (-75.18, 40.01)  # where `add_history` piles incidents up


@pytest.fixture
def known(city: City, tmp_path: Path) -> City:
    """A city with incidents around one hot corner, a ring of things around it, and some all over the place."""
    add_history(city)
    rng = np.random.default_rng(8)
    near = [(HOT[0] + x, HOT[1] + y) for x, y in rng.uniform(-0.0008, 0.0008, (30, 2))]
    spread = np.column_stack([rng.uniform(-75.199, -75.161, 60), rng.uniform(40.001, 40.059, 60)]).tolist()
    add_layer(city, write_points(tmp_path / "clubs.geojson", near), layer_name="clubs")
    add_layer(
        city, write_points(tmp_path / "benches.geojson", spread), layer_name="benches", subject="open_space"
    )
    return city


def explore(city: City, who: str = "ana", **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "category": CATEGORY, "as_of": clock.now(city.jurisdiction), "cell_metres": 150.0, **changes,
    }  # fmt: skip
    return explore_risk_terrain(jurisdiction=city.jurisdiction, by=getattr(city, who), **given)


def test_the_things_around_the_hot_corner_are_found_and_one_entry_says_that_somebody_looked(
    known: City,
) -> None:
    before = LedgerEntry.objects.count()
    seen = explore(known)
    assert [each["layer"] for each in seen["factors"]] == ["clubs"]
    assert seen["factors"][0]["low"] > 3
    assert set(seen["layers"]) == {"clubs", "benches"}
    assert json.loads(json.dumps(seen, allow_nan=False)) == seen
    assert LedgerEntry.objects.count() == before + 1
    entry = LedgerEntry.objects.latest("index")
    assert entry.action == "terrain.explored"
    assert b"clubs" not in bytes(entry.leaf)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"who": "eve"}, Reason.NOT_PERMITTED),
        ({"category": "jaywalking"}, Reason.NOT_FOUND),
        ({"category": "narcotics"}, Reason.OUTSIDE_POLICY),
        ({"category": "robbery"}, Reason.TOO_LITTLE_DATA),
        ({"cell_metres": 3000.0}, Reason.TOO_LITTLE_DATA),
        ({"days": 5}, Reason.TOO_LITTLE_DATA),
    ],
)
def test_what_cannot_be_looked_at_is_refused_and_leaves_no_entry(
    known: City, changes: dict[str, Any], reason: Reason
) -> None:
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        explore(known, **changes)
    assert refusal.value.reason is reason
    assert LedgerEntry.objects.count() == before


def test_layers_not_known_by_then_and_the_future_are_refused(known: City) -> None:
    now = clock.now(known.jurisdiction)
    with pytest.raises(Refused, match="none was known by then"):
        explore(known, as_of=now - timedelta(days=366))
    with pytest.raises(Refused, match="lies ahead"):
        explore(known, as_of=now + timedelta(days=1))


def test_the_command_prints_a_line_per_factor(known: City) -> None:
    out = io.StringIO()
    call_command("risk_terrain", "rivermark", "--category", CATEGORY, "--cell", "150m", stdout=out)
    assert "2 layers looked at" in out.getvalue()
    assert "clubs" in out.getvalue()
    assert "benches" not in out.getvalue()
    assert "not why" in out.getvalue()
    with pytest.raises(CommandError, match="at least 100"):
        call_command("risk_terrain", "rivermark", "--category", "robbery")
