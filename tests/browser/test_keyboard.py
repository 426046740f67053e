"""From the inbox to a recorded decision by keyboard alone, in a real browser, counted: at most ten actions.

One press of a key is one action; a text typed into a field is one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import pytest
from django.contrib.sessions.models import Session
from selenium import webdriver
from selenium.webdriver import ActionChains, Keys

from governance.core.holds import Scope
from governance.core.roles import Role
from governance.core.states import State
from governance.models import LedgerEntry, User, Vote
from governance.permissions import CONFIRM_AFTER, SIGNED_IN_AT
from governance.selectors import jurisdiction_named
from governance.services.place_hold import place_hold
from governance.services.request_lift import request_lift
from governance.services.request_role import request_role
from tests.browser.test_supervisor import browser, reads, served, sign_in
from tests.database import Demo

__all__ = ["browser"]

MOST = 10
FOCUSED = "return document.activeElement.id"
WHY = "These blocks had most reports in the last two weeks; outreach goes first."
OUTLINE = (
    "const s = getComputedStyle(document.activeElement); return [s.outlineStyle, parseFloat(s.outlineWidth)]"
)
IN_SIGHT = """const e = document.activeElement.getBoundingClientRect();
return e.bottom > 0 && e.top < innerHeight && e.right > 0 && e.left < innerWidth && e.width > 0"""


@dataclass
class Keyboard:
    """A keyboard on whatever has the focus, with a counter; after each press the focus must be seen."""

    page: webdriver.Chrome
    actions: list[str] = field(default_factory=list)

    def press(self, key: str, name: str) -> None:
        """Press one key."""
        self.actions.append(name)
        ActionChains(self.page).send_keys(key).perform()

    def tab(self, wanted: str) -> None:
        """Go to the next thing; it must be the one wanted, within the window, with a visible focus."""
        self.press(Keys.TAB, f"Tab to {wanted}")
        assert wanted in self.focused(), self.actions
        self.assert_focus_is_seen()

    def enter(self) -> None:
        """Follow the link or press the button that has the focus."""
        self.press(Keys.ENTER, f"Enter on {self.focused()}")

    def type(self, text: str) -> None:
        """Type a text."""
        self.press(text, "a text")

    def focused(self) -> str:
        """What has the focus: its words, else its name."""
        told = self.page.switch_to.active_element
        return str(told.text or told.get_attribute("name") or told.tag_name)

    def assert_focus_is_seen(self) -> None:
        """The focused thing has an outline of at least two pixels and lies within the window."""
        time.sleep(0.1)
        style, width = self.page.execute_script(OUTLINE)
        assert style == "solid"
        assert width >= 2
        assert self.page.execute_script(IN_SIGHT), self.focused()


def to_the_decision(keys: Keyboard, title: str) -> None:
    """From the inbox to the text field of the most urgent decision."""
    keys.tab("Skip to what waits for you")
    keys.enter()
    keys.assert_focus_is_seen()
    keys.enter()
    assert reads(keys.page, "h1", title)
    keys.tab("Skip to your decision")
    keys.enter()
    keys.assert_focus_is_seen()
    assert keys.focused() == "rationale"


def say_yes(keys: Keyboard, button: str) -> None:
    """Type the reason and press the button that agrees."""
    keys.type(WHY)
    keys.tab(button)
    keys.enter()


def confirm(keys: Keyboard, password: str) -> None:
    """Give the password again: its field has the focus already."""
    assert reads(keys.page, "h1", "Your password, please")
    assert keys.focused() == "password_again"
    keys.assert_focus_is_seen()
    keys.type(password)
    keys.press(Keys.ENTER, "Enter")


def grow_old(email: str) -> None:
    """Let the sign-in of every session of this person be older than a decision allows."""
    number = str(User.objects.get(email=email).pk)
    for row in Session.objects.all():
        kept = row.get_decoded()
        if kept.get("_auth_user_id") == number:
            kept[SIGNED_IN_AT] -= CONFIRM_AFTER + 1
            row.session_data = Session.objects.encode(kept)
            row.save()


def asked_of_the_board(demo: Demo) -> list[str]:
    """Ask the board for a role and the end of a hold, beside the plan whose audit fails; return the pages' headings."""
    here = jurisdiction_named("rivermark")
    people = {name: User.objects.get(email=each["email"]) for name, each in demo.accounts.items()}
    una = User.objects.create_user("una@lamplight.example", name="Una New")
    request_role(
        user=una, role=Role.BOARD_MEMBER, jurisdiction=here, district=None, reason=WHY, by=people["amir"]
    )
    placed = place_hold(
        jurisdiction=here, scope=Scope.CATEGORY, target="robbery", reason=WHY, seen=0, by=people["nora"]
    )
    request_lift(hold_id=placed.pk, reason=WHY, by=people["ana"])
    return ["tonight", "Shall Una New be board member?", f"Lift hold {placed.pk}"]


def recorded(email: str, entries: int) -> Vote:
    """Return the newest vote of somebody, which must be in the record since then."""
    vote = Vote.objects.select_related("change_request").filter(user__email=email).latest("id")
    assert vote.rationale == WHY
    assert vote.ledger_index >= entries
    return vote


@pytest.mark.parametrize("asked_again", [False, True], ids=["signed in lately", "password asked again"])
def test_a_plan_is_decided_in_at_most_ten_actions(
    demo: Demo, browser: webdriver.Chrome, *, asked_again: bool
) -> None:
    ben = demo.accounts["ben"]
    with served() as site:
        sign_in(browser, site, ben)
        assert reads(browser, "h1", "1 decision waits for you")
        browser.get(f"{site}/inbox/")
        if asked_again:
            grow_old(ben["email"])
        entries, keys = LedgerEntry.objects.count(), Keyboard(browser)
        to_the_decision(keys, "tonight")
        say_yes(keys, "Approve")
        if asked_again:
            confirm(keys, ben["password"])
        assert reads(browser, ".message", "Your decision is in the record")
        assert recorded(ben["email"], entries).change_request.state in {State.APPROVED, State.EXECUTED}
        assert len(keys.actions) <= MOST, keys.actions


def test_every_other_kind_is_decided_in_at_most_ten_actions(demo: Demo, browser: webdriver.Chrome) -> None:
    chloe = demo.accounts["chloe"]
    headings = asked_of_the_board(demo)
    with served() as site:
        sign_in(browser, site, chloe)
        assert reads(browser, "h1", "3 decisions wait for you")
        for title, button in zip(headings, ("Set the failed audit aside", "Agree", "Approve"), strict=True):
            browser.get(f"{site}/inbox/")
            grow_old(chloe["email"])
            entries, keys = LedgerEntry.objects.count(), Keyboard(browser)
            to_the_decision(keys, title)
            say_yes(keys, button)
            confirm(keys, chloe["password"])
            assert reads(browser, ".message", "Your decision is in the record")
            recorded(chloe["email"], entries)
            assert len(keys.actions) <= MOST, keys.actions


def test_without_the_skip_links_it_takes_more_than_ten(demo: Demo, browser: webdriver.Chrome) -> None:
    """The count can fail: from the inbox to the decision by Tab alone it is far more."""
    with served() as site:
        sign_in(browser, site, demo.accounts["ben"])
        browser.get(f"{site}/inbox/")
        keys = Keyboard(browser)
        while browser.execute_script(FOCUSED) != "first" and len(keys.actions) < MOST * 3:
            keys.press(Keys.TAB, "Tab")
        assert MOST < len(keys.actions) < MOST * 3
