"""What people do to a request beside voting on it: taking it back, taking its approval back, stepping back."""

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from governance.core.approval import Verdict
from governance.core.refusals import Reason
from governance.core.states import drawn
from governance.models import LedgerEntry, LedgerText, RequestAct
from governance.selectors import acts_on, voters_for, waiting_for
from governance.services.advance_clock import advance_clock
from governance.services.cast_vote import cast_vote
from governance.services.recuse import recuse
from governance.services.redeem_approval import redeem_approval
from governance.services.revise_change_request import revise_change_request
from governance.services.revoke_approval import revoke_approval
from governance.services.withdraw_change_request import withdraw_change_request
from governance.tasks import expire_requests
from tests.apps.governance.test_deeds import approved, refused
from tests.apps.governance.test_stages import vote
from tests.apps.governance.test_voting import open_plan
from tests.cast import City

REASON = "The school there is closed tonight; this needs another look."


def revised(city: City, request: Any, digest: str = "d" * 64) -> Any:
    return revise_change_request(
        change_request_id=request.pk,
        seen_digest=request.digest,
        digest=digest,
        rests_on=[],
        adds=True,
        by=city.ana,
    )


def test_an_author_takes_her_request_back(city: City) -> None:
    request = revised(city, open_plan(city))
    assert (
        withdraw_change_request(change_request_id=request.pk, reason=REASON, by=city.ana).state == "withdrawn"
    )
    (act,) = acts_on(request)
    assert (act.deed, act.user, act.reason, act.digest) == ("withdrawal", city.ana, REASON, "d" * 64)
    entry = LedgerEntry.objects.get(index=act.ledger_index)
    assert (entry.action, entry.subject) == ("request.withdrawn", request.digest)
    assert REASON.encode() not in bytes(entry.leaf)
    refused(Reason.NOT_OPEN, cast_vote, **vote(request, city.ben))
    refused(
        Reason.NOT_OPEN, withdraw_change_request, change_request_id=request.pk, reason=REASON, by=city.ana
    )


def test_nobody_else_takes_it_back_and_not_without_a_reason(city: City) -> None:
    request = revised(city, open_plan(city))
    about = {"change_request_id": request.pk, "reason": REASON}
    for who in (city.ben, city.chloe, city.eve):
        refused(Reason.NOT_PERMITTED, withdraw_change_request, **about, by=who)
    refused(Reason.RATIONALE_TOO_SHORT, withdraw_change_request, **about | {"reason": "No."}, by=city.ana)


def test_what_was_executed_cannot_be_taken_back(city: City) -> None:
    request = approved(city)
    redeem_approval(digest=request.digest, kind="plan", by=city.scheduler)
    about = {"change_request_id": request.pk, "reason": REASON}
    refused(Reason.NOT_OPEN, withdraw_change_request, **about, by=city.scheduler)
    refused(Reason.NOT_OPEN, revoke_approval, **about, seen_digest=request.digest, by=city.ben)


def test_a_revoked_approval_cannot_be_acted_on_and_needs_every_vote_anew(city: City) -> None:
    request = approved(city)
    done = revoke_approval(
        change_request_id=request.pk, seen_digest=request.digest, reason=REASON, by=city.ben
    )
    assert done.state == "revoked"
    refused(Reason.NOT_APPROVED, redeem_approval, digest=request.digest, kind="plan", by=city.scheduler)
    refused(Reason.NOT_OPEN, cast_vote, **vote(request, city.ben))
    again = revised(city, request)
    assert again.state == "open"
    refused(Reason.EVIDENCE_MISSING, cast_vote, **vote(again, city.ben))
    (act,) = acts_on(request)
    assert (act.deed, act.digest, act.reason) == ("revocation", "a" * 64, REASON)


@pytest.mark.parametrize("who", ["bea", "ana", "dev", "eve", "scheduler"])
def test_who_may_not_vote_may_not_take_an_approval_back(city: City, who: str) -> None:
    request = approved(city)
    about = {"change_request_id": request.pk, "seen_digest": request.digest, "reason": REASON}
    refused(Reason.NOT_PERMITTED, revoke_approval, **about, by=getattr(city, who))


def test_an_approval_is_taken_back_as_it_was_seen_with_a_reason_and_in_time(city: City) -> None:
    request = approved(city)
    about = {"change_request_id": request.pk, "seen_digest": request.digest, "reason": REASON, "by": city.ben}
    refused(Reason.DIGEST_CHANGED, revoke_approval, **about | {"seen_digest": "0" * 64})
    refused(Reason.RATIONALE_TOO_SHORT, revoke_approval, **about | {"reason": " "})
    advance_clock(jurisdiction=city.jurisdiction, to=request.expires_at, by=city.ana)
    refused(Reason.EXPIRED, revoke_approval, **about)


def test_a_revoked_request_expires_like_an_open_one(city: City) -> None:
    request = approved(city)
    revoke_approval(change_request_id=request.pk, seen_digest=request.digest, reason=REASON, by=city.ben)
    advance_clock(jurisdiction=city.jurisdiction, to=request.expires_at, by=city.ana)
    assert expire_requests() == 1


def test_who_stepped_back_votes_no_more_and_waits_for_nothing(city: City) -> None:
    request = open_plan(city)
    act = recuse(change_request_id=request.pk, reason=REASON, by=city.ben)
    assert (act.deed, LedgerText.objects.get(entry_id=act.ledger_index).text) == ("recusal", REASON)
    assert waiting_for(city.jurisdiction, city.ben) == []
    assert voters_for(request) == []
    refused(Reason.RECUSED, cast_vote, **vote(request, city.ben))
    before = LedgerEntry.objects.count()
    assert recuse(change_request_id=request.pk, reason="Again, for another reason.", by=city.ben) == act
    assert (LedgerEntry.objects.count(), RequestAct.objects.count()) == (before, 1)
    refused(Reason.RECUSED, cast_vote, **vote(revised(city, request), city.ben))


def test_one_steps_back_before_voting_and_only_from_what_one_may_vote_on(city: City) -> None:
    request = open_plan(city)
    about = {"change_request_id": request.pk, "reason": REASON}
    refused(Reason.NOT_PERMITTED, recuse, **about, by=city.bea)
    refused(Reason.RATIONALE_TOO_SHORT, recuse, **about | {"reason": "Family."}, by=city.ben)
    cast_vote(**vote(request, city.ben, Verdict.RETURN))
    refused(Reason.ALREADY_VOTED, recuse, **about, by=city.ben)


def test_the_api_does_each_and_refuses_alike(client: Client, city: City) -> None:
    request = revised(city, open_plan(city))
    address = reverse("api-acts", args=[request.pk])

    def send(who: Any, **said: str) -> Any:
        client.force_login(who)
        return client.post(address, {"reason": REASON} | said, content_type="application/json")

    assert send(city.eve, deed="recusal").status_code == 403
    assert send(city.ben, deed="recusal", reason="No.").status_code == 422
    assert send(city.ben, deed="revocation", seen_digest=request.digest).json()["reason"] == "not_open"
    answer = send(city.ben, deed="recusal")
    assert (answer.status_code, answer.json()["acts"][0]["deed"]) == (201, "recusal")
    answer = send(city.ana, deed="withdrawal")
    assert (answer.status_code, answer.json()["state"]) == (201, "withdrawn")
    assert answer.json()["acts"][1]["reason"] == REASON


def test_the_command_prints_the_table_that_the_code_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("draw_states")
    assert capsys.readouterr().out.strip() == drawn()
