"""An older backup was restored: nothing is recorded until the board's quorum takes the missing entries back."""

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance import clock, published_log
from governance.core.canonical import parse_leaf
from governance.core.holds import Scope
from governance.core.recovery import recovery_digest
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission, Role
from governance.ledger import record
from governance.models import (
    ChangeRequest,
    Jurisdiction,
    LedgerEntry,
    LedgerText,
    RecoveryProposal,
    RecoveryVote,
    RoleGrant,
    User,
)
from governance.permissions import CONFIRM_AFTER, SIGNED_IN_AT, can, give_role
from governance.services.add_jurisdiction import FirstRole, Outline, Place, add_jurisdiction
from governance.services.confirm_recovery import confirm_recovery
from governance.services.deactivate_account import deactivate_account
from governance.services.delegate_role import delegate_role
from governance.services.erase_text import erase_text
from governance.services.grant_role import grant_role
from governance.services.place_hold import place_hold
from governance.services.propose_recovery import propose_recovery
from governance.services.recover_log import recover_log
from governance.services.revoke_delegation import revoke_delegation
from governance.services.revoke_role import revoke_role
from governance.services.sign_checkpoint import sign_checkpoint
from governance.tasks import publish_log, recover_agreed
from tests.apps.governance.test_erase_text import remembered
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.apps.governance.test_verify_ledger import verify
from tests.cast import POLICY, City, build_city, square

WHY = "The disk failed on Tuesday; Monday's backup is what we have."
AGREED = "I compared the published entries with my own copy of them."
MADE = 6  # entries of a recovery: opened, proposed, two votes, redeemed, recovered
LOST = 300  # entries that the backup does not know


@dataclass(frozen=True)
class Restored:
    """Two people of two boards, and the log before its database was lost: how much of it came back."""

    city: City
    olga: User
    size: int
    published: int
    leaves: list[bytes]


def leaves() -> list[bytes]:
    """The leaves in the database."""
    return [bytes(leaf) for leaf in LedgerEntry.objects.order_by("index").values_list("leaf", flat=True)]


@contextmanager
def lost_afterwards() -> Iterator[None]:
    """Do something that the database forgets, as if a backup from before were restored; files stay as they are."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def restored(db: None) -> Restored:
    """A database that came back from the backup of a smaller log than the published one."""
    city = build_city()
    add_jurisdiction(
        place=Place("eastmark", "Eastmark", "demo", 32618, 1.0, "America/New_York"),
        districts=[Outline("east", "East", square(-75.10, 40.00, -75.06, 40.03))],
        policy=POLICY,
        recipe_digests=[],
        people=[FirstRole("olga@example.org", "Olga Board", Role.BOARD_MEMBER)],
        by=city.scheduler,
    )
    publish_log()
    size = LedgerEntry.objects.count()
    with lost_afterwards():
        write_entries(LOST)
        published, before = publish_log(), leaves()
    return Restored(city, User.objects.get(email="olga@example.org"), size, published, before)


def propose(restored: Restored, by: User | None = None) -> RecoveryProposal:
    """Let Ana, or somebody else, put a recovery to the board of Rivermark."""
    return propose_recovery(jurisdiction=restored.city.jurisdiction, reason=WHY, by=by or restored.city.ana)


def agree(restored: Restored, *people: User) -> None:
    """Let people agree to the newest proposal."""
    for by in people:
        confirm_recovery(seen_digest=RecoveryProposal.objects.latest("id").digest, rationale=AGREED, by=by)


def recover(restored: Restored) -> None:
    """Let the board recover the log."""
    propose(restored)
    agree(restored, restored.city.chloe, restored.city.nora)
    recover_log(by=restored.city.scheduler)


def refused(deed: Any, **arguments: Any) -> Refused:
    """Try a deed that must be refused, and see that it changed nothing."""
    before = leaves()
    with pytest.raises(Refused) as refusal:
        deed(**arguments)
    assert leaves() == before
    return refusal.value


def test_the_board_brings_the_missing_entries_back_and_the_log_says_so(restored: Restored) -> None:
    city = restored.city
    proposal = propose(restored)
    assert (proposal.local_size, proposal.published_size) == (restored.size, restored.published)
    agree(restored, city.chloe, city.nora)
    assert leaves() == restored.leaves[: restored.size]
    recover_log(by=city.scheduler)
    assert leaves()[: restored.published] == restored.leaves
    made = [parse_leaf(leaf) for leaf in leaves()[restored.published :]]
    assert [(said["action"], said["actor"]) for said in made] == [
        ("request.opened", city.ana.pseudonym),
        ("recovery.proposed", city.ana.pseudonym),
        ("vote.cast", city.chloe.pseudonym),
        ("vote.cast", city.nora.pseudonym),
        ("approval.redeemed", city.scheduler.pseudonym),
        ("log.recovered", city.scheduler.pseudonym),
    ]
    assert {(said["subject"], said["subject_kind"]) for said in made} == {
        (proposal.digest, "ledger_recovery")
    }
    sizes = {"from_size": restored.size, "to_size": restored.published}
    request = ChangeRequest.objects.get(kind="ledger_recovery")
    assert made[-1]["detail"] == sizes | {"request": request.pk}
    assert LedgerText.objects.get(entry_id=restored.published + 1).text == WHY
    assert (request.state, request.digest) == ("executed", proposal.digest)
    assert [vote.rationale for vote in request.votes.all()] == [AGREED, AGREED]
    assert not RecoveryVote.objects.exists()


def test_what_is_agreed_to_binds_to_the_published_checkpoint(restored: Restored) -> None:
    digest = recovery_digest(local_size=restored.size, checkpoint=published_body(), attempt=1)
    assert propose(restored).digest == digest


def published_body() -> str:
    """The text of the published checkpoint."""
    return (published_log.published_note() or "").rpartition("\n\n")[0] + "\n"


def test_the_recovered_log_verifies_is_published_and_goes_on(restored: Restored) -> None:
    assert verify()[0] == 1
    recover(restored)
    assert verify("--full")[0] == 0
    assert publish_log() == LedgerEntry.objects.count() == restored.published + MADE
    write_entries(1)
    assert publish_log() == restored.published + MADE + 1
    assert verify()[0] == 0


def test_until_then_nothing_is_recorded_and_nothing_signed(restored: Restored) -> None:
    propose(restored)
    refusal = refused(write_entries, count=1)
    assert refusal.reason is Reason.INCONSISTENT_LOG
    assert "propose_recovery" in refusal.message
    assert refused(sign_checkpoint, by=restored.city.scheduler).reason is Reason.INCONSISTENT_LOG


def seen() -> dict[str, str]:
    """What somebody sends who agrees to the newest proposal."""
    return {"seen_digest": RecoveryProposal.objects.latest("id").digest, "rationale": AGREED}


def test_one_who_proposed_does_not_agree_and_without_her_this_board_has_no_quorum(restored: Restored) -> None:
    third = add_third(restored)
    here = restored.city.jurisdiction
    propose(restored, restored.city.chloe)
    assert refused(confirm_recovery, **seen(), by=restored.city.chloe).reason is Reason.AUTHOR_MAY_NOT_VOTE
    RoleGrant.objects.filter(user=third).update(revoked_at="2026-11-22T16:40Z")
    refusal = refused(propose_recovery, jurisdiction=here, reason=WHY, by=restored.city.chloe)
    assert refusal.reason is Reason.QUORUM_UNREACHABLE


def add_third(restored: Restored) -> User:
    """Seat a third member without an entry, so that nothing but the published log is behind."""
    third = User.objects.create_user("third@example.org", name="Third Board")
    give_role(third, Role.BOARD_MEMBER, restored.city.jurisdiction, None, by=restored.city.scheduler)
    return third


def test_without_a_proposal_nothing_is_agreed_to_and_nothing_recovered(restored: Restored) -> None:
    no_digest = {"seen_digest": "", "rationale": AGREED}
    assert refused(confirm_recovery, **no_digest, by=restored.city.chloe).reason is Reason.NOT_FOUND
    assert refused(recover_log, by=restored.city.scheduler).reason is Reason.NOT_FOUND


def test_one_member_is_no_quorum_and_counts_once(restored: Restored) -> None:
    propose(restored)
    agree(restored, restored.city.chloe)
    assert refused(confirm_recovery, **seen(), by=restored.city.chloe).reason is Reason.ALREADY_VOTED
    refusal = refused(recover_log, by=restored.city.scheduler)
    assert refusal.reason is Reason.NOT_APPROVED
    assert "1 of 2 have agreed" in refusal.message
    assert recover_agreed() == 0


def test_the_schedule_carries_out_what_the_board_agreed_to_once(restored: Restored) -> None:
    propose(restored)
    agree(restored, restored.city.chloe, restored.city.nora)
    assert recover_agreed() == restored.published - restored.size + MADE - 1
    assert recover_agreed() == 0
    assert publish_log() == restored.published + MADE


@pytest.mark.parametrize("who", ["ben", "dev", "eve", "olga"])
def test_only_who_may_put_things_to_this_board_proposes_and_only_its_members_agree(
    restored: Restored, who: str
) -> None:
    by = restored.olga if who == "olga" else getattr(restored.city, who)
    here = restored.city.jurisdiction
    refusal = refused(propose_recovery, jurisdiction=here, reason=WHY, by=by)
    assert refusal.reason is Reason.NOT_PERMITTED
    propose(restored)
    assert refused(confirm_recovery, **seen(), by=by).reason is Reason.NOT_PERMITTED


@pytest.mark.parametrize("who", ["ana", "chloe"])
def test_people_do_not_carry_it_out_themselves(restored: Restored, who: str) -> None:
    propose(restored)
    agree(restored, restored.city.chloe, restored.city.nora)
    assert refused(recover_log, by=getattr(restored.city, who)).reason is Reason.NOT_PERMITTED


def test_a_member_who_did_not_complete_her_module_does_not_agree(restored: Restored) -> None:
    propose(restored)
    assert refused(confirm_recovery, **seen(), by=add_third(restored)).reason is Reason.NOT_TRAINED


def test_an_agreement_to_something_else_than_was_seen_is_refused(restored: Restored) -> None:
    propose(restored)
    other = seen() | {"seen_digest": "0" * 64}
    assert refused(confirm_recovery, **other, by=restored.city.chloe).reason is Reason.DIGEST_CHANGED
    short = seen() | {"rationale": "yes"}
    assert refused(confirm_recovery, **short, by=restored.city.chloe).reason is Reason.RATIONALE_TOO_SHORT


@pytest.mark.parametrize(
    ("who", "reason"), [("ana", Reason.NOT_PERMITTED), ("chloe", Reason.QUORUM_UNREACHABLE)]
)
def test_who_lost_her_role_since_does_not_count(restored: Restored, who: str, reason: Reason) -> None:
    propose(restored)
    agree(restored, restored.city.chloe, restored.city.nora)
    RoleGrant.objects.filter(user=getattr(restored.city, who)).update(revoked_at="2026-11-22T16:40Z")
    assert refused(recover_log, by=restored.city.scheduler).reason is reason
    assert RecoveryVote.objects.count() == 2
    assert not ChangeRequest.objects.exists()


def test_a_proposal_that_waited_too_long_is_void(restored: Restored) -> None:
    propose(restored)
    agree(restored, restored.city.chloe)
    late = timezone.now() + timedelta(days=14)
    with freeze(late):
        assert refused(confirm_recovery, **seen(), by=restored.city.nora).reason is Reason.EXPIRED
    agree(restored, restored.city.nora)
    with freeze(late):
        assert refused(recover_log, by=restored.city.scheduler).reason is Reason.EXPIRED


@contextmanager
def freeze(moment: datetime) -> Iterator[None]:
    """Let it be that moment for whoever asks Django."""
    with mock.patch("django.utils.timezone.now", return_value=moment):
        yield


def test_no_hold_stops_a_recovery(restored: Restored) -> None:
    recover(restored)
    place_hold(
        jurisdiction=restored.city.jurisdiction,
        scope=Scope.EVERYTHING,
        target="",
        reason=WHY,
        seen=0,
        by=restored.city.chloe,
    )
    publish_log()
    with lost_afterwards():
        write_entries(1)
        publish_log()
    left = len(leaves())
    recover(restored)
    assert len(leaves()) > left + 1, "the lost entry, and those of the recovery itself"


def test_a_proposal_wants_a_reason(restored: Restored) -> None:
    here = restored.city.jurisdiction
    refusal = refused(propose_recovery, jurisdiction=here, reason="oops", by=restored.city.ana)
    assert refusal.reason is Reason.RATIONALE_TOO_SHORT


def test_the_request_of_a_recovery_has_its_page_and_its_timeline(restored: Restored, client: Client) -> None:
    recover(restored)
    publish_log()
    request = ChangeRequest.objects.get(kind="ledger_recovery")
    client.force_login(restored.city.chloe)
    page = client.get(reverse("request", args=[request.pk])).content.decode()
    assert "Recovery of the log" in page
    for index in range(restored.published, restored.published + MADE):
        assert reverse("log-entry-proof", args=[index]) in page


def test_it_is_proposed_and_agreed_to_on_a_page(restored: Restored, client: Client) -> None:
    city, page = restored.city, reverse("recovery")
    client.force_login(city.ana)
    assert "Put it to the board" in client.get(page).content.decode()
    assert client.post(reverse("recovery-propose"), {"rationale": "oops"}).status_code == 422
    assert client.post(reverse("recovery-propose"), {"rationale": WHY}).status_code == 302
    assert "Not yours to decide" in client.get(page).content.decode()
    for member in (city.chloe, city.nora):
        client.force_login(member)
        assert RecoveryProposal.objects.get().digest in client.get(page).content.decode()
        assert client.post(reverse("recovery-agree"), seen()).status_code == 302
        assert "one person counts once" in client.get(page).content.decode()
    assert client.post(reverse("recovery-agree"), seen()).status_code == 409
    assert "2 of 2 have agreed" in client.get(page).content.decode()
    assert recover_agreed()
    assert "Nothing to recover" in client.get(page).content.decode()
    client.force_login(city.eve)
    assert client.get(page).status_code == 403


def test_agreeing_on_the_page_wants_the_password_again(restored: Restored, client: Client) -> None:
    propose(restored)
    client.force_login(restored.city.chloe)
    session = client.session
    session[SIGNED_IN_AT] -= CONFIRM_AFTER
    session.save()
    assert client.post(reverse("recovery-agree"), seen()).status_code == 403
    assert not RecoveryVote.objects.exists()


def test_a_proposal_about_another_state_is_not_confirmed(restored: Restored) -> None:
    with lost_afterwards():
        recover(restored)
        publish_log()
    made = propose(restored)
    RecoveryProposal.objects.create(
        jurisdiction=made.jurisdiction,
        local_size=made.local_size,
        published_size=restored.published,
        digest="0" * 64,
        reason=WHY,
        proposed_by=restored.city.ana,
        proposed_at=made.proposed_at,
    )
    refusal = refused(recover_log, by=restored.city.scheduler)
    assert refusal.reason is Reason.DIGEST_CHANGED
    assert f"now they are {restored.size} and {restored.published + MADE}" in refusal.message


def test_a_log_that_lacks_nothing_is_not_recovered(restored: Restored) -> None:
    recover(restored)
    here = restored.city.jurisdiction
    proposed = refused(propose_recovery, jurisdiction=here, reason=WHY, by=restored.city.ana)
    assert proposed.reason is Reason.ALREADY_DONE
    assert refused(recover_log, by=restored.city.scheduler).reason is Reason.ALREADY_DONE


def test_where_nothing_was_published_there_is_nothing_to_recover_from(restored: Restored) -> None:
    shutil.rmtree(published_log.public_folder().parent)
    assert refused(propose, restored=restored).reason is Reason.NOT_FOUND


@pytest.mark.parametrize("more", [10, 2 * LOST])
def test_a_database_that_grew_differently_cannot_be_recovered(
    restored: Restored, settings: Any, tmp_path: Any, more: int
) -> None:
    kept, settings.LOG_FOLDER = (
        settings.LOG_FOLDER,
        tmp_path / "elsewhere",
    )  # nobody told it what was published
    write_entries(more)
    settings.LOG_FOLDER = kept
    refusal = refused(propose, restored=restored)
    assert refusal.reason is Reason.INCONSISTENT_LOG
    assert f"Entry {restored.size} of this database is not entry {restored.size} of the published" in (
        refusal.message
    )
    assert "evidence" in refusal.message


def bundle() -> Any:
    """The file of the first entries, which the database still has too."""
    return published_log.public_folder() / "tile/entries/000"


def test_published_entries_that_do_not_give_the_signed_root_are_not_taken_back(restored: Restored) -> None:
    last = max(published_log.public_folder().glob("tile/entries/001.p/*"))
    data = last.read_bytes()
    assert b'"outcome":"done"' in data
    last.write_bytes(data.replace(b'"outcome":"done"', b'"outcome":"gone"', 1))
    refusal = refused(propose, restored=restored)
    assert refusal.reason is Reason.INCONSISTENT_LOG
    assert "do not give the root" in refusal.message


def test_lost_published_files_are_named(restored: Restored) -> None:
    bundle().unlink()
    refusal = refused(propose, restored=restored)
    assert "Entry 0 and those after it cannot be read from the published folder" in refusal.message


def test_a_role_granted_in_the_lost_entries_is_gone_and_the_log_stands_all_the_same(
    restored: Restored,
) -> None:
    """The record of the grant comes back, its effect does not: that is for people to do again."""
    city = restored.city
    recover(restored)
    with lost_afterwards():
        grant_role(user=city.eve, role=Role.ANALYST, jurisdiction=city.jurisdiction, by=city.scheduler)
        publish_log()
    recover(restored)
    assert verify()[0] == 0


def board(restored: Restored) -> tuple[User, User]:
    """Bring a third and a fourth person into the log before the next loss: another member, an administrator."""
    add_jurisdiction(
        place=Place("westmark", "Westmark", "demo", 32618, 1.0, "America/New_York"),
        districts=[Outline("west", "West", square(-75.30, 40.00, -75.26, 40.03))],
        policy=POLICY,
        recipe_digests=[],
        people=[
            FirstRole("mallory@example.org", "Mallory", Role.BOARD_MEMBER),
            FirstRole("adam@example.org", "Adam", Role.ADMINISTRATOR),
        ],
        by=restored.city.scheduler,
    )
    publish_log()
    mallory, adam = (User.objects.get(email=f"{name}@example.org") for name in ("mallory", "adam"))
    return mallory, adam


def decides(person: User) -> bool:
    """Whether somebody may decide on policy in Westmark now."""
    return can(
        User.objects.get(pk=person.pk),
        Permission.DECIDE_POLICY,
        Jurisdiction.objects.get(slug="westmark"),
    )


def test_a_role_revoked_in_the_lost_entries_is_revoked_again(restored: Restored) -> None:
    recover(restored)
    mallory, adam = board(restored)
    grant = RoleGrant.objects.get(user=mallory)
    with lost_afterwards():
        revoke_role(role_grant_id=grant.pk, by=adam)
        publish_log()
    assert decides(mallory)
    recover(restored)
    grant.refresh_from_db()
    assert not decides(mallory)
    assert not mallory.groups.exists()
    entry = LedgerEntry.objects.get(action="role.revoked")
    assert (grant.revoked_at, grant.revoked_by) == (entry.recorded_at, adam)
    assert verify("--full")[0] == 0


def test_a_recovery_that_leaves_the_revoked_role_in_force_is_found(restored: Restored) -> None:
    recover(restored)
    mallory, adam = board(restored)
    grant = RoleGrant.objects.get(user=mallory)
    with lost_afterwards():
        revoke_role(role_grant_id=grant.pk, by=adam)
        publish_log()
    recover(restored)
    RoleGrant.objects.filter(pk=grant.pk).update(revoked_at=None)
    code, answer = verify()
    assert code == 1
    assert f"Role grant {grant.pk} (board_member in westmark) is in force" in answer["faults"][0]["reason"]


def test_who_was_revoked_in_the_lost_entries_neither_proposes_nor_agrees(restored: Restored) -> None:
    recover(restored)
    mallory, adam = board(restored)
    westmark = Jurisdiction.objects.get(slug="westmark")
    with lost_afterwards():
        revoke_role(role_grant_id=RoleGrant.objects.get(user=mallory).pk, by=adam)
        publish_log()
    refusal = refused(propose_recovery, jurisdiction=westmark, reason=WHY, by=mallory)
    assert refusal.reason is Reason.NOT_PERMITTED
    assert f"The published entry {LedgerEntry.objects.count()}, which this database lacks" in refusal.message
    give_role(mallory, Role.BOARD_MEMBER, restored.city.jurisdiction, None, by=restored.city.scheduler)
    propose(restored)
    assert refused(confirm_recovery, **seen(), by=mallory).reason is Reason.NOT_PERMITTED
    agree(restored, restored.city.chloe)
    RecoveryVote.objects.create(
        proposal=RecoveryProposal.objects.latest("id"),
        user=mallory,
        digest=seen()["seen_digest"],
        rationale=AGREED,
        cast_at=timezone.now(),
    )
    assert refused(recover_log, by=restored.city.scheduler).reason is Reason.NOT_PERMITTED


def test_an_account_closed_in_the_lost_entries_is_closed_again(restored: Restored) -> None:
    recover(restored)
    mallory, adam = board(restored)
    westmark = Jurisdiction.objects.get(slug="westmark")
    with lost_afterwards():
        deactivate_account(user=mallory, reason=WHY, jurisdiction=westmark, by=adam)
        publish_log()
    assert decides(mallory)
    give_role(mallory, Role.BOARD_MEMBER, restored.city.jurisdiction, None, by=restored.city.scheduler)
    assert refused(propose, restored=restored, by=mallory).reason is Reason.NOT_PERMITTED
    recover(restored)
    assert not User.objects.get(pk=mallory.pk).is_active
    assert not decides(mallory)


def test_a_delegation_ended_in_the_lost_entries_is_ended_again(restored: Restored) -> None:
    recover(restored)
    city = restored.city
    lent = delegate_role(
        taker=city.dev,
        role=Role.BOARD_MEMBER,
        jurisdiction=city.jurisdiction,
        district=None,
        until=clock.now(city.jurisdiction) + timedelta(days=20),
        reason=WHY,
        by=city.chloe,
    )
    publish_log()
    with lost_afterwards():
        revoke_delegation(delegation_id=lent.pk, by=city.chloe)
        publish_log()
    assert can(city.dev, Permission.DECIDE_POLICY, city.jurisdiction)
    recover(restored)
    assert not can(city.dev, Permission.DECIDE_POLICY, city.jurisdiction)


def test_a_text_erased_in_the_lost_entries_is_erased_again(restored: Restored) -> None:
    recover(restored)
    index = remembered(restored.city)
    publish_log()
    with lost_afterwards():
        erase_text(index=index, reason=WHY, by=restored.city.chloe)
        publish_log()
    assert LedgerText.objects.filter(entry_id=index).exists()
    recover(restored)
    assert not LedgerText.objects.filter(entry_id=index).exists()
    assert verify("--full")[0] == 0


def test_an_erased_text_that_came_back_is_found(restored: Restored) -> None:
    recover(restored)
    index = remembered(restored.city)
    kept = LedgerText.objects.get(entry_id=index)
    erase_text(index=index, reason=WHY, by=restored.city.chloe)
    kept.save(force_insert=True)
    code, answer = verify()
    assert (code, answer["first_bad_entry"]) == (1, index)
    assert f"The text of entry {index} is kept, although entry" in answer["faults"][0]["reason"]


def test_an_odd_entry_among_the_lost_ones_keeps_nobody_from_recovering(restored: Restored) -> None:
    recover(restored)
    with lost_afterwards():
        for action in ("role.revoked", "text.erased", "log.recovered"):
            record(
                action=action,
                subject_kind="account",
                subject="a" * 64,
                by=restored.city.scheduler,
                role=Role.SERVICE,
                detail={"role": 7, "entry": "x"},
            )
        publish_log()
    odd = LedgerEntry.objects.count()
    recover(restored)
    assert [fault["entry"] for fault in verify()[1]["faults"]] == [odd, odd + 1, odd + 2]


def test_the_commands_say_what_to_do_next(restored: Restored) -> None:
    out = io.StringIO()
    call_command("propose_recovery", "--reason", WHY, "--by", "ana@example.org", stdout=out)
    assert "Nothing was changed yet" in out.getvalue()
    digest = RecoveryProposal.objects.get().digest
    assert digest in out.getvalue()
    with pytest.raises(CommandError, match="0 of 2 have agreed"):
        call_command("recover_log")
    with pytest.raises(CommandError, match="one needs the role"):
        call_command("confirm_recovery", "--digest", digest, "--reason", AGREED, "--by", "olga@example.org")
    for name in ("chloe", "nora"):
        who = f"{name}@example.org"
        call_command("confirm_recovery", "--digest", digest, "--reason", AGREED, "--by", who, stdout=out)
    assert "2 of 2 have agreed" in out.getvalue()
    call_command("recover_log", stdout=out)
    assert "The log goes on" in out.getvalue()
    with pytest.raises(CommandError, match="nothing to recover"):
        call_command("propose_recovery", "--reason", WHY, "--by", "ana@example.org")
    with pytest.raises(CommandError, match="no role"):
        call_command("propose_recovery", "--reason", WHY, "--by", "eve@example.org")
