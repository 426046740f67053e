"""The log says with which verifier and under which witness policy it is to be checked."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance import published_log
from governance.core.canonical import parse_leaf
from governance.core.note import SigningKey
from governance.core.refusals import Reason, Refused
from governance.core.witness_policy import plain_policy
from governance.models import LedgerEntry
from governance.selectors import scheduler_account
from governance.services.announce_verification import announce_verification
from governance.verifier import verify_lamplight
from governance.witnesses import policy_text
from tests.cast import City

pytestmark = pytest.mark.django_db


def announced() -> list[tuple[object, ...]]:
    """Announce, and return what the new entries say."""
    known = set(LedgerEntry.objects.values_list("index", flat=True))
    announce_verification(by=scheduler_account())
    rows = LedgerEntry.objects.exclude(index__in=known).order_by("index")
    keys = ("action", "subject_kind", "subject", "outcome", "role")
    return [tuple(parse_leaf(bytes(row.leaf))[key] for key in keys) for row in rows]


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def test_the_verifier_and_the_policy_are_announced_by_their_digests(settings: Any) -> None:
    settings.LOG_WITHOUT_QUORUM = "wait"
    file = Path(verify_lamplight.__file__).read_bytes()
    assert announced() == [
        ("verification.announced", "verifier", digest(file), "done", "service"),
        ("witness_policy.announced", "witness_policy", digest(policy_text().encode()), "wait", "service"),
    ]


def test_the_digest_is_the_one_the_verifier_gives_itself() -> None:
    assert announced()[0][2] == verify_lamplight.own_digest()


def test_what_did_not_change_is_not_announced_again() -> None:
    announced()
    before = LedgerEntry.objects.count()
    assert announced() == []
    assert LedgerEntry.objects.count() == before


def test_another_verifier_is_announced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    announced()
    (tmp_path / "verifier.py").write_bytes(b"print('trust me')")
    monkeypatch.setattr(published_log, "verifier_file", lambda: tmp_path / "verifier.py")
    assert [(said[0], said[2]) for said in announced()] == [
        ("verification.announced", digest(b"print('trust me')"))
    ]


def test_another_policy_is_announced_and_so_is_the_return_to_the_first(settings: Any, tmp_path: Path) -> None:
    first = announced()[1][2]
    text = "# reviewed\n" + plain_policy(
        SigningKey(settings.LOG_ORIGIN, settings.LOG_SEED).verification_key, ""
    )
    (tmp_path / "policy").write_text(text)
    settings.LOG_POLICY_FILE = str(tmp_path / "policy")
    assert [(said[0], said[2]) for said in announced()] == [
        ("witness_policy.announced", digest(text.encode()))
    ]
    settings.LOG_POLICY_FILE = ""
    assert [said[2] for said in announced()] == [first]


def test_going_on_without_the_quorum_is_announced(settings: Any) -> None:
    settings.LOG_WITHOUT_QUORUM = "wait"
    announced()
    settings.LOG_WITHOUT_QUORUM = "proceed"
    assert [(said[0], said[3]) for said in announced()] == [("witness_policy.announced", "proceed")]


def test_a_policy_that_cannot_be_read_is_refused_and_nothing_is_recorded(
    settings: Any, tmp_path: Path
) -> None:
    settings.LOG_POLICY_FILE = str(tmp_path / "absent")
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        announced()
    assert refusal.value.reason is Reason.BAD_INPUT
    assert LedgerEntry.objects.count() == before


def test_announcers_wait_for_each_other() -> None:
    with CaptureQueriesContext(connection) as queries:
        announced()
    asked = [query["sql"] for query in queries.captured_queries]
    locked = next(at for at, sql in enumerate(asked) if "ledgerlock" in sql and "FOR UPDATE" in sql)
    looked = [at for at, sql in enumerate(asked) if "verification.announced" in sql and "SELECT" in sql]
    assert any(at > locked for at in looked), "what another announcer entered meanwhile is seen"


def test_nothing_new_to_announce_waits_for_no_deed() -> None:
    announced()
    with CaptureQueriesContext(connection) as queries:
        announced()
    assert not [query["sql"] for query in queries.captured_queries if "ledgerlock" in query["sql"]]


def test_no_person_announces_the_verifier(city: City) -> None:
    before = LedgerEntry.objects.count()
    for person in (city.ana, city.ben, city.chloe, city.dev, city.eve):
        with pytest.raises(Refused) as refusal:
            announce_verification(by=person)
        assert refusal.value.reason is Reason.NOT_PERMITTED
    assert LedgerEntry.objects.count() == before
