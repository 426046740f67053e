"""The API of governance: the public record, the inbox, change requests and the vote."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
import rfc8785
from django.test import Client
from django.urls import reverse

from governance import clock
from governance.artifacts import store_artifact
from governance.core.checkpoint import open_checkpoint
from governance.core.note import parse_verification_key
from governance.core.proof import parse_proof, verify_proof
from governance.models import ChangeRequest, LedgerEntry, Vote
from governance.published_log import log_key
from governance.services.attach_evidence import attach_evidence
from governance.services.open_change_request import open_change_request
from governance.tasks import publish_log
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.asking import ask, queries_of, reason_of
from tests.cast import City

WHY = "Matches the reports of the last two weeks."


def add_request(city: City, *, kind: str = "plan", mark: str = "a") -> ChangeRequest:
    """Open a request: a plan for Central, or something for the whole city."""
    return open_change_request(
        kind=kind,
        jurisdiction=city.jurisdiction,
        district=city.central if kind == "plan" else None,
        title=f"A {kind}",
        digest=hashlib.sha256(mark.encode()).hexdigest(),
        rests_on=[],
        expires_at=clock.now(city.jurisdiction) + timedelta(hours=12),
        by=city.scheduler,
    )


@pytest.fixture
def plan(city: City) -> ChangeRequest:
    """Return a plan of Central with the evidence that the policy requires."""
    request = add_request(city)
    attach_evidence(
        subject_digest=request.digest,
        kind="plan_disparity",
        verdict="pass",
        summary="Residents below poverty live in proposed places 1.05 times as often as all residents.",
        report_digest=store_artifact(b"{}", "application/json", name="report").digest,
        jurisdiction=city.jurisdiction,
        by=city.scheduler,
    )
    return request


@pytest.fixture
def policy(city: City) -> ChangeRequest:
    return add_request(city, kind="policy", mark="p")


def send(client: Client, who: Any, request: ChangeRequest, **changed: str) -> Any:
    """Vote as somebody."""
    client.logout()
    if who is not None:
        client.force_login(who)
    ballot = {"verdict": "approve", "rationale": WHY, "seen_digest": request.digest} | changed
    return client.post(reverse("api-votes", args=[request.pk]), ballot, content_type="application/json")


# --- the public record ----------------------------------------------------------------------------------------


@pytest.fixture
def signed_log(db: None) -> None:
    """Seven entries; the first five (two of them announce what one verifies with) are published."""
    write_entries(3)
    publish_log()
    write_entries(2)


def test_a_stranger_verifies_an_entry_with_nothing_but_the_api(client: Client, signed_log: None) -> None:
    checkpoint = client.get(reverse("api-checkpoint")).json()
    key = parse_verification_key(checkpoint["verification_key"])
    entry = client.get(reverse("api-record-entry", args=[3])).json()
    leaf = rfc8785.dumps(entry["leaf"])
    assert hashlib.sha256(b"\0" + leaf).hexdigest() == entry["leaf_hash"]
    assert verify_proof(parse_proof(entry["proof"]), leaf, key).size == 5
    assert open_checkpoint(checkpoint["note"].encode(), log_key().verification_key).size == checkpoint["size"]


def test_an_entry_that_no_checkpoint_covers_says_why_it_has_no_proof(
    client: Client, signed_log: None
) -> None:
    entry = client.get(reverse("api-record-entry", args=[6])).json()
    assert entry["proof"] is None
    assert entry["unproved"]["reason"] == "too_early"


def test_entries_come_newest_first_and_page_by_page_without_a_gap(client: Client, signed_log: None) -> None:
    first = client.get(reverse("api-record"), {"limit": "4"}).json()
    rest = client.get(first["next"]).json()
    assert first["count"] == 7
    assert [each["index"] for each in first["results"] + rest["results"]] == [6, 5, 4, 3, 2, 1, 0]
    assert rest["next"] is None


def test_nobody_gets_more_than_a_page_at_once(client: Client, signed_log: None) -> None:
    answer = client.get(reverse("api-record"), {"limit": "100000", "offset": "9" * 40})
    assert answer.json()["results"] == []
    assert (
        "limit=500"
        in client.get(reverse("api-record"), {"limit": "100000", "offset": "1"}).json()["previous"]
    )


def test_the_exact_bytes_of_an_entry_stand_where_its_row_says(client: Client, signed_log: None) -> None:
    entry = client.get(reverse("api-record-entry", args=[2])).json()
    assert client.get(entry["leaf_url"]).content == bytes(LedgerEntry.objects.get(index=2).leaf)


def test_what_is_not_there_is_not_found(client: Client, city: City) -> None:
    assert reason_of(client.get(reverse("api-checkpoint"))) == (404, "not_found")
    assert reason_of(client.get(reverse("api-record-entry", args=[9999]))) == (404, "not_found")
    assert reason_of(ask(client, city.ben, reverse("api-request", args=[9999]))) == (404, "not_found")


def test_the_public_record_says_nothing_of_a_live_request_but_digests(
    client: Client, city: City, plan: ChangeRequest
) -> None:
    assert send(client, city.ben, plan).status_code == 201
    said = ask(client, None, reverse("api-record")).content.decode()
    assert "vote.cast" in said
    for secret in (WHY, "central", plan.title, city.ben.name, city.ben.email):
        assert secret not in said


def test_the_record_costs_as_much_with_few_entries_as_with_many(client: Client, db: None) -> None:
    write_entries(2)
    few = queries_of(client, None, reverse("api-record"))
    write_entries(20)
    assert queries_of(client, None, reverse("api-record")) == few


# --- the inbox ---------------------------------------------------------------------------------------------------


def test_what_waits_is_what_i_may_decide(
    client: Client, city: City, plan: ChangeRequest, policy: ChangeRequest
) -> None:
    waits = {
        name: [
            each["id"] for each in ask(client, getattr(city, name), reverse("api-inbox")).json()["results"]
        ]
        for name in ("ana", "ben", "bea", "chloe", "dev")
    }
    assert waits == {"ana": [], "ben": [plan.pk], "bea": [], "chloe": [policy.pk], "dev": []}


def test_the_inbox_costs_as_much_with_one_request_as_with_many(
    client: Client, city: City, plan: ChangeRequest
) -> None:
    few = queries_of(client, city.ben, reverse("api-inbox"))
    for number in range(5):
        add_request(city, mark=str(number))
    assert queries_of(client, city.ben, reverse("api-inbox")) == few
    assert ask(client, city.ben, reverse("api-inbox")).json()["count"] == 6


# --- change requests ---------------------------------------------------------------------------------------------


def test_everybody_lists_the_requests_that_concern_the_role(
    client: Client, city: City, plan: ChangeRequest, policy: ChangeRequest
) -> None:
    seen = {
        name: {
            each["id"] for each in ask(client, getattr(city, name), reverse("api-requests")).json()["results"]
        }
        for name in ("ana", "ben", "bea", "chloe", "dev")
    }
    both = {plan.pk, policy.pk}
    assert seen == {"ana": both, "ben": both, "bea": {policy.pk}, "chloe": both, "dev": both}


def test_requests_are_found_by_kind_and_state(
    client: Client, city: City, plan: ChangeRequest, policy: ChangeRequest
) -> None:
    def found(**query: str) -> list[int]:
        rows = ask(client, city.chloe, reverse("api-requests"), **query).json()["results"]
        return [each["id"] for each in rows]

    assert found(kind="plan") == [plan.pk]
    assert found(state="open", jurisdiction="rivermark") == [policy.pk, plan.pk]
    assert found(state="executed") == []


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"kind": "person"}, (422, "bad_input")),
        ({"state": "\0"}, (422, "bad_input")),
        ({"jurisdiction": "\0"}, (422, "bad_input")),
        ({"jurisdiction": "atlantis"}, (404, "not_found")),
    ],
)
def test_a_filter_that_cannot_be_meant_is_refused(
    client: Client, city: City, query: dict[str, str], reason: tuple[int, str]
) -> None:
    assert reason_of(ask(client, city.chloe, reverse("api-requests"), **query)) == reason


def test_requests_cost_as_much_when_there_is_one_as_when_there_are_many(
    client: Client, city: City, plan: ChangeRequest
) -> None:
    few = queries_of(client, city.ana, reverse("api-requests"))
    for number in range(5):
        add_request(city, mark=str(number))
    assert queries_of(client, city.ana, reverse("api-requests")) == few


def test_a_request_shows_its_votes_and_the_evidence_on_its_digest(
    client: Client, city: City, plan: ChangeRequest
) -> None:
    send(client, city.ben, plan)
    said = ask(client, city.ana, reverse("api-request", args=[plan.pk])).json()
    (vote,), (evidence,) = said["votes"], said["evidence"]
    assert (vote["who"], vote["verdict"], vote["rationale"]) == (city.ben.pseudonym, "approve", WHY)
    assert (evidence["subject_digest"], evidence["verdict"]) == (plan.digest, "pass")
    assert said["state"] == "approved"


def test_a_supervisor_of_another_district_and_somebody_without_a_role_read_no_plan(
    client: Client, city: City, plan: ChangeRequest
) -> None:
    address = reverse("api-request", args=[plan.pk])
    assert reason_of(ask(client, city.bea, address)) == (403, "not_permitted")
    assert reason_of(ask(client, city.eve, address)) == (403, "not_permitted")


@pytest.mark.parametrize("who", ["bea", "eve"])
def test_a_refusal_does_not_name_the_district_of_a_live_plan(
    client: Client, city: City, plan: ChangeRequest, who: str
) -> None:
    client.force_login(getattr(city, who))
    for name in ("request", "api-request"):
        answer = client.get(reverse(name, args=[plan.pk]))
        assert answer.status_code == 403
        assert "Central" not in answer.content.decode()


@pytest.mark.parametrize("name", ["api-inbox", "api-requests"])
def test_lists_are_closed_to_visitors_and_to_accounts_without_a_role(
    client: Client, city: City, plan: ChangeRequest, name: str
) -> None:
    assert reason_of(ask(client, None, reverse(name))) == (403, "not_authenticated")
    assert reason_of(ask(client, city.eve, reverse(name))) == (403, "not_permitted")
    assert reason_of(ask(client, city.eve, reverse(name), jurisdiction="rivermark")) == (403, "not_permitted")


def test_no_cache_keeps_what_depends_on_who_asks(client: Client, city: City, plan: ChangeRequest) -> None:
    for address in (reverse("api-requests"), reverse("api-request", args=[plan.pk])):
        assert "no-store" in ask(client, city.ben, address).headers["Cache-Control"]


# --- the vote ------------------------------------------------------------------------------------------------------


def test_a_vote_by_the_api_is_the_same_deed_as_on_the_page(
    client: Client, city: City, plan: ChangeRequest
) -> None:
    answer = send(client, city.ben, plan)
    assert (answer.status_code, answer.json()["state"]) == (201, "approved")
    vote = Vote.objects.get(change_request=plan)
    assert (vote.user, vote.digest, vote.rationale) == (city.ben, plan.digest, WHY)
    assert LedgerEntry.objects.get(index=vote.ledger_index).action == "vote.cast"


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (None, "not_authenticated"),
        ("eve", "not_permitted"),
        ("bea", "not_permitted"),
        ("ana", "not_permitted"),
        ("chloe", "not_permitted"),
        ("dev", "not_permitted"),
    ],
)
def test_nobody_else_votes_on_a_plan(
    client: Client, city: City, plan: ChangeRequest, who: str | None, reason: str
) -> None:
    answer = send(client, getattr(city, who) if who else None, plan)
    assert reason_of(answer) == (403, reason)
    assert not Vote.objects.exists()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"rationale": "Fine."}, (422, "rationale_too_short")),
        ({"rationale": ""}, (422, "rationale_too_short")),
        ({"seen_digest": "f" * 64}, (409, "digest_changed")),
        ({"seen_digest": "f" * 65}, (422, "bad_input")),
        ({"verdict": "abstain"}, (422, "bad_input")),
    ],
)
def test_a_vote_that_cannot_count_is_refused_with_the_reason(
    client: Client, city: City, plan: ChangeRequest, changed: dict[str, str], reason: tuple[int, str]
) -> None:
    entries = LedgerEntry.objects.count()
    assert reason_of(send(client, city.ben, plan, **changed)) == reason
    assert not Vote.objects.exists()
    assert LedgerEntry.objects.count() == entries


def test_what_is_decided_takes_no_second_vote(client: Client, city: City, plan: ChangeRequest) -> None:
    send(client, city.ben, plan)
    assert reason_of(send(client, city.ben, plan)) == (409, "not_open")


def test_an_author_does_not_vote_on_her_own_request(client: Client, city: City, plan: ChangeRequest) -> None:
    plan.authors.add(city.ben)
    assert reason_of(send(client, city.ben, plan)) == (403, "author_may_not_vote")


def test_without_its_evidence_nothing_is_approved(client: Client, city: City) -> None:
    assert reason_of(send(client, city.ben, add_request(city, mark="bare"))) == (409, "evidence_missing")


def test_a_board_member_votes_on_a_policy_and_a_supervisor_does_not(
    client: Client, city: City, policy: ChangeRequest
) -> None:
    assert reason_of(send(client, city.ben, policy)) == (403, "not_permitted")
    assert send(client, city.chloe, policy, verdict="return").json()["state"] == "returned"


def test_a_vote_without_the_token_of_a_page_is_refused(city: City, plan: ChangeRequest) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert reason_of(send(strict, city.ben, plan)) == (403, "permission_denied")
    assert not Vote.objects.exists()


def test_a_vote_that_is_not_json_is_refused_in_the_same_form(
    client: Client, city: City, plan: ChangeRequest
) -> None:
    client.force_login(city.ben)
    answer = client.post(reverse("api-votes", args=[plan.pk]), "{", content_type="application/json")
    assert reason_of(answer) == (400, "parse_error")
    answer = client.post(reverse("api-votes", args=[plan.pk]), "[1]", content_type="application/json")
    assert reason_of(answer) == (422, "bad_input")
