"""What a database restored from an older backup lacks, by the published log, and who may say how the log goes on."""

from collections.abc import Iterator
from dataclasses import dataclass

from governance import published_log, stored_log
from governance.core.checkpoint import Checkpoint
from governance.core.consequences import REVOKED, Leaf, read_leaves
from governance.core.genesis_and_roles import account_digest
from governance.core.merkle import Frontier, leaf_hash
from governance.core.refusals import Reason, Refused
from governance.core.roles import ROLES, Permission, Role, roles_with
from governance.core.tiles import TILE_WIDTH, TileError
from governance.models import User
from governance.permissions import can, check
from governance.selectors import jurisdictions


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


def decider_role(by: User) -> Role:
    """Return the role in which a person decides on policy, in whichever jurisdiction: the log belongs to all.

    Raises Refused(NOT_PERMITTED).
    """
    for jurisdiction in jurisdictions():
        if can(by, Permission.DECIDE_POLICY, jurisdiction):
            return check(by, Permission.DECIDE_POLICY, jurisdiction)
    who = " or ".join(ROLES[role].title.lower() for role in roles_with(Permission.DECIDE_POLICY))
    raise Refused(
        Reason.NOT_PERMITTED, f"To decide how the log goes on one needs the role {who} in some jurisdiction."
    )


def check_keeps_roles(found: Gap, person: User) -> None:
    """Refuse a person of whom the missing entries say that a role was taken from her: this database forgot it.

    Raises Refused(NOT_PERMITTED).
    """
    account = account_digest(person.pseudonym)
    for leaf in found.told:
        if (leaf["action"], leaf["subject"]) == (REVOKED, account):
            raise Refused(
                Reason.NOT_PERMITTED,
                f"The published entry {leaf['index']}, which this database lacks, took a role away from the account "
                f"{person.pseudonym}: it may neither propose nor confirm a recovery. Two others decide.",
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
