"""The way of a request: on its page and in the API, each step with its entry and its proof, for every kind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from governance import clock
from governance.core.approval import ERASED, Verdict
from governance.core.holds import Scope
from governance.core.proof import parse_proof, verify_proof
from governance.core.roles import Role
from governance.models import ChangeRequest, Jurisdiction, LedgerEntry, User
from governance.published_log import log_key
from governance.services.attach_evidence import attach_evidence
from governance.services.cast_vote import cast_vote
from governance.services.delegate_role import delegate_role
from governance.services.erase_text import erase_text
from governance.services.expire_change_request import expire_change_request
from governance.services.open_change_request import open_change_request
from governance.services.recuse import recuse
from governance.services.redeem_approval import redeem_approval
from governance.services.request_lift import request_lift
from governance.services.request_role import request_role
from governance.services.revise_change_request import revise_change_request
from governance.services.withdraw_change_request import withdraw_change_request
from governance.tasks import lift_approved, publish_log
from governance.timeline import Step, timeline
from tests.cast import City
from tests.factories.board import add_member, approve_lift, hold

WHY = "The reports of the last two weeks support exactly this."
FIRST, SECOND = "a" * 64, "b" * 64


def open_plan(city: City) -> ChangeRequest:
    return open_change_request(
        kind="plan",
        jurisdiction=city.jurisdiction,
        district=city.central,
        title="Residential burglary, Central",
        digest=FIRST,
        rests_on=["c" * 64],
        expires_at=clock.now(city.jurisdiction) + timedelta(hours=12),
        by=city.scheduler,
    )


def evidence(city: City, digest: str, verdict: str = "pass") -> None:
    attach_evidence(
        subject_digest=digest,
        kind="plan_disparity",
        verdict=verdict,
        summary="Passes. 1.04 times as often.",
        report_digest=digest[::-1],
        jurisdiction=city.jurisdiction,
        by=city.scheduler,
    )


def vote(request: ChangeRequest, by: User, verdict: Verdict = Verdict.APPROVE) -> ChangeRequest:
    return cast_vote(
        change_request_id=request.pk, verdict=verdict, rationale=WHY, seen_digest=request.digest, by=by
    )


def revise(request: ChangeRequest, digest: str, by: User) -> ChangeRequest:
    return revise_change_request(
        change_request_id=request.pk,
        seen_digest=request.digest,
        digest=digest,
        rests_on=request.rests_on,
        adds=True,
        by=by,
    )


@pytest.fixture
def whole(city: City) -> ChangeRequest:
    """A plan that was opened, audited, revised, audited anew, decided in Ben's place by Dev, and carried out."""
    plan = open_plan(city)
    evidence(city, FIRST)
    evidence(city, "c" * 64)
    plan = revise(plan, SECOND, city.ana)
    evidence(city, SECOND)
    delegate_role(
        taker=city.bea,
        role=Role.SUPERVISOR,
        jurisdiction=city.jurisdiction,
        district=city.central,
        until=clock.now(city.jurisdiction) + timedelta(days=1),
        reason=WHY,
        by=city.ben,
    )
    vote(plan, city.bea)
    return redeem_approval(digest=SECOND, kind="plan", by=city.scheduler)


def actions(steps: list[Step]) -> list[str]:
    return [step.action for step in steps]


def test_every_step_of_every_revision_is_there_in_order(city: City, whole: ChangeRequest) -> None:
    steps = timeline(whole)
    assert actions(steps) == [
        "request.opened",
        "evidence.attached",
        "evidence.attached",
        "request.revised",
        "evidence.attached",
        "vote.cast",
        "approval.redeemed",
    ]
    assert [step.index for step in steps] == sorted(step.index for step in steps)
    assert {step.index for step in steps} == set(
        LedgerEntry.objects.filter(subject__in=[FIRST, SECOND, "c" * 64]).values_list("index", flat=True)
    )
    voted = steps[5]
    assert (voted.who, voted.in_place_of, voted.reason) == ("Bea Supervisor", "Ben Supervisor", WHY)
    assert voted.settled == "With that it is approved."
    assert (steps[0].who, steps[3].who, steps[3].revision) == ("Scheduler", "Ana Analyst", 2)


def test_a_step_is_proved_once_it_is_published_and_its_proof_verifies(
    client: Client, city: City, whole: ChangeRequest
) -> None:
    assert not any(step.proved for step in timeline(whole))
    assert "its proof comes with the next checkpoint" in page(client, city.ben, whole)
    publish_log()
    said = page(client, city.ben, whole)
    for step in timeline(whole):
        address = reverse("log-entry-proof", args=[step.index])
        assert step.proved
        assert address in said
        proof = parse_proof(client.get(address).content.decode())
        leaf = client.get(reverse("log-entry-leaf", args=[step.index])).content
        verify_proof(proof, leaf, log_key().verification_key)


def page(client: Client, by: User, request: ChangeRequest) -> str:
    """Return the timeline as the template draws it for any page of a request."""
    client.force_login(by)
    context: dict[str, Any] = {
        "steps_so_far": timeline(request),
        "change": request,
        "jurisdiction": request.jurisdiction,
    }
    return render_to_string("governance/_timeline.html", context)


def test_the_api_tells_the_same_steps_with_their_proofs(
    client: Client, city: City, whole: ChangeRequest
) -> None:
    client.force_login(city.ben)
    address = reverse("api-request", args=[whole.pk])
    rows = client.get(address).json()["timeline"]
    assert [row["entry"] for row in rows] == [step.index for step in timeline(whole)]
    assert {row["proof_url"] for row in rows} == {None}
    assert rows[5]["delegated"] is True
    assert "Bea" not in str(rows)
    publish_log()
    rows = client.get(address).json()["timeline"]
    assert rows[0]["proof_url"].endswith(reverse("log-entry-proof", args=[rows[0]["entry"]]))
    assert client.get(rows[0]["proof_url"]).status_code == 200


def test_withdrawal_recusal_and_expiry_are_steps_too(city: City) -> None:
    plan = open_plan(city)
    recuse(change_request_id=plan.pk, reason=WHY, by=city.ben)
    withdraw_change_request(change_request_id=plan.pk, reason=WHY, by=city.scheduler)
    steps = timeline(plan)
    assert actions(steps) == ["request.opened", "voter.recused", "request.withdrawn"]
    assert [step.words for step in steps[1:]] == ["stepped back from the decision", "withdrew it"]
    assert [step.who for step in steps[1:]] == ["Ben Supervisor", "Scheduler"]


def test_an_expired_request_says_so(city: City) -> None:
    plan = open_plan(city)
    Jurisdiction.objects.filter(pk=city.jurisdiction.pk).update(
        clock_offset=city.jurisdiction.clock_offset + timedelta(days=1)
    )
    expire_change_request(change_request_id=plan.pk, by=city.scheduler)
    assert actions(timeline(plan)) == ["request.opened", "request.expired"]


def test_an_erased_reason_leaves_its_step(city: City) -> None:
    plan = vote(open_plan(city), city.ben, Verdict.REJECT)
    step = timeline(plan)[-1]
    assert step.reason == WHY
    erase_text(index=step.index, reason=WHY, by=city.chloe)
    assert timeline(plan)[-1].reason == ERASED


def test_a_lift_and_a_role_have_their_way_on_their_pages(client: Client, city: City) -> None:
    carl = add_member(city, "carl")
    lift = request_lift(hold_id=hold(city, Scope.CATEGORY, "robbery").pk, reason=WHY, by=city.ana)
    approve_lift(city, lift, city.chloe, carl)
    lift_approved()
    role = request_role(
        user=city.eve,
        role=Role.BOARD_MEMBER,
        jurisdiction=city.jurisdiction,
        district=None,
        reason=WHY,
        by=city.scheduler,
    )
    publish_log()
    client.force_login(city.nora)
    for name, request in (("request", lift), ("role-request", role.change_request)):
        said = client.get(reverse(name, args=[request.pk])).content.decode()
        assert "The rule that applies" in said
        assert "What happens next" in said
        for step in timeline(request):
            assert reverse("log-entry-proof", args=[step.index]) in said
    assert actions(timeline(lift))[:2] == ["request.opened", "hold.lift_requested"]
    assert actions(timeline(lift))[-1] == "approval.redeemed"


def test_the_number_of_queries_does_not_grow_with_the_steps(
    city: City, django_assert_num_queries: Any, whole: ChangeRequest
) -> None:
    """Two for each revision (one here had two), and a fixed number beside."""
    whole = ChangeRequest.objects.select_related("jurisdiction", "district").get(pk=whole.pk)
    with django_assert_num_queries(11) as first:
        timeline(whole)
    for number in range(5):
        evidence(city, SECOND[:-1] + str(number))
        attach_evidence(
            subject_digest=SECOND,
            kind=f"more_{number}",
            verdict="pass",
            summary="Passes.",
            report_digest=f"{number}" * 64,
            jurisdiction=city.jurisdiction,
            by=city.scheduler,
        )
    whole = ChangeRequest.objects.select_related("jurisdiction", "district").get(pk=whole.pk)
    with django_assert_num_queries(len(first.captured_queries)):
        assert len(timeline(whole)) == 12
