"""Scenarios: simulated beside a forecast, kept with what they assume, read by nothing else."""

import json
from dataclasses import replace
from html import escape
from typing import Any

import numpy as np
import pytest
import shapely
from django.test import Client
from django.urls import reverse

from forecasting.core.scenario_request import NOT_A_FORECAST, ScenarioRequest
from forecasting.models import ForecastRun, ScenarioRun
from forecasting.selectors.runs import run_cells
from forecasting.selectors.scenarios import ground_of, newest_runs, result_of, touching
from forecasting.services.simulate_scenario import simulate_scenario
from governance.artifacts import read_artifact
from governance.core.refusals import Reason, Refused
from governance.models import LedgerEntry
from tests.asking import ask, queries_of, reason_of
from tests.cast import City
from tests.factories.forecasts import add_run

ASKED = ScenarioRequest(("central",), reporting_where="elsewhere", seed=3)
SENT = {
    "patrol": "central",
    "patrol_factor": "2",
    "reporting_where": "elsewhere",
    "reporting_drop": "20",
    "seed": "3",
}


@pytest.fixture
def run(city: City) -> ForecastRun:
    return add_run(city, flagged=lambda x, y: np.hypot(x - 0.3, y - 0.2) < 0.1)


def test_a_simulation_is_kept_with_one_entry_and_says_it_is_none(city: City, run: ForecastRun) -> None:
    before = LedgerEntry.objects.count()
    made = simulate_scenario(run=run, asked=ASKED, by=city.ana)
    entry = LedgerEntry.objects.get(index=made.ledger_index)
    assert LedgerEntry.objects.count() == before + 1
    assert (entry.action, entry.subject) == ("scenario.simulated", made.digest)
    assert b"entral" not in bytes(entry.leaf)
    body = json.loads(read_artifact(made.digest))
    assert body["standing"] == NOT_A_FORECAST
    assert body["changes"] == ["patrol time x 2 in Central", "reporting x 0.8 in North"]
    everywhere = body["rows"][-1]
    assert everywhere["recorded_base"]["value"] == pytest.approx(run.total, rel=0.1)


def test_the_same_question_again_is_the_same_row_and_another_seed_is_not(
    city: City, run: ForecastRun
) -> None:
    first = simulate_scenario(run=run, asked=ASKED, by=city.ana)
    before = LedgerEntry.objects.count()
    assert simulate_scenario(run=run, asked=ASKED, by=city.dev) == first
    assert LedgerEntry.objects.count() == before
    assert simulate_scenario(run=run, asked=replace(ASKED, seed=4), by=city.ana).digest != first.digest


def test_it_starts_from_the_forecast_by_district(city: City, run: ForecastRun) -> None:
    ground = ground_of(run, {"central": "Central", "north": "North"}, 0.6)
    cells = run_cells(run)
    for at, code in enumerate(("central", "north")):
        expected = float(cells["expected"].to_numpy()[cells["district"].to_numpy() == code].sum())
        assert ground.recorded[at] == pytest.approx(expected)
    assert ground.neighbours.tolist() == [[False, True], [True, False]]


def test_shapes_a_seam_apart_touch_and_none_touches_itself() -> None:
    shapes = np.array(
        [shapely.box(0, 0, 10, 10), shapely.box(15, 0, 25, 10), shapely.box(90, 0, 99, 9)], dtype=object
    )
    assert touching(shapes, 6.0).tolist() == [[False, True, False], [True, False, False], [False] * 3]


def test_the_newest_forecast_of_each_category_is_offered(city: City, run: ForecastRun) -> None:
    def near(x: Any, y: Any) -> Any:
        return x + y < 0.2

    other = add_run(city, flagged=near, category="robbery")
    newer = add_run(city, flagged=near, window_start=run.window_end)
    assert {each.pk for each in newest_runs(city.jurisdiction)} == {other.pk, newer.pk}


@pytest.mark.parametrize(
    ("who", "asked", "reason"),
    [
        ("eve", ASKED, Reason.NOT_PERMITTED),
        ("ana", ScenarioRequest(), Reason.BAD_INPUT),
        ("ana", replace(ASKED, patrol_districts=("atlantis",)), Reason.BAD_INPUT),
        ("ana", replace(ASKED, patrol_factor=100.0), Reason.BAD_INPUT),
    ],
)
def test_what_cannot_be_simulated_is_refused_and_leaves_nothing(
    city: City, run: ForecastRun, who: str, asked: ScenarioRequest, reason: Reason
) -> None:
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        simulate_scenario(run=run, asked=asked, by=getattr(city, who))
    assert refusal.value.reason is reason
    assert LedgerEntry.objects.count() == before
    assert not ScenarioRun.objects.exists()


# --- pages ----------------------------------------------------------------------------------------------------


def test_without_a_forecast_the_page_says_what_is_missing(client: Client, city: City) -> None:
    said = ask(client, city.ana, reverse("scenarios")).content.decode()
    assert "No forecast to start from" in said
    assert '<form method="post" action="/scenarios/"' not in said


def test_the_form_simulates_and_shows_base_and_scenario_side_by_side(
    client: Client, city: City, run: ForecastRun
) -> None:
    client.force_login(city.ana)
    answer = client.post(reverse("scenarios"), {**SENT, "run": str(run.pk)}, follow=True)
    made = ScenarioRun.objects.get()
    assert answer.redirect_chain == [(reverse("scenario", args=[made.pk]), 302)]
    said = answer.content.decode()
    assert "If patrol time × 2 in Central; reporting 20% lower elsewhere" in said
    assert NOT_A_FORECAST in said
    for line in result_of(made)["stated"]:
        assert escape(line) in said
    assert made.digest in said
    listed = client.get(reverse("scenarios")).content.decode()
    assert "Patrol time × 2 in Central" in listed


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"patrol_factor": "much"}, "Patrol time is a number; “much” is none"),
        ({"patrol_factor": "50"}, "multiplied by 0.25 to 8"),
        ({"run": "99999"}, "Choose the forecast"),
        ({"run": ""}, "Choose the forecast"),
        ({"seed": "inf"}, "Seed is a number"),
    ],
)
def test_a_refused_form_comes_back_with_what_was_typed(
    client: Client, city: City, run: ForecastRun, changes: dict[str, str], told: str
) -> None:
    client.force_login(city.ana)
    answer = client.post(reverse("scenarios"), {**SENT, "run": str(run.pk), "event_extra": "77", **changes})
    said = answer.content.decode()
    assert answer.status_code == 422
    assert told in said
    assert 'value="77"' in said
    assert 'value="central" checked' in said
    assert not ScenarioRun.objects.exists()


def test_who_may_not_see_forecasts_sees_no_scenario(client: Client, city: City, run: ForecastRun) -> None:
    made = simulate_scenario(run=run, asked=ASKED, by=city.ana)
    for name, parts in (("scenario", [made.pk]), ("api-scenario", [made.pk])):
        assert ask(client, city.eve, reverse(name, args=parts)).status_code == 403
    assert reason_of(ask(client, city.eve, reverse("api-scenarios"))) == (403, "not_permitted")
    assert ask(client, city.ana, reverse("scenario", args=[made.pk + 1])).status_code == 404


def test_the_api_gives_the_same_figures(client: Client, city: City, run: ForecastRun) -> None:
    made = simulate_scenario(run=run, asked=ASKED, by=city.ana)
    (row,) = ask(client, city.dev, reverse("api-scenarios")).json()["results"]
    assert (row["digest"], row["asked"]) == (made.digest, ASKED.to_dict())
    one = ask(client, city.dev, reverse("api-scenario", args=[made.pk])).json()
    assert one["result"] == result_of(made)


def test_more_scenarios_cost_no_more_queries(client: Client, city: City, run: ForecastRun) -> None:
    simulate_scenario(run=run, asked=ASKED, by=city.ana)
    before = [queries_of(client, city.ana, reverse(name)) for name in ("scenarios", "api-scenarios")]
    for seed in (10, 11, 12):
        simulate_scenario(run=run, asked=replace(ASKED, seed=seed), by=city.ana)
    assert [queries_of(client, city.ana, reverse(name)) for name in ("scenarios", "api-scenarios")] == before
