"""A policy is changed in a real browser: drafted, commented on by a resident, answered, voted on, in force."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from selenium import webdriver
from selenium.webdriver.common.by import By

from governance import clock
from governance.services.advance_clock import advance_clock
from governance.tasks import adopt_policies
from tests.browser.test_complaint_pages import look
from tests.browser.test_supervisor import browser, complaints, reads, served, sign_in
from tests.cast import PASSWORD, City, build_city

__all__ = ["browser"]  # the fixture
WHY = "Eight places can be visited with care; twelve could not."
COMMENT = "Eight is still too many for one night. Why not six, as in the last year?"
ANSWER = "Two crews can visit eight places, and the audit looked at eight."


def later(city: City, **step: float) -> None:
    moment = clock.now(city.jurisdiction) + timedelta(**step)
    advance_clock(jurisdiction=city.jurisdiction, to=moment, by=city.scheduler)
    city.jurisdiction.refresh_from_db()


def put(browser: webdriver.Chrome, field: str, text: str) -> None:
    found = browser.find_element(By.NAME, field)
    found.clear()
    found.send_keys(text)


def press(browser: webdriver.Chrome, what: str) -> None:
    browser.find_element(By.XPATH, f"//main//button[normalize-space()='{what}']").click()


def enter(browser: webdriver.Chrome, site: str, who: str) -> None:
    browser.delete_all_cookies()
    sign_in(browser, site, {"email": f"{who}@example.org", "password": PASSWORD})
    assert reads(browser, "h1", "")


def vote(browser: webdriver.Chrome, site: str, who: str) -> None:
    enter(browser, site, who)
    browser.get(f"{site}/inbox/")
    browser.find_element(By.PARTIAL_LINK_TEXT, "A new policy").click()
    assert reads(browser, "#decision", "Your vote")
    put(browser, "rationale", WHY)
    press(browser, "Approve this revision")
    assert reads(browser, ".message", "is in the record")


@pytest.mark.usefixtures("fresh_database")
def test_a_policy_is_drafted_commented_on_answered_voted_on_and_in_force(
    browser: webdriver.Chrome, django_db_blocker: Any, tmp_path: Path
) -> None:
    cache.clear()
    with django_db_blocker.unblock():
        city = build_city(policy={"comment_days": 5, "objectives": ["Fewer residents harmed by burglary."]})
        with served() as site:
            enter(browser, site, "ana")
            browser.get(f"{site}/policy/")
            look(browser, tmp_path, "policy")
            browser.find_element(By.LINK_TEXT, "Propose a change").click()
            put(browser, "max_places", "8")
            put(browser, "reason", WHY)
            press(browser, "Show the difference")
            assert reads(browser, "#effect", "What would change")
            look(browser, tmp_path, "draft")
            press(browser, "Put it to the vote")
            assert reads(browser, ".message", "open to everybody")
            look(browser, tmp_path, "request-commented")

            browser.delete_all_cookies()
            browser.get(f"{site}/public/rivermark/policy/")
            put(browser, "comment", COMMENT)
            look(browser, tmp_path, "public")
            press(browser, "Publish this comment")
            assert reads(browser, ".message", "public now")
            look(browser, tmp_path, "public-commented")

            later(city, days=6)
            enter(browser, site, "ana")
            browser.get(f"{site}/policy/")
            browser.find_element(By.PARTIAL_LINK_TEXT, "A new policy").click()
            assert reads(browser, "#comments", "What the public said")
            put(browser, "answer", ANSWER)
            look(browser, tmp_path, "request-answering")
            press(browser, "Answer")
            assert reads(browser, ".message", "answered")

            vote(browser, site, "chloe")
            look(browser, tmp_path, "request-voted")
            vote(browser, site, "nora")
            assert adopt_policies() == 1
            later(city, days=10)
            browser.get(f"{site}/policy/?from=1&to=2")
            assert reads(browser, "h1", "Policy 2 is in force")
            look(browser, tmp_path, "policy-two")
            browser.get(f"{site}/public/rivermark/policy/")
            said = browser.find_element(By.CSS_SELECTOR, "main details").get_attribute("textContent")
            assert ANSWER in str(said)
            look(browser, tmp_path, "public-two")
            assert not complaints(browser)
