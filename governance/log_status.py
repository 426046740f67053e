"""How the log stands, for every reader: what is published, who cosigned it, what was verified, what is wrong."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from governance import log_alarms, log_health, published_log, stored_log, witnesses
from governance.core.checkpoint import CheckpointError
from governance.core.cosignature import CosignatureError, cosignatures_on
from governance.core.refusals import Refused
from governance.core.witness_policy import WitnessPolicy
from governance.models import (
    LedgerEntry,
    LogHealth,
    LogVerification,
    Publication,
    RecoveryProposal,
)


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
    publication: Publication | None
    cosigners: tuple[str, ...]  # of the published checkpoint, by their names in the policy
    witnessing: Witnessing
    verification: LogVerification | None
    proposal: RecoveryProposal | None  # of a recovery that waits for a second person
    verifier: Announcement
    policy: Announcement
    alarms: tuple[log_alarms.Alarm, ...]

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
    publication, entries = stored_log.last_publication(), stored_log.size()
    verification = LogVerification.objects.order_by("-id").first()
    policy, unusable = _policy()
    alarms = [*log_alarms.behind_or_stopped(health, entries), *log_alarms.unsound(verification)]
    alarms = alarms or log_alarms.late(publication.checkpoint.size if publication else 0, health)
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
        alarms=tuple(sorted(alarms, key=lambda alarm: list(log_alarms.Trouble).index(alarm.trouble))),
    )


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
    some = f"at least {'one' if group.needed == 1 else group.needed}"
    count = "all" if group.needed == len(nested) else some
    return f"{count} of {', '.join(nested[:-1])} and {nested[-1]}"


def _policy() -> tuple[WitnessPolicy | None, str]:
    try:
        return witnesses.policy(), ""
    except Refused as refusal:
        return None, log_alarms.without_folders(refusal.message)


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
    problem = log_alarms.without_folders(state.problem)
    return WitnessState(name, state.size, state.succeeded_at, state.tried_at, state.failing_since, problem)


def _announcement(action: str, content: bytes) -> Announcement:
    digest = hashlib.sha256(content).hexdigest()
    last = LedgerEntry.objects.filter(action=action).order_by("-index").first()
    return Announcement(digest, last.index if last and last.subject == digest else None)
