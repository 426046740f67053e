"""The navigation of whoever has most of it, a member of the board: one line on a desk, one button on a phone."""

from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.browser.test_supervisor import browser, served, sign_in
from tests.cast import PASSWORD, build_city

__all__ = ["browser"]  # the fixture


@pytest.mark.usefixtures("fresh_database")
def test_the_navigation_is_one_line_on_a_desk_and_one_button_on_a_phone(
    browser: webdriver.Chrome, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        build_city()
        with served() as site:
            sign_in(browser, site, {"email": "chloe@example.org", "password": PASSWORD})
            browser.set_window_size(1280, 900)
            browser.get(f"{site}/inbox/")
            links = browser.find_elements(By.CSS_SELECTOR, "header nav a")
            assert {each.text for each in links} >= {"Inbox", "Holds", "Complaints", "Access"}
            assert len({each.rect["y"] for each in links}) == 1
            menu = browser.find_element(By.CLASS_NAME, "menu")
            assert not menu.is_displayed()

            browser.set_window_size(390, 844)
            assert not any(each.is_displayed() for each in links)
            menu.click()
            assert all(each.is_displayed() for each in links)
            next(each for each in links if each.text == "Complaints").click()
            assert browser.current_url.endswith("/complaints/")
