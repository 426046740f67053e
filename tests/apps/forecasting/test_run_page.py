"""The pages of forecasts: what they say of a run, its score and its cells."""

import io
import json
from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from numpy.typing import NDArray

from forecasting.core.scorecard import score_figures
from forecasting.models import ForecastRun, Scorecard
from forecasting.selectors.runs import run_cells
from forecasting.services.issue_forecast import issue_forecast
from forecasting.views.explore_page import EXPLORED, explore_context, top_of_scale
from forecasting.views.run_page import RANKED, history_chart, run_context, score_line
from forecasting.views.what_matters import what_matters
from governance import clock
from governance.artifacts import read_artifact
from tests.cast import City
from tests.factories.forecasts import add_run
from tests.factories.history import CATEGORY, WINDOW, add_extract, add_history, add_recipe

Floats = NDArray[np.float64]


def near(x: Floats, y: Floats) -> NDArray[np.bool_]:
    return np.hypot(x - 0.3, y - 0.2) < 0.1


@pytest.fixture
def run(city: City) -> ForecastRun:
    return add_run(city, flagged=near)


@pytest.fixture
def scored(run: ForecastRun) -> Scorecard:
    """Return a score of the run, of one incident in every flagged cell."""
    cells = run_cells(run)
    expected, baseline, area = (cells[name].to_numpy() for name in ("expected", "baseline", "area"))
    flagged = cells["flagged"].to_numpy()
    figures = score_figures(expected, baseline, flagged.astype(float), area, flagged, 1)
    return Scorecard.objects.create(
        run=run,
        standing="retrospective",
        observed=int(flagged.sum()),
        figures=figures,
        truth_digest="0" * 64,
        digest="1" * 64,
        scored_at=run.window_end + timedelta(hours=1),
        ledger_index=0,
    )


def test_intervals_are_called_by_the_level_that_the_recipe_states(client: Client, city: City) -> None:
    client.force_login(city.ana)
    run = add_run(city, flagged=near, level=0.8)
    page = client.get(reverse("run", args=[run.pk])).content.decode()
    assert "80&nbsp;% interval" in page
    assert "90&nbsp;% interval" not in page


def test_a_run_is_shown_beside_its_baseline_with_its_places_ranked(run: ForecastRun) -> None:
    context = run_context(run)
    ranks = [place.rank for place in context["ranked"]]
    assert ranks == list(range(1, RANKED + 1))
    assert context["beside"].map != ""
    assert context["score"] is None


def test_a_scored_run_names_hits_of_n_for_itself_and_its_baseline(scored: Scorecard) -> None:
    rows = {row["name"]: row for row in run_context(scored.run)["score_rows"]}
    assert f"of {scored.observed}" in rows["Hit rate, 5 %"]["ours"]
    assert f"of {scored.observed}" in rows["Hit rate, 5 %"]["theirs"]


def test_each_place_says_how_often_it_stays_among_the_flagged(run: ForecastRun) -> None:
    context = run_context(run)
    assert context["ranked"][0].stays == "stays among the flagged places in 8 of 10 redraws"
    assert context["flagged"]["stays"] == "8 of 10"


def test_a_run_sealed_before_ranks_were_redrawn_says_nothing_of_it(
    run: ForecastRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = io.BytesIO()
    run_cells(run).drop("stability").write_parquet(sealed)

    def read(digest: str) -> bytes:
        return sealed.getvalue() if digest == run.cells_digest else read_artifact(digest)

    monkeypatch.setattr("forecasting.selectors.runs.read_artifact", read)
    context = run_context(run)
    assert context["ranked"][0].stays == ""
    assert context["flagged"]["stays"] is None


def test_lately_is_a_sentence_with_its_baseline_and_empty_before_the_first_score(
    city: City, run: ForecastRun, request: pytest.FixtureRequest
) -> None:
    assert score_line(city.jurisdiction, run.category) == ""
    assert history_chart(city.jurisdiction, run.category) is None
    request.getfixturevalue("scored")
    assert "counting past reports alone found" in score_line(city.jurisdiction, run.category)
    assert history_chart(city.jurisdiction, run.category)


def test_explore_carries_the_densest_cells_as_data_and_no_more(run: ForecastRun) -> None:
    data = explore_context(run)["data"]
    assert data["locations"][0] == "1"
    assert len(data["values"]) == len(data["geojson"]["features"]) <= EXPLORED
    west, south, east, north = run.jurisdiction.boundary.extent
    assert west < data["centre"]["lon"] < east
    assert south < data["centre"]["lat"] < north


def test_a_few_extreme_cells_do_not_decide_the_colours() -> None:
    assert top_of_scale([1.0] * 999 + [500.0]) == 1.0


def test_explore_loads_plotly_from_us_and_its_data_cannot_run(
    client: Client, city: City, run: ForecastRun
) -> None:
    client.force_login(city.ana)
    page = client.get(reverse("run-explore", args=[run.id])).content.decode()
    assert '<script id="plot-data" type="application/json">' in page
    assert 'src="/static/plotly/plotly.min.js"' in page
    assert json.loads(page.split('application/json">')[1].split("</script>")[0])["kind"] == "map"


def test_no_other_page_of_a_forecast_loads_a_script(client: Client, city: City, run: ForecastRun) -> None:
    client.force_login(city.ana)
    for address in (reverse("runs"), reverse("run", args=[run.id])):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "<script" not in answer.content.decode()


def test_a_forecast_is_not_shown_to_somebody_without_a_role(
    client: Client, city: City, run: ForecastRun
) -> None:
    client.force_login(city.eve)
    assert client.get(reverse("run", args=[run.id])).status_code == 403


def test_a_sealed_run_says_what_mattered_on_its_page_and_in_the_api(client: Client, city: City) -> None:
    add_history(city)
    run = issue_forecast(
        jurisdiction=city.jurisdiction,
        recipe=add_recipe(city),
        extract=add_extract(city, clock.now(city.jurisdiction) - timedelta(minutes=1)),
        category=CATEGORY,
        window_start=WINDOW[0],
        window_end=WINDOW[1],
        by=city.scheduler,
    )
    matters = what_matters(run)
    assert matters is not None
    assert "matter most: they multiply or divide" in matters.sentence
    assert len(matters.terms) + matters.silent == len(run.recipe.body["terms"])
    assert matters.silent >= 1, "a term that looks at the very category says nothing"
    client.force_login(city.ana)
    page = client.get(reverse("run", args=[run.pk])).content.decode()
    assert all(term.said in page and str(term.curve) in page for term in matters.terms)
    answer = client.get(reverse("api-run", args=[run.pk])).json()["importance"]
    strengths = [each["strength"] for each in answer]
    assert strengths == sorted(strengths, reverse=True)
    assert strengths[0] > 0
    assert {each["term"] for each in answer} == {term["name"] for term in run.recipe.body["terms"]}


def test_a_run_sealed_without_it_says_nothing_of_what_mattered(
    client: Client, run: ForecastRun, city: City
) -> None:
    assert what_matters(run) is None
    client.force_login(city.ana)
    assert "What mattered" not in client.get(reverse("run", args=[run.pk])).content.decode()
    assert client.get(reverse("api-run", args=[run.pk])).json()["importance"] == []
