"""The inbox: what waits for whom."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from governance import clock
from governance.core.approval import Verdict
from governance.models import ChangeRequest
from governance.selectors import waiting_for
from governance.services.cast_vote import cast_vote
from governance.services.open_change_request import open_change_request
from governance.views.inbox_page import inbox_context
from tests.cast import City


@pytest.fixture
def waiting(city: City) -> ChangeRequest:
    """Return a plan for Central that waits for its supervisor."""
    return open_change_request(
        kind="plan",
        jurisdiction=city.jurisdiction,
        district=city.central,
        title="Residential burglary, Central",
        digest="a" * 64,
        rests_on=[],
        expires_at=clock.now(city.jurisdiction) + timedelta(hours=12),
        by=city.scheduler,
    )


def test_a_plan_waits_for_the_supervisor_of_its_district_alone(city: City, waiting: ChangeRequest) -> None:
    assert waiting_for(city.jurisdiction, city.ben) == [waiting]
    assert waiting_for(city.jurisdiction, city.bea) == []
    assert waiting_for(city.jurisdiction, city.ana) == []


def test_what_is_decided_no_longer_waits_and_stands_below(city: City, waiting: ChangeRequest) -> None:
    reason = "The reports of this week do not support it."
    cast_vote(
        change_request_id=waiting.id,
        verdict=Verdict.REJECT,
        rationale=reason,
        seen_digest=waiting.digest,
        by=city.ben,
    )
    context = inbox_context(city.jurisdiction, city.ben)
    assert context["waiting"] == []
    assert [item.request for item in context["decided"]] == [waiting]


def test_an_expired_request_waits_for_nobody(city: City, waiting: ChangeRequest) -> None:
    ChangeRequest.objects.filter(pk=waiting.pk).update(expires_at=clock.now(city.jurisdiction))
    assert waiting_for(city.jurisdiction, city.ben) == []


def test_the_page_says_how_many_decisions_wait_and_until_when(
    client: Client, city: City, waiting: ChangeRequest
) -> None:
    client.force_login(city.ben)
    page = client.get(reverse("inbox")).content.decode()
    assert "1 decision waits for you" in page
    assert "Decide before" in page
    assert reverse("plan", args=[waiting.id]) in page


def test_an_empty_inbox_says_what_would_appear_there(client: Client, city: City) -> None:
    client.force_login(city.ben)
    assert "Nothing waits for you" in client.get(reverse("inbox")).content.decode()
