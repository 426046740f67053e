"""Appending: one entry per deed, numbered without gaps, or no deed."""

import contextlib
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connections, transaction

from governance import clock
from governance.core.canonical import MAX_LEAF_BYTES, EntryError
from governance.core.merkle import leaf_hash
from governance.core.roles import Role
from governance.ledger import record
from governance.models import Jurisdiction, LedgerEntry, LedgerLock, LedgerText, User
from governance.selectors import scheduler_account
from governance.services.advance_clock import advance_clock
from tests.cast import City, build_city

THREADS, DEEDS = 8, 30


class GivenUp(Exception):
    """A deed that ends after its entry was written."""


def enter(name: str, by: User, text: str = "", **detail: str | int) -> LedgerEntry:
    """Enter one made-up deed in the transaction that is open."""
    return record(
        action="test.done",
        subject_kind="test",
        subject=hashlib.sha256(name.encode()).hexdigest(),
        by=by,
        role=Role.SERVICE,
        text=text,
        detail=detail,
    )


@transaction.atomic
def give_up(by: User) -> None:
    """Do a deed that fails after its entry was written."""
    enter("given up", by)
    raise GivenUp


def indexes() -> list[int]:
    """Return the numbers of all entries."""
    return list(LedgerEntry.objects.order_by("index").values_list("index", flat=True))


def test_an_entry_is_stored_as_it_is_returned(db: None) -> None:
    entry = enter("one", scheduler_account(), text="because")
    stored = LedgerEntry.objects.get(index=entry.index)
    assert bytes(stored.leaf) == entry.leaf
    assert bytes(stored.leaf_hash) == entry.leaf_hash == leaf_hash(bytes(stored.leaf))
    assert (stored.action, stored.jurisdiction, stored.subject, stored.recorded_at) == (
        (entry.action, entry.jurisdiction, entry.subject, entry.recorded_at)
    )
    assert LedgerText.objects.get(entry=entry).text == "because"


def test_a_deed_that_is_rolled_back_gives_its_number_back(db: None) -> None:
    by = scheduler_account()
    first = enter("kept", by)
    with pytest.raises(GivenUp):
        give_up(by)
    assert enter("next", by).index == first.index + 1


def test_eight_at_once_with_rollbacks_leave_no_gap_lose_nothing_and_double_nothing(
    fresh_database: str,
) -> None:
    by = scheduler_account()
    with ThreadPoolExecutor(THREADS) as pool:
        acknowledged = [
            index for done in pool.map(deeds_of, range(THREADS), [by] * THREADS) for index in done
        ]
    assert len(acknowledged) == THREADS * DEEDS * 2 // 3
    assert sorted(acknowledged) == indexes() == list(range(len(acknowledged)))
    assert LedgerLock.objects.get().next_index == len(acknowledged)


def deeds_of(thread: int, by: User) -> list[int]:
    """Do deeds on a connection of one's own, every third of which is given up; return the acknowledged numbers."""
    kept = []
    try:
        for number in range(DEEDS):
            try:
                with transaction.atomic():
                    entry = enter(f"{thread} {number}", by)
                    if number % 3 == 0:
                        raise GivenUp
                kept.append(entry.index)
            except GivenUp:
                continue
    finally:
        connections.close_all()
    return kept


def test_the_second_appender_waits_for_the_first(fresh_database: str) -> None:
    by = scheduler_account()
    with transaction.atomic():
        enter("first", by)
        with (
            psycopg.connect(settings.DATABASE_APP_URL, dbname=fresh_database) as other,
            pytest.raises(psycopg.errors.LockNotAvailable),
        ):
            other.execute("SELECT 1 FROM governance_ledgerlock FOR UPDATE NOWAIT")


def test_without_a_transaction_nothing_is_entered(fresh_database: str) -> None:
    with pytest.raises(transaction.TransactionManagementError, match="share one transaction"):
        enter("alone", scheduler_account())
    assert indexes() == []
    assert LedgerLock.objects.get().next_index == 0


def test_an_oversized_entry_is_refused_and_takes_no_number(db: None) -> None:
    by, before = scheduler_account(), indexes()
    many = {f"word_{number}": "x" * 100 for number in range(MAX_LEAF_BYTES // 100)}
    with pytest.raises(EntryError, match="65,535 bytes"), transaction.atomic():
        enter("large", by, **many)
    assert enter("next", by).index == len(before)


@contextmanager
def a_database_that_refuses_entries(name: str) -> Iterator[None]:
    """Let the table's owner make every insert fail, as a full or damaged disk would."""
    with psycopg.connect(settings.DATABASE_OWNER_URL, dbname=name, autocommit=True) as owner:
        owner.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'damaged'; END$$"
        )
        owner.execute("CREATE TRIGGER fail BEFORE INSERT ON governance_ledgerentry EXECUTE FUNCTION fail()")
        yield
        owner.execute("DROP TRIGGER fail ON governance_ledgerentry")


def test_where_no_entry_can_be_written_the_deed_is_not_done(fresh_database: str) -> None:
    city: City = build_city()
    before, entries = Jurisdiction.objects.get(), indexes()
    later = clock.now(before) + timedelta(days=7)
    with a_database_that_refuses_entries(fresh_database), pytest.raises(DatabaseError, match="damaged"):
        advance_clock(jurisdiction=city.jurisdiction, to=later, by=city.ana)
    assert Jurisdiction.objects.get().clock_offset == before.clock_offset
    assert indexes() == entries
    advance_clock(jurisdiction=city.jurisdiction, to=later, by=city.ana)
    assert indexes() == [*entries, len(entries)]


def test_a_deed_that_swallows_the_error_of_its_entry_is_rolled_back_and_the_log_goes_on(db: None) -> None:
    scheduler = scheduler_account()
    before = enter("one", scheduler).index
    with transaction.atomic():
        User.objects.create_user("left@example.org", name="Left over")
        with contextlib.suppress(EntryError):
            enter("two", scheduler, note="x" * 70_000)
    assert not User.objects.filter(email="left@example.org").exists()
    assert enter("three", scheduler).index == before + 1
