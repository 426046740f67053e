"""What everybody reads about holds: at once that they are, later which and why."""

from datetime import timedelta

from django.test import Client
from django.urls import reverse

from governance.core.holds import LONGEST_LIVE, Scope
from governance.services.advance_clock import advance_clock
from tests.apps.governance.test_voting import open_plan
from tests.cast import City
from tests.factories.board import WHY, add_member, hold, lift


def portal(client: Client) -> str:
    return client.get(reverse("portal-holds", args=["rivermark"])).content.decode()


def test_without_a_hold_the_page_says_so(client: Client, city: City) -> None:
    assert "Nothing is on hold" in portal(client)


def test_a_live_district_or_plan_and_any_reason_stay_closed_until_the_delay_is_over(
    client: Client, city: City
) -> None:
    plan = open_plan(city)
    placed = [hold(city, Scope.DISTRICT, "central"), hold(city, Scope.PLAN, str(plan.pk)), hold(city)]
    said = portal(client)
    assert "3 holds in force" in said
    assert "Chloe Board" in said
    assert "everything in Rivermark" in said
    for secret in ("Central", WHY, placed[0].salt, placed[1].salt, f"plan {plan.pk}"):
        assert secret not in said
    after = placed[-1].placed_at + LONGEST_LIVE + timedelta(hours=7)
    advance_clock(jurisdiction=city.jurisdiction, to=after, by=city.ana)
    said = portal(client)
    for told in ("Central", WHY, placed[0].salt, placed[1].salt, f"plan {plan.pk}"):
        assert told in said


def test_a_lift_is_public_with_its_entry(client: Client, city: City) -> None:
    placed = hold(city)
    lift(city, placed, add_member(city, "carl"))
    said = portal(client)
    assert "Nothing is on hold" in said
    assert "Lifted by the board’s quorum on" in said
    for member in ("Chloe Board agreed", "Carl Board agreed"):
        assert member in said
    assert WHY not in said
    after = placed.placed_at + LONGEST_LIVE + timedelta(hours=7)
    advance_clock(jurisdiction=city.jurisdiction, to=after, by=city.ana)
    assert portal(client).count(WHY) == 3
