"""From an approved plan to its briefing and its closure; there is no other way to a briefing."""

import hashlib
import json
import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import rfc8785
from django.db import DatabaseError, transaction

from forecasting.core.plan_edit import PlaceEdit
from forecasting.models import Briefing, Plan, PlanClosure
from forecasting.selectors.plans import body_of
from forecasting.services.close_plan import close_plan
from forecasting.services.edit_plan import edit_plan
from forecasting.services.execute_plan import execute_plan
from forecasting.tasks import close_due, execute_approved
from governance.artifacts import read_artifact
from governance.core.approval import Verdict
from governance.core.canonical import salted_digest
from governance.core.refusals import Reason, Refused
from governance.models import ChangeRequest, LedgerEntry
from governance.services.advance_clock import advance_clock
from governance.services.attach_evidence import attach_evidence
from governance.services.cast_vote import cast_vote
from tests.cast import City

WHY = "Matches what residents reported in the last two weeks."


def approve(city: City, plan: Plan) -> None:
    attach_evidence(
        subject_digest=plan.digest,
        kind="plan_disparity",
        verdict="pass",
        summary="Passes.",
        report_digest="b" * 64,
        jurisdiction=city.jurisdiction,
        by=city.scheduler,
    )
    cast_vote(
        change_request_id=plan.change_request_id,
        verdict=Verdict.APPROVE,
        rationale=WHY,
        seen_digest=plan.digest,
        by=city.ben,
    )


def refused(reason: Reason, deed: object, **arguments: object) -> None:
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        deed(**arguments)  # type: ignore[operator]
    assert refusal.value.reason is reason
    assert LedgerEntry.objects.count() == before
    assert not Briefing.objects.exists()


def test_the_factors_of_every_place_multiply_to_its_forecast(plan: Plan) -> None:
    for place in body_of(plan).places:
        product = place.base * place.share * math.prod(place.factors.values())
        assert product == pytest.approx(place.expected, rel=1e-6)


def test_an_approved_plan_yields_its_briefing_once(city: City, plan: Plan) -> None:
    approve(city, plan)
    briefing = execute_plan(plan_id=plan.pk, by=city.scheduler)
    assert read_artifact(briefing.pdf_digest).startswith(b"%PDF-")
    places = json.loads(read_artifact(briefing.geojson_digest))
    assert len(places["features"]) == len(body_of(plan).places)
    before = LedgerEntry.objects.count()
    assert execute_plan(plan_id=plan.pk, by=city.scheduler) == briefing
    assert execute_approved() == 0
    assert LedgerEntry.objects.count() == before


def test_a_plan_that_waits_yields_nothing(city: City, plan: Plan) -> None:
    refused(Reason.NOT_APPROVED, execute_plan, plan_id=plan.pk, by=city.scheduler)
    assert execute_approved() == 0


def test_nobody_but_the_scheduler_turns_a_plan_into_a_briefing(city: City, plan: Plan) -> None:
    approve(city, plan)
    for person in (city.ana, city.ben, city.bea, city.chloe, city.dev, city.eve):
        refused(Reason.NOT_PERMITTED, execute_plan, plan_id=plan.pk, by=person)


def test_an_approval_does_not_carry_over_to_an_edit(city: City, plan: Plan) -> None:
    approve(city, plan)
    body = body_of(plan)
    edits = [
        PlaceEdit(p.column, p.row, keep=p.number > 1, option=p.option, visits=p.visits, minutes=p.minutes)
        for p in body.places
    ]
    revised = edit_plan(plan_id=plan.pk, seen_digest=plan.digest, edits=edits, by=city.ben)
    refused(Reason.NOT_APPROVED, execute_plan, plan_id=revised.pk, by=city.scheduler)
    refused(Reason.NOT_FOUND, execute_plan, plan_id=plan.pk, by=city.scheduler)


def test_an_approval_that_expired_yields_nothing(city: City, plan: Plan) -> None:
    approve(city, plan)
    expires = ChangeRequest.objects.get(pk=plan.change_request_id).expires_at
    advance_clock(jurisdiction=city.jurisdiction, to=expires, by=city.ana)
    refused(Reason.EXPIRED, execute_plan, plan_id=plan.pk, by=city.scheduler)


def test_if_the_sheet_cannot_be_made_the_approval_is_not_used_up(
    city: City, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve(city, plan)

    def broken(*_: object, **__: object) -> bytes:
        raise DatabaseError("no sheet")

    monkeypatch.setattr("forecasting.services.execute_plan.render_pdf", broken)
    with pytest.raises(DatabaseError), transaction.atomic():
        execute_plan(plan_id=plan.pk, by=city.scheduler)
    assert ChangeRequest.objects.get(pk=plan.change_request_id).state == "approved"


def test_a_plan_is_closed_after_its_shift_and_its_delay(city: City, plan: Plan) -> None:
    approve(city, plan)
    execute_plan(plan_id=plan.pk, by=city.scheduler)
    with pytest.raises(Refused) as early:
        close_plan(plan_id=plan.pk, by=city.scheduler)
    assert early.value.reason is Reason.TOO_EARLY
    advance_clock(jurisdiction=city.jurisdiction, to=plan.ends_at + timedelta(days=3), by=city.ana)
    assert close_due() == 1
    assert close_due() == 0
    closure = PlanClosure.objects.get(plan=plan)
    assert 0 <= closure.covered <= closure.observed
    before = LedgerEntry.objects.count()
    assert close_plan(plan_id=plan.pk, by=city.scheduler) == closure
    assert LedgerEntry.objects.count() == before


def test_a_plan_that_was_never_carried_out_is_not_closed(city: City, plan: Plan) -> None:
    refused(Reason.NOT_APPROVED, close_plan, plan_id=plan.pk, by=city.scheduler)


def test_the_leaves_of_a_plan_name_neither_its_district_nor_a_place(city: City, plan: Plan) -> None:
    approve(city, plan)
    execute_plan(plan_id=plan.pk, by=city.scheduler)
    leaves = b"".join(bytes(entry.leaf) for entry in LedgerEntry.objects.all())
    assert b"central" not in leaves.lower()
    assert not [place for place in body_of(plan).places if place.name.encode() in leaves]


def test_a_plan_whose_text_is_not_what_was_approved_sends_nobody_anywhere(
    city: City, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve(city, plan)
    elsewhere = {**plan.body, "places": [{**plan.body["places"][0], "name": "Another Street"}]}
    monkeypatch.setattr(Plan, "from_db", classmethod(forged(elsewhere)))
    refused(Reason.DIGEST_CHANGED, execute_plan, plan_id=plan.pk, by=city.scheduler)
    assert ChangeRequest.objects.get(pk=plan.change_request_id).state == "approved"


def forged(body: dict[str, object]) -> Callable[..., Plan]:
    """Read plans as if somebody above the guards had rewritten what they say."""

    def from_db(cls: type[Plan], *arguments: Any) -> Plan:
        read = super(Plan, cls).from_db(*arguments)
        read.body = body
        return read

    return from_db


def test_what_a_plan_delivered_cannot_be_guessed_from_its_leaf(city: City, plan: Plan) -> None:
    approve(city, plan)
    execute_plan(plan_id=plan.pk, by=city.scheduler)
    advance_clock(jurisdiction=city.jurisdiction, to=plan.ends_at + timedelta(days=3), by=city.ana)
    closure = close_plan(plan_id=plan.pk, by=city.scheduler)
    said: dict[str, Any] = {"plan": plan.digest, "journal": closure.journal}
    guesses = {
        hashlib.sha256(rfc8785.dumps({**said, "covered": covered, "observed": observed})).hexdigest()
        for observed in range(closure.observed + 2)
        for covered in range(observed + 1)
    }
    assert not guesses & set(detail_of("plan.closed").values())
    told: dict[str, Any] = {
        "salt": body_of(plan).salt,
        "covered": closure.covered,
        "observed": closure.observed,
    }
    assert hashlib.sha256(rfc8785.dumps({**said, **told})).hexdigest() == closure.journal_digest
    assert detail_of("plan.closed")["journal"] == closure.journal_digest


def test_a_guessed_briefing_cannot_be_recognised_in_its_leaf(city: City, plan: Plan) -> None:
    approve(city, plan)
    briefing = execute_plan(plan_id=plan.pk, by=city.scheduler)
    told, salt = detail_of("plan.executed"), bytes.fromhex(body_of(plan).salt)
    assert not {briefing.pdf_digest, briefing.geojson_digest} & set(told.values())
    assert told["briefing"] == salted_digest(salt, briefing.pdf_digest)
    assert told["places"] == salted_digest(salt, briefing.geojson_digest)


def detail_of(action: str) -> dict[str, Any]:
    """Return what the newest leaf of an action tells everybody."""
    entry = LedgerEntry.objects.filter(action=action).latest("index")
    detail: dict[str, Any] = json.loads(bytes(entry.leaf))["detail"]
    return detail
