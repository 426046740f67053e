"""The supervisor's page: what it says, what it lets her do, and what it keeps when a vote is refused."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from numpy.typing import NDArray

from forecasting.models import Plan, PlanClosure
from forecasting.views.plan_page import day_words, outcome_sentence, plan_context
from governance import clock
from governance.artifacts import store_artifact
from governance.core.roles import Role
from governance.models import User, Vote
from governance.permissions import CONFIRM_AFTER, SIGNED_IN_AT, give_role
from governance.services.attach_evidence import attach_evidence
from tests.cast import PASSWORD, City
from tests.factories.forecasts import add_plan, add_run

Floats = NDArray[np.float64]
REASON = "Matches the reports of the last two weeks."


def near(x: Floats, y: Floats) -> NDArray[np.bool_]:
    return np.hypot(x - 0.3, y - 0.2) < 0.06


@pytest.fixture
def plan(city: City) -> Plan:
    return add_plan(city, add_run(city, flagged=near), places=near)


@pytest.fixture
def audited(city: City, plan: Plan) -> Plan:
    """Return the plan with the evidence that the policy requires."""
    report = store_artifact(b"{}", "application/json", name="report")
    attach_evidence(
        subject_digest=plan.digest,
        kind="plan_disparity",
        verdict="pass",
        summary="Residents below poverty live in proposed places 1.05 times as often as all residents.",
        report_digest=report.digest,
        jurisdiction=city.jurisdiction,
        by=city.scheduler,
    )
    return plan


def opened(client: Client, user: Any, plan: Plan) -> str:
    client.force_login(user)
    return client.get(reverse("plan", args=[plan.change_request_id])).content.decode()


def decide(client: Client, user: Any, plan: Plan, **sent: str) -> Any:
    client.force_login(user)
    form = {"seen_digest": plan.digest, "verdict": "approve", "rationale": REASON} | sent
    return client.post(reverse("plan-decide", args=[plan.change_request_id]), form)


def test_an_old_sign_in_may_look_at_an_edit_and_is_asked_before_it_is_saved(
    client: Client, city: City, audited: Plan
) -> None:
    client.force_login(city.ben)
    session = client.session
    session[SIGNED_IN_AT] = 0
    session.save()
    address = reverse("plan-edit", args=[audited.change_request_id])
    assert client.post(address, {"do": "preview"}).status_code == 200
    asked = client.post(address, {"do": "save", "seen_digest": audited.digest})
    assert (asked.status_code, "Your password, please" in asked.content.decode()) == (403, True)
    assert Plan.objects.count() == 1


def test_the_page_shows_exactly_what_is_approved_with_its_evidence(
    client: Client, city: City, audited: Plan
) -> None:
    page = opened(client, city.ben, audited)
    assert f'name="seen_digest" value="{audited.digest}"' in page
    assert "1.05 times as often" in page
    assert "Hidden Lane 1" in page
    assert "at least 20 characters" in page


def test_without_its_audit_the_page_says_why_nobody_can_approve_yet(
    client: Client, city: City, plan: Plan
) -> None:
    page = opened(client, city.ben, plan)
    assert "It cannot be approved as it is" in page
    assert 'value="approve" disabled' in page


def test_somebody_who_may_not_decide_reads_why_and_who_can(client: Client, city: City, audited: Plan) -> None:
    page = opened(client, city.chloe, audited)
    assert 'name="verdict"' not in page
    assert "Not yours to decide" in page
    assert "Ben Supervisor" in page


def test_a_decision_is_followed_by_what_happens_next(client: Client, city: City, audited: Plan) -> None:
    assert decide(client, city.ben, audited).status_code == 302
    page = opened(client, city.ben, audited)
    assert "This plan is approved" in page
    assert REASON in page


def test_a_reason_that_is_too_short_is_refused_and_kept_in_the_form(
    client: Client, city: City, audited: Plan
) -> None:
    answer = decide(client, city.ben, audited, rationale="Looks <fine>")
    assert answer.status_code == 422
    assert "at least 20 characters" in answer.content.decode()
    assert "Looks &lt;fine&gt;</textarea>" in answer.content.decode()
    assert not Vote.objects.exists()


def test_a_changed_plan_is_not_approved_by_the_old_page(client: Client, city: City, audited: Plan) -> None:
    answer = decide(client, city.ben, audited, seen_digest="0" * 64)
    assert answer.status_code == 409
    assert "has been changed since" in answer.content.decode()


def test_the_supervisor_of_another_district_cannot_open_it(client: Client, city: City, audited: Plan) -> None:
    client.force_login(city.bea)
    answer = client.get(reverse("plan", args=[audited.change_request_id]))
    assert answer.status_code == 403
    assert "This was not done" in answer.content.decode()
    assert "Hidden Lane" not in answer.content.decode()


def test_a_visitor_is_asked_to_sign_in(client: Client, audited: Plan) -> None:
    answer = client.get(reverse("plan", args=[audited.change_request_id]))
    assert answer.status_code == 302
    assert reverse("login") in answer["Location"]


def test_an_edit_shows_its_effect_before_anything_is_saved(client: Client, city: City, audited: Plan) -> None:
    client.force_login(city.ben)
    first, *others = audited.body["places"]
    sent = {f"keep_{each['column']}_{each['row']}": "on" for each in others}
    page = client.post(reverse("plan-edit", args=[audited.change_request_id]), sent | {"do": "preview"})
    assert f"Place {first['number']} dropped" in page.content.decode()
    assert "you may still decide it" in page.content.decode()
    assert Plan.objects.count() == 1


def test_a_saved_edit_is_a_new_revision_that_needs_its_own_audit(
    client: Client, city: City, audited: Plan
) -> None:
    client.force_login(city.ben)
    sent = {f"keep_{each['column']}_{each['row']}": "on" for each in audited.body["places"][1:]}
    form = sent | {"do": "save", "seen_digest": audited.digest}
    client.post(reverse("plan-edit", args=[audited.change_request_id]), form)
    page = opened(client, city.ben, audited)
    assert "revision 2" in page
    assert "place 1 dropped" in page
    assert "It cannot be approved as it is" in page


def test_an_edit_that_leaves_nothing_says_so_and_keeps_the_form(
    client: Client, city: City, plan: Plan
) -> None:
    client.force_login(city.ben)
    page = client.post(reverse("plan-edit", args=[plan.change_request_id]), {"do": "preview"})
    assert "A plan needs at least one place" in page.content.decode()


def test_the_sentence_names_share_interval_and_baseline(city: City, plan: Plan) -> None:
    context = plan_context(plan, city.ben)
    assert (context["covered"].value, context["covered"].low, context["covered"].high) == ("20", "10", "30")
    assert context["baseline"] == "15"


def test_the_night_of_today_is_tonight_and_another_day_is_named(city: City) -> None:
    now = clock.local(clock.now(city.jurisdiction), city.jurisdiction)
    assert day_words(now.replace(hour=22), now) == "tonight"
    assert day_words(now.replace(hour=14), now) == "today"
    assert day_words(now + timedelta(days=1), now).startswith("on ")


def test_the_outcome_stands_beside_what_was_expected(plan: Plan) -> None:
    said = outcome_sentence(plan, PlanClosure(plan=plan, covered=0, observed=1))
    assert said == (
        "One residential burglary was recorded in Central in this shift, where 3.0 were expected; "
        f"none of them in the plan’s places, where {0.1 * len(plan.body['places']):.2f} were expected."
    )


def test_a_decision_long_after_the_sign_in_asks_for_the_password_and_then_counts(
    client: Client, city: City, audited: Plan
) -> None:
    client.force_login(city.ben)
    session = client.session
    session[SIGNED_IN_AT] -= CONFIRM_AFTER
    session.save()
    address = reverse("plan-decide", args=[audited.change_request_id])
    form = {"seen_digest": audited.digest, "verdict": "approve", "rationale": REASON}
    asked = client.post(address, form)
    assert asked.status_code == 403
    assert REASON in asked.content.decode()
    assert not Vote.objects.exists()
    assert client.post(address, form | {"password_again": PASSWORD}).status_code == 302
    assert Vote.objects.get().rationale == REASON


def test_a_supervisor_who_did_not_complete_her_module_is_led_to_it(
    client: Client, city: City, audited: Plan
) -> None:
    una = User.objects.create_user("una@example.org", name="Una New")
    give_role(una, Role.SUPERVISOR, city.jurisdiction, city.central, by=city.scheduler)
    answer = decide(client, una, audited)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert f'href="{reverse("training")}"' in page
    assert REASON in page
