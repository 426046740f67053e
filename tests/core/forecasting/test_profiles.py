"""Profiles: what is shipped is valid, what is wrong is named."""

from typing import Any

import pytest

from forecasting.core.profile_tables import ProfileError
from forecasting.core.profiles import read_profile
from forecasting.core.taxonomy import TAXONOMY
from tests.core.forecasting.profile_examples import PROFILES, shipped, small


@pytest.mark.parametrize("name", sorted(path.stem for path in PROFILES.glob("*.toml")))
def test_every_shipped_profile_is_valid(name: Any) -> None:
    assert set(shipped(name).categories.by_source.values()) <= set(TAXONOMY)


def test_philadelphia_maps_32_types_and_is_known_by_objectid() -> None:
    profile = shipped("philadelphia")
    assert len(profile.categories.by_source) == 32
    assert profile.id_columns == ("objectid",)
    assert {"hour", "dc_key", "location_block"}.isdisjoint(profile.columns_read)
    assert profile.place.unit_metres == 1.0


def test_philadelphia_says_what_police_activity_finds() -> None:
    found = shipped("philadelphia").categories.police_discovered
    assert {"Narcotic / Drug Law Violations", "Weapon Violations", "Liquor Law Violations"} <= found
    assert "All Other Offenses" not in found


def test_portland_counts_in_feet_has_no_id_and_no_time_of_day() -> None:
    profile = shipped("portland")
    assert profile.place.unit_metres == pytest.approx(0.3048)
    assert profile.id_columns == ()
    assert profile.times.whole_days


def test_the_exact_source_text_wins_over_a_wildcard() -> None:
    rules = shipped("portland").categories
    assert rules.rule_for(("STREET CRIMES", "ROBW")) == "STREET CRIMES | ROBW"
    assert rules.rule_for(("STREET CRIMES", "DISTP")) == "STREET CRIMES | *"
    assert rules.rule_for(("BURGLARY", "")) == "BURGLARY | *"
    assert rules.rule_for(("FIRE", "ROBW")) is None


def test_every_column_that_is_read_is_named_once() -> None:
    assert read_profile(small()).columns_read == ("id", "date", "time", "lon", "lat", "kind")


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("title", {"title": None}),
        ("title", {"title": " "}),
        ("identity", {"identity": None}),
        ("identity.columns", {"identity__columns": "id"}),
        ("identity.columns", {"identity__columns": ["id", "id"]}),
        ("time.zone", {"time__zone": "Eastern"}),
        ("time.typical_delay_hours", {"time__typical_delay_hours": -1}),
        ("time.typical_delay_hours", {"time__typical_delay_hours": "a day"}),
        ("time.whole_days", {"time__whole_days": "no"}),
        ("time.midnight_unknown", {"time__midnight_unknown": ["murder"]}),
        ("time.occurred_from", {"time__occurred_from": None}),
        ("time.occurred_from.format", {"time__occurred_from__format": "date"}),
        ("time.occurred_from.columns", {"time__occurred_from__columns": []}),
        ("place.crs", {"place__crs": "EPSG:nowhere"}),
        ("place.work_crs", {"place__work_crs": "EPSG:4326"}),
        ("place.quality", {"place__quality": "superb"}),
        ("place.lenght", {"place__lenght": "m"}),
        ("categories.columns", {"categories__columns": []}),
        ("categories.map", {"categories__map": {}}),
        ("categories.map.'Theft'", {"categories__map": {"Theft": "stealing"}}),
        ("categories.map.'A | B'", {"categories__map": {"A | B": "theft"}}),
        ("categories.map.'Theft'", {"categories__map": {"Theft": 7}}),
        ("categories.police_discovered", {"categories__police_discovered": ["weapons"]}),
        ("privacy.never_read", {"privacy__never_read": ["lon"]}),
        ("privacy.kept_in_refusals", {"privacy__kept_in_refusals": ["kind", "row"]}),
        ("privacy.kept", {"privacy__kept": []}),
        ("places", {"places": {}}),
    ],
)
def test_a_wrong_profile_is_refused_by_the_name_of_its_key(key: Any, changes: Any) -> None:
    with pytest.raises(ProfileError) as refusal:
        read_profile(small(**changes))
    assert str(refusal.value).startswith(f"{key}: ")
