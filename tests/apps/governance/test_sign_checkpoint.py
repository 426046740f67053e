"""Signing the log: only what continues the last signed state gets a signature."""

import hashlib
from typing import Any

import pytest
from django.db import connection, transaction

from governance.core.checkpoint import open_checkpoint
from governance.core.merkle import leaf_hash, root
from governance.core.refusals import Reason, Refused
from governance.core.roles import Role
from governance.ledger import record
from governance.models import Checkpoint, LedgerEntry, User
from governance.published_log import log_key
from governance.selectors import scheduler_account
from governance.services.sign_checkpoint import sign_checkpoint
from tests.cast import City


def write_entries(count: int) -> None:
    """Let the scheduler enter some deeds."""
    scheduler = scheduler_account()
    for number in range(count):
        with transaction.atomic():
            record(
                action="test.done",
                subject_kind="test",
                subject=hashlib.sha256(b"test %d" % number).hexdigest(),
                by=scheduler,
                role=Role.SERVICE,
                text=f"because {number}",
            )


@pytest.fixture
def signed_log(db: None) -> User:
    """A log of six entries and one checkpoint over all of them; the account that signs it."""
    write_entries(6)
    assert sign_checkpoint(by=scheduler_account()) is not None
    return scheduler_account()


def as_it_stands() -> tuple[int, bytes]:
    """Size and root of the log, computed from its bytes."""
    leaves = [bytes(leaf) for leaf in LedgerEntry.objects.order_by("index").values_list("leaf", flat=True)]
    return len(leaves), root(map(leaf_hash, leaves))


def refused_with(by: Any) -> Refused:
    """Try to sign and return the refusal; nothing may have been signed."""
    before = Checkpoint.objects.count()
    with pytest.raises(Refused) as refusal:
        sign_checkpoint(by=by)
    assert Checkpoint.objects.count() == before
    return refusal.value


def test_a_checkpoint_signs_the_size_and_root_of_the_log(signed_log: User) -> None:
    row = Checkpoint.objects.get()
    said = open_checkpoint(row.note, log_key().verification_key)
    assert (said.size, said.root) == (row.size, bytes(row.root)) == as_it_stands()
    assert said.origin == log_key().name


def test_signing_writes_no_entry(db: None) -> None:
    write_entries(1)
    before = LedgerEntry.objects.count()
    sign_checkpoint(by=scheduler_account())
    assert LedgerEntry.objects.count() == before


def test_nothing_new_returns_the_last_checkpoint(signed_log: User) -> None:
    first = Checkpoint.objects.get()
    assert sign_checkpoint(by=signed_log) == first
    assert Checkpoint.objects.count() == 1


def test_an_empty_log_gets_no_checkpoint(db: None) -> None:
    assert sign_checkpoint(by=scheduler_account()) is None
    assert not Checkpoint.objects.exists()


def test_a_log_that_grew_gets_the_next_checkpoint(signed_log: User) -> None:
    write_entries(3)
    latest = sign_checkpoint(by=signed_log)
    assert latest is not None
    assert (latest.size, bytes(latest.root)) == as_it_stands()
    assert Checkpoint.objects.count() == 2


def test_no_person_signs_the_log(city: City) -> None:
    for person in (city.ana, city.ben, city.chloe, city.dev, city.eve):
        assert refused_with(person).reason is Reason.NOT_PERMITTED


class Pretended:
    """Storage that shows the signer another log than the one it keeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.leaves = [
            (row.index, bytes(row.leaf), bytes(row.leaf_hash))
            for row in LedgerEntry.objects.order_by("index")
        ]
        monkeypatch.setattr("governance.stored_log.stored_leaves", lambda: (each for each in self.leaves))


def test_a_smaller_log_is_refused(signed_log: User, monkeypatch: pytest.MonkeyPatch) -> None:
    Pretended(monkeypatch).leaves.pop()
    refusal = refused_with(signed_log)
    assert refusal.reason is Reason.INCONSISTENT_LOG
    assert "only 5 are left" in refusal.message


def test_an_emptied_log_is_refused(signed_log: User, monkeypatch: pytest.MonkeyPatch) -> None:
    Pretended(monkeypatch).leaves.clear()
    assert "only 0 are left" in refused_with(signed_log).message


def test_a_rewritten_log_is_refused_although_its_hashes_agree(
    signed_log: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = Pretended(monkeypatch)
    forged = storage.leaves[2][1].replace(b'"done"', b'"gone"')
    storage.leaves[2] = (2, forged, leaf_hash(forged))
    storage.leaves.append((6, b"new", leaf_hash(b"new")))
    refusal = refused_with(signed_log)
    assert refusal.reason is Reason.INCONSISTENT_LOG
    assert "no longer those that were signed" in refusal.message


def test_an_edited_payload_under_an_untouched_hash_is_refused(
    signed_log: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = Pretended(monkeypatch)
    index, leaf, known = storage.leaves[3]
    storage.leaves[3] = (index, leaf.replace(b'"done"', b'"gone"'), known)
    assert "Entry 3 is missing or was changed" in refused_with(signed_log).message


def test_a_gap_is_refused(signed_log: User, monkeypatch: pytest.MonkeyPatch) -> None:
    del Pretended(monkeypatch).leaves[1]
    assert "Entry 1 is missing" in refused_with(signed_log).message


def test_a_last_checkpoint_that_our_key_did_not_sign_is_refused(signed_log: User, settings: Any) -> None:
    settings.LOG_SEED = bytes(32)
    write_entries(1)
    assert "not genuine" in refused_with(signed_log).message


def test_signers_wait_for_each_other_but_not_for_deeds(signed_log: User) -> None:
    write_entries(1)
    sign_checkpoint(by=signed_log)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert cursor.fetchone() == (1,)
