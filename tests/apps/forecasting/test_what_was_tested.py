"""What a run says of the ingredients that had to be tested before they were used."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from forecasting.models import ForecastRun
from forecasting.selectors.runs import run_manifest
from forecasting.services.issue_forecast import issue_forecast
from forecasting.views.what_was_tested import what_was_tested
from governance import clock
from tests.cast import City
from tests.factories.forecasts import add_run
from tests.factories.history import CATEGORY, WINDOW, add_extract, add_history, add_recipe


@pytest.fixture
def issued(city: City) -> ForecastRun:
    recipe = add_recipe(city)
    add_history(city)
    extract = add_extract(city, clock.now(city.jurisdiction) - timedelta(minutes=1))
    return issue_forecast(
        jurisdiction=city.jurisdiction,
        recipe=recipe,
        extract=extract,
        category=CATEGORY,
        window_start=WINDOW[0],
        window_end=WINDOW[1],
        by=city.scheduler,
    )


def test_a_sealed_run_and_its_page_say_what_each_test_found(
    client: Client, city: City, issued: ForecastRun
) -> None:
    sealed = run_manifest(issued)["tested_terms"]
    assert set(sealed) == {"near_repeats", "self_exciting"}
    assert sealed["near_repeats"].startswith("Near repeat may")
    assert [each.said for each in what_was_tested(issued)] == [sealed[name] for name in sorted(sealed)]
    client.force_login(city.ana)
    page = client.get(reverse("run", args=[issued.id])).content.decode()
    assert "What had to be tested before it was used" in page
    assert "pairs" in page
    assert "Recent incidents close by, as near repeats" in page


def test_a_run_with_nothing_to_test_says_nothing_of_it(client: Client, city: City) -> None:
    run = add_run(city, flagged=lambda x, y: x + y < 0.2)
    assert what_was_tested(run) == []
    client.force_login(city.ana)
    assert "What had to be tested" not in client.get(reverse("run", args=[run.id])).content.decode()
