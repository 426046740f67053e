"""Cosignatures: a witness's word that a checkpoint continues every earlier one it saw (c2sp.org/tlog-cosignature).

A cosignature is a signature line of a note, whose signature is a POSIX time (64 bits, big-endian) and then

    Ed25519 (type 0x04)     64 bytes over 'cosignature/v1', 'time <decimal>' and the checkpoint's whole text
    ML-DSA-44 (type 0x06)   2,420 bytes over a structure that names the witness, the time, and the log's origin,
                            size and root; extension lines are not covered

The Ed25519 message does not name the witness, so one such key must never serve two witnesses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from .checkpoint import CheckpointError, open_checkpoint, parse_body
from .note import (
    KEY_BYTES,
    NoteError,
    Signature,
    VerificationKey,
    check_key_name,
    key_id,
    key_text,
    take_key_apart,
    take_note_apart,
)

ED25519: Final = 0x04
ML_DSA_44: Final = 0x06
MAX_TIME = 2**63 - 1
_TIME_BYTES = 8
_KEY_BYTES: Mapping[int, int] = {ED25519: KEY_BYTES, ML_DSA_44: 1312}
_SIGNATURE_BYTES: Mapping[int, int] = {ED25519: 64, ML_DSA_44: 2420}
_PRIME = 2**255 - 19
_ORDER_EIGHT = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
_SMALL_ORDER = {0, 1, _PRIME - 1, _PRIME, _PRIME + 1, _ORDER_EIGHT, _PRIME - _ORDER_EIGHT}
_SUBTREE_LABEL = b"subtree/v1\n\0"


class CosignatureError(ValueError):
    """A witness's key or cosignature is malformed, or the cosignature is not valid for this checkpoint."""


@dataclass(frozen=True)
class CosignerKey:
    """The public key by which a witness is believed; `kind` is 0x04 (Ed25519) or 0x06 (ML-DSA-44)."""

    name: str
    kind: int
    public_key: bytes

    def __post_init__(self) -> None:
        try:
            check_key_name(self.name)
        except NoteError as problem:
            raise CosignatureError(str(problem)) from problem
        expected = _KEY_BYTES.get(self.kind)
        if expected is None:
            raise CosignatureError(
                f"The key of {self.name} has the type 0x{self.kind:02x}: a witness cosigns with 0x04 (Ed25519) "
                "or 0x06 (ML-DSA-44)."
            )
        if len(self.public_key) != expected:
            raise CosignatureError(
                f"The key of {self.name} has {len(self.public_key)} bytes; its type has {expected}."
            )
        if self.kind == ED25519 and _has_small_order(self.public_key):
            raise CosignatureError(
                f"The key of {self.name} is a point of small order: anybody can sign for it. Ask for another key."
            )

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature line names this key."""
        return key_id(self.name, self._material)

    @property
    def text(self) -> str:
        """The key as one line for publication: name+hex key ID+base64 (called a vkey)."""
        return key_text(self.name, self._material)

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether this key made this signature of this message."""
        if self.kind == ED25519:
            return VerificationKey(self.name, self.public_key).verifies(message, signature)
        try:
            MLDSA44PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    @property
    def _material(self) -> bytes:
        return bytes([self.kind]) + self.public_key


@dataclass(frozen=True)
class CosigningKey:
    """A witness's Ed25519 private key (32-byte seed); its printed form hides the seed."""

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.seed) != KEY_BYTES:
            raise CosignatureError(f"An Ed25519 seed has {KEY_BYTES} bytes, not {len(self.seed)}.")

    @property
    def cosigner_key(self) -> CosignerKey:
        """The public half. Raises CosignatureError for a name that no key can have."""
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return CosignerKey(self.name, ED25519, private.public_key().public_bytes_raw())


@dataclass(frozen=True)
class Cosigned:
    """A cosignature that was checked: whose it is, when it was made (POSIX seconds), and its line."""

    key: CosignerKey
    time: int
    line: Signature


def parse_cosigner_key(text: str) -> CosignerKey:
    """Read a witness's public key line. Raises CosignatureError."""
    try:
        name, hex_key_id, material = take_key_apart(text)
    except NoteError as problem:
        raise CosignatureError(str(problem)) from problem
    key = CosignerKey(name, material[0], material[1:])
    if key.key_id.hex() != hex_key_id:
        raise CosignatureError(f"The key ID of {name} does not belong to its key.")
    return key


def cosign(body: str, key: CosigningKey, time: int) -> Signature:
    """The witness's signature line for a checkpoint's text, at `time` (POSIX seconds). Raises CosignatureError."""
    _check_time(key.name, time)
    cosigner = key.cosigner_key
    signature = Ed25519PrivateKey.from_private_bytes(key.seed).sign(cosigned_message(body, cosigner, time))
    return Signature(key.name, cosigner.key_id, time.to_bytes(_TIME_BYTES) + signature)


def cosigned_message(body: str, key: CosignerKey, time: int) -> bytes:
    """The exact bytes that a key of this kind signs for a checkpoint's text. Raises CosignatureError."""
    try:
        checkpoint, text = parse_body(body), body.encode()
    except (CheckpointError, UnicodeError) as problem:
        raise CosignatureError(f"Only a checkpoint is cosigned: {problem}") from problem
    if key.kind == ED25519:
        return f"cosignature/v1\ntime {time}\n".encode() + text
    return b"".join(
        [
            _SUBTREE_LABEL,
            _short_text(key.name),
            time.to_bytes(8),
            _short_text(checkpoint.origin),
            (0).to_bytes(8),
            checkpoint.size.to_bytes(8),
            checkpoint.root,
        ]
    )


def verify_cosignature(body: str, line: Signature, key: CosignerKey) -> Cosigned:
    """Check that this witness cosigned this checkpoint's text, and say when. Raises CosignatureError."""
    if (line.name, line.key_id) != (key.name, key.key_id):
        raise CosignatureError(f"The cosignature is not one of {key.name}: its line names another key.")
    expected = _TIME_BYTES + _SIGNATURE_BYTES[key.kind]
    if len(line.signature) != expected:
        raise CosignatureError(
            f"The cosignature of {key.name} has {len(line.signature)} bytes; its type has {expected}."
        )
    time = int.from_bytes(line.signature[:_TIME_BYTES])
    _check_time(key.name, time)
    if not key.verifies(cosigned_message(body, key, time), line.signature[_TIME_BYTES:]):
        raise CosignatureError(f"The cosignature of {key.name} is not valid for this checkpoint.")
    return Cosigned(key, time, line)


def cosignatures_on(
    note: str | bytes, log_key: VerificationKey, known: Iterable[CosignerKey]
) -> tuple[Cosigned, ...]:
    """The cosignatures of known witnesses on a checkpoint that the log signed; unknown lines are ignored.

    Raises CheckpointError when the checkpoint is not the log's, CosignatureError when a known witness's line fails.
    """
    open_checkpoint(note, log_key)
    text, lines = take_note_apart(note)
    keys = {(key.name, key.key_id): key for key in known}
    found = ((line, keys.get((line.name, line.key_id))) for line in dict.fromkeys(lines))
    return tuple(verify_cosignature(text, line, key) for line, key in found if key)


def _has_small_order(public_key: bytes) -> bool:
    """Whether an Ed25519 key is one of the points under which one signature is valid for many messages."""
    return int.from_bytes(public_key, "little") & (2**255 - 1) in _SMALL_ORDER


def _check_time(name: str, time: int) -> None:
    if not 0 < time <= MAX_TIME:
        raise CosignatureError(f"The cosignature of {name} bears no time that a witness can mean ({time}).")


def _short_text(text: str) -> bytes:
    """The text in UTF-8 after its length in one byte."""
    data = text.encode()
    if not 1 <= len(data) <= 255:
        raise CosignatureError(f"A name in an ML-DSA-44 cosignature has 1 to 255 bytes, not {len(data)}.")
    return bytes([len(data)]) + data
