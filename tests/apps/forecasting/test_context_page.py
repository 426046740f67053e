"""Where registered context is seen: the page, the API and the command that fills them."""

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from forecasting.models import ContextLayer
from governance import clock
from governance.core.roles import Role
from governance.models import User
from governance.services.grant_role import grant_role
from tests.asking import ask, queries_of, reason_of
from tests.cast import City
from tests.factories.context import BARS, add_layer, write_points


@pytest.fixture
def versions(city: City, tmp_path: Path) -> list[ContextLayer]:
    """Two versions of bars."""
    now = clock.now(city.jurisdiction)
    return [
        add_layer(
            city, write_points(tmp_path / f"{days}.geojson", BARS[:count]), as_of=now - timedelta(days=days)
        )
        for days, count in ((90, 1), (30, 3))
    ]


def page(client: Client, who: User) -> str:
    answer = ask(client, who, reverse("context"))
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_an_empty_page_says_what_happens_next(client: Client, city: City) -> None:
    assert "Nothing is registered yet" in page(client, city.ana)


def test_the_page_lists_versions_and_marks_the_one_in_use(
    client: Client, city: City, versions: list[ContextLayer]
) -> None:
    said = page(client, city.ana)
    assert "1 layer of context" in said
    assert said.count('<span class="tag">in use</span>') == 1
    assert said.index(versions[1].digest[:16]) < said.index(versions[0].digest[:16])
    assert "in use" in said[: said.index(versions[0].digest[:16])]
    assert "manage.py add_layer" not in said


def test_a_data_steward_is_told_how_to_add(client: Client, city: City) -> None:
    steward = User.objects.create_user("sam@example.org", name="Sam Steward")
    grant_role(user=steward, role=Role.DATA_STEWARD, jurisdiction=city.jurisdiction, by=city.scheduler)
    assert "manage.py add_layer rivermark" in page(client, steward)


def test_who_may_neither_see_forecasts_nor_manage_data_sees_nothing(client: Client, city: City) -> None:
    assert reason_of(ask(client, city.eve, reverse("api-context")))[0] == 403
    client.logout()
    assert client.get(reverse("context")).status_code == 302
    assert client.get(reverse("api-context")).status_code in (401, 403)


def test_the_api_says_the_same(client: Client, city: City, versions: list[ContextLayer]) -> None:
    rows = ask(client, city.dev, reverse("api-context")).json()["results"]
    assert [row["digest"] for row in rows] == [versions[1].digest, versions[0].digest]
    assert rows[0]["features"] == 3


def test_more_versions_cost_no_more_queries(
    client: Client, city: City, versions: list[ContextLayer], tmp_path: Path
) -> None:
    before = [queries_of(client, city.ana, reverse(name)) for name in ("context", "api-context")]
    for number in range(3):
        add_layer(city, write_points(tmp_path / "n.geojson", BARS[number:]), layer_name=f"bars_{number}")
    assert [queries_of(client, city.ana, reverse(name)) for name in ("context", "api-context")] == before


def test_the_command_registers_and_says_what_was_kept(city: City, tmp_path: Path) -> None:
    out = io.StringIO()
    path = str(write_points(tmp_path / "bars.geojson", (*BARS, (-70.0, 40.0))))
    words = ("add_layer", "rivermark", "venues", path, "--kind", "points", "--source", "Licensing office")
    call_command(*words, "--as-of", "2024-01-31", stdout=out)
    layer = ContextLayer.objects.get()
    assert (
        "venues: 3 points as of 2024-01-31 05:00 UTC; 1 out of the city's reach were left out"
        in out.getvalue()
    )
    assert layer.digest in out.getvalue()
    again = io.StringIO()
    call_command(*words, "--json", stdout=again)
    assert json.loads(again.getvalue())["digest"] == layer.digest
    assert ContextLayer.objects.count() == 1


def test_the_command_tells_a_refusal_with_the_file(city: City, tmp_path: Path) -> None:
    path = str(write_points(tmp_path / "bars.geojson"))
    with pytest.raises(CommandError, match=r"bars\.geojson: “households” speaks of who lives"):
        call_command(
            "add_layer", "rivermark", "households", path, "--kind", "points", "--subject", "venues",
            "--source", "somewhere",
        )  # fmt: skip
