"""Erasing a text: it is gone for good, and everything that was proved stays proved."""

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.test import Client

from governance.core.canonical import parse_leaf
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission, Role
from governance.ledger import record
from governance.models import LedgerEntry, LedgerText, User
from governance.permissions import check
from governance.services.erase_text import erase_text
from governance.services.grant_role import grant_role
from governance.services.sign_checkpoint import sign_checkpoint
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.apps.governance.test_verify_ledger import verify
from tests.cast import City, build_city

WHY = "The rationale names a resident, who asked for it to go."
SECRET = "Mrs Example of the third floor called twice"


def remembered(city: City) -> int:
    """Enter a deed whose text names somebody; return its number."""
    with transaction.atomic():
        entry = record(
            action="test.done",
            subject_kind="test",
            subject="a" * 64,
            by=city.chloe,
            role=check(city.chloe, Permission.DECIDE_POLICY, city.jurisdiction),
            jurisdiction=city.jurisdiction,
            text=SECRET,
        )
    return entry.index


def privacy_officer(city: City) -> User:
    """Return somebody who answers for what this city publishes."""
    pat = User.objects.create_user("pat@example.org", name="Pat Privacy")
    grant_role(user=pat, role=Role.PRIVACY_OFFICER, jurisdiction=city.jurisdiction, by=city.scheduler)
    return pat


def refused(reason: Reason, index: int, by: User, why: str = WHY) -> None:
    """Try, and see the reason; the text is still there and no entry says otherwise."""
    before = LedgerEntry.objects.count(), LedgerText.objects.count()
    with pytest.raises(Refused) as refusal:
        erase_text(index=index, reason=why, by=by)
    assert refusal.value.reason is reason
    assert (LedgerEntry.objects.count(), LedgerText.objects.count()) == before


def test_text_and_salt_are_gone_and_an_entry_says_so(city: City) -> None:
    index = remembered(city)
    told = erase_text(index=index, reason=WHY, by=city.chloe)
    assert not LedgerText.objects.filter(entry_id=index).exists()
    erased, leaf = LedgerEntry.objects.get(index=index), parse_leaf(bytes(told.leaf))
    assert (leaf["action"], leaf["subject"], leaf["detail"]) == (
        ("text.erased", bytes(erased.leaf_hash).hex(), {"entry": index})
    )
    assert WHY.encode() not in bytes(told.leaf)


def test_the_log_stands_and_grows_after_an_erasure_and_the_entry_still_opens(
    city: City, client: Client
) -> None:
    index = remembered(city)
    before = sign_checkpoint(by=city.scheduler)
    erase_text(index=index, reason=WHY, by=city.chloe)
    after = sign_checkpoint(by=city.scheduler)
    code, answer = verify()
    assert code == 0
    assert before is not None
    assert after is not None
    assert before.size < after.size == answer["entries_signed"]
    page = client.get(f"/record/{index}/")
    assert page.status_code == 200
    assert SECRET not in page.content.decode()


def test_a_privacy_officer_may_too(city: City) -> None:
    told = erase_text(index=remembered(city), reason=WHY, by=privacy_officer(city))
    assert parse_leaf(bytes(told.leaf))["role"] == "privacy_officer"


def test_nobody_else_may_and_no_service(city: City) -> None:
    index = remembered(city)
    for person in (city.ana, city.ben, city.dev, city.eve, city.scheduler):
        refused(Reason.NOT_PERMITTED, index, person)


def test_whoever_answers_for_another_city_may_not(city: City) -> None:
    refused(Reason.NOT_PERMITTED, remembered(build_city(slug="elsewhere")), privacy_officer(city))


def test_an_entry_of_no_city_is_nobodys_to_touch(city: City) -> None:
    write_entries(1)
    refused(Reason.NOT_PERMITTED, LedgerEntry.objects.latest("index").index, city.chloe)


def test_a_text_is_erased_once(city: City) -> None:
    index = remembered(city)
    erase_text(index=index, reason=WHY, by=city.chloe)
    refused(Reason.ALREADY_DONE, index, city.chloe)


def test_an_entry_that_is_not_there_is_refused(city: City) -> None:
    refused(Reason.NOT_FOUND, 10_000, city.chloe)


def test_a_reason_is_asked_for(city: City) -> None:
    refused(Reason.RATIONALE_TOO_SHORT, remembered(city), city.chloe, why="please")


def test_the_command_erases_and_says_where_that_stands(city: City) -> None:
    index, out = remembered(city), io.StringIO()
    call_command("erase_text", entry=index, reason=WHY, by="chloe@example.org", stdout=out)
    told = LedgerEntry.objects.latest("index")
    assert f"The text of entry {index} is erased; entry {told.index} says so." in out.getvalue()
    with pytest.raises(CommandError, match="erased before"):
        call_command("erase_text", entry=index, reason=WHY, by="chloe@example.org", stdout=out)
