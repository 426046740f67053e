"""How the log stands, for every reader: what is published, who cosigned it, what was verified, what is wrong."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Max, Min

from governance import log_alarms, log_health, published_log, stored_log, witnesses
from governance.core.checkpoint import CheckpointError
from governance.core.cosignature import CosignatureError, cosignatures_on
from governance.core.proof import EntryProof
from governance.core.refusals import Reason, Refused
from governance.core.tiles import ENTRIES, TILE_WIDTH, Tile
from governance.core.witness_policy import WitnessPolicy
from governance.models import (
    Checkpoint,
    LedgerEntry,
    LogHealth,
    LogVerification,
    Publication,
    RecoveryProposal,
)


@dataclass(frozen=True)
class Published:
    """A published checkpoint as it lies in the folder, and its row: None where this database does not know it."""

    size: int
    note: str
    row: Publication | None

    def file_of(self, index: int) -> str:
        """Return the path below /log/ of the published file that holds one of its entries."""
        bundle = index // TILE_WIDTH
        return Tile(ENTRIES, bundle, min(TILE_WIDTH, self.size - bundle * TILE_WIDTH)).path


@dataclass(frozen=True)
class Standing:
    """What today's policy makes of a published note: who cosigned it, and whose word is missing ('': nobody's)."""

    cosigners: tuple[str, ...]
    missing: str


@dataclass(frozen=True)
class FailedVerification:
    """What full verifications found wrong: the fault, and when it was found first and last, and how often."""

    first_bad_entry: int | None
    fault: str
    first_at: datetime
    last_at: datetime
    times: int


@dataclass(frozen=True)
class WitnessState:
    """One witness of the policy: how many entries it last cosigned and when, and since when it has failed and why."""

    name: str
    size: int = 0
    cosigned_at: datetime | None = None
    tried_at: datetime | None = None
    failing_since: datetime | None = None
    problem: str = ""


@dataclass(frozen=True)
class Announcement:
    """A file that strangers verify with: its SHA-256, and the entry that announced exactly that one (None: not yet)."""

    digest: str
    entry: int | None


@dataclass(frozen=True)
class Witnessing:
    """Who has to cosign: the witnesses, what the policy asks for ('' if nobody), and what happens without them."""

    states: tuple[WitnessState, ...]
    demand: str
    waits: bool
    unusable: str  # why the policy cannot be read, or ''


@dataclass(frozen=True)
class LogStatus:
    """All that the page of the record says about the log as a whole."""

    entries: int
    newest: Published | None
    standing: Standing  # of the published checkpoint
    witnessing: Witnessing
    verification: LogVerification | None
    failures: tuple[FailedVerification, ...]  # of all time, the newest first: a later success takes none away
    proposal: RecoveryProposal | None  # of a recovery that waits for the board
    verifier: Announcement
    policy: Announcement
    alarms: tuple[log_alarms.Alarm, ...]

    @property
    def published(self) -> int:
        """How many entries the published checkpoint covers."""
        return self.newest.size if self.newest else 0

    @property
    def publication(self) -> Publication | None:
        """What this database knows of the published checkpoint; nothing where it is an older copy."""
        return self.newest.row if self.newest else None

    @property
    def cosigners(self) -> tuple[str, ...]:
        """Who cosigned the published checkpoint, by their names in the policy."""
        return self.standing.cosigners

    @property
    def unpublished(self) -> int:
        """How many entries wait for the next checkpoint."""
        return max(self.entries - self.published, 0)


def log_status() -> LogStatus:
    """Return how the log stands now; a fixed number of queries, whatever its size."""
    health = {row.part: row for row in log_health.states()}
    newest, entries = published(), stored_log.size()
    verification = LogVerification.objects.order_by("-id").first()
    policy, unusable = _policy()
    alarms = [*log_alarms.behind_or_stopped(health, entries), *log_alarms.unsound(verification)]
    alarms = alarms or log_alarms.late(newest.size if newest else 0, health)
    return LogStatus(
        entries=entries,
        newest=newest,
        standing=standing(newest),
        witnessing=_witnessing(policy, unusable, health),
        verification=verification,
        failures=failures(),
        proposal=RecoveryProposal.objects.filter(local_size=entries).order_by("-id").first(),
        verifier=verifier_announcement(),
        policy=_announcement(
            "witness_policy.announced", b"" if unusable else witnesses.policy_text().encode()
        ),
        alarms=tuple(sorted(alarms, key=lambda alarm: list(log_alarms.Trouble).index(alarm.trouble))),
    )


def published() -> Published | None:
    """Return the published checkpoint as the folder has it: a database that is an older copy knows less.

    Where the folder has none, or one that is not genuine, it is the newest that this database knows.
    """
    row = stored_log.last_publication()
    try:
        note = published_log.published_note()
        if note is not None and (row is None or row.note != note):
            size = published_log.opened("the published checkpoint", note).size
            known = Publication.objects.select_related("checkpoint").filter(checkpoint__size=size, note=note)
            return Published(size, note, known.first())
    except (OSError, Refused):
        pass  # an alarm says so
    return Published(row.checkpoint.size, row.note, row) if row else None


def failures() -> tuple[FailedVerification, ...]:
    """Return what full verifications ever found wrong, the newest first; the same fault stands once."""
    found = LogVerification.objects.exclude(fault="").values("first_bad_entry", "fault")
    told = found.annotate(first_at=Min("verified_at"), last_at=Max("verified_at"), times=Count("id"))
    return tuple(
        FailedVerification(
            row["first_bad_entry"],
            log_alarms.public_words(row["fault"]),
            row["first_at"],
            row["last_at"],
            row["times"],
        )
        for row in told.order_by("-last_at")
    )


def entry_numbered(index: int) -> LedgerEntry:
    """Return one entry. Raises Refused: NOT_FOUND, or INCONSISTENT_LOG where it is published and lost here."""
    try:
        return stored_log.entry_numbered(index)
    except Refused as refusal:
        newest = published()
        if newest is None or index >= newest.size:
            raise
        raise Refused(
            Reason.INCONSISTENT_LOG,
            f"This database no longer holds entry {index}. The entry is published: it stands in the file "
            f"/log/{newest.file_of(index)} under the checkpoint of {newest.size} entries, and the verifier reads it "
            "there.",
        ) from refusal


def proved(row: LedgerEntry) -> tuple[Publication, EntryProof]:
    """Return the proof of an entry and the publication that it leads to.

    Raises Refused(TOO_EARLY | INCONSISTENT_LOG).
    """
    covering = stored_log.publication_covering(row.index)
    if covering is None:
        raise _not_covered(row.index)
    if standing(covering).missing:  # today's policy asks for more than that of its day
        newest = stored_log.last_publication()
        covering = covering if standing(newest).missing else newest or covering
    return covering, stored_log.proof_under(covering, row)


def _not_covered(index: int) -> Refused:
    newest = published()
    if newest is not None and index < newest.size:
        return Refused(
            Reason.INCONSISTENT_LOG,
            f"Entry {index} is published under a checkpoint of {newest.size} entries that this database does not "
            f"know. The published files prove it: it stands in /log/{newest.file_of(index)}.",
        )
    if Checkpoint.objects.filter(size__gt=index).exists():
        how = "is signed by this log’s key, but not published yet"
    else:
        how = "is neither signed nor published yet"
    return Refused(
        Reason.TOO_EARLY,
        f"Entry {index} {how}, so it has no proof. Come back after the next checkpoint is published.",
    )


def verifier_announcement() -> Announcement:
    """Return the SHA-256 of the verifier that we hand out, and the entry that announced it."""
    return _announcement("verification.announced", published_log.verifier_file().read_bytes())


def cosigners(publication: Publication | Published | None) -> tuple[str, ...]:
    """Return who cosigned a published checkpoint, by their names in today's policy; the signatures are verified."""
    return standing(publication).cosigners


def standing(publication: Publication | Published | None) -> Standing:
    """Return how a published checkpoint stands under today's policy, which may ask for more than that of its day."""
    policy, _ = _policy()
    if publication is None or policy is None:
        return Standing((), "")
    names = {witness.key: witness.name for witness in policy.witnesses}
    try:
        good = cosignatures_on(publication.note, published_log.log_key().verification_key, names)
    except (CheckpointError, CosignatureError):
        good = ()
    told = tuple(names[each.key] for each in good)
    return Standing(told, "" if policy.satisfied_by(told) else demand(policy))


def demand(policy: WitnessPolicy | None) -> str:
    """Return in words whose cosignatures the policy asks for; nothing when it asks for nobody's."""
    return _asked(policy, policy.quorum) if policy and policy.quorum else ""


def _asked(policy: WitnessPolicy, name: str) -> str:
    group = next((each for each in policy.groups if each.name == name), None)
    if group is None:
        return name
    members = [_asked(policy, member) for member in group.members]
    nested = [f"({each})" if " of " in each else each for each in members]
    if len(nested) == 1:
        return nested[0]
    some = f"at least {'one' if group.needed == 1 else group.needed}"
    count = "all" if group.needed == len(nested) else some
    return f"{count} of {', '.join(nested[:-1])} and {nested[-1]}"


def _policy() -> tuple[WitnessPolicy | None, str]:
    try:
        return witnesses.policy(), ""
    except Refused as refusal:
        return None, log_alarms.public_words(refusal.message)


def _witnessing(policy: WitnessPolicy | None, unusable: str, health: Mapping[str, LogHealth]) -> Witnessing:
    asked = demand(policy)
    waits = bool(asked) and settings.LOG_WITHOUT_QUORUM == "wait"
    return Witnessing(_witness_states(policy, health), asked, waits, unusable)


def _witness_states(
    policy: WitnessPolicy | None, health: Mapping[str, LogHealth]
) -> tuple[WitnessState, ...]:
    known = policy.witnesses if policy else ()
    return tuple(_witness_state(each.name, health.get(log_health.witness_part(each.name))) for each in known)


def _witness_state(name: str, state: LogHealth | None) -> WitnessState:
    if state is None:
        return WitnessState(name)
    problem = log_alarms.public_words(state.problem)
    return WitnessState(name, state.size, state.succeeded_at, state.tried_at, state.failing_since, problem)


def _announcement(action: str, content: bytes) -> Announcement:
    digest = hashlib.sha256(content).hexdigest()
    last = LedgerEntry.objects.filter(action=action).order_by("-index").first()
    return Announcement(digest, last.index if last and last.subject == digest else None)
