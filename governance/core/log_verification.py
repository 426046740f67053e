"""Does the stored log still say what was signed? Recomputes everything from the entries' bytes.

Three kinds of damage are told apart: an entry that contradicts itself (bytes, hash, columns, kept text), an entry
that is missing, and a tree that is no longer the one a checkpoint was signed for. The last is the only trace of
a history that was rewritten with all its hashes, so checkpoints kept elsewhere count as much as our own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .canonical import EntryError, parse_leaf, salted_digest
from .checkpoint import Checkpoint, CheckpointError, open_checkpoint
from .merkle import Frontier, leaf_hash
from .note import VerificationKey


@dataclass(frozen=True)
class StoredEntry:
    """One entry as it lies in storage.

    `columns` repeat parts of the leaf for look-ups ('' where the leaf is silent); `text` is the salt and the
    free text kept beside the entry, or None where there is none or it was erased.
    """

    index: int
    leaf: bytes
    leaf_hash: bytes
    columns: Mapping[str, str] = field(default_factory=dict)
    text: tuple[bytes, str] | None = None


@dataclass(frozen=True)
class SignedState:
    """One checkpoint to hold the log against, and the name a reader knows it by.

    `size` and `root` are what storage says beside the note; None for a checkpoint that came from elsewhere.
    """

    name: str
    note: str | bytes
    size: int | None = None
    root: bytes | None = None


@dataclass(frozen=True)
class Fault:
    """What is wrong, in one sentence, and the first entry it concerns (None: a checkpoint alone)."""

    entry: int | None
    sentence: str


@dataclass(frozen=True)
class Verification:
    """What was checked: entries in order, the root they give, checkpoints confirmed, and every fault found.

    Reading stops at the first entry that is wrong or that no longer fits a checkpoint; `size` counts the
    entries before it.
    """

    size: int
    root: bytes
    confirmed: int
    signed_size: int
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def verify_log(
    entries: Iterable[StoredEntry], states: Sequence[SignedState], key: VerificationKey
) -> Verification:
    """Recompute the log from its entries (index 0 first) and hold it against every checkpoint.

    `signed_size` of the answer is the size of the largest confirmed checkpoint: later entries are not yet
    covered by any signature.
    """
    opened, faults = _open(states, key)
    reading = _Reading(waiting=sorted(opened, key=lambda pair: pair[1].size))
    for stored in entries:
        reading.confirm()
        reading.take(stored)
        if reading.fault:
            break
    reading.finish()
    found = [reading.fault] if reading.fault else []
    return Verification(
        reading.frontier.size,
        reading.frontier.root,
        reading.confirmed,
        reading.signed_size,
        (*found, *faults),
    )


def entry_fault(stored: StoredEntry, expected_index: int) -> Fault | None:
    """What is wrong with one stored entry taken by itself, or None."""
    if stored.index != expected_index:
        return Fault(
            expected_index,
            f"Entry {expected_index} is missing: the next entry stored is number {stored.index}.",
        )
    sentence = _hash_fault(stored) or _leaf_fault(stored)
    return Fault(stored.index, sentence) if sentence else None


@dataclass
class _Reading:
    """Where the recomputation stands."""

    waiting: list[tuple[str, Checkpoint]]
    frontier: Frontier = field(default_factory=Frontier)
    confirmed: int = 0
    signed_size: int = 0
    fault: Fault | None = None

    def take(self, stored: StoredEntry) -> None:
        """Check one entry and append it, unless something is wrong by now."""
        self.fault = self.fault or entry_fault(stored, self.frontier.size)
        if self.fault is None:
            self.frontier = self.frontier.append(leaf_hash(stored.leaf))

    def confirm(self) -> None:
        """Hold the tree so far against the checkpoints of exactly this size."""
        while self.fault is None and self.waiting and self.waiting[0][1].size == self.frontier.size:
            name, checkpoint = self.waiting.pop(0)
            if checkpoint.root == self.frontier.root:
                self.confirmed, self.signed_size = self.confirmed + 1, checkpoint.size
            else:
                self.fault = self._another_history(name, checkpoint)

    def finish(self) -> None:
        """After the last entry: the remaining checkpoints cover entries that are gone."""
        self.confirm()
        if self.fault is None and self.waiting:
            name, checkpoint = self.waiting[0]
            self.fault = Fault(
                self.frontier.size,
                f"Entry {self.frontier.size} and all later ones are gone: {name} covers {checkpoint.size} "
                f"entries and the log holds {self.frontier.size}.",
            )

    def _another_history(self, name: str, checkpoint: Checkpoint) -> Fault:
        first, last = self.signed_size, checkpoint.size - 1
        which = f"entry {first} was" if first >= last else f"one of the entries {first} to {last} was"
        return Fault(first, f"The log is not the one that {name} signs: {which} changed afterwards.")


def _open(
    states: Sequence[SignedState], key: VerificationKey
) -> tuple[list[tuple[str, Checkpoint]], list[Fault]]:
    opened: list[tuple[str, Checkpoint]] = []
    faults: list[Fault] = []
    for state in states:
        try:
            checkpoint = open_checkpoint(state.note, key)
        except CheckpointError as problem:
            faults.append(Fault(None, f"{_capital(state.name)} is not genuine. {problem}"))
            continue
        opened.append((state.name, checkpoint))
        if state.size not in (None, checkpoint.size) or state.root not in (None, checkpoint.root):
            faults.append(Fault(None, f"{_capital(state.name)} is stored beside another size or root."))
    return opened, faults


def _hash_fault(stored: StoredEntry) -> str | None:
    if leaf_hash(stored.leaf) != stored.leaf_hash:
        return (
            f"The bytes of entry {stored.index} no longer give its hash: they were changed after recording."
        )
    return None


def _leaf_fault(stored: StoredEntry) -> str | None:
    try:
        leaf = parse_leaf(stored.leaf)
    except EntryError as problem:
        return f"Entry {stored.index} is not an entry. {problem}"
    if leaf.get("index", stored.index) != stored.index:
        return f"Entry {stored.index} says of itself that it is number {leaf['index']}."
    for column, value in stored.columns.items():
        if leaf.get(column, "") != value:
            return f"The column '{column}' of entry {stored.index} says {value!r}, its leaf {leaf.get(column, '')!r}."
    if not _text_agrees(stored.text, leaf.get("text")):
        return f"The text kept beside entry {stored.index} is not the text that was recorded."
    return None


def _text_agrees(kept: tuple[bytes, str] | None, recorded: object) -> bool:
    try:
        return kept is None or salted_digest(*kept) == recorded
    except EntryError:  # the salt itself was edited
        return False


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
