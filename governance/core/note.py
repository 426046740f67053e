"""Signed notes: a text with signature lines that anybody can check (c2sp.org/signed-note v1.0.0, Ed25519).

    <text, ends in a line feed>
    <empty line>
    — <key name> <base64 of 4-byte key ID and signature>

A key ID is SHA-256(name || 0x0A || 0x01 || public key), cut to 4 bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
KEY_BYTES = 32
KEY_ID_BYTES = 4
MAX_SIGNATURES = 100  # a bound on work for a stranger's note; the format asks for at least 16
_DASH = "\N{EM DASH} "
_PRIVATE = "PRIVATE+KEY+"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteError(ValueError):
    """A key or a note is malformed, or a note is not signed as it must be."""


@dataclass(frozen=True)
class VerificationKey:
    """A named Ed25519 public key: who is believed, and by what."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        check_key_name(self.name)
        if len(self.public_key) != KEY_BYTES:
            raise NoteError(f"An Ed25519 public key has {KEY_BYTES} bytes, not {len(self.public_key)}.")

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature line names this key."""
        return key_id(self.name, ED25519 + self.public_key)

    @property
    def text(self) -> str:
        """The key as one line for publication: name+hex key ID+base64 (called a vkey)."""
        return key_text(self.name, ED25519 + self.public_key)

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether this key made this signature of this message (RFC 8032, pure Ed25519)."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """A named Ed25519 private key (32-byte seed); its printed form hides the seed."""

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_key_name(self.name)
        if len(self.seed) != KEY_BYTES:
            raise NoteError(f"An Ed25519 seed has {KEY_BYTES} bytes, not {len(self.seed)}.")

    @property
    def verification_key(self) -> VerificationKey:
        """The public half."""
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return VerificationKey(self.name, private.public_key().public_bytes_raw())

    @property
    def text(self) -> str:
        """The key as one secret line, as Go's note package writes it."""
        return f"{_PRIVATE}{self.name}+{self.verification_key.key_id.hex()}+{_base64(ED25519 + self.seed)}"


@dataclass(frozen=True)
class Signature:
    """One signature line: the key's name, its 4-byte ID and the signature's bytes."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line as it stands in a note, with its line feed."""
        return f"{_DASH}{self.name} {_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True)
class Note:
    """A text that at least one known key signed; signatures of unknown keys are kept but mean nothing."""

    text: str
    verified: tuple[Signature, ...]
    unverified: tuple[Signature, ...]


def check_key_name(name: str) -> None:
    """A key name is not empty and holds no space, no control character and no '+'. Raises NoteError."""
    if not name or "+" in name or not name.isprintable() or any(letter.isspace() for letter in name):
        raise NoteError(f"{name!r} is not a key name: it must not be empty or hold spaces or '+'.")


def key_id(name: str, material: bytes) -> bytes:
    """The four bytes that name a key; `material` is its type byte and its public key."""
    return hashlib.sha256(name.encode() + b"\n" + material).digest()[:KEY_ID_BYTES]


def key_text(name: str, material: bytes) -> str:
    """A public key as one line: name+hex key ID+base64 of type and key."""
    return f"{name}+{key_id(name, material).hex()}+{_base64(material)}"


def take_key_apart(text: str) -> tuple[str, str, bytes]:
    """The name, the hex key ID, and the type byte with the key, of a key line of any type. Raises NoteError."""
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise NoteError(f"{text!r} is not a key: it must be name+key ID+base64.")
    name, hex_key_id, encoded = parts
    return name, hex_key_id, decode_base64(encoded)


def decode_base64(text: str) -> bytes:
    """Standard base64 with padding, in the one form that encodes back to itself. Raises NoteError."""
    try:
        data = base64.b64decode(text)
    except ValueError:
        data = b""
    if not data or _base64(data) != text:
        raise NoteError(f"{text!r} is not standard base64.")
    return data


def parse_verification_key(text: str) -> VerificationKey:
    """Read a public key line (name+hex key ID+base64 of type and key). Raises NoteError."""
    name, hex_key_id, material = _key_parts(text)
    key = VerificationKey(name, material)
    _check_key_id(key, hex_key_id)
    return key


def parse_signing_key(text: str) -> SigningKey:
    """Read a secret key line (PRIVATE+KEY+name+hex key ID+base64 of type and seed).

    Raises NoteError, which never repeats the secret.
    """
    if not text.startswith(_PRIVATE):
        raise NoteError("A signing key starts with 'PRIVATE+KEY+'.")
    try:
        name, hex_key_id, seed = _key_parts(text.removeprefix(_PRIVATE))
    except NoteError:
        raise NoteError("The signing key is malformed: it must be PRIVATE+KEY+name+key ID+base64.") from None
    key = SigningKey(name, seed)
    _check_key_id(key.verification_key, hex_key_id)
    return key


def sign(text: str, keys: Sequence[SigningKey]) -> str:
    """The whole note: the text, an empty line and one signature line per key. Raises NoteError."""
    _check_text(text)
    if not keys:
        raise NoteError("A note needs at least one signature.")
    return text + "\n" + "".join(_signature(text, key).line for key in keys)


def open_note(note: str | bytes, known: Iterable[VerificationKey]) -> Note:
    """Check a note against the known keys and return its text.

    Lines of unknown keys are ignored; a known key whose signature fails spoils the whole note; without one
    good signature of a known key the note is refused. Raises NoteError.
    """
    text, signatures = take_note_apart(note)
    keys = {(key.name, key.key_id): key for key in known}
    verified: dict[Signature, None] = {}
    unverified: dict[Signature, None] = {}
    for signature in signatures:
        key = keys.get((signature.name, signature.key_id))
        if key is None:
            unverified[signature] = None
            continue
        if not key.verifies(text.encode(), signature.signature):
            raise NoteError(f"The signature of {signature.name} is not valid for this text.")
        verified[signature] = None
    if not verified:
        raise NoteError("No known key signed this note.")
    return Note(text, tuple(verified), tuple(unverified))


def take_note_apart(note: str | bytes) -> tuple[str, tuple[Signature, ...]]:
    """The text of a note (with its line feed) and its signatures, none of them checked. Raises NoteError."""
    text, separator, block = _decode(note).rpartition("\n\n")
    if not separator:
        raise NoteError("A note is a text, an empty line and signature lines that end in line feeds.")
    return text + "\n", parse_signature_lines(block)


def parse_signature_lines(block: str | bytes) -> tuple[Signature, ...]:
    """The signatures in one or more lines, none of them checked. Raises NoteError."""
    lines = _decode(block).split("\n")
    if lines.pop():
        raise NoteError("Signature lines end in line feeds.")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError(f"A note has at most {MAX_SIGNATURES} signatures; this one has {len(lines)}.")
    return tuple(map(_parse_line, lines))


def _signature(text: str, key: SigningKey) -> Signature:
    private = Ed25519PrivateKey.from_private_bytes(key.seed)
    return Signature(key.name, key.verification_key.key_id, private.sign(text.encode()))


def _decode(note: str | bytes) -> str:
    try:
        text = note.decode("utf-8") if isinstance(note, bytes) else note
        text.encode("utf-8")  # a lone surrogate has no bytes that could be signed
    except UnicodeError:
        raise NoteError("A note is UTF-8 text.") from None
    if _CONTROL.search(text):
        raise NoteError("A note holds no control characters except line feeds.")
    return text


def _check_text(text: str) -> None:
    if not _decode(text).endswith("\n"):
        raise NoteError("The text of a note ends in a line feed.")


def _parse_line(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise NoteError(f"{line!r} is not a signature line.")
    check_key_name(name)
    data = decode_base64(encoded)
    if len(data) <= KEY_ID_BYTES:
        raise NoteError(f"The signature line of {name} holds no signature.")
    return Signature(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


def _key_parts(text: str) -> tuple[str, str, bytes]:
    """Name, hex key ID and the 32 bytes after the type byte."""
    name, hex_key_id, material = take_key_apart(text)
    if material[:1] != ED25519 or len(material) != 1 + KEY_BYTES:
        raise NoteError(f"The key of {name} is not an Ed25519 key of {KEY_BYTES} bytes.")
    return name, hex_key_id, material[1:]


def _check_key_id(key: VerificationKey, hex_key_id: str) -> None:
    if key.key_id.hex() != hex_key_id:
        raise NoteError(f"The key ID of {key.name} does not belong to its key.")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
