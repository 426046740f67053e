"""Does the stored log still say what was signed? Recomputes everything from the entries' bytes.

Three kinds of damage are told apart: an entry that contradicts itself (bytes, hash, columns, kept text), an entry
that is missing, and a tree that is no longer the one a checkpoint was signed for. The last is the only trace of
a history that was rewritten with all its hashes, so checkpoints kept elsewhere count as much as our own.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice

from .checkpoint import Checkpoint, CheckpointError, format_hash, open_checkpoint, parse_decimal
from .cosignature import CosignatureError, CosignerKey, cosignatures_on
from .merkle import Frontier
from .note import VerificationKey
from .stored_entry import Fault, StoredEntry, first_fault, without_text

BLOCK = 4096  # entries held in memory at once


@dataclass(frozen=True)
class SignedState:
    """One checkpoint to hold the log against, and the name a reader knows it by.

    `size` and `root` are what our own storage says beside the note; None for a checkpoint from elsewhere.
    """

    name: str
    note: str | bytes
    size: int | None = None
    root: bytes | None = None


@dataclass(frozen=True)
class Keys:
    """Whose signatures are believed: the log's, and those of the witnesses that are known."""

    log: VerificationKey
    cosigners: tuple[CosignerKey, ...] = ()


@dataclass(frozen=True)
class Verification:
    """What was checked: entries in order, the root they give, checkpoints confirmed, and every fault found.

    Reading stops at the first entry that is wrong or that no longer fits a checkpoint; `size` counts the
    entries before it. `signed_size` is the size of the largest confirmed checkpoint: no signature covers the
    entries after it yet. `without_text` are the entries that speak of a text of which none is kept.
    """

    size: int
    root: bytes
    confirmed: int
    signed_size: int
    faults: tuple[Fault, ...]
    without_text: tuple[int, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    @property
    def first_bad_entry(self) -> int | None:
        """The number of the first entry that is wrong, gone, or no longer the one that was signed; None without."""
        return next((fault.entry for fault in self.faults if fault.entry is not None), None)


class Every(Container[int]):
    """The sample that leaves nothing out."""

    def __contains__(self, number: object) -> bool:
        return True


def in_order(*groups: Iterable[SignedState]) -> Iterator[SignedState]:
    """The states of several groups, smallest first; each group must be in that order already."""
    return merge(*groups, key=claimed_size)


def claimed_size(state: SignedState) -> int:
    """How many entries a state says it covers, before anything is verified; 0 where it is not readable."""
    if state.size is not None:
        return state.size
    try:
        note = state.note.decode() if isinstance(state.note, bytes) else state.note
        return parse_decimal(note.split("\n", 2)[1])
    except (CheckpointError, UnicodeError, IndexError):
        return 0


def verify_log(
    entries: Iterable[StoredEntry],
    states: Iterable[SignedState],
    keys: Keys,
    sample: Container[int],
) -> Verification:
    """Recompute the log from its entries (number 0 first) and hold it against every state (smallest first).

    Every leaf is hashed, every column and kept text compared with its leaf; the entries numbered in `sample` are
    also read letter by letter. The size and root of every state are compared; its signatures are verified when it
    comes from elsewhere, when its size is in `sample`, and on the newest of our own. Both are read as they come:
    no more than a block of entries is held.
    """
    reading = _Reading(keys, sample, iter(states))
    source = iter(entries)
    reading.hold([])
    while not reading.stopped and (block := list(islice(source, BLOCK))):
        reading.take(block)
    reading.finish()
    first = [reading.stopped] if reading.stopped else []
    frontier = reading.frontier
    return Verification(
        frontier.size,
        frontier.root,
        reading.confirmed,
        reading.signed_size,
        (*first, *reading.faults),
        tuple(reading.without_text),
    )


@dataclass
class _Reading:
    """Where the recomputation stands; `stopped` is the fault beyond which there is nothing to compare."""

    keys: Keys
    sample: Container[int]
    states: Iterator[SignedState]
    next_state: SignedState | None = None
    newest_unopened: SignedState | None = None
    frontier: Frontier = field(default_factory=Frontier)
    confirmed: int = 0
    signed_size: int = 0
    kept_size: int = 0  # of the largest state from elsewhere that fits
    stopped: Fault | None = None
    faults: list[Fault] = field(default_factory=list)
    without_text: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.next_state = next(self.states, None)

    def take(self, block: list[StoredEntry]) -> None:
        """Check a block of entries and append the good ones, holding the tree against the states on the way."""
        start = self.frontier.size
        bad = first_fault(block, start, self.sample)
        good = block[: bad[0] - start] if bad else block
        self.hold([each.leaf_hash for each in good])
        self.without_text += without_text(good)
        if bad and not self.stopped:
            self.stopped = Fault(*bad)

    def hold(self, hashes: list[bytes]) -> None:
        """Append leaf hashes; at the size of each state, compare it with the tree."""
        start, at = self.frontier.size, 0
        while not self.stopped and self.next_state:
            until = claimed_size(self.next_state) - start
            if until > len(hashes):
                break
            self.frontier, at = self.frontier.extend(hashes[at:until]), max(at, until)
            self._compare(self.next_state)
            self.next_state = next(self.states, None)
        if not self.stopped:
            self.frontier = self.frontier.extend(hashes[at:])

    def finish(self) -> None:
        """After the last entry: the remaining states cover entries that are gone."""
        while not self.stopped and self.next_state:
            name, checkpoint = self.next_state.name, self._open(self.next_state)
            if checkpoint is not None:
                size = self.frontier.size
                self.stopped = Fault(
                    size,
                    f"Entry {size} and all later ones are gone: {name} covers {checkpoint.size} entries and the "
                    f"log holds {size}.",
                )
            self.next_state = next(self.states, None)
        if self.newest_unopened:
            self._open(self.newest_unopened)

    def _compare(self, state: SignedState) -> None:
        root = self.frontier.root
        if state.size is not None and state.size not in self.sample and self._is_plainly(state, root):
            self.newest_unopened = state
        else:
            checkpoint = self._open(state)
            if checkpoint is None:
                return
            if checkpoint.root != root:
                self.stopped = self._another_history(state, checkpoint)
                return
            if state.size is None:
                self.kept_size = checkpoint.size
            else:
                self.newest_unopened = None
        self.confirmed, self.signed_size = self.confirmed + 1, self.frontier.size

    def _is_plainly(self, state: SignedState, root: bytes) -> bool:
        """Whether the note says just what the tree is, so that only its signature is left to verify."""
        text = f"{self.keys.log.name}\n{self.frontier.size}\n{format_hash(root)}\n\n"
        return state.root == root and isinstance(state.note, str) and state.note.startswith(text)

    def _open(self, state: SignedState) -> Checkpoint | None:
        """What the state says, once its signatures are verified; a fault is noted where something is wrong with it."""
        try:
            checkpoint = open_checkpoint(state.note, self.keys.log)
            if self.keys.cosigners:
                cosignatures_on(state.note, self.keys.log, self.keys.cosigners)
        except (CheckpointError, CosignatureError) as problem:
            self.faults.append(Fault(None, f"{_capital(state.name)} is not genuine. {problem}"))
            return None
        if state.size not in (None, checkpoint.size) or state.root not in (None, checkpoint.root):
            self.faults.append(Fault(None, f"{_capital(state.name)} is stored beside another size or root."))
            return checkpoint if checkpoint.size == claimed_size(state) else None
        return checkpoint

    def _another_history(self, state: SignedState, checkpoint: Checkpoint) -> Fault:
        """Name the entries that changed, as far as the states that do fit can be believed.

        Ours fit also after a rewriting that was signed again; what came from elsewhere is beyond our reach.
        """
        first, last, doubt = self.signed_size, checkpoint.size - 1, ""
        if state.size is None and first > self.kept_size:
            doubt = f" Or an earlier one, if our own checkpoint of {first} entries was signed again as well."
        if first > last:
            first = self.kept_size
            doubt = (
                " Our own checkpoint of as many entries says otherwise: the log's key signed two histories."
            )
        which = f"entry {first} was" if first >= last else f"one of the entries {first} to {last} was"
        return Fault(
            first, f"The log is not the one that {state.name} signs: {which} changed afterwards.{doubt}"
        )


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
