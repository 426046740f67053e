"""The public record as a stranger reads it: pages, files, and a proof that really proves."""

import hashlib
import json

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from governance.core.checkpoint import open_checkpoint
from governance.core.merkle import leaf_hash
from governance.core.note import parse_verification_key
from governance.core.proof import parse_proof, verify_proof
from governance.core.roles import Role
from governance.ledger import record
from governance.models import Checkpoint, LedgerEntry
from governance.selectors import scheduler_account
from governance.services.sign_checkpoint import sign_checkpoint
from governance.stored_log import log_key
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.cast import City

SECRET = "The corner shop on Vine Street was hit twice."


@pytest.fixture
def signed_log(db: None) -> None:
    """Seven entries; the first five are signed."""
    write_entries(5)
    sign_checkpoint(by=scheduler_account())
    write_entries(2)


def page(client: Client, name: str, *arguments: int) -> str:
    """The text of a page that must be there."""
    answer = client.get(reverse(name, args=arguments))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_stranger_with_the_public_key_verifies_an_entry_from_the_two_downloads(
    client: Client, signed_log: None
) -> None:
    key = parse_verification_key(log_key().verification_key.text)
    proof = parse_proof(page(client, "log-entry-proof", 3))
    leaf = client.get(reverse("log-entry-leaf", args=[3])).content
    assert verify_proof(proof, leaf, key).size == 5
    assert json.loads(leaf)["index"] == 3


def test_the_checkpoint_is_served_exactly_as_signed(client: Client, signed_log: None) -> None:
    answer = client.get(reverse("log-checkpoint"))
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode() == Checkpoint.objects.get().note
    assert open_checkpoint(answer.content, log_key().verification_key).size == 5


def test_the_record_says_how_much_of_it_is_signed(client: Client, signed_log: None) -> None:
    text = page(client, "record")
    assert "The record holds 7 entries, and the first 5 are signed" in text
    assert log_key().verification_key.text in text


def test_the_record_shows_the_newest_entries_first_and_leads_to_older_ones(client: Client, db: None) -> None:
    write_entries(53)
    text = page(client, "record")
    assert text.index(reverse("record-entry", args=[52])) < text.index(reverse("record-entry", args=[3]))
    assert f'"{reverse("record-entry", args=[2])}"' not in text
    older = client.get(reverse("record"), {"before": "3"}).content.decode()
    assert f'"{reverse("record-entry", args=[2])}"' in older
    assert "Older entries" not in older


def test_an_empty_record_says_so(client: Client, db: None) -> None:
    assert "Nothing has been recorded yet" in page(client, "record")
    assert client.get(reverse("log-checkpoint")).status_code == 404


def test_an_entry_speaks_in_plain_words_and_is_proved(client: Client, city: City) -> None:
    sign_checkpoint(by=city.scheduler)
    text = page(client, "record-entry", 0)
    assert "acting as service account" in text
    assert "lead from this entry to it" in text
    assert reverse("log-entry-proof", args=[0]) in text


def test_an_entry_that_no_checkpoint_covers_says_when_to_come_back(client: Client, signed_log: None) -> None:
    assert "Not signed yet" in page(client, "record-entry", 5)
    refused = client.get(reverse("log-entry-proof", args=[5]))
    assert refused.status_code == 409


@pytest.mark.parametrize("name", ["record-entry", "log-entry-leaf", "log-entry-proof"])
def test_an_entry_that_is_not_there_is_not_found(client: Client, signed_log: None, name: str) -> None:
    assert client.get(reverse(name, args=[7])).status_code == 404


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "٣"])
def test_a_page_that_is_no_number_is_refused(client: Client, signed_log: None, before: str) -> None:
    assert client.get(reverse("record"), {"before": before}).status_code == 422


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("record", []),
        ("record-entry", [1]),
        ("log-checkpoint", []),
        ("log-entry-leaf", [1]),
        ("log-entry-proof", [1]),
    ],
)
def test_the_record_is_only_read(client: Client, signed_log: None, name: str, arguments: list[int]) -> None:
    assert client.post(reverse(name, args=arguments)).status_code == 405


def test_free_text_never_reaches_the_public_record(client: Client, db: None) -> None:
    scheduler = scheduler_account()
    with transaction.atomic():
        record(
            action="vote.cast",
            subject_kind="plan",
            subject=hashlib.sha256(b"plan").hexdigest(),
            by=scheduler,
            role=Role.SERVICE,
            text=SECRET,
        )
    sign_checkpoint(by=scheduler)
    for name in ("record-entry", "log-entry-leaf", "log-entry-proof"):
        assert "Vine Street" not in page(client, name, 0)
    assert "kept apart" in page(client, "record-entry", 0)
    assert scheduler.email not in page(client, "record-entry", 0)


def test_a_damaged_entry_is_shown_as_damaged_and_not_proved(
    client: Client, signed_log: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = LedgerEntry.objects.get(index=2)
    damaged.leaf = bytes(damaged.leaf)[:-1]
    monkeypatch.setattr("governance.stored_log.entry_numbered", lambda index: damaged)
    monkeypatch.setattr("governance.stored_log.newest_entries", lambda **asked: [damaged])
    text = page(client, "record-entry", 2)
    assert "The bytes of this entry are damaged" in text
    assert "No proof can be made" in text
    assert "bytes are damaged" in page(client, "record")
    assert client.get(reverse("log-entry-proof", args=[2])).status_code == 409


def test_a_proof_stays_the_same_when_the_log_grows(client: Client, signed_log: None) -> None:
    before = page(client, "log-entry-proof", 3)
    sign_checkpoint(by=scheduler_account())
    assert page(client, "log-entry-proof", 3) == before
    assert leaf_hash(client.get(reverse("log-entry-leaf", args=[3])).content) == bytes(
        LedgerEntry.objects.get(index=3).leaf_hash
    )
