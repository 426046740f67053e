"""How the log stands, for every reader: what is published, who cosigned it, what was verified, what is wrong."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import Subquery
from django.utils import timezone

from governance import log_health, published_log, witnesses
from governance.core.checkpoint import CheckpointError
from governance.core.cosignature import CosignatureError, cosignatures_on
from governance.core.refusals import Refused
from governance.core.witness_policy import Witness, WitnessPolicy
from governance.models import (
    Cosignature,
    LedgerEntry,
    LedgerLock,
    LogHealth,
    LogVerification,
    Publication,
    RecoveryProposal,
)
from governance.stored_log import last_publication

LATE = timedelta(minutes=5)  # a new entry is published within a minute; after this, nobody is doing it
_FOLDERS = re.compile(r"(?<![\w.:/])/(?:[^\s/'\"]+/)+")  # of a path on the server, not of an address


class Trouble(StrEnum):
    """What can be wrong, the gravest first."""

    BEHIND = "behind"  # more was given out than the database holds: deeds are refused
    UNSOUND = "unsound"  # the last full verification found a bad entry or another history
    UNSIGNED = "unsigned"  # the log is not being signed
    UNPUBLISHED = "unpublished"  # the log is signed and not being published
    LATE = "late"  # nobody does either


@dataclass(frozen=True)
class Alarm:
    """One thing that is wrong, why, and since when (None: nobody knows)."""

    trouble: Trouble
    sentence: str
    since: datetime | None

    @property
    def deeds_are_refused(self) -> bool:
        """Whether nothing can be recorded, hence nothing done, until people have decided."""
        return self.trouble is Trouble.BEHIND


@dataclass(frozen=True)
class WitnessState:
    """One witness of the policy: what it last cosigned by its own clock, and since when it has failed and why."""

    name: str
    size: int
    cosigned_at: datetime | None
    tried_at: datetime | None
    failing_since: datetime | None
    problem: str


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
    publication: Publication | None
    cosigners: tuple[str, ...]  # of the published checkpoint, by their names in the policy
    witnessing: Witnessing
    verification: LogVerification | None
    proposal: RecoveryProposal | None  # of a recovery that waits for a second person
    verifier: Announcement
    policy: Announcement
    alarms: tuple[Alarm, ...]

    @property
    def published(self) -> int:
        """How many entries the published checkpoint covers."""
        return self.publication.checkpoint.size if self.publication else 0

    @property
    def unpublished(self) -> int:
        """How many entries wait for the next checkpoint."""
        return max(self.entries - self.published, 0)


def log_status() -> LogStatus:
    """Return how the log stands now; a fixed number of queries, whatever its size."""
    health = {row.part: row for row in log_health.states()}
    publication, entries = last_publication(), _entries()
    verification = LogVerification.objects.order_by("-id").first()
    policy, unusable = _policy()
    alarms = [*_behind_or_stopped(health, entries), *_unsound(verification)]
    alarms = alarms or _late(publication, health)
    return LogStatus(
        entries=entries,
        publication=publication,
        cosigners=cosigners(publication),
        witnessing=_witnessing(policy, unusable, health),
        verification=verification,
        proposal=RecoveryProposal.objects.filter(local_size=entries).order_by("-id").first(),
        verifier=verifier_announcement(),
        policy=_announcement(
            "witness_policy.announced", b"" if unusable else witnesses.policy_text().encode()
        ),
        alarms=tuple(sorted(alarms, key=lambda alarm: list(Trouble).index(alarm.trouble))),
    )


def stopped() -> Alarm | None:
    """Return what everybody who works here must know: the log is not signed or published, or nothing is recorded.

    One query.
    """
    rows = LogHealth.objects.exclude(problem="").filter(part__in=(log_health.SIGNING, log_health.PUBLISHING))
    health = {
        row.part: row for row in rows.annotate(entries=Subquery(LedgerLock.objects.values("next_index")[:1]))
    }
    if not health:
        return None
    entries = next(iter(health.values())).entries
    return _behind_or_stopped(health, entries)[0]


def verifier_announcement() -> Announcement:
    """Return the SHA-256 of the verifier that we hand out, and the entry that announced it."""
    return _announcement("verification.announced", published_log.verifier_file().read_bytes())


def cosigners(publication: Publication | None) -> tuple[str, ...]:
    """Return who cosigned a published checkpoint, by their names in today's policy; the signatures are verified."""
    policy, _ = _policy()
    if publication is None or policy is None:
        return ()
    names = {witness.key: witness.name for witness in policy.witnesses}
    try:
        good = cosignatures_on(publication.note, published_log.log_key().verification_key, names)
    except (CheckpointError, CosignatureError):
        return ()
    return tuple(names[each.key] for each in good)


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
    count = "all" if group.needed == len(nested) else f"at least {group.needed}"
    return f"{count} of {', '.join(nested[:-1])} and {nested[-1]}"


def _policy() -> tuple[WitnessPolicy | None, str]:
    try:
        return witnesses.policy(), ""
    except Refused as refusal:
        return None, without_folders(refusal.message)


def _entries() -> int:
    """How many entries there are, from the last one's number: counting a long table takes long."""
    newest = LedgerEntry.objects.order_by("-index").values_list("index", flat=True).first()
    return 0 if newest is None else newest + 1


def _witnessing(policy: WitnessPolicy | None, unusable: str, health: Mapping[str, LogHealth]) -> Witnessing:
    asked = demand(policy)
    waits = bool(asked) and settings.LOG_WITHOUT_QUORUM == "wait"
    return Witnessing(_witness_states(policy, health), asked, waits, unusable)


def _witness_states(
    policy: WitnessPolicy | None, health: Mapping[str, LogHealth]
) -> tuple[WitnessState, ...]:
    rows = Cosignature.objects.select_related("checkpoint").order_by("witness", "-checkpoint__size")
    last = {row.witness: row for row in rows.distinct("witness")}
    known: Sequence[Witness] = policy.witnesses if policy else ()
    return tuple(_witness_state(each.name, last, health) for each in known)


def _witness_state(
    name: str, last: Mapping[str, Cosignature], health: Mapping[str, LogHealth]
) -> WitnessState:
    cosignature, state = last.get(name), health.get(log_health.witness_part(name))
    return WitnessState(
        name,
        cosignature.checkpoint.size if cosignature else 0,
        cosignature.cosigned_at if cosignature else None,
        state.tried_at if state else None,
        state.failing_since if state else None,
        without_folders(state.problem) if state else "",
    )


def _announcement(action: str, content: bytes) -> Announcement:
    digest = hashlib.sha256(content).hexdigest()
    last = LedgerEntry.objects.filter(action=action).order_by("-index").first()
    return Announcement(digest, last.index if last and last.subject == digest else None)


def _behind_or_stopped(health: Mapping[str, LogHealth], entries: int) -> list[Alarm]:
    """What stopped; where the database is an older copy, that is the cause of everything else."""
    signing = health.get(log_health.SIGNING)
    try:
        published_log.check_not_behind(entries)
    except Refused as refusal:
        since = signing.failing_since if signing else None
        return [Alarm(Trouble.BEHIND, without_folders(refusal.message), since)]
    parts = ((Trouble.UNSIGNED, signing), (Trouble.UNPUBLISHED, health.get(log_health.PUBLISHING)))
    return [
        Alarm(trouble, without_folders(row.problem), row.failing_since)
        for trouble, row in parts
        if row and row.problem
    ]


def _unsound(verification: LogVerification | None) -> list[Alarm]:
    if verification is None or not verification.fault:
        return []
    return [Alarm(Trouble.UNSOUND, verification.fault, verification.verified_at)]


def _late(publication: Publication | None, health: Mapping[str, LogHealth]) -> list[Alarm]:
    """A machinery that stands still cannot say so itself: the oldest entry that waits does."""
    size = publication.checkpoint.size if publication else 0
    waiting = LedgerEntry.objects.filter(index=size).values_list("recorded_at", flat=True).first()
    if waiting is None or waiting > timezone.now() - LATE:
        return []
    tried = health.get(log_health.SIGNING)
    last = (
        f"The last attempt was at {tried.tried_at:%H:%M UTC on %d %B %Y}."
        if tried
        else "Nobody has tried yet."
    )
    sentence = f"Entries wait to be signed and published, and the task that does it is not running. {last}"
    return [Alarm(Trouble.LATE, sentence, waiting)]


def without_folders(sentence: str) -> str:
    """Return a sentence for the public without the folders of this server; the application log has them."""
    return _FOLDERS.sub("", sentence)
