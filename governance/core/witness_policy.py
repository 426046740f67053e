"""Whose word makes a checkpoint count: the policy file of the log (c2sp.org/tlog-policy).

    # a comment
    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <member> ...
    quorum <name>|none

Names mean something inside the file only. A group or the quorum may name only what stands above it, and each
witness or group belongs to at most one group, so that nobody counts twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from .cosignature import CosignatureError, CosignerKey, parse_cosigner_key
from .note import NoteError, VerificationKey, parse_verification_key

NONE = "none"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BLANK = re.compile(r"[ \t]+")
_COUNT = re.compile(r"[1-9][0-9]{0,4}")
_URL = re.compile(r"https?://[^/?#]+.*")


class PolicyError(ValueError):
    """A policy file is malformed; the sentence names the line and what belongs there."""


@dataclass(frozen=True)
class Witness:
    """One witness: its name in this policy, its key, and where it takes checkpoints ('' when nobody says)."""

    name: str
    key: CosignerKey
    url: str = ""


@dataclass(frozen=True)
class Group:
    """Witnesses and groups of which at least `needed` must have cosigned."""

    name: str
    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class WitnessPolicy:
    """The logs that are accepted (key and address), the witnesses, their groups, and the quorum (None: nobody)."""

    logs: tuple[tuple[VerificationKey, str], ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str | None

    def satisfied_by(self, witness_names: Collection[str]) -> bool:
        """Whether the cosignatures of these witnesses (names as in the policy) make the quorum."""
        if self.quorum is None:
            return True
        counted = {witness.name for witness in self.witnesses if witness.name in witness_names}
        for group in self.groups:  # each names only what stands before it
            if sum(member in counted for member in group.members) >= group.needed:
                counted.add(group.name)
        return self.quorum in counted

    def log_key(self, origin: str) -> VerificationKey:
        """The key of the log of this origin, the first where the policy lists several. Raises PolicyError."""
        for key, _ in self.logs:
            if key.name == origin:
                return key
        raise PolicyError(f"The policy lists no log {origin!r}: add a line 'log <vkey> <url>' with its key.")


def plain_policy(key: VerificationKey, url: str) -> str:
    """The policy of a log that no witness watches yet."""
    return f"log {key.text} {url}".rstrip() + f"\nquorum {NONE}\n"


def parse_policy(text: str | bytes) -> WitnessPolicy:
    """Read a policy file. Raises PolicyError, which names the line."""
    reading = _Reading()
    for number, line in enumerate(_decode(text).split("\n"), start=1):
        try:
            reading.take(line)
        except (PolicyError, NoteError, CosignatureError) as problem:
            raise PolicyError(f"Line {number} of the policy: {problem}") from problem
    if not reading.quorums:
        raise PolicyError("The policy has no quorum: add a line 'quorum <name>' or 'quorum none' at its end.")
    quorum = reading.quorums[0]
    return WitnessPolicy(
        tuple(reading.logs),
        tuple(reading.witnesses),
        tuple(reading.groups),
        None if quorum == NONE else quorum,
    )


@dataclass
class _Reading:
    """What the lines so far have said."""

    logs: list[tuple[VerificationKey, str]] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    quorums: list[str] = field(default_factory=list)

    def take(self, line: str) -> None:
        """Read one line."""
        if _CONTROL.search(line):
            raise PolicyError("it holds a control character; only spaces and tabs may separate words.")
        words = [word for word in _BLANK.split(line) if word]
        if not words or words[0].startswith("#"):
            return
        if words[0] not in _LINES:
            raise PolicyError(f"{words[0][:40]!r} is none of 'log', 'witness', 'group', 'quorum' and '#'.")
        _LINES[words[0]](self, words[1:])

    def log(self, words: list[str]) -> None:
        """Take the words after 'log'."""
        if not 1 <= len(words) <= 2:
            raise PolicyError("it should read 'log <vkey> [<url>]'.")
        key = parse_verification_key(words[0])
        if any(key.public_key == known.public_key for known, _ in self.logs):
            raise PolicyError(f"the key of the log {key.name} is listed already; a log is listed once.")
        self.logs.append((key, _url(words[1:])))

    def witness(self, words: list[str]) -> None:
        """Take the words after 'witness'."""
        if not 2 <= len(words) <= 3:
            raise PolicyError("it should read 'witness <name> <vkey> [<url>]'.")
        self._check_new(words[0])
        key = parse_cosigner_key(words[1])
        if any(key.public_key == known.key.public_key for known in self.witnesses):
            raise PolicyError(f"the key of the witness {words[0]} is listed already; each has its own key.")
        self.witnesses.append(Witness(words[0], key, _url(words[2:])))

    def group(self, words: list[str]) -> None:
        """Take the words after 'group'."""
        if len(words) < 3:
            raise PolicyError("it should read 'group <name> all|any|<k> <member> ...'.")
        name, count, *members = words
        self._check_new(name)
        for member in members:
            self._check_known(member)
        taken = [member for group in self.groups for member in group.members]
        for at, member in enumerate(members):
            if member in taken or member in members[:at]:
                raise PolicyError(f"{member!r} is a member already; nobody may count twice.")
        self.groups.append(Group(name, _needed(count, len(members)), tuple(members)))

    def quorum(self, words: list[str]) -> None:
        """Take the words after 'quorum'."""
        if len(words) != 1:
            raise PolicyError("it should read 'quorum <name>' or 'quorum none'.")
        if self.quorums:
            raise PolicyError("a second quorum; a policy has exactly one.")
        if words[0] != NONE:
            self._check_known(words[0])
        self.quorums.append(words[0])

    def _names(self) -> set[str]:
        return {witness.name for witness in self.witnesses} | {group.name for group in self.groups}

    def _check_new(self, name: str) -> None:
        if name == NONE:
            raise PolicyError("'none' is no name: it stands for a quorum of nobody.")
        if name in self._names():
            raise PolicyError(f"the name {name!r} is taken already; give this one another name.")

    def _check_known(self, name: str) -> None:
        if name not in self._names():
            raise PolicyError(f"{name[:80]!r} is no witness or group of a line above.")


_LINES: Mapping[str, Callable[[_Reading, list[str]], None]] = {
    "log": _Reading.log,
    "witness": _Reading.witness,
    "group": _Reading.group,
    "quorum": _Reading.quorum,
}


def _needed(count: str, members: int) -> int:
    """How many of so many members 'all', 'any' or a number asks for."""
    known = {"all": members, "any": 1}
    needed = known.get(count) or (int(count) if _COUNT.fullmatch(count) else 0)
    if not 1 <= needed <= members:
        raise PolicyError(
            f"{count[:40]!r} of {members} members cannot be asked for: write all, any, or 1 to {members}."
        )
    return needed


def _url(words: list[str]) -> str:
    if not words:
        return ""
    if not _URL.fullmatch(words[0]):
        raise PolicyError(f"{words[0][:80]!r} is not an address: it should start with https:// or http://.")
    return words[0]


def _decode(text: str | bytes) -> str:
    try:
        return text.decode("utf-8") if isinstance(text, bytes) else text
    except UnicodeError:
        raise PolicyError("The policy is not UTF-8 text: save it as UTF-8.") from None
