"""What a database restored from an older backup lacks, by the published log, and who may say how the log goes on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from governance import published_log, stored_log
from governance.core.approval import (
    Ballot,
    Proposal,
    Rule,
    Verdict,
    Voter,
    check_standing,
    decide,
    stage_of_vote,
)
from governance.core.checkpoint import Checkpoint
from governance.core.consequences import CLOSED, REVOKED, Leaf, read_leaves
from governance.core.genesis_and_roles import account_digest
from governance.core.merkle import Frontier, leaf_hash
from governance.core.recovery import KIND, OPEN_DAYS, recovery_digest
from governance.core.refusals import Reason, Refused
from governance.core.stages import Stage
from governance.core.states import State
from governance.core.tiles import TILE_WIDTH, TileError
from governance.models import ChangeRequest, Jurisdiction, RecoveryProposal, RecoveryVote, User
from governance.selectors import policy_in_force, rule_for


@dataclass(frozen=True)
class Gap:
    """How many entries the database holds, the checkpoint it must reach again, and the leaves in between."""

    size: int
    checkpoint: Checkpoint
    leaves: tuple[bytes, ...]

    @property
    def told(self) -> list[Leaf]:
        """What the leaves say, those that are entries."""
        return read_leaves(enumerate(self.leaves, self.size))[0]


@dataclass(frozen=True)
class Asked:
    """A proposed recovery as the approval rule sees it: what is proposed, by which rule, and who has agreed so far."""

    row: RecoveryProposal
    request: ChangeRequest  # as it will be opened; it stands in no table yet
    proposal: Proposal
    rule: Rule
    ballots: tuple[Ballot, ...]

    @property
    def is_agreed(self) -> bool:
        """Whether the quorum of every stage has agreed."""
        return decide(self.ballots, self.rule, self.row.digest).verdict is Verdict.APPROVE

    def check_may_agree(self, voter: Voter) -> Stage:
        """Return the stage in which a person may agree now; refuse by the rule of every vote."""
        check_standing(self.proposal, voter, now=timezone.now())
        return stage_of_vote(Verdict.APPROVE, voter, self.ballots, self.rule, self.row.digest)

    @property
    def progress(self) -> str:
        """How far it is, in words."""
        needed = sum(each.quorum for each in self.rule.stages)
        return f"{len(self.ballots)} of {needed} have agreed"


def newest_proposal() -> RecoveryProposal | None:
    """Return the newest proposal of a recovery."""
    rows = RecoveryProposal.objects.select_related("proposed_by", "jurisdiction")
    return rows.exclude(jurisdiction=None).order_by("-id").first()


def asked_now(found: Gap) -> Asked:
    """Return what is put to the board, which must speak of the present state.

    Raises Refused(NOT_FOUND | DIGEST_CHANGED).
    """
    row = newest_proposal()
    if row is None or row.jurisdiction is None:
        raise Refused(
            Reason.NOT_FOUND,
            "Nobody has proposed to recover the log; one person proposes (`manage.py propose_recovery`), the board’s "
            "quorum agrees.",
        )
    if row.digest != digest_of(found, row):
        raise Refused(
            Reason.DIGEST_CHANGED,
            f"The proposal speaks of {row.local_size} entries here and {row.published_size} published; now "
            f"they are {found.size} and {found.checkpoint.size}. Propose again.",
        )
    return _asked(row, row.jurisdiction)


def digest_of(found: Gap, row: RecoveryProposal) -> str:
    """Return the digest that a proposal has if it speaks of the present state; it counts the proposals before it."""
    before = RecoveryProposal.objects.filter(**({"pk__lt": row.pk} if row.pk else {})).count()
    return recovery_digest(local_size=found.size, checkpoint=found.checkpoint.body, attempt=before + 1)


def _asked(row: RecoveryProposal, jurisdiction: Jurisdiction) -> Asked:
    until = row.proposed_at + timedelta(days=OPEN_DAYS)
    version = policy_in_force(jurisdiction).version
    request = ChangeRequest(
        kind=KIND, jurisdiction=jurisdiction, digest=row.digest, policy_version=version, expires_at=until
    )
    rule = rule_for(request)
    first = rule.stages[0].name
    ballots = (Ballot(each.user_id, Verdict.APPROVE, each.digest, first) for each in votes_of(row))
    proposal = Proposal(State.OPEN, row.digest, until, frozenset({row.proposed_by_id}))
    return Asked(row, request, proposal, rule, tuple(ballots))


def votes_of(row: RecoveryProposal) -> list[RecoveryVote]:
    """Return who has agreed to a proposal, the first one first."""
    return list(RecoveryVote.objects.filter(proposal=row).select_related("user").order_by("id"))


def check_keeps_roles(found: Gap, person: User) -> None:
    """Refuse a person of whom the missing entries say that a role was taken from her, or her account was closed.

    This database forgot it. Raises Refused(NOT_PERMITTED).
    """
    account = account_digest(person.pseudonym)
    for leaf in found.told:
        if leaf["action"] in (REVOKED, CLOSED) and leaf["subject"] == account:
            did = "closed" if leaf["action"] == CLOSED else "took a role away from"
            raise Refused(
                Reason.NOT_PERMITTED,
                f"The published entry {leaf['index']}, which this database lacks, {did} the account "
                f"{person.pseudonym}: it may neither propose nor confirm a recovery. Others decide.",
            )


def gap() -> Gap:
    """Return what the database lacks, after showing that all it holds is the beginning of what was given out.

    The entries come from the published bundles and must give the root that our key signed. Raises
    Refused(NOT_FOUND | ALREADY_DONE | INCONSISTENT_LOG).
    """
    notes = [published_log.opened(name, note) for name, note in published_log.notes_given_out()]
    if not notes:
        raise Refused(
            Reason.NOT_FOUND,
            "Nothing was ever published from here (LAMPLIGHT_LOG_FOLDER names the folder), so there is nothing to "
            "recover from.",
        )
    checkpoint, size = max(notes, key=lambda each: each.size), stored_log.size()
    frontier, missing = Frontier(), []
    for start, leaves in _published_leaves(checkpoint.size):
        _check_same(start, leaves, stored_log.leaves(start, len(leaves)))
        frontier = frontier.extend(map(leaf_hash, leaves))
        missing += leaves[max(0, size - start) :]
    if frontier.root != checkpoint.root:
        raise Refused(
            Reason.INCONSISTENT_LOG,
            f"The published entries do not give the root of the checkpoint of {checkpoint.size} entries, so they "
            f"are not what was signed. {published_log.KEEP}",
        )
    if not missing:
        raise Refused(
            Reason.ALREADY_DONE,
            f"There is nothing to recover: the database holds {size} entries and {checkpoint.size} were given out.",
        )
    return Gap(size, checkpoint, tuple(missing))


def _published_leaves(size: int) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the number of each bundle's first entry, and its leaves."""
    for start in range(0, size, TILE_WIDTH):
        try:
            yield start, published_log.read_entries(start // TILE_WIDTH, min(TILE_WIDTH, size - start))
        except (FileNotFoundError, TileError) as problem:
            raise Refused(
                Reason.INCONSISTENT_LOG,
                f"Entry {start} and those after it cannot be read from the published folder: {problem}. Put the "
                "published files back from a mirror, or restore a newer backup of the database.",
            ) from problem


def _check_same(start: int, published: list[bytes], stored: list[bytes]) -> None:
    for number, (given_out, here) in enumerate(zip(published, stored, strict=False), start):
        if given_out != here:
            raise Refused(
                Reason.INCONSISTENT_LOG,
                f"Entry {number} of this database is not entry {number} of the published log: the database was "
                "edited, or grew differently after it was restored. Two histories cannot be joined. Keep this "
                "database as evidence, and restore a backup that agrees with the published log.",
            )


def is_agreed_here() -> bool:
    """Whether a recovery waits that speaks of a database of this size and has its quorum; reads no published file."""
    row = newest_proposal()
    if row is None or row.jurisdiction is None or row.local_size != stored_log.size():
        return False
    return _asked(row, row.jurisdiction).is_agreed
