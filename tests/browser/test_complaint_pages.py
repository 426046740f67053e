"""A resident complains in a real browser, a board member answers: from the form to the answer, wide and narrow."""

from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from tests.browser.test_supervisor import browser, complaints, reads, served, sign_in
from tests.cast import PASSWORD, build_city

__all__ = ["browser"]  # the fixture
WORDS = "Patrols stood in front of the school every night of that week, and nobody was told why."
WHY = "The plan was approved on reports that were counted twice."
REMEDY = "The source was corrected, and the plan of next week is drawn up anew."
CHLOE = {"email": "chloe@example.org", "password": PASSWORD}


def look(browser: webdriver.Chrome, folder: Path, name: str) -> None:
    """See the page wide, narrow and dark; it is never wider than the screen. The pictures stay for who wants them."""
    for width, scheme in ((1280, "light"), (390, "light"), (1280, "dark"), (390, "dark")):
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 1400, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width, name
        browser.save_screenshot(str(folder / f"{name}-{width}-{scheme}.png"))
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.save_screenshot(str(folder / f"{name}-print.png"))
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.usefixtures("fresh_database")
def test_a_resident_complains_and_is_answered(
    browser: webdriver.Chrome, django_db_blocker: Any, tmp_path: Path
) -> None:
    with django_db_blocker.unblock():
        build_city()
        with served() as site:
            browser.get(f"{site}/public/rivermark/complain/")
            look(browser, tmp_path, "form")
            Select(browser.find_element(By.NAME, "kind")).select_by_value("decision")
            browser.find_element(By.NAME, "words").send_keys(WORDS)
            browser.find_element(By.CSS_SELECTOR, "main form button").click()
            assert reads(browser, ".message", "Say which decision")
            assert browser.find_element(By.NAME, "words").get_property("value") == WORDS
            browser.find_element(By.NAME, "entry").send_keys("0")
            browser.find_element(By.CSS_SELECTOR, "main form button").click()
            assert reads(browser, "h1", "was received")
            private = browser.current_url
            look(browser, tmp_path, "private")

            sign_in(browser, site, CHLOE)
            assert reads(browser, "h1", "Nothing waits for you")
            browser.get(f"{site}/complaints/")
            look(browser, tmp_path, "desk")
            browser.find_element(By.PARTIAL_LINK_TEXT, "Complaint ").click()
            assert reads(browser, "h2#take", "Take it")
            browser.find_element(By.CSS_SELECTOR, ".decide button").click()
            assert reads(browser, "h2#answer", "Your answer")
            look(browser, tmp_path, "case")
            browser.find_element(By.CSS_SELECTOR, "input[value=upheld]").click()
            browser.find_element(By.NAME, "reason").send_keys(WHY)
            browser.find_element(By.NAME, "remedy").send_keys(REMEDY)
            browser.find_element(By.CSS_SELECTOR, ".decide button").click()
            assert reads(browser, "h1", "upheld")

            browser.get(private)
            assert reads(browser, "h1", "answered: upheld")
            assert WHY in browser.find_element(By.TAG_NAME, "main").text
            look(browser, tmp_path, "answered")
            browser.get(f"{site}/public/rivermark/complaints/")
            look(browser, tmp_path, "figures")
            assert not [line for line in complaints(browser) if "422" not in line]


@pytest.mark.usefixtures("fresh_database")
def test_a_complaint_is_withdrawn_in_the_browser_although_its_page_sends_no_origin(
    browser: webdriver.Chrome, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        build_city()
        with served() as site:
            browser.get(f"{site}/public/rivermark/complain/?kind=other")
            browser.find_element(By.NAME, "words").send_keys(WORDS)
            browser.find_element(By.CSS_SELECTOR, "main form button").click()
            assert reads(browser, "h1", "was received")
            browser.find_element(By.CSS_SELECTOR, ".panel form button").click()
            assert reads(browser, "h1", "was withdrawn")
