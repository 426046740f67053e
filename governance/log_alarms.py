"""What is wrong with the log, if anything, as everybody is told."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Subquery
from django.utils import timezone

from governance import log_health, published_log
from governance.core.refusals import Refused
from governance.models import LedgerEntry, LedgerLock, LogHealth, LogVerification

LATE = timedelta(minutes=5)  # a new entry is published within a minute; after this, nobody is doing it
_FOLDERS = re.compile(r"(?<![\w.:/])/(?:[^\s/'\"]+/)+")  # of a path on the server, not of an address


class Trouble(StrEnum):
    """What can be wrong, the gravest first."""

    BEHIND = "behind"  # more was given out than the database holds: deeds are refused
    UNSOUND = "unsound"  # the last full verification found a bad entry or another history
    UNSIGNED = "unsigned"  # the log is not being signed
    UNPUBLISHED = "unpublished"  # the log is signed and not being published
    ALTERED = "altered"  # a published file does not hold what the database gives
    LATE = "late"  # nobody signs or publishes


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


def stopped() -> Alarm | None:
    """Return what everybody who works here must know: the log is not signed or published, or nothing is recorded.

    One query.
    """
    rows = LogHealth.objects.exclude(problem="").filter(part__in=log_health.PARTS)
    health = {
        row.part: row for row in rows.annotate(entries=Subquery(LedgerLock.objects.values("next_index")[:1]))
    }
    if not health:
        return None
    entries = next(iter(health.values())).entries
    return behind_or_stopped(health, entries)[0]


def behind_or_stopped(health: Mapping[str, LogHealth], entries: int) -> list[Alarm]:
    """What stopped; where the database is an older copy, that is the cause of everything else."""
    signing = health.get(log_health.SIGNING)
    try:
        published_log.check_not_behind(entries)
    except Refused as refusal:
        since = signing.failing_since if signing else None
        return [Alarm(Trouble.BEHIND, without_folders(refusal.message), since)]
    parts = (
        (Trouble.UNSIGNED, signing),
        (Trouble.UNPUBLISHED, health.get(log_health.PUBLISHING)),
        (Trouble.ALTERED, health.get(log_health.FILES)),
    )
    return [
        Alarm(trouble, without_folders(row.problem), row.failing_since)
        for trouble, row in parts
        if row and row.problem
    ]


def unsound(verification: LogVerification | None) -> list[Alarm]:
    """What the last full verification found."""
    if verification is None or not verification.fault:
        return []
    return [Alarm(Trouble.UNSOUND, verification.fault, verification.verified_at)]


def late(published: int, health: Mapping[str, LogHealth]) -> list[Alarm]:
    """A machinery that stands still cannot say so itself: the oldest entry that waits does."""
    waiting = LedgerEntry.objects.filter(index=published).values_list("recorded_at", flat=True).first()
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
