"""The API of forecasting: runs, cells, scores, plans and batches, each for those who may."""

import hashlib
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import rfc8785
from django.test import Client
from django.urls import reverse
from numpy.typing import NDArray

from forecasting.models import Batch, ForecastRun, Plan
from forecasting.selectors.runs import run_cells
from governance.core.roles import Role
from governance.models import User
from governance.services.grant_role import grant_role
from tests.asking import ask, queries_of, reason_of
from tests.cast import City
from tests.factories.forecasts import add_plan, add_run, add_score

Floats = NDArray[np.float64]


def near(x: Floats, y: Floats) -> NDArray[np.bool_]:
    return np.hypot(x - 0.3, y - 0.2) < 0.1


@pytest.fixture
def run(city: City) -> ForecastRun:
    return add_run(city, flagged=near)


@pytest.fixture
def plan(city: City, run: ForecastRun) -> Plan:
    return add_plan(city, run, places=near)


@pytest.fixture
def batch(city: City) -> Batch:
    return add_batch(city, "a")


def add_batch(city: City, mark: str) -> Batch:
    """Bring in a file of ten rows of which three were refused."""
    return Batch.objects.create(
        jurisdiction=city.jurisdiction,
        profile="demo",
        filename=f"{mark}.csv",
        digest=hashlib.sha256(mark.encode()).hexdigest(),
        rows=10,
        accepted=7,
        corrections=0,
        unchanged=0,
        refused=3,
        refusals={"outside_boundary": 2, "unknown_category": 1},
    )


def rows(answer: Any) -> list[dict[str, Any]]:
    """Return the rows of one page."""
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


# --- who may ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ana", "ben", "bea", "chloe", "dev"])
def test_every_role_with_insight_reads_forecasts(
    client: Client, city: City, run: ForecastRun, who: str
) -> None:
    by = getattr(city, who)
    assert [each["id"] for each in rows(ask(client, by, reverse("api-runs")))] == [run.pk]
    assert ask(client, by, reverse("api-run", args=[run.pk])).json()["digest"] == run.digest
    assert ask(client, by, reverse("api-scorecards")).status_code == 200


@pytest.mark.parametrize("name", ["api-runs", "api-scorecards", "api-plans", "api-batches"])
def test_lists_are_closed_to_visitors_and_to_accounts_without_a_role(
    client: Client, city: City, plan: Plan, name: str
) -> None:
    assert reason_of(ask(client, None, reverse(name))) == (403, "not_authenticated")
    assert reason_of(ask(client, city.eve, reverse(name))) == (403, "not_permitted")
    assert reason_of(ask(client, city.eve, reverse(name), jurisdiction="rivermark")) == (403, "not_permitted")


@pytest.mark.parametrize("name", ["api-run", "api-cells", "api-cells-map"])
def test_a_forecast_is_closed_to_them_too(client: Client, city: City, run: ForecastRun, name: str) -> None:
    address = reverse(name, args=[run.pk])
    visitor = ask(client, None, address)
    assert visitor.status_code == 403
    assert "Hidden" not in visitor.content.decode()
    assert ask(client, city.eve, address).status_code == 403
    assert ask(client, city.ana, reverse(name, args=[999_999])).status_code == 404


def test_a_refusal_has_the_reason_and_the_sentence_of_the_page(
    client: Client, city: City, plan: Plan
) -> None:
    said = ask(client, city.bea, reverse("api-plan", args=[plan.change_request_id]))
    assert reason_of(said) == (403, "not_permitted")
    page = ask(client, city.bea, reverse("plan", args=[plan.change_request_id]))
    assert page.status_code == 403
    assert said.json()["detail"] in page.content.decode()


def test_an_account_of_one_city_is_refused_in_another(client: Client, city: City, run: ForecastRun) -> None:
    assert reason_of(ask(client, city.ana, reverse("api-runs"), jurisdiction="atlantis")) == (
        404,
        "not_found",
    )


# --- runs and cells ----------------------------------------------------------------------------------------------


def test_cells_come_by_rank_with_their_flag_and_their_baseline(
    client: Client, city: City, run: ForecastRun
) -> None:
    address = reverse("api-cells", args=[run.pk])
    sealed = run_cells(run).sort("rank")
    first = ask(client, city.ana, address, limit="3").json()
    assert first["count"] == len(sealed)
    assert [each["rank"] for each in first["results"]] == [1, 2, 3]
    assert first["results"][0]["expected"] == pytest.approx(sealed["expected"][0])
    assert set(first["results"][0]) >= {"flagged", "baseline", "low", "high", "district"}
    assert rows(client.get(first["next"]))[0]["rank"] == 4


def test_only_flagged_cells_can_be_asked_for(client: Client, city: City, run: ForecastRun) -> None:
    address = reverse("api-cells", args=[run.pk])
    flagged = int(run_cells(run)["flagged"].sum())
    assert ask(client, city.ana, address, flagged="yes").json()["count"] == flagged
    assert all(each["flagged"] for each in rows(ask(client, city.ana, address, flagged="yes")))
    assert reason_of(ask(client, city.ana, address, flagged="maybe")) == (422, "bad_input")
    assert rows(ask(client, city.ana, address, offset="9999999")) == []


def test_the_map_is_geojson_with_rank_and_flag_inside_the_city(
    client: Client, city: City, run: ForecastRun
) -> None:
    answer = ask(client, city.ana, reverse("api-cells-map", args=[run.pk]), flagged="yes")
    assert answer.headers["Content-Type"] == "application/geo+json"
    said = answer.json()
    assert (said["type"], said["next"]) == ("FeatureCollection", None)
    assert said["numberMatched"] == said["numberReturned"] == len(said["features"])
    feature = said["features"][0]
    assert feature["id"] == feature["properties"]["rank"] == 1
    assert feature["properties"]["flagged"] is True
    ring = feature["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    west, south, east, north = run.jurisdiction.boundary.extent
    assert all(west - 0.01 < x < east + 0.01 and south - 0.01 < y < north + 0.01 for x, y in ring)


def test_the_map_comes_in_pages_as_well(client: Client, city: City, run: ForecastRun) -> None:
    said = ask(client, city.ana, reverse("api-cells-map", args=[run.pk]), limit="2").json()
    assert said["numberReturned"] == 2
    assert client.get(said["next"]).json()["features"][0]["id"] == 3


def test_runs_are_found_by_category(client: Client, city: City, run: ForecastRun) -> None:
    other = add_run(city, flagged=near, category="robbery")
    found = rows(ask(client, city.ana, reverse("api-runs"), category="robbery"))
    assert [each["id"] for each in found] == [other.pk]
    assert reason_of(ask(client, city.ana, reverse("api-runs"), category="jaywalking")) == (422, "bad_input")


def test_a_score_stands_beside_its_baseline(client: Client, city: City, run: ForecastRun) -> None:
    card = add_score(run, lambda cell: int(cell % 3 == 0))
    (said,) = rows(ask(client, city.chloe, reverse("api-scorecards")))
    assert (said["run"], said["observed"], said["standing"]) == (run.pk, card.observed, "retrospective")
    assert set(said["figures"]) == {"forecast", "counts", "random"}


# --- plans ---------------------------------------------------------------------------------------------------------


def test_a_plan_is_read_whole_and_its_digest_recomputed(client: Client, city: City, plan: Plan) -> None:
    said = ask(client, city.ben, reverse("api-plan", args=[plan.change_request_id])).json()
    assert said["body"]["places"][0]["name"] == "Hidden Lane 1"
    assert hashlib.sha256(rfc8785.dumps(said["body"])).hexdigest() == said["digest"] == plan.digest
    assert (said["id"], said["state"], said["district"]) == (plan.change_request_id, "open", "central")


def test_plans_of_another_district_are_neither_listed_nor_read(
    client: Client, city: City, plan: Plan
) -> None:
    seen = {
        name: [each["id"] for each in rows(ask(client, getattr(city, name), reverse("api-plans")))]
        for name in ("ana", "ben", "bea", "chloe", "dev")
    }
    mine = [plan.change_request_id]
    assert seen == {"ana": mine, "ben": mine, "bea": [], "chloe": mine, "dev": mine}


def test_the_list_of_plans_holds_no_place(client: Client, city: City, plan: Plan) -> None:
    assert "Hidden Lane" not in ask(client, city.ben, reverse("api-plans")).content.decode()


def test_a_plan_that_does_not_exist_is_not_found(client: Client, city: City) -> None:
    assert reason_of(ask(client, city.ben, reverse("api-plan", args=[999_999]))) == (404, "not_found")


# --- batches ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def steward(city: City) -> User:
    user = User.objects.create_user("sol@example.org", name="Sol Steward")
    grant_role(user=user, role=Role.DATA_STEWARD, jurisdiction=city.jurisdiction, by=city.scheduler)
    return user


def test_a_data_steward_sees_how_many_rows_were_refused_and_why(
    client: Client, steward: User, batch: Batch
) -> None:
    (said,) = rows(ask(client, steward, reverse("api-batches")))
    assert (said["accepted"], said["refused"]) == (7, 3)
    assert said["refusals"] == {"outside_boundary": 2, "unknown_category": 1}


@pytest.mark.parametrize("who", ["ana", "ben", "bea", "chloe", "dev", "eve"])
def test_nobody_else_sees_what_came_in(client: Client, city: City, batch: Batch, who: str) -> None:
    assert reason_of(ask(client, getattr(city, who), reverse("api-batches"))) == (403, "not_permitted")


def test_a_data_steward_sees_neither_forecasts_nor_plans(client: Client, steward: User, plan: Plan) -> None:
    for name in ("api-runs", "api-scorecards", "api-plans"):
        assert reason_of(ask(client, steward, reverse(name))) == (403, "not_permitted")


# --- what it costs ---------------------------------------------------------------------------------------------------


def test_lists_cost_as_much_with_one_row_as_with_many(
    client: Client, city: City, steward: User, plan: Plan, batch: Batch
) -> None:
    add_score(plan.run, lambda cell: 1)
    asked = [
        (city.ana, "api-runs"),
        (city.ana, "api-scorecards"),
        (city.ben, "api-plans"),
        (steward, "api-batches"),
    ]
    before = [queries_of(client, who, reverse(name)) for who, name in asked]
    for week in range(1, 4):
        later = add_run(city, flagged=near, window_start=plan.run.window_start + timedelta(days=7 * week))
        add_score(later, lambda cell: 1)
        add_plan(city, later, places=near, starts_at=plan.starts_at + timedelta(days=7 * week))
        add_batch(city, str(week))
    assert [len(rows(ask(client, who, reverse(name)))) for who, name in asked] == [4, 4, 4, 4]
    assert [queries_of(client, who, reverse(name)) for who, name in asked] == before
