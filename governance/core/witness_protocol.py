"""Asking a witness to cosign a checkpoint: POST <address>/add-checkpoint (c2sp.org/tlog-witness v1.0.0).

    old <size of the last checkpoint this witness cosigned>
    <base64 hash>                    the consistency proof from there, at most 63 lines
    <empty line>
    <signed checkpoint, verbatim>

It answers with its cosignature lines, with the size it really cosigned last, or with a refusal. What it says is
checked as the word of a stranger; whoever sends the request bounds how many bytes of the answer are read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from .checkpoint import CheckpointError, format_hash, open_checkpoint, parse_decimal, parse_hash
from .cosignature import MAX_TIME, CosignatureError, Cosigned, CosignerKey, verify_cosignature
from .note import NoteError, VerificationKey, parse_signature_lines, take_note_apart

MAX_HASHES = 63
SIZE_TYPE = "text/x.tlog.size"
COSIGNED_STATUS, CONFLICT_STATUS = 200, 409
_EXCERPT = 120


class WitnessProtocolError(ValueError):
    """A request to a witness is malformed."""


class Answer(StrEnum):
    """Why a witness's answer counts for nothing, in one word."""

    MALFORMED = "malformed"
    NOT_TRUSTED = "not trusted"
    UNKNOWN_LOG = "unknown log"
    INCONSISTENT = "inconsistent"
    TOO_OFTEN = "too often"
    OUT_OF_ORDER = "out of order"
    FALSE = "false"
    UNEXPECTED = "unexpected"
    NO_ANSWER = "no answer"


class WitnessRefused(ValueError):
    """A witness gave no cosignature that counts; `answer` says which way, the sentence why and what to do."""

    def __init__(self, answer: Answer, sentence: str) -> None:
        super().__init__(sentence)
        self.answer = answer


@dataclass(frozen=True)
class AddCheckpoint:
    """A request: the size the witness is believed to have cosigned last, the proof from there, the checkpoint."""

    old_size: int
    proof: tuple[bytes, ...]
    note: str


@dataclass(frozen=True)
class Conflict:
    """The witness cosigned another size last: prove from that one.

    When it names the very size it was asked from, it holds another root of that size: asking again is no use.
    """

    size: int


def request_body(old_size: int, proof: Sequence[bytes], note: str) -> bytes:
    """The body of a request; the proof leads from `old_size`, and is empty for 0. Raises WitnessProtocolError."""
    if len(proof) > MAX_HASHES:
        raise WitnessProtocolError(_too_many(len(proof)))
    lines = [f"old {old_size}", *map(format_hash, proof), ""]
    return "".join(f"{line}\n" for line in lines).encode() + note.encode()


def parse_request(body: bytes) -> AddCheckpoint:
    """Read the body of a request; the checkpoint in it is not checked. Raises WitnessProtocolError."""
    try:
        head, separator, note = body.decode("utf-8").partition("\n\n")
        first, *proof = head.split("\n")
        if not separator or not first.startswith("old "):
            raise WitnessProtocolError("A request is 'old <size>', hashes, an empty line and a checkpoint.")
        if len(proof) > MAX_HASHES:
            raise WitnessProtocolError(_too_many(len(proof)))
        return AddCheckpoint(parse_decimal(first.removeprefix("old ")), tuple(map(parse_hash, proof)), note)
    except UnicodeError as problem:
        raise WitnessProtocolError("A request is UTF-8 text.") from problem
    except CheckpointError as problem:
        raise WitnessProtocolError(f"The request is not readable: {problem}") from problem


def read_answer(
    status: int,
    content_type: str,
    body: bytes,
    *,
    checkpoint: str,
    log_key: VerificationKey,
    witness_key: CosignerKey,
    not_after: int = MAX_TIME,
) -> Cosigned | Conflict:
    """What a witness's answer to a request for `checkpoint` amounts to, or why it amounts to nothing.

    `not_after` is the latest time (POSIX seconds) a cosignature may bear. Lines of other keys are ignored.
    Raises WitnessRefused, and CheckpointError when the checkpoint was not the log's in the first place.
    """
    log = open_checkpoint(checkpoint, log_key).origin
    text, _ = take_note_apart(checkpoint)
    if status == COSIGNED_STATUS:
        return _cosigned(text, body, witness_key, not_after)
    if status == CONFLICT_STATUS and content_type.partition(";")[0].strip().lower() == SIZE_TYPE:
        return _conflict(body, witness_key)
    _refuse(status, body, witness_key.name, log)


def _cosigned(text: str, body: bytes, key: CosignerKey, not_after: int) -> Cosigned:
    """The newest of this key's cosignatures in the answer; one that is not valid spoils them all."""
    try:
        lines = parse_signature_lines(body)
        own = [line for line in lines if (line.name, line.key_id) == (key.name, key.key_id)]
        found = [verify_cosignature(text, line, key) for line in own]
    except (NoteError, CosignatureError) as problem:
        raise _false(key, f"sent a cosignature that does not count. {problem}") from problem
    if not found:
        raise _false(key, f"answered without a cosignature of its key {key.key_id.hex()}; compare its key.")
    newest = max(found, key=lambda cosigned: cosigned.time)
    if newest.time > not_after:
        raise _false(
            key, f"dates its cosignature in the future ({newest.time}); compare its clock with ours."
        )
    return newest


def _conflict(body: bytes, key: CosignerKey) -> Conflict:
    size, line_feed, rest = body.decode("utf-8", "replace").partition("\n")
    try:
        if not line_feed or rest:
            raise CheckpointError("A size is one line.")
        return Conflict(parse_decimal(size))
    except CheckpointError as problem:
        raise _false(key, f"should name the size it cosigned last, and says {_excerpt(body)}.") from problem


def _false(key: CosignerKey, fault: str) -> WitnessRefused:
    return WitnessRefused(Answer.FALSE, f"The witness {key.name} {fault}")


_REFUSALS: Mapping[int, tuple[Answer, str]] = {
    400: (
        Answer.MALFORMED,
        "finds the request malformed, or the size it was asked from larger than the checkpoint; compare the "
        "versions of the protocol on both sides",
    ),
    403: (
        Answer.NOT_TRUSTED,
        "trusts none of the checkpoint's signatures; send whoever keeps it the public key of the log {log}",
    ),
    404: (
        Answer.UNKNOWN_LOG,
        "does not know the log {log}; ask whoever keeps it to add the log, or correct its address in the policy",
    ),
    409: (
        Answer.INCONSISTENT,
        "holds another state of the log {log} than this checkpoint continues; verify the log before signing more",
    ),
    422: (
        Answer.INCONSISTENT,
        "finds that this checkpoint does not continue what it saw of the log {log}; verify the log before signing "
        "more",
    ),
    429: (Answer.TOO_OFTEN, "asks to be called less often; the next turn tries again"),
}
_OUT_OF_ORDER = (Answer.OUT_OF_ORDER, "is out of order; the next turn tries again")
_UNEXPECTED = (
    Answer.UNEXPECTED,
    "gave an answer the protocol does not know; check its address in the policy",
)


def _refuse(status: int, body: bytes, witness: str, log: str) -> NoReturn:
    answer, reason = _REFUSALS.get(status, _OUT_OF_ORDER if 500 <= status < 600 else _UNEXPECTED)
    words = f" It says {_excerpt(body)}." if body.strip() else ""
    raise WitnessRefused(
        answer, f"The witness {witness} {reason.format(log=log)} (HTTP status {status}).{words}"
    )


def _excerpt(body: bytes) -> str:
    """The beginning of what a stranger sent, harmless in one line."""
    return ascii(body[:_EXCERPT].decode("utf-8", "replace").strip())


def _too_many(count: int) -> str:
    return f"A request holds at most {MAX_HASHES} hashes; this one has {count}."
