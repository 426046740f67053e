"""An older backup was restored: nothing is recorded until two people take the missing entries back."""

import hashlib
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction

from governance import published_log
from governance.core.canonical import parse_leaf
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission, Role
from governance.ledger import record
from governance.models import Jurisdiction, LedgerEntry, LedgerText, RecoveryProposal, RoleGrant, User
from governance.permissions import can
from governance.services.add_jurisdiction import FirstRole, Outline, Place, add_jurisdiction
from governance.services.erase_text import erase_text
from governance.services.grant_role import grant_role
from governance.services.propose_recovery import propose_recovery
from governance.services.recover_log import recover_log
from governance.services.revoke_role import revoke_role
from governance.services.sign_checkpoint import sign_checkpoint
from governance.tasks import publish_log
from tests.apps.governance.test_erase_text import remembered
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.apps.governance.test_verify_ledger import verify
from tests.cast import POLICY, City, build_city, square

WHY = "The disk failed on Tuesday; Monday's backup is what we have."
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


def recover(restored: Restored) -> None:
    """Let two people recover the log."""
    propose_recovery(reason=WHY, by=restored.city.chloe)
    recover_log(by=restored.olga)


def refused(deed: Any, **arguments: Any) -> Refused:
    """Try a deed that must be refused, and see that it changed nothing."""
    before = leaves()
    with pytest.raises(Refused) as refusal:
        deed(**arguments)
    assert leaves() == before
    return refusal.value


def test_two_people_bring_the_missing_entries_back_and_the_log_says_so(restored: Restored) -> None:
    proposal = propose_recovery(reason=WHY, by=restored.city.chloe)
    assert (proposal.local_size, proposal.published_size) == (restored.size, restored.published)
    assert leaves() == restored.leaves[: restored.size]
    recover_log(by=restored.olga)
    *back, proposed, recovered = leaves()
    assert back == restored.leaves
    subject = hashlib.sha256(published_body().encode()).hexdigest()
    sizes = {"from_size": restored.size, "to_size": restored.published}
    for leaf, action, by in (
        (proposed, "recovery.proposed", restored.city.chloe),
        (recovered, "log.recovered", restored.olga),
    ):
        said = parse_leaf(leaf)
        assert (said["action"], said["actor"]) == (action, by.pseudonym)
        assert (said["subject"], said["detail"], said["role"]) == (subject, sizes, "board_member")
    assert LedgerText.objects.get(entry_id=restored.published).text == WHY


def published_body() -> str:
    """The text of the published checkpoint."""
    return (published_log.published_note() or "").rpartition("\n\n")[0] + "\n"


def test_the_recovered_log_verifies_is_published_and_goes_on(restored: Restored) -> None:
    assert verify()[0] == 1
    recover(restored)
    assert verify("--full")[0] == 0
    assert publish_log() == LedgerEntry.objects.count() == restored.published + 2
    write_entries(1)
    assert publish_log() == restored.published + 3
    assert verify()[0] == 0


def test_until_then_nothing_is_recorded_and_nothing_signed(restored: Restored) -> None:
    propose_recovery(reason=WHY, by=restored.city.chloe)
    refusal = refused(write_entries, count=1)
    assert refusal.reason is Reason.INCONSISTENT_LOG
    assert "propose_recovery" in refusal.message
    assert refused(sign_checkpoint, by=restored.city.scheduler).reason is Reason.INCONSISTENT_LOG


def test_the_one_who_proposed_does_not_confirm(restored: Restored) -> None:
    propose_recovery(reason=WHY, by=restored.city.chloe)
    assert refused(recover_log, by=restored.city.chloe).reason is Reason.AUTHOR_MAY_NOT_VOTE


def test_without_a_proposal_nothing_is_confirmed(restored: Restored) -> None:
    assert refused(recover_log, by=restored.olga).reason is Reason.NOT_FOUND


@pytest.mark.parametrize("who", ["ana", "ben", "dev", "eve", "scheduler"])
def test_only_who_decides_on_policy_proposes_or_confirms(restored: Restored, who: str) -> None:
    by = getattr(restored.city, who)
    assert refused(propose_recovery, reason=WHY, by=by).reason is Reason.NOT_PERMITTED
    propose_recovery(reason=WHY, by=restored.city.chloe)
    assert refused(recover_log, by=by).reason is Reason.NOT_PERMITTED


def test_a_proposer_who_lost_her_role_since_does_not_count(restored: Restored) -> None:
    propose_recovery(reason=WHY, by=restored.city.chloe)
    RoleGrant.objects.filter(user=restored.city.chloe).update(revoked_at="2026-11-22T16:40Z")
    assert refused(recover_log, by=restored.olga).reason is Reason.NOT_PERMITTED


def test_a_proposal_wants_a_reason(restored: Restored) -> None:
    refusal = refused(propose_recovery, reason="oops", by=restored.city.chloe)
    assert refusal.reason is Reason.RATIONALE_TOO_SHORT


def test_a_proposal_about_another_state_is_not_confirmed(restored: Restored) -> None:
    with lost_afterwards():
        recover(restored)
        publish_log()
    made = propose_recovery(reason=WHY, by=restored.city.chloe)
    RecoveryProposal.objects.create(
        local_size=made.local_size,
        published_size=restored.published,
        reason=WHY,
        proposed_by=restored.city.chloe,
        proposed_at=made.proposed_at,
    )
    refusal = refused(recover_log, by=restored.olga)
    assert refusal.reason is Reason.DIGEST_CHANGED
    assert f"now they are {restored.size} and {restored.published + 2}" in refusal.message


def test_a_log_that_lacks_nothing_is_not_recovered(restored: Restored) -> None:
    recover(restored)
    assert refused(propose_recovery, reason=WHY, by=restored.city.chloe).reason is Reason.ALREADY_DONE
    assert refused(recover_log, by=restored.olga).reason is Reason.ALREADY_DONE


def test_where_nothing_was_published_there_is_nothing_to_recover_from(restored: Restored) -> None:
    shutil.rmtree(published_log.public_folder().parent)
    assert refused(propose_recovery, reason=WHY, by=restored.city.chloe).reason is Reason.NOT_FOUND


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
    refusal = refused(propose_recovery, reason=WHY, by=restored.city.chloe)
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
    refusal = refused(propose_recovery, reason=WHY, by=restored.city.chloe)
    assert refusal.reason is Reason.INCONSISTENT_LOG
    assert "do not give the root" in refusal.message


def test_lost_published_files_are_named(restored: Restored) -> None:
    bundle().unlink()
    refusal = refused(propose_recovery, reason=WHY, by=restored.city.chloe)
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


def test_who_was_revoked_in_the_lost_entries_neither_proposes_nor_confirms(restored: Restored) -> None:
    recover(restored)
    mallory, adam = board(restored)
    proposed = {"reason": WHY, "proposed_by": mallory, "proposed_at": "2026-11-22T16:40Z"}
    with lost_afterwards():
        revoke_role(role_grant_id=RoleGrant.objects.get(user=mallory).pk, by=adam)
        published = publish_log()
    refusal = refused(propose_recovery, reason=WHY, by=mallory)
    assert refusal.reason is Reason.NOT_PERMITTED
    assert f"The published entry {LedgerEntry.objects.count()}, which this database lacks" in refusal.message
    propose_recovery(reason=WHY, by=restored.city.chloe)
    assert refused(recover_log, by=mallory).reason is Reason.NOT_PERMITTED
    RecoveryProposal.objects.create(
        local_size=LedgerEntry.objects.count(), published_size=published, **proposed
    )
    assert refused(recover_log, by=restored.olga).reason is Reason.NOT_PERMITTED


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
    call_command("propose_recovery", "--reason", WHY, "--by", "chloe@example.org", stdout=out)
    assert "Nothing was changed yet" in out.getvalue()
    assert RecoveryProposal.objects.count() == 1
    with pytest.raises(CommandError, match="another person must confirm it"):
        call_command("recover_log", "--by", "chloe@example.org")
    call_command("recover_log", "--by", "olga@example.org", stdout=out)
    assert "The log goes on" in out.getvalue()
    with pytest.raises(CommandError, match="nothing to recover"):
        call_command("propose_recovery", "--reason", WHY, "--by", "chloe@example.org")
