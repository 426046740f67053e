"""The verification as a deed: who keeps its result, and what it draws."""

import pytest

from governance import full_verification
from governance.core.refusals import Reason, Refused
from governance.models import LedgerEntry, LogVerification
from governance.services.verify_log import verify_log
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.cast import City


def test_a_verification_is_kept_and_writes_no_entry(city: City) -> None:
    before = LedgerEntry.objects.count()
    found = verify_log(by=city.scheduler)
    row = LogVerification.objects.get()
    assert found.sound
    assert (row.size, bytes(row.root)) == (found.size, found.root)
    assert LedgerEntry.objects.count() == before == row.size


def test_no_person_keeps_the_result_of_a_verification(city: City) -> None:
    with pytest.raises(Refused) as refusal:
        verify_log(by=city.dev)
    assert refusal.value.reason is Reason.NOT_PERMITTED
    assert not LogVerification.objects.exists()


def test_the_sample_holds_the_ends_and_differs_from_run_to_run() -> None:
    first, second = full_verification.drawn_sample(100_000), full_verification.drawn_sample(100_000)
    for drawn in (first, second):
        assert 0 in drawn
        assert 99_999 in drawn
        assert 1_000 <= sum(number in drawn for number in range(100_000)) <= 1_002
    assert first != second


def test_it_is_told_how_far_it_is(city: City) -> None:
    write_entries(5)
    told: list[int] = []
    verify_log(by=city.scheduler, told=told.append)
    assert told == [LedgerEntry.objects.count()]
