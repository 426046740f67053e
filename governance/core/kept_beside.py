"""Do the rows kept beside the log say what the log says? Free texts, publications and cosignatures.

The application may add such rows, and may delete a text: that is how one is erased. So a text that is gone must have
been erased by an entry, a publication cannot be older than what it publishes, and whose cosignatures it bears is read
from its own note.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .checkpoint import CheckpointError
from .consequences import Leaf, erased_texts, lost_ranges, sort_out
from .cosignature import CosignatureError, CosignerKey, cosignatures_on, verify_cosignature
from .note import NoteError, Signature, VerificationKey, take_note_apart
from .stored_entry import Fault
from .witness_policy import WitnessPolicy

MOST = 20  # faults of one kind that are told one by one
CLOCK_STEP = timedelta(minutes=1)  # that a clock may be set back between two deeds; entries bear minutes


@dataclass(frozen=True)
class Watch:
    """By whom the log is watched: its key, the policy of today, and the entry that announced exactly this policy.

    Only what covers that entry was cosigned and published under this policy; None: it was not announced yet.
    """

    log: VerificationKey
    policy: WitnessPolicy
    announced: int | None

    def governs(self, size: int) -> bool:
        """Whether a checkpoint of that size was published under this policy."""
        return self.announced is not None and size > self.announced


@dataclass(frozen=True)
class Published:
    """One publication: its row's number, its checkpoint's size and time, and the time of the newest entry it covers."""

    number: int
    size: int
    note: str
    quorum_met: bool
    published_at: datetime
    signed_at: datetime
    newest_entry_at: datetime | None

    @property
    def words(self) -> str:
        """How a reader finds it."""
        return f"Publication {self.number}, of the checkpoint of {self.size} entries,"


@dataclass(frozen=True)
class KeptCosignature:
    """One cosignature: its row's number, the checkpoint, the witness's name in the policy, its line and its time."""

    number: int
    size: int
    note: str
    witness: str
    line: str
    cosigned_at: datetime


def text_faults(without_text: Iterable[int], leaves: Iterable[Leaf], kept: Collection[int]) -> list[Fault]:
    """The texts that are gone without an entry that erased them, and those that are kept in spite of one.

    `without_text`: entries that speak of a text of which none is kept; `kept`: those of the erased ones that still
    have a text. The texts beside entries that were taken back after a loss stood only in the lost database.
    """
    told, _ = sort_out(leaves)
    lost = lost_ranges(told)
    erased = erased_texts(told)
    gone = [
        Fault(each, f"The text of entry {each} is gone, and no entry says that it was erased.")
        for each in without_text
        if each not in erased and not any(each in some for some in lost)
    ]
    back = [
        Fault(
            each, f"The text of entry {each} is kept, although entry {erased[each]} says that it was erased."
        )
        for each in sorted(kept)
        if each in erased
    ]
    return [*_some(gone), *_some(back)]


def publication_fault(row: Published, watch: Watch | None, *, verify: bool) -> Fault | None:
    """What is wrong with a publication, or None; its signatures are verified where `verify` is set."""
    earliest = max(row.signed_at, row.newest_entry_at or row.signed_at)
    if row.published_at < earliest - CLOCK_STEP:
        return Fault(None, f"{row.words} bears a time before the one at which that was signed.")
    if watch is None or not row.quorum_met or not watch.governs(row.size):
        return None
    try:
        names = _cosigners(row.note, watch, verify=verify)
    except (NoteError, CheckpointError, CosignatureError) as problem:
        return Fault(None, f"{row.words} is not genuine. {problem}")
    if watch.policy.satisfied_by(names):
        return None
    return Fault(
        None,
        f"{row.words} is said to have the policy's quorum, and the cosignatures in its note do not make it.",
    )


def cosignature_fault(row: KeptCosignature, watch: Watch, *, verify: bool) -> Fault | None:
    """What is wrong with a kept cosignature, or None; it is verified where `verify` is set.

    One of a key that today's policy does not name is left alone if it is older than the policy.
    """
    words = f"Cosignature {row.number}, of {row.witness} on the checkpoint of {row.size} entries,"
    try:
        text, lines = take_note_apart(row.note + row.line)
        wrong = _line_fault(row, lines[-1], text, watch, verify=verify)
    except (NoteError, CosignatureError) as problem:
        wrong = f"is not valid. {problem}"
    return Fault(None, f"{words} {wrong}") if wrong else None


def _line_fault(
    row: KeptCosignature, line: Signature, text: str, watch: Watch, *, verify: bool
) -> str | None:
    if line.line != row.line:
        return "is not one signature line."
    key, name = _known(watch.policy).get((line.name, line.key_id), (None, ""))
    if key is None or name != row.witness:
        return "is not made with that witness's key." if watch.governs(row.size) else None
    if verify and verify_cosignature(text, line, key).time != int(row.cosigned_at.timestamp()):
        return "bears another time than its line."
    return None


def _cosigners(note: str, watch: Watch, *, verify: bool) -> set[str]:
    """Whose cosignatures a note bears, by their names in the policy: verified, or by their lines alone."""
    known = _known(watch.policy)
    if verify:
        good: Sequence[Signature] = [
            each.line for each in cosignatures_on(note, watch.log, [key for key, _ in known.values()])
        ]
    else:
        _, good = take_note_apart(note)
    return {known[line.name, line.key_id][1] for line in good if (line.name, line.key_id) in known}


def _known(policy: WitnessPolicy) -> dict[tuple[str, bytes], tuple[CosignerKey, str]]:
    return {(each.key.name, each.key.key_id): (each.key, each.name) for each in policy.witnesses}


def _some(faults: list[Fault]) -> list[Fault]:
    """Not more of them than anybody reads."""
    more = len(faults) - MOST
    return faults if more <= 0 else [*faults[:MOST], Fault(None, f"The same is true of {more} entries more.")]
