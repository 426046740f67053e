"""The log of a restored database goes on, once the board's quorum has agreed."""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from governance import clock, published_log
from governance.core.approval import Verdict
from governance.core.canonical import EntryError, parse_leaf
from governance.core.consequences import CLOSED, ENDED, REVOKED, Leaf, erased_texts, sort_out
from governance.core.genesis_and_roles import account_digest
from governance.core.merkle import leaf_hash
from governance.core.recovery import KIND, OPEN_DAYS
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission, Role
from governance.core.timeline import detail_of
from governance.ledger import record
from governance.log_recovery import Asked, Gap, asked_now, check_keeps_roles, gap, votes_of
from governance.models import (
    ChangeRequest,
    Delegation,
    LedgerEntry,
    LedgerLock,
    LedgerText,
    RecoveryVote,
    RoleGrant,
    User,
)
from governance.permissions import check, relied_on, take_out_of_role
from governance.selectors import open_permissions
from governance.services.cast_vote import cast_vote
from governance.services.open_change_request import open_change_request
from governance.services.redeem_approval import redeem_approval

BATCH = 1_000  # rows of one statement


@transaction.atomic
def recover_log(*, by: User) -> LedgerEntry:
    """Take the missing entries back from the published log, once the board's quorum has agreed.

    In one transaction the entries come back, and on the log that is whole again the proposal is opened as a change
    request, each agreement is cast as a vote, and the approval is redeemed: by the one engine, which checks everything
    anew, with the roles that the missing entries leave. If it refuses, nothing came back.

    What comes back is the record: the texts kept beside those entries, and the rows the deeds had made, stood only in
    the database that was lost. What those deeds took away is taken away again: roles that were revoked, accounts
    that were closed, delegations that were ended, and texts that were erased. Returns the entry `log.recovered`.
    Raises Refused(NOT_PERMITTED | NOT_APPROVED | NOT_FOUND | ALREADY_DONE | DIGEST_CHANGED | EXPIRED |
    INCONSISTENT_LOG), and what opening, voting and redeeming raise.
    """
    # Before anything is compared: no deed and no signature comes in between.
    lock = LedgerLock.objects.select_for_update().get(pk=1)
    published_log.one_operator_at_a_time()
    found = gap()
    asked = asked_now(found)
    here, agreed = asked.request.jurisdiction, votes_of(asked.row)
    role = check(by, Permission.EXECUTE, here)
    _check_agreed(asked)
    for person in (asked.row.proposed_by, *(each.user for each in agreed)):
        check_keeps_roles(found, person)
    _take_back(found)
    _take_away_again(found)
    lock.next_index = found.checkpoint.size
    lock.save()
    request = _put_to_the_vote(asked, agreed, by)
    return record(
        action="log.recovered",
        subject_kind=KIND,
        subject=request.digest,
        by=by,
        role=role,
        jurisdiction=here,
        policy_version=request.policy_version,
        detail={"request": request.pk, "from_size": found.size, "to_size": found.checkpoint.size},
    )


def _check_agreed(asked: Asked) -> None:
    if timezone.now() >= asked.proposal.expires_at:
        raise Refused(Reason.EXPIRED, "The proposal to recover the log has expired. Propose again.")
    if not asked.is_agreed:
        raise Refused(
            Reason.NOT_APPROVED,
            f"The recovery waits for the board: {asked.progress}. Nothing was changed.",
        )


def _put_to_the_vote(asked: Asked, agreed: list[RecoveryVote], by: User) -> ChangeRequest:
    """Open the request, cast the votes that were kept, and redeem the approval; the kept words are gone after it."""
    row, here = asked.row, asked.request.jurisdiction
    request = open_change_request(
        kind=KIND,
        jurisdiction=here,
        district=None,
        title=f"Recover entries {row.local_size} to {row.published_size - 1} of the log",
        digest=row.digest,
        rests_on=[],
        expires_at=clock.now(here) + timedelta(days=OPEN_DAYS),
        by=row.proposed_by,
    )
    record(
        action="recovery.proposed",
        subject_kind=KIND,
        subject=row.digest,
        by=row.proposed_by,
        role=relied_on(row.proposed_by, open_permissions(KIND), here).role,
        jurisdiction=here,
        policy_version=request.policy_version,
        detail={"request": request.pk, "from_size": row.local_size, "to_size": row.published_size},
        text=row.reason,
    )
    for each in agreed:
        cast_vote(
            change_request_id=request.pk,
            verdict=Verdict.APPROVE,
            rationale=each.rationale,
            seen_digest=each.digest,
            by=each.user,
        )
    RecoveryVote.objects.filter(proposal=row).delete()
    return redeem_approval(digest=row.digest, kind=KIND, by=by)


def _take_back(found: Gap) -> None:
    rows = [_row(number, leaf) for number, leaf in enumerate(found.leaves, found.size)]
    LedgerEntry.objects.bulk_create(rows, batch_size=BATCH)


def _take_away_again(found: Gap) -> None:
    """Take away again what the missing entries say was taken away; an entry that says nothing is left."""
    told, _ = sort_out(found.told)
    revoked = [leaf for leaf in told if leaf["action"] == REVOKED]
    ended = [leaf for leaf in found.told if leaf["action"] in (CLOSED, ENDED)]
    names = User.objects.values_list("pseudonym", flat=True) if revoked or ended else ()
    accounts = {account_digest(name): name for name in names}
    for leaf in revoked:
        _revoke_again(leaf, accounts.get(leaf["subject"], ""))
    for leaf in ended:
        _end_again(leaf, accounts.get(leaf["subject"], ""))
    LedgerText.objects.filter(entry_id__in=erased_texts(told)).delete()


def _end_again(leaf: Leaf, pseudonym: str) -> None:
    """Close an account, or end what was lent to it in that role there: the entry does not say which of several."""
    if leaf["action"] == CLOSED:
        User.objects.filter(pseudonym=pseudonym).update(is_active=False)
        return
    lent = Delegation.objects.filter(
        taker__pseudonym=pseudonym,
        role=detail_of(leaf).get("role"),
        jurisdiction__slug=leaf.get("jurisdiction"),
        revoked_at=None,
    ).select_related("jurisdiction")
    for each in lent:
        each.revoked_at = clock.now(each.jurisdiction)
        each.save(update_fields=["revoked_at"])


def _revoke_again(leaf: Leaf, pseudonym: str) -> None:
    """End every grant in force of that account, role and jurisdiction: the entry does not say which of several."""
    grants = RoleGrant.objects.select_for_update(of=("self",)).filter(
        user__pseudonym=pseudonym,
        role=leaf["detail"]["role"],
        jurisdiction__slug=leaf["jurisdiction"],
        revoked_at=None,
    )
    by = User.objects.filter(pseudonym=leaf["actor"]).first()
    for grant in grants.select_related("user", "jurisdiction", "district"):
        grant.revoked_at, grant.revoked_by = _moment(leaf), by
        grant.save(update_fields=["revoked_at", "revoked_by"])
        take_out_of_role(grant.user, Role(grant.role), grant.jurisdiction, grant.district)


def _moment(said: Leaf) -> datetime:
    """The time of an entry: the minute is all that it tells."""
    return datetime.strptime(str(said["time"]), "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)


def _row(number: int, leaf: bytes) -> LedgerEntry:
    """Make the row of an entry again from its leaf; of its time, the minute is all that the leaf tells."""
    try:
        said = parse_leaf(leaf)
    except EntryError as problem:
        raise Refused(
            Reason.INCONSISTENT_LOG, f"The published entry {number} is not an entry. {problem}"
        ) from problem
    return LedgerEntry(
        index=number,
        leaf=leaf,
        leaf_hash=leaf_hash(leaf),
        action=str(said["action"]),
        jurisdiction=str(said.get("jurisdiction", "")),
        subject=str(said["subject"]),
        recorded_at=_moment(said),
    )
