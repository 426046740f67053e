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
_ERROR = re.compile(r"(^|\s)\[(?:Errno -?\d+|SSL[^\]]*)\] (\w)")  # how Python names what the system said
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


def grave() -> Alarm | None:
    """Return what every visitor must know: nothing can be recorded, or the last full verification failed. One query."""
    last = LogVerification.objects.order_by("-id")
    found = LedgerLock.objects.values("next_index").annotate(
        fault=Subquery(last.values("fault")[:1]), verified_at=Subquery(last.values("verified_at")[:1])
    )
    row = found.first()
    if row is None:
        return None
    failed = LogVerification(fault=row["fault"] or "", verified_at=row["verified_at"])
    return next(iter(_behind({}, row["next_index"]) or unsound(failed)), None)


def stopped() -> Alarm | None:
    """Return what everybody who works here must know: that, or that the log is not signed or published. Two queries."""
    rows = LogHealth.objects.exclude(problem="").filter(part__in=log_health.PARTS)
    return grave() or next(iter(_stopped({row.part: row for row in rows})), None)


def behind_or_stopped(health: Mapping[str, LogHealth], entries: int) -> list[Alarm]:
    """What stopped; where the database is an older copy, that is the cause of everything else."""
    return _behind(health, entries) or _stopped(health)


def _behind(health: Mapping[str, LogHealth], entries: int) -> list[Alarm]:
    try:
        published_log.check_not_behind(entries)
    except Refused as refusal:
        signing = health.get(log_health.SIGNING)
        since = signing.failing_since if signing else None
        return [Alarm(Trouble.BEHIND, public_words(refusal.message), since)]
    except OSError:  # the folder cannot be read: publishing says so
        return []
    return []


def _stopped(health: Mapping[str, LogHealth]) -> list[Alarm]:
    parts = (
        (Trouble.UNSIGNED, health.get(log_health.SIGNING)),
        (Trouble.UNPUBLISHED, health.get(log_health.PUBLISHING)),
        (Trouble.ALTERED, health.get(log_health.FILES)),
    )
    return [
        Alarm(trouble, public_words(row.problem), row.failing_since)
        for trouble, row in parts
        if row and row.problem
    ]


def unsound(verification: LogVerification | None) -> list[Alarm]:
    """What the last full verification found."""
    if verification is None or not verification.fault:
        return []
    return [Alarm(Trouble.UNSOUND, public_words(verification.fault), verification.verified_at)]


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


def public_words(sentence: str) -> str:
    """Return a sentence for the public: without this server’s folders and the system’s error numbers."""
    return _ERROR.sub(_in_words, _FOLDERS.sub("", sentence))


def _in_words(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2].lower()}" if found[1] else found[2]
