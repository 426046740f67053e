"""What people do about a plan beside voting, on its page: the board's override, stepping back, taking back."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from forecasting.models import Plan
from governance.artifacts import store_artifact
from governance.core.holds import Scope
from governance.models import RequestAct, User, Vote
from governance.permissions import CONFIRM_AFTER, SIGNED_IN_AT
from governance.services.attach_evidence import attach_evidence
from tests.apps.forecasting.test_plan_page import REASON, near, opened
from tests.cast import City
from tests.factories.board import hold
from tests.factories.forecasts import add_plan, add_run


@pytest.fixture
def plan(city: City) -> Plan:
    return add_plan(city, add_run(city, flagged=near), places=near)


def audit(city: City, plan: Plan, verdict: str) -> None:
    attach_evidence(
        subject_digest=plan.digest,
        kind="plan_disparity",
        verdict=verdict,
        summary=f"It says {verdict}.",
        report_digest=store_artifact(verdict.encode(), "application/json", name="report").digest,
        jurisdiction=city.jurisdiction,
        by=city.scheduler,
    )


def send(client: Client, who: User, plan: Plan, **said: str) -> Any:
    client.force_login(who)
    form = {"seen_digest": plan.digest, "rationale": REASON} | said
    return client.post(reverse("plan-decide", args=[plan.change_request_id]), form)


def offered(client: Client, who: User, plan: Plan) -> set[str]:
    """Return the deeds beside voting for which the page has a form."""
    page = opened(client, who, plan)
    return {each.value for each in RequestAct.Deed if f'name="deed" value="{each.value}"' in page}


def test_the_board_sets_a_failed_audit_aside_on_the_page_and_the_supervisor_decides_then(
    client: Client, city: City, plan: Plan
) -> None:
    audit(city, plan, "fail")
    page = opened(client, city.ben, plan)
    assert "It cannot be approved as it is" in page
    assert "Set the failed audit aside" not in page
    for member, so_far in ((city.chloe, "0 of 2"), (city.nora, "1 of 2")):
        page = opened(client, member, plan)
        assert f"{so_far} members have set it aside" in page
        assert 'value="approve">Set the failed audit aside<' in page
        assert send(client, member, plan, verdict="approve").status_code == 302
    page = opened(client, city.ben, plan)
    assert page.count("set the failed audit aside.") == 2
    assert "It cannot be approved as it is" not in page
    assert send(client, city.ben, plan, verdict="approve").status_code == 302
    plan.change_request.refresh_from_db()
    assert plan.change_request.state == "approved"


def test_a_hold_stops_the_board_too(client: Client, city: City, plan: Plan) -> None:
    audit(city, plan, "fail")
    hold(city, Scope.EVERYTHING)
    assert 'value="approve" disabled>Set the failed audit aside<' in opened(client, city.chloe, plan)
    assert send(client, city.chloe, plan, verdict="approve").status_code == 409
    assert not Vote.objects.exists()


def test_each_deed_is_offered_to_whom_it_is_open_and_to_nobody_else(
    client: Client, city: City, plan: Plan
) -> None:
    audit(city, plan, "pass")
    assert offered(client, city.ben, plan) == {"recusal"}
    assert offered(client, city.dev, plan) == offered(client, city.ana, plan) == set()
    plan.change_request.authors.add(city.ana)
    assert offered(client, city.ana, plan) == {"withdrawal"}
    send(client, city.ben, plan, verdict="approve")
    assert offered(client, city.ben, plan) == {"revocation"}
    assert offered(client, city.dev, plan) == set()


def test_an_approval_is_taken_back_on_the_page(client: Client, city: City, plan: Plan) -> None:
    audit(city, plan, "pass")
    send(client, city.ben, plan, verdict="approve")
    short = send(client, city.ben, plan, deed="revocation", rationale="no")
    assert (short.status_code, ">no</textarea>" in short.content.decode()) == (422, True)
    assert send(client, city.ben, plan, deed="revocation", seen_digest="f" * 64).status_code == 409
    assert send(client, city.dev, plan, deed="revocation").status_code == 403
    assert send(client, city.ben, plan, deed="revocation").status_code == 302
    page = opened(client, city.dev, plan)
    assert "took the approval back" in page
    assert page.count(f"<blockquote>{REASON}</blockquote>") == 2, "the vote's reason and this one"


def test_who_steps_back_is_asked_no_more_and_cannot_vote(client: Client, city: City, plan: Plan) -> None:
    audit(city, plan, "pass")
    assert send(client, city.ben, plan, deed="recusal").status_code == 302
    assert 'name="verdict"' not in opened(client, city.ben, plan)
    assert offered(client, city.ben, plan) == set()
    assert send(client, city.ben, plan, verdict="approve").status_code == 403


def test_an_author_withdraws_it_and_then_nobody_decides_it(client: Client, city: City, plan: Plan) -> None:
    plan.change_request.authors.add(city.ana)
    assert send(client, city.ana, plan, deed="withdrawal").status_code == 302
    page = opened(client, city.ben, plan)
    assert "was withdrawn by an author" in page
    assert 'name="verdict"' not in page


def test_what_no_form_sends_is_no_page_and_an_old_sign_in_is_asked_for_the_password(
    client: Client, city: City, plan: Plan
) -> None:
    assert send(client, city.ben, plan, deed="burial").status_code == 404
    session = client.session
    session[SIGNED_IN_AT] = session[SIGNED_IN_AT] - CONFIRM_AFTER - 1
    session.save()
    form = {"seen_digest": plan.digest, "rationale": REASON, "deed": "recusal"}
    asked = client.post(reverse("plan-decide", args=[plan.change_request_id]), form).content.decode()
    assert 'name="password_again"' in asked
    assert 'name="deed" value="recusal"' in asked
    assert not RequestAct.objects.exists()
