"""A failed audit that the board sets aside: by its quorum, with its reasons, before the supervisor and in public."""

from dataclasses import replace

import pytest

from governance.core.approval import Verdict
from governance.core.refusals import Reason
from governance.models import ChangeRequest, RoleGrant, Vote
from governance.selectors import waiting_for
from governance.services.attach_evidence import attach_evidence
from governance.services.cast_vote import cast_vote
from governance.services.redeem_approval import redeem_approval
from governance.services.revise_change_request import revise_change_request
from governance.services.revoke_role import revoke_role
from tests.apps.governance.test_deeds import refused
from tests.apps.governance.test_stages import vote
from tests.apps.governance.test_voting import open_plan
from tests.cast import City, build_city


def attach(city: City, request: ChangeRequest, verdict: str, mark: str = "c") -> None:
    attach_evidence(
        subject_digest=request.digest,
        kind="plan_disparity",
        verdict=verdict,
        summary=f"It says {verdict}.",
        report_digest=mark * 64,
        jurisdiction=city.jurisdiction,
        by=city.dev,
    )


@pytest.fixture
def failed(city: City) -> ChangeRequest:
    """Return a plan for Central whose newest audit fails."""
    request = open_plan(city)
    attach(city, request, "fail")
    return request


def test_the_boards_quorum_and_then_the_supervisor_approve(city: City, failed: ChangeRequest) -> None:
    refused(Reason.EVIDENCE_FAILED, cast_vote, **vote(failed, city.ben))
    assert cast_vote(**vote(failed, city.chloe)).state == "open"
    refused(Reason.EVIDENCE_FAILED, cast_vote, **vote(failed, city.ben))
    assert cast_vote(**vote(failed, city.nora)).state == "open"
    assert waiting_for(city.jurisdiction, city.ben) == [failed]
    assert cast_vote(**vote(failed, city.ben)).state == "approved"
    assert list(Vote.objects.values_list("stage", flat=True)) == ["override", "override", "supervisor"]
    assert redeem_approval(digest=failed.digest, kind="plan", by=city.scheduler).state == "executed"


def test_the_board_alone_approves_nothing(city: City, failed: ChangeRequest) -> None:
    cast_vote(**vote(failed, city.chloe))
    refused(Reason.ALREADY_VOTED, cast_vote, **vote(failed, city.chloe))
    assert cast_vote(**vote(failed, city.nora)).state == "open"
    refused(Reason.NOT_APPROVED, redeem_approval, digest=failed.digest, kind="plan", by=city.scheduler)


@pytest.mark.parametrize("verdict", ["pass", "caution", "insufficient"])
def test_there_is_nothing_to_override_where_no_audit_failed(city: City, verdict: str) -> None:
    request = open_plan(city)
    attach(city, request, verdict)
    refused(Reason.NOT_PERMITTED, cast_vote, **vote(request, city.chloe))
    assert waiting_for(city.jurisdiction, city.chloe) == []


def test_a_missing_audit_is_never_overridden(city: City, failed: ChangeRequest) -> None:
    bare = revise_change_request(
        change_request_id=failed.pk,
        seen_digest=failed.digest,
        digest="d" * 64,
        rests_on=[],
        adds=False,
        by=city.ana,
    )
    refused(Reason.NOT_PERMITTED, cast_vote, **vote(bare, city.chloe))
    refused(Reason.EVIDENCE_MISSING, cast_vote, **vote(bare, city.ben))


def test_an_edit_voids_the_override(city: City, failed: ChangeRequest) -> None:
    for who in (city.chloe, city.nora):
        cast_vote(**vote(failed, who))
    edited = revise_change_request(
        change_request_id=failed.pk,
        seen_digest=failed.digest,
        digest="d" * 64,
        rests_on=[],
        adds=False,
        by=city.ana,
    )
    attach(city, edited, "fail", "e")
    refused(Reason.EVIDENCE_FAILED, cast_vote, **vote(edited, city.ben))


def test_an_override_by_somebody_who_left_the_board_is_void(city: City, failed: ChangeRequest) -> None:
    for who in (city.chloe, city.nora, city.ben):
        cast_vote(**vote(failed, who))
    revoke_role(role_grant_id=RoleGrant.objects.get(user=city.nora).pk, by=city.scheduler)
    refused(Reason.EVIDENCE_FAILED, redeem_approval, digest=failed.digest, kind="plan", by=city.scheduler)


def test_an_approved_plan_whose_audit_fails_afterwards_is_not_carried_out(city: City) -> None:
    request = open_plan(city)
    cast_vote(**vote(request, city.ben))
    attach(city, request, "fail")
    refused(Reason.EVIDENCE_FAILED, redeem_approval, digest=request.digest, kind="plan", by=city.scheduler)


def test_the_board_may_send_it_back_and_the_supervisor_may_reject_it(
    city: City, failed: ChangeRequest
) -> None:
    assert waiting_for(city.jurisdiction, city.chloe) == [failed]
    assert waiting_for(city.jurisdiction, city.ben) == [failed]
    assert cast_vote(**vote(failed, city.ben, Verdict.REJECT)).state == "rejected"


def test_each_vote_of_the_board_has_its_reason(city: City, failed: ChangeRequest) -> None:
    refused(Reason.RATIONALE_TOO_SHORT, cast_vote, **vote(failed, city.chloe) | {"rationale": "Go on."})


def test_an_author_on_the_board_does_not_override_her_own(city: City, failed: ChangeRequest) -> None:
    failed.authors.add(city.chloe)
    refused(Reason.AUTHOR_MAY_NOT_VOTE, cast_vote, **vote(failed, city.chloe))


def test_a_failure_that_another_city_attached_first_still_counts_here(city: City) -> None:
    request = open_plan(city)
    other = build_city(slug="eastmark")
    attach(replace(city, jurisdiction=other.jurisdiction), request, "fail")
    attach(city, request, "fail")
    refused(Reason.EVIDENCE_FAILED, cast_vote, **vote(request, city.ben))
