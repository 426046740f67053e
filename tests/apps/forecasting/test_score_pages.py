"""The page of scores over time, and the same as data."""

from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from numpy.typing import NDArray

from forecasting.core.intervals import Dispersion
from forecasting.core.scorecard import interval_figures
from forecasting.models import ForecastRun, Scorecard
from forecasting.selectors.runs import run_cells
from forecasting.selectors.scores import pooled_history, scored_categories
from forecasting.views.score_page import scores_context
from tests.asking import ask, queries_of, reason_of
from tests.cast import City
from tests.factories.forecasts import add_run, add_score

Floats = NDArray[np.float64]
CATEGORY = "residential_burglary"


def near(x: Floats, y: Floats) -> NDArray[np.bool_]:
    return np.hypot(x - 0.3, y - 0.2) < 0.1


def with_pit(card: Scorecard) -> Scorecard:
    """Return the card as today's scoring writes it, with its districts placed in their distributions."""
    cells = run_cells(card.run)
    expected, districts = cells["expected"].to_numpy(), cells["district"].to_numpy().astype(np.str_)
    figures = interval_figures(expected, np.round(expected), districts, Dispersion(0.1, 0.01), 0.9, 1)
    card.figures["forecast"] |= figures
    fields = {
        each.attname: getattr(card, each.attname) for each in Scorecard._meta.fields if not each.primary_key
    }
    return Scorecard.objects.create(**fields)


@pytest.fixture
def runs(city: City) -> list[ForecastRun]:
    """Return three weeks of runs, each scored once."""
    first = add_run(city, flagged=near)
    found = [first] + [
        add_run(city, flagged=near, window_start=first.window_start + timedelta(days=7 * week))
        for week in (1, 2)
    ]
    for week, run in enumerate(found):
        add_score(run, lambda cell, week=week: int(cell % 5 == week))  # type: ignore[misc]
    return found


def test_windows_stand_newest_first_and_an_earlier_score_below_the_newer(
    client: Client, city: City, runs: list[ForecastRun]
) -> None:
    newer = add_score(runs[1], lambda cell: int(cell % 2 == 0))
    lines = scores_context(city.jurisdiction, CATEGORY)["lines"]
    assert [line.card.run_id for line in lines] == [runs[2].pk, runs[1].pk, runs[1].pk, runs[0].pk]
    assert [line.earlier for line in lines] == [False, False, True, False]
    assert lines[1].card == newer
    page = ask(client, city.chloe, reverse("scores")).content.decode()
    assert page.count("earlier score, ") == 1
    assert f"{newer.observed:,}" in page


def test_only_the_newest_score_of_a_window_counts_in_the_pooled_figures(
    city: City, runs: list[ForecastRun]
) -> None:
    before = pooled_history(city.jurisdiction, CATEGORY)
    newer = add_score(runs[1], lambda cell: int(cell == 0))
    after = pooled_history(city.jurisdiction, CATEGORY)
    assert before is not None
    assert after is not None
    assert before.windows == after.windows == 3
    older = runs[1].scorecards.order_by("id")[0]
    gone = older.figures["forecast"]["hit_rate_5"]["N"] - newer.figures["forecast"]["hit_rate_5"]["N"]
    assert before.hits["forecast"]["5"].total - after.hits["forecast"]["5"].total == gone


def test_each_trivial_forecast_has_its_line_and_the_drawn_map_is_one(
    client: Client, city: City, runs: list[ForecastRun]
) -> None:
    page = ask(client, city.ben, reverse("scores"), category=CATEGORY).content.decode()
    for words in (
        "Counting all past reports",
        "A map drawn by lot",
        "Did the forecasts of",
        "Not counted yet",
    ):
        assert words in page
    assert "too few windows" in page


def test_where_districts_were_placed_their_histogram_is_drawn(
    client: Client, city: City, runs: list[ForecastRun]
) -> None:
    for run in runs:
        with_pit(run.scorecards.get())
    context = scores_context(city.jurisdiction, CATEGORY)
    assert sum(count for _, count in context["bins"]) == 3 * 2
    assert "90 % is right" in context["coverage"]
    page = ask(client, city.ana, reverse("scores")).content.decode()
    assert "even is right" in page
    assert "Not counted yet" not in page


def test_before_the_first_score_the_page_says_what_will_come(client: Client, city: City) -> None:
    add_run(city, flagged=near)
    page = ask(client, city.chloe, reverse("scores")).content.decode()
    assert "No scores yet" in page
    assert scored_categories(city.jurisdiction) == []


def test_a_category_that_is_unknown_shows_the_first_one(
    client: Client, city: City, runs: list[ForecastRun]
) -> None:
    robbery = add_run(city, flagged=near, category="robbery")
    add_score(robbery, lambda cell: 1)
    assert scores_context(city.jurisdiction, "jaywalking")["category"] == CATEGORY
    assert scores_context(city.jurisdiction, "robbery")["category"] == "robbery"
    assert "?category=robbery" in ask(client, city.ana, reverse("scores")).content.decode()


def test_who_may_not_see_forecasts_sees_no_scores(
    client: Client, city: City, runs: list[ForecastRun]
) -> None:
    assert "Did the forecasts" not in ask(client, city.eve, reverse("scores")).content.decode()
    assert reason_of(ask(client, city.eve, reverse("api-pooled-scores"), category=CATEGORY))[0] == 403
    assert ask(client, None, reverse("scores")).status_code == 302


def test_pooled_scores_as_data_are_those_of_the_page(
    client: Client, city: City, runs: list[ForecastRun]
) -> None:
    said = ask(client, city.dev, reverse("api-pooled-scores"), category=CATEGORY).json()
    history = pooled_history(city.jurisdiction, CATEGORY)
    assert history is not None
    assert said["windows"] == 3
    assert said["hit_rate"]["forecast"]["5"]["n"] == history.hits["forecast"]["5"].n
    assert set(said["hit_rate"]) == {"forecast", "counts", "random"}
    assert said["district_coverage"] is None
    missing = ask(client, city.dev, reverse("api-pooled-scores"), category="robbery")
    assert reason_of(missing) == (404, "not_found")


def test_the_page_costs_as_many_queries_with_one_window_as_with_many(client: Client, city: City) -> None:
    first = add_run(city, flagged=near)
    add_score(first, lambda cell: 1)
    before = queries_of(client, city.ana, reverse("scores"))
    for week in range(1, 4):
        run = add_run(city, flagged=near, window_start=first.window_start + timedelta(days=7 * week))
        add_score(run, lambda cell: 1)
        add_score(run, lambda cell: int(cell == 0))
    assert queries_of(client, city.ana, reverse("scores")) == before
