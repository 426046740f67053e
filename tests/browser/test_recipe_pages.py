"""A recipe is drafted, evaluated and put to the vote in a real browser."""

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from audits.services.import_residents import import_residents
from audits.tasks import audit_pending
from forecasting.core.recipe import recipe_digest, standard_recipe
from forecasting.services.adopt_recipe import adopt_recipe
from forecasting.tasks import evaluate_drafts
from governance import clock
from tests.browser.test_complaint_pages import look
from tests.browser.test_policy_pages import enter, press, put
from tests.browser.test_supervisor import browser, complaints, reads, served
from tests.cast import City, build_city
from tests.factories.forecasts import add_areas, residents_csv
from tests.factories.history import CATEGORY, add_history

__all__ = ["browser"]  # the fixture
WHY = "Recent reports followed the summer better than the average of two years."


def city_with_a_past() -> City:
    """Return a city with history, residents, and the recipe that it was set up with."""
    city = build_city(policy={"comment_days": 5})
    add_history(city, until=clock.now(city.jurisdiction))
    recipe = standard_recipe("kde", (CATEGORY,), cell_metres=300.0)
    city.jurisdiction.genesis = {"recipe": [recipe_digest(recipe)]}
    city.jurisdiction.save()
    adopt_recipe(jurisdiction=city.jurisdiction, name="Kernel density", recipe=recipe, by=city.scheduler)
    codes = add_areas(city)
    import_residents(
        jurisdiction=city.jurisdiction, filename="r.csv", data=residents_csv(codes), by=city.scheduler
    )
    return city


def draft(browser: webdriver.Chrome, site: str, tmp_path: Path) -> None:
    """Write a draft as an analyst does: look at the difference first, then keep it."""
    browser.get(f"{site}/recipes/")
    look(browser, tmp_path, "recipes")
    browser.find_element(By.LINK_TEXT, "Draft a recipe").click()
    put(browser, "title", "Recent reports")
    Select(browser.find_element(By.NAME, "model")).select_by_value("decayed")
    browser.find_element(By.CSS_SELECTOR, f"input[value={CATEGORY}]").click()
    put(browser, "training_windows", "4")
    put(browser, "half_lives", "decayed 90")
    press(browser, "Show the difference")
    assert reads(browser, "#effect", "What would change in “Kernel density”")
    look(browser, tmp_path, "recipe-draft")
    put(browser, "reason", WHY)
    press(browser, "Keep the draft")


@pytest.mark.usefixtures("fresh_database")
def test_a_recipe_is_drafted_evaluated_and_put_to_the_vote(
    browser: webdriver.Chrome, django_db_blocker: Any, tmp_path: Path
) -> None:
    cache.clear()
    with django_db_blocker.unblock():
        city_with_a_past()
        with served() as site:
            enter(browser, site, "ana")
            draft(browser, site, tmp_path)
            assert reads(browser, "h1", "Recent reports")
            press(browser, "Evaluate it")
            assert reads(browser, "[role=status] b", "0 of 1") or reads(browser, ".message", "ordered")
            assert evaluate_drafts() == 1
            assert audit_pending() == 1
            browser.refresh()
            assert reads(browser, "#bakeoff", "How it did on past windows")
            look(browser, tmp_path, "recipe")
            press(browser, "Put it to the vote")
            assert reads(browser, ".message", "is open: everybody may read it")
            browser.find_element(By.LINK_TEXT, "Its model card").click()
            assert reads(browser, "h1", "Model card: Recent reports")
            look(browser, tmp_path, "recipe-card")
            enter(browser, site, "chloe")
            browser.get(f"{site}/inbox/")
            browser.find_element(By.PARTIAL_LINK_TEXT, "Forecast recipe").click()
            assert reads(browser, "#evidence", "What is known about it")
            look(browser, tmp_path, "recipe-request")
        assert not complaints(browser)
