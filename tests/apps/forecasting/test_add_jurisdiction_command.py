"""Setting up a city from its files, by command."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from forecasting.management.commands.add_jurisdiction import first_policy
from forecasting.models import Recipe
from forecasting.selectors.profiles import profile_named
from governance.core.policy import read_terms
from governance.models import Jurisdiction, LedgerEntry, RoleGrant, User
from tests.cast import square


@pytest.fixture
def districts(tmp_path: Path) -> str:
    """Write two districts as GeoJSON."""
    features = [
        {"type": "Feature", "properties": {"dist_num": code}, "geometry": json.loads(shape.geojson)}
        for code, shape in ((1, square(-75.2, 40.0, -75.1, 40.1)), (2, square(-75.1, 40.0, -75.0, 40.1)))
    ]
    path = tmp_path / "districts.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return str(path)


def add(districts: str, *more: str) -> str:
    said = StringIO()
    call_command(
        "add_jurisdiction", "rivermark", "--profile", "demo", "--districts", districts, *more, stdout=said
    )
    return said.getvalue()


def test_a_city_gets_its_districts_policy_recipe_and_people(db: None, districts: str) -> None:
    said = add(districts, "--replay-to", "2024-06-14", "--person", "ada@example.org:supervisor:2")
    city = Jurisdiction.objects.get(slug="rivermark")
    assert [each.name for each in city.districts.all()] == ["District 1", "District 2"]
    assert city.is_replay
    assert Recipe.objects.filter(jurisdiction=city).count() == 1
    grant = RoleGrant.objects.get(user__email="ada@example.org")
    assert (grant.role, grant.district and grant.district.code) == ("supervisor", "2")
    password = said.split("password ")[1].split()[0]
    assert User.objects.get(email="ada@example.org").check_password(password)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--person", "ada:supervisor"], "EMAIL:ROLE"),
        (["--person", "ada@example.org:king"], "roles:"),
        (["--person", "ada@example.org:supervisor"], "name one for"),
        (["--person", "ada@example.org:supervisor:9"], "not among"),
        (["--replay-to", "yesterday"], "yesterday"),
    ],
)
def test_a_set_up_that_cannot_be_is_refused_whole(
    db: None, districts: str, more: list[str], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        add(districts, *more)
    assert not Jurisdiction.objects.exists()
    assert not LedgerEntry.objects.exists()


def test_a_city_without_times_of_day_has_one_shift_a_day() -> None:
    terms = read_terms(first_policy(profile_named("portland")))
    assert [shift.name for shift in terms.shifts] == ["day"]
    assert terms.shifts[0].hours() == 24


def test_what_police_activity_finds_is_not_in_a_first_policy() -> None:
    terms = read_terms(first_policy(profile_named("philadelphia")))
    assert not {"narcotics", "weapons", "prostitution", "dui", "disorderly_conduct"} & set(
        terms.allowed_categories
    )
    assert "homicide" in terms.allowed_categories
