"""The public record as a stranger reads it: pages, files, and a proof that really proves."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from governance import published_log
from governance.core.checkpoint import open_checkpoint
from governance.core.merkle import leaf_hash
from governance.core.note import parse_verification_key
from governance.core.proof import parse_proof, verify_proof
from governance.core.roles import Role
from governance.ledger import record
from governance.models import (
    LedgerEntry,
    LedgerText,
    Publication,
)
from governance.published_log import log_key
from governance.selectors import scheduler_account
from governance.services.erase_text import erase_text
from governance.tasks import publish_log
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.asking import queries_of
from tests.cast import City
from tests.witness_server import Witnesses

SECRET = "The corner shop on Vine Street was hit twice."
PUBLISHED = 7


def publish_seven_of_nine() -> None:
    """Seven deeds; the first five are published, with the two announcements of what to verify with."""
    write_entries(5)
    assert publish_log() == PUBLISHED
    write_entries(2)


@pytest.fixture
def signed_log(db: None) -> None:
    publish_seven_of_nine()


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
    assert verify_proof(proof, leaf, key).size == PUBLISHED
    assert json.loads(leaf)["index"] == 3


def test_the_checkpoint_is_served_exactly_as_published(client: Client, signed_log: None) -> None:
    answer = client.get(reverse("log-checkpoint"))
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode() == Publication.objects.get().note
    assert open_checkpoint(answer.content, log_key().verification_key).size == PUBLISHED


def test_the_record_shows_the_newest_entries_first_and_leads_to_older_ones(client: Client, db: None) -> None:
    write_entries(53)
    text = page(client, "record")
    assert text.index(reverse("record-entry", args=[52])) < text.index(reverse("record-entry", args=[3]))
    assert f'"{reverse("record-entry", args=[2])}"' not in text
    older = client.get(reverse("record"), {"before": "3"}).content.decode()
    assert f'"{reverse("record-entry", args=[2])}"' in older
    assert "Older entries" not in older


def test_an_empty_record_says_so(client: Client, db: None) -> None:
    assert "Nothing has been recorded yet." in page(client, "record")
    assert client.get(reverse("log-checkpoint")).status_code == 404


def test_an_entry_speaks_in_plain_words_and_is_proved(client: Client, city: City) -> None:
    publish_log()
    text = page(client, "record-entry", 0)
    assert "acting as service account" in text
    assert "lead from this entry to it" in text
    assert "What it does not show" in text
    assert reverse("log-entry-proof", args=[0]) in text


def test_an_entry_that_no_checkpoint_covers_says_when_to_come_back(client: Client, signed_log: None) -> None:
    text = page(client, "record-entry", PUBLISHED)
    assert "Not published yet" in text
    assert "load this page again" in text
    refused = client.get(reverse("log-entry-proof", args=[PUBLISHED]))
    assert refused.status_code == 409
    assert refused.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert refused.content.decode().startswith(f"Entry {PUBLISHED} is neither signed nor published yet")


@pytest.mark.parametrize(
    "address", ["/log/entries/99", "/log/entries/99/proof", "/log/tile/0/009", "/log/tile/x"]
)
def test_a_file_that_is_not_there_is_refused_in_a_sentence_without_a_page(
    client: Client, signed_log: None, address: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "<" not in answer.content.decode()


def test_the_folder_s_own_address_leads_to_how_to_check(client: Client, db: None) -> None:
    assert client.get("/log/").headers["Location"] == reverse("record-check")


@pytest.mark.parametrize(
    ("name", "file"), [("log-policy", "policy.txt"), ("log-checkpoint", "checkpoint.txt")]
)
def test_a_file_that_a_browser_shows_has_a_name_to_be_saved_under(
    client: Client, signed_log: None, name: str, file: str
) -> None:
    assert client.get(reverse(name)).headers["Content-Disposition"] == f'inline; filename="{file}"'


def test_what_becomes_of_a_missing_quorum_is_said_in_words(
    client: Client, watched: Witnesses, db: None
) -> None:
    write_entries(1)
    publish_log()
    index = LedgerEntry.objects.get(action="witness_policy.announced").index
    said = "publishing waits for the cosignatures that the policy asks for"
    assert said in page(client, "record")
    assert f"The outcome was “{said}”" in page(client, "record-entry", index)


@pytest.mark.parametrize("name", ["record-entry", "log-entry-leaf", "log-entry-proof"])
def test_an_entry_that_is_not_there_is_not_found(client: Client, signed_log: None, name: str) -> None:
    for index in (PUBLISHED + 2, 10**30):
        answer = client.get(reverse(name, args=[index]))
        assert answer.status_code == 404
        assert f"The log has no entry {index}; it holds 9 entries" in answer.content.decode()


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "٣"])
def test_a_page_that_is_no_number_is_refused(client: Client, signed_log: None, before: str) -> None:
    assert client.get(reverse("record"), {"before": before}).status_code == 422


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("record", []),
        ("record-entry", [1]),
        ("record-check", []),
        ("log-checkpoint", []),
        ("log-policy", []),
        ("log-verifier", []),
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
    publish_log()
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
    said = client.get(reverse("api-record-entry", args=[2])).json()
    assert (said["leaf"], said["proof"]) == (None, None)


def test_a_proof_stays_the_same_when_the_log_grows(client: Client, signed_log: None) -> None:
    before = page(client, "log-entry-proof", 3)
    publish_log()
    assert page(client, "log-entry-proof", 3) == before
    assert leaf_hash(client.get(reverse("log-entry-leaf", args=[3])).content) == bytes(
        LedgerEntry.objects.get(index=3).leaf_hash
    )


# --- texts ------------------------------------------------------------------------------------------------------


def test_an_erased_text_is_told_with_the_entry_that_erased_it(client: Client, city: City) -> None:
    with transaction.atomic():
        entry = record(
            action="vote.cast",
            subject_kind="plan",
            subject=hashlib.sha256(b"plan").hexdigest(),
            by=city.ben,
            role=Role.SUPERVISOR,
            jurisdiction=city.jurisdiction,
            text=SECRET,
        )
    publish_log()
    assert "kept apart and not shown here" in page(client, "record-entry", entry.index)
    proof = page(client, "log-entry-proof", entry.index)
    erased = erase_text(index=entry.index, reason="She asked for it, and she may.", by=city.chloe)
    text = page(client, "record-entry", entry.index)
    assert "The text was erased; the proof still holds." in text
    assert f'"{reverse("record-entry", args=[erased.index])}"' in text
    assert page(client, "log-entry-proof", entry.index) == proof


def test_a_text_that_was_lost_is_not_called_erased(client: Client, signed_log: None) -> None:
    LedgerText.objects.filter(entry_id=1).delete()
    text = page(client, "record-entry", 1)
    assert "The text is no longer kept; the proof still holds." in text
    assert "was erased" not in text


def test_a_deed_without_a_text_says_so(client: Client, signed_log: None) -> None:
    assert "none belongs to this deed" in page(client, "record-entry", 5)


# --- what a stranger takes away ---------------------------------------------------------------------------------


def test_the_commands_of_an_entry_s_page_verify_it_with_the_files_it_names(
    client: Client, signed_log: None, tmp_path: Path
) -> None:
    text = page(client, "record-entry", 3)
    lines = text.split("<pre><code>")[1].split("</code></pre>")[0].splitlines()
    for line in lines[:-1]:
        assert line.startswith("curl -f "), "a refusal is not saved as if it were the file"
        *_, name, address = line.replace("-O ", "-o verify_lamplight.py ").split()
        (tmp_path / name).write_bytes(client.get(address.removeprefix("http://testserver")).content)
    program, *arguments = lines[-1].split()
    assert program == "python3"
    done = subprocess.run([sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_verifier_that_is_handed_out_is_the_announced_one(client: Client, signed_log: None) -> None:
    digest = hashlib.sha256(client.get(reverse("log-verifier")).content).hexdigest()
    announced = LedgerEntry.objects.get(action="verification.announced")
    assert announced.subject == digest
    for name in ("record", "record-check"):
        text = page(client, name)
        assert digest in text
        assert f'{reverse("record-entry", args=[announced.index])}">entry {announced.index}</a>' in text
        assert log_key().verification_key.text in text


def test_a_changed_verifier_is_not_called_announced(
    client: Client, signed_log: None, monkeypatch: Any, tmp_path: Path
) -> None:
    (tmp_path / "verify_lamplight.py").write_text("print('VERIFIED.')")
    monkeypatch.setattr(published_log, "verifier_file", lambda: tmp_path / "verify_lamplight.py")
    assert "which no entry announces yet" in page(client, "record-check")


def test_how_to_check_stands_on_a_page_that_record_entry_and_portal_lead_to(
    client: Client, city: City
) -> None:
    publish_log()
    how = f'"{reverse("record-check")}"'
    assert how in page(client, "record")
    assert how in page(client, "record-entry", 0)
    assert how in client.get(reverse("portal-check", args=[city.jurisdiction.slug])).content.decode()
    text = page(client, "record-check")
    assert "verify_lamplight.py" in text
    assert "http://testserver/log" in text
    assert text.count("curl -f ") == text.count("curl ")
    assert "beside each released reason" in text


# --- cost and caches ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["record", "record-entry", "record-check", "api-log-status"])
def test_a_page_costs_the_same_however_long_the_log_is(client: Client, db: None, name: str) -> None:
    write_entries(2)
    publish_log()
    address = reverse(name, args=[1] if name == "record-entry" else [])
    few = queries_of(client, None, address)
    write_entries(30)
    publish_log()
    assert queries_of(client, None, address) == few


@pytest.mark.parametrize("name", ["record", "record-entry", "record-check"])
def test_a_cache_may_keep_what_visitors_see_and_nothing_else(client: Client, city: City, name: str) -> None:
    publish_log()
    address = reverse(name, args=[0] if name == "record-entry" else [])
    visitor = client.get(address)
    assert visitor.headers["Cache-Control"] == "public, max-age=10"
    assert not visitor.cookies
    client.force_login(city.ben)
    kept_nowhere = client.get(address).headers["Cache-Control"]
    assert "no-store" in kept_nowhere
    assert "public" not in kept_nowhere


@pytest.mark.parametrize(
    "name", ["log-checkpoint", "log-policy", "log-verifier", "log-entry-leaf", "log-entry-proof"]
)
def test_a_file_needs_no_session_and_may_be_kept_by_caches(
    client: Client, signed_log: None, name: str
) -> None:
    answer = client.get(reverse(name, args=[1] if name.startswith("log-entry") else []))
    assert answer.headers["Cache-Control"].startswith("public, max-age=")
    assert "Cookie" not in answer.headers.get("Vary", "")
