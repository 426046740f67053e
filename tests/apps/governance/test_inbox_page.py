"""The inbox: what waits for whom."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance import clock
from governance.core.approval import Verdict
from governance.models import ChangeRequest
from governance.selectors import waiting_for
from governance.services.attach_evidence import attach_evidence
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


def more(city: City, number: int) -> ChangeRequest:
    """Open one more plan, which expires earlier the higher its number is, and attach its audit."""
    digest = f"{number:064x}"
    request = open_change_request(
        kind="plan",
        jurisdiction=city.jurisdiction,
        district=city.central,
        title=f"Plan {number}",
        digest=digest,
        rests_on=[],
        expires_at=clock.now(city.jurisdiction) + timedelta(hours=23 - number),
        by=city.scheduler,
    )
    attach_evidence(
        subject_digest=digest,
        kind="plan_disparity",
        verdict="pass",
        summary="Passes.",
        report_digest=digest,
        jurisdiction=city.jurisdiction,
        by=city.scheduler,
    )
    return request


def test_the_number_of_queries_does_not_grow_with_what_waits(
    client: Client, city: City, django_assert_num_queries: Any, waiting: ChangeRequest
) -> None:
    client.force_login(city.ben)
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("inbox"))
    for number in range(1, 9):
        more(city, number)
    rejected = more(city, 9)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("inbox"))
    assert len(many) == len(few)
    cast_vote(
        change_request_id=rejected.pk,
        verdict=Verdict.REJECT,
        rationale="The reports of this week do not support it.",
        seen_digest=rejected.digest,
        by=city.ben,
    )
    with CaptureQueriesContext(connection) as decided:
        client.get(reverse("inbox"))
    for request in ChangeRequest.objects.filter(title__in=["Plan 1", "Plan 2", "Plan 3"]):
        cast_vote(
            change_request_id=request.pk,
            verdict=Verdict.REJECT,
            rationale="The reports of this week do not support it.",
            seen_digest=request.digest,
            by=city.ben,
        )
    with django_assert_num_queries(len(decided)):
        client.get(reverse("inbox"))


def test_what_expires_soonest_stands_first_with_what_is_left(city: City, waiting: ChangeRequest) -> None:
    last, first = more(city, 1), more(city, 20)
    items = inbox_context(city.jurisdiction, city.ben)["waiting"]
    assert [item.request for item in items] == [first, waiting, last]
    assert [(item.left, item.soon) for item in items] == [
        ("in 2 hours", True),
        ("in 11 hours", True),
        ("in 21 hours", False),
    ]
    assert [item.evidence for item in items] == ["passes", "", "passes"]


def test_what_was_returned_comes_back_to_its_author(client: Client, city: City) -> None:
    request = open_change_request(
        kind="plan",
        jurisdiction=city.jurisdiction,
        district=city.central,
        title="Ana’s plan",
        digest="d" * 64,
        rests_on=[],
        expires_at=clock.now(city.jurisdiction) + timedelta(hours=12),
        by=city.ana,
    )
    cast_vote(
        change_request_id=request.pk,
        verdict=Verdict.RETURN,
        rationale="The reports of this week do not support it.",
        seen_digest=request.digest,
        by=city.ben,
    )
    assert [item.request for item in inbox_context(city.jurisdiction, city.ana)["yours"]] == [request]
    client.force_login(city.ana)
    assert "Came back to you" in client.get(reverse("inbox")).content.decode()
    assert inbox_context(city.jurisdiction, city.ben)["yours"] == []
