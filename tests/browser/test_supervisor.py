"""A supervisor decides in a real browser; a resident reads what came of it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connections
from django.test.testcases import LiveServerThread
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait

from config.cycle import settle
from tests.database import Demo

WHY = "These blocks had most reports in the last two weeks; outreach goes first."
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
)
SLOW = 120.0


@contextmanager
def served() -> Iterator[str]:
    """Serve the site on a free port, from this process, on the test's own database."""
    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.terminate()
        connections.close_all()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """Debian's Chromium, with a profile of its own."""
    program, steering = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not steering:
        pytest.skip("chromium and chromium-driver are not installed; `make setup-test` installs them")
    options = Options()
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(steering))
    driver.set_page_load_timeout(SLOW)
    yield driver
    driver.quit()


def sign_in(browser: WebDriver, site: str, account: dict[str, str]) -> None:
    browser.get(f"{site}/sign-in/")
    browser.find_element(By.NAME, "username").send_keys(account["email"])
    browser.find_element(By.NAME, "password").send_keys(account["password"])
    browser.find_element(By.CSS_SELECTOR, "main form button").click()


def heading(browser: WebDriver) -> str:
    return browser.find_element(By.TAG_NAME, "h1").text


def reads(browser: WebDriver, selector: str, text: str) -> bool:
    """Wait until an element says something: a click returns before the page it leads to is there."""
    wait = WebDriverWait(
        browser, SLOW, ignored_exceptions=[NoSuchElementException, StaleElementReferenceException]
    )
    wait.until(lambda page: text in page.find_element(By.CSS_SELECTOR, selector).text)
    return bool(wait.until(lambda page: page.execute_script("return document.readyState") == "complete"))


def complaints(browser: WebDriver) -> list[str]:
    """What the browser itself objects to: blocked scripts and styles, missing files."""
    lines = browser.execute("getLog", {"type": "browser"})["value"]
    return [str(line["message"]) for line in lines if line["level"] == "SEVERE"]


def test_tonight_is_decided_and_next_week_everybody_can_read_it(demo: Demo, browser: WebDriver) -> None:
    with served() as site:
        sign_in(browser, site, demo.accounts["ben"])
        assert reads(browser, "h1", "1 decision waits for you")

        browser.find_element(By.CSS_SELECTOR, "a.button.primary").click()
        assert reads(browser, "h1", "tonight")
        assert len(browser.find_elements(By.CSS_SELECTOR, "table.places tbody tr")) >= 8
        browser.find_element(By.NAME, "rationale").send_keys(WHY)
        browser.find_element(By.CSS_SELECTOR, "button[value=approve]").click()
        assert reads(browser, ".message", "approved")

        assert not browser.find_elements(By.PARTIAL_LINK_TEXT, "PDF")
        settle()
        # The page asks again by itself until the sheet is there.
        WebDriverWait(browser, SLOW).until(lambda page: page.find_elements(By.PARTIAL_LINK_TEXT, "PDF"))

        browser.find_element(By.CSS_SELECTOR, ".replay button").click()
        assert reads(browser, ".message", "It is now")

        browser.get(f"{site}/public/rivermark/decisions/")
        assert WHY in browser.find_element(By.TAG_NAME, "main").text
        assert "Replay" in browser.page_source
        assert complaints(browser) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_no_public_page_is_wider_than_the_screen(demo: Demo, browser: webdriver.Chrome, width: int) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    with served() as site:
        for page in ("", "decisions/", "fairness/", "scores/", "data/", "check/"):
            browser.get(f"{site}/public/rivermark/{page}")
            assert heading(browser)
            across = browser.execute_script("return document.documentElement.scrollWidth")
            assert across <= width, page
        assert complaints(browser) == []
