"""The proof that one entry stands in the log, as a small text file (c2sp.org/tlog-proof@v1).

    c2sp.org/tlog-proof@v1
    [extra <base64>]                 anything; not authenticated
    index <decimal>
    <base64 hash>                    the inclusion proof, the leaf's own sibling first
    <empty line>
    <signed checkpoint, verbatim>

Together with the entry's bytes and the log's public key it is all a stranger needs, for ever, offline.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from .checkpoint import Checkpoint, CheckpointError, format_hash, open_checkpoint, parse_decimal, parse_hash
from .merkle import ProofError, leaf_hash, verify_inclusion
from .note import NoteError, VerificationKey, decode_base64

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63


@dataclass(frozen=True)
class EntryProof:
    """Where an entry stands, the hashes that lead to the root, and the signed checkpoint with that root."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    @property
    def text(self) -> str:
        """The proof as a file."""
        extra = [f"extra {base64.b64encode(self.extra).decode('ascii')}"] if self.extra else []
        lines = [HEADER, *extra, f"index {self.index}", *map(format_hash, self.hashes), ""]
        return "".join(f"{line}\n" for line in lines) + self.checkpoint


def parse_proof(text: str) -> EntryProof:
    """Read a proof file; only the one canonical spelling is accepted. Raises ProofError."""
    head, separator, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not separator or lines.pop(0) != HEADER:
        raise ProofError(
            f"A proof starts with the line '{HEADER}' and holds an empty line before its checkpoint."
        )
    try:
        extra = _take_extra(lines)
        index = _take_index(lines)
        hashes = tuple(parse_hash(line) for line in lines)
    except (CheckpointError, NoteError) as problem:
        raise ProofError(f"The proof is not readable: {problem}") from problem
    if len(hashes) > MAX_HASHES:
        raise ProofError(f"A proof has at most {MAX_HASHES} hashes; this one has {len(hashes)}.")
    return EntryProof(index, hashes, checkpoint, extra)


def verify_proof(proof: EntryProof, leaf: bytes, key: VerificationKey) -> Checkpoint:
    """Check that these exact bytes are the entry `proof.index` of the log whose key is given.

    Returns what the checkpoint says. Raises CheckpointError or ProofError, each with its reason.
    """
    checkpoint = open_checkpoint(proof.checkpoint, key)
    verify_inclusion(
        index=proof.index,
        size=checkpoint.size,
        leaf=leaf_hash(leaf),
        proof=proof.hashes,
        root=checkpoint.root,
    )
    return checkpoint


def _take_extra(lines: list[str]) -> bytes | None:
    if lines and lines[0].startswith("extra "):
        return decode_base64(lines.pop(0).removeprefix("extra "))
    return None


def _take_index(lines: list[str]) -> int:
    if not lines or not lines[0].startswith("index "):
        raise ProofError("A proof names the index of its entry.")
    return parse_decimal(lines.pop(0).removeprefix("index "))
