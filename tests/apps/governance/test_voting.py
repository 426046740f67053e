"""Change requests and votes on the real database."""

from datetime import timedelta

import pytest

from governance import clock
from governance.core.approval import Verdict
from governance.core.refusals import Reason, Refused
from governance.models import ChangeRequest, LedgerEntry
from governance.services.attach_evidence import attach_evidence
from governance.services.cast_vote import cast_vote
from governance.services.open_change_request import open_change_request
from tests.cast import City, build_city

WHY = "Matches what residents reported in the last two weeks."


def open_plan(city: City, digest: str = "a" * 64) -> ChangeRequest:
    """Let Ana propose a plan for Central, with a passed audit."""
    request = open_change_request(
        kind="plan",
        jurisdiction=city.jurisdiction,
        district=city.central,
        title="Tonight in Central",
        digest=digest,
        rests_on=[],
        expires_at=clock.now(city.jurisdiction) + timedelta(hours=6),
        by=city.scheduler,
    )
    attach_evidence(
        subject_digest=digest,
        kind="plan_disparity",
        verdict="pass",
        summary="Passes.",
        report_digest="b" * 64,
        jurisdiction=city.jurisdiction,
        by=city.scheduler,
    )
    return request


def test_a_supervisor_approves_a_plan_of_her_district(city: City) -> None:
    request = open_plan(city)
    before = LedgerEntry.objects.count()
    settled = cast_vote(
        change_request_id=request.id,
        verdict=Verdict.APPROVE,
        rationale=WHY,
        seen_digest=request.digest,
        by=city.ben,
    )
    assert settled.state == "approved"
    assert LedgerEntry.objects.count() == before + 1


@pytest.mark.parametrize("who", ["bea", "chloe", "dev", "ana", "eve", "scheduler"])
def test_nobody_else_may_vote_on_it(city: City, who: str) -> None:
    request = open_plan(city)
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        cast_vote(
            change_request_id=request.id,
            verdict=Verdict.APPROVE,
            rationale=WHY,
            seen_digest=request.digest,
            by=getattr(city, who),
        )
    assert refusal.value.reason in {Reason.NOT_PERMITTED, Reason.SERVICE_MAY_NOT_VOTE}
    assert LedgerEntry.objects.count() == before


def test_evidence_that_another_city_attached_counts_for_nothing(city: City) -> None:
    elsewhere = build_city(slug="elsewhere")
    request = open_plan(city)
    attach_evidence(
        subject_digest=request.digest,
        kind="plan_disparity",
        verdict="fail",
        summary="Fails.",
        report_digest="c" * 64,
        jurisdiction=city.jurisdiction,
        by=city.dev,
    )
    attach_evidence(
        subject_digest=request.digest,
        kind="plan_disparity",
        verdict="pass",
        summary="Passes.",
        report_digest="d" * 64,
        jurisdiction=elsewhere.jurisdiction,
        by=elsewhere.dev,
    )
    with pytest.raises(Refused) as refusal:
        cast_vote(
            change_request_id=request.id,
            verdict=Verdict.APPROVE,
            rationale=WHY,
            seen_digest=request.digest,
            by=city.ben,
        )
    assert refusal.value.reason is Reason.EVIDENCE_FAILED
