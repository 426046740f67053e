"""A supervisor reads her notices in a real browser, by keyboard alone; an administrator sees how e-mail does."""

from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from governance.core.holds import Scope
from governance.models import Notice
from governance.tasks import send_notices, tell_waiting
from tests.apps.governance.board import build_board_city, person
from tests.apps.governance.test_notices import complain
from tests.apps.governance.test_voting import open_plan
from tests.browser.test_complaint_pages import look
from tests.browser.test_supervisor import browser, complaints, reads, served, sign_in
from tests.cast import PASSWORD
from tests.factories.board import hold
from tests.mail_server import free_port, mail_to

__all__ = ["browser"]  # the fixture
BEN = {"email": "ben@example.org", "password": PASSWORD}
AMIR = {"email": "amir@example.org", "password": PASSWORD}


@pytest.mark.usefixtures("fresh_database")
def test_notices_are_read_and_marked_by_keyboard(
    browser: webdriver.Chrome, django_db_blocker: Any, tmp_path: Path
) -> None:
    with django_db_blocker.unblock(), mail_to(free_port()):
        city = build_board_city()
        open_plan(city)
        placed = hold(city, Scope.DISTRICT, "central")
        complain(city)
        tell_waiting()
        with served() as site:
            sign_in(browser, site, BEN)
            assert reads(browser, ".bell", "Notices 2")
            browser.find_element(By.CSS_SELECTOR, ".bell").send_keys(Keys.ENTER)
            assert reads(browser, "h1", "2 notices to read")
            look(browser, tmp_path, "unread")
            browser.find_elements(By.CSS_SELECTOR, ".notices button")[0].send_keys(Keys.ENTER)
            assert reads(browser, "h1", "1 notice to read")
            look(browser, tmp_path, "marked")
            browser.find_element(By.CSS_SELECTOR, "input[value=here]").send_keys(Keys.SPACE, Keys.ENTER)
            assert reads(browser, ".message", "you are told here alone")
            browser.find_element(By.CSS_SELECTOR, ".notices h2 a").send_keys(Keys.ENTER)
            assert reads(browser, "h1", "Hold ")
            assert browser.current_url.endswith(f"/holds/{placed.pk}/")
            browser.get(f"{site}/notices/")
            assert reads(browser, "h1", "Nothing new")
            look(browser, tmp_path, "nothing-new")
            assert not complaints(browser)


@pytest.mark.usefixtures("fresh_database")
def test_an_administrator_sees_what_the_mail_server_refused_and_has_it_tried_again(
    browser: webdriver.Chrome, django_db_blocker: Any, tmp_path: Path
) -> None:
    with django_db_blocker.unblock():
        city = build_board_city()
        with served() as site:
            sign_in(browser, site, AMIR)
            browser.get(f"{site}/notices/mail/")
            assert reads(browser, "h1", "E-mail is off")
            look(browser, tmp_path, "off")
            with mail_to(free_port()):
                hold(city)
                open_plan(city)
                tell_waiting()
                send_notices()
                ben = Notice.objects.filter(user=person("ben")).first()
                assert ben
                Notice.objects.filter(pk=ben.pk).update(
                    mail=Notice.Mail.FAILED, attempts=7, problem="The mail server said 550: 5.1.1 no such box"
                )
                browser.refresh()
                assert reads(browser, "h1", "1 e-mail could not be delivered")
                look(browser, tmp_path, "failed")
                browser.find_element(By.CSS_SELECTOR, "#failed ~ .scroll button").send_keys(Keys.ENTER)
                assert reads(browser, ".message", "It waits again")
                assert reads(browser, "h1", "The mail server makes difficulties")
                look(browser, tmp_path, "again")
            assert not complaints(browser)
