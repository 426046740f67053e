"""Checkpoints: the log's signed statement of its size and root (c2sp.org/tlog-checkpoint v1.0.0).

    <origin>
    <number of entries, decimal>
    <base64 of the 32-byte root>
    [extension lines]

Whoever holds a checkpoint can later tell whether the log still contains everything it contained then.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from .merkle import EMPTY_ROOT, HASH_BYTES
from .note import NoteError, SigningKey, VerificationKey, decode_base64, open_note, sign

MAX_SIZE = 2**63 - 1
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_LINE = re.compile(r"[^\x00-\x1f]+")


class CheckpointError(ValueError):
    """A checkpoint is malformed, speaks for another log, or is not signed by the log's key."""


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint says: which log, how many entries, which root."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _LINE.fullmatch(self.origin):
            raise CheckpointError("A checkpoint names its log in one line that is not empty.")
        if not 0 <= self.size <= MAX_SIZE:
            raise CheckpointError(f"{self.size} is not the size of a log.")
        if len(self.root) != HASH_BYTES:
            raise CheckpointError(f"The root of a log has {HASH_BYTES} bytes, not {len(self.root)}.")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise CheckpointError("An empty log has one root only: SHA-256 of nothing.")
        if not all(_LINE.fullmatch(line) for line in self.extensions):
            raise CheckpointError("The extension lines of a checkpoint are not empty.")

    @property
    def body(self) -> str:
        """The text that is signed, byte for byte."""
        lines = (self.origin, str(self.size), format_hash(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def format_hash(value: bytes) -> str:
    """A hash as base64 with padding (44 characters for 32 bytes)."""
    return base64.b64encode(value).decode("ascii")


def parse_hash(text: str) -> bytes:
    """A 32-byte hash from its base64 form. Raises CheckpointError."""
    try:
        value = decode_base64(text)
    except NoteError as problem:
        raise CheckpointError(f"A hash is not readable: {problem}") from problem
    if len(value) != HASH_BYTES:
        raise CheckpointError(f"A hash has {HASH_BYTES} bytes, not {len(value)}.")
    return value


def parse_decimal(text: str) -> int:
    """A count or index in ASCII digits without leading zero, at most 2^63 - 1. Raises CheckpointError."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_SIZE:
        raise CheckpointError(f"{text!r} is not a whole number in plain digits without leading zero.")
    return int(text)


def parse_body(body: str) -> Checkpoint:
    """Read the text of a checkpoint; only the one canonical spelling is accepted. Raises CheckpointError."""
    if not body.endswith("\n"):
        raise CheckpointError("A checkpoint ends in a line feed.")
    lines = body[:-1].split("\n")
    if len(lines) < 3:
        raise CheckpointError("A checkpoint has at least three lines: origin, size and root.")
    return Checkpoint(lines[0], parse_decimal(lines[1]), parse_hash(lines[2]), tuple(lines[3:]))


def signed(checkpoint: Checkpoint, key: SigningKey) -> str:
    """The checkpoint as a note, signed by the key that bears the origin's name. Raises CheckpointError."""
    if key.name != checkpoint.origin:
        raise CheckpointError(f"The key {key.name} may not sign for the log {checkpoint.origin}.")
    return sign(checkpoint.body, [key])


def open_checkpoint(note: str | bytes, key: VerificationKey) -> Checkpoint:
    """Check that the log's key signed this checkpoint and that it speaks for that log; return what it says.

    Raises CheckpointError. It cannot tell whether another history was shown to somebody else: compare
    checkpoints (or their cosignatures) for that.
    """
    try:
        checkpoint = parse_body(open_note(note, [key]).text)
    except NoteError as problem:
        raise CheckpointError(f"The checkpoint is not acceptable: {problem}") from problem
    if checkpoint.origin != key.name:
        raise CheckpointError(f"The checkpoint speaks for {checkpoint.origin}, not for {key.name}.")
    return checkpoint
