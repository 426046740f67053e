"""The exact bytes of one entry of the ledger, and what an entry may say.

A leaf is the canonical JSON (RFC 8785) of a flat entry. Everything in it is public for ever, so the
allowed keys are a closed list and every value is a closed-vocabulary word, a number or a digest: free
text, places and people cannot enter, only salted digests of them. Deleting a salt erases the text for
good while the tree stays valid.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NoReturn

Scalar = str | int | bool
Entry = Mapping[str, Scalar | Mapping[str, Scalar]]

VERSION = 1
MAX_LEAF_BYTES = 65_535  # an entry bundle stores the length in two bytes (C2SP tlog-tiles)
SALT_BYTES = 32
MAX_INTEGER = 2**53 - 1  # beyond it two JSON readers may see two numbers (RFC 8785, section 3.2.2.3)

REQUIRED_KEYS = frozenset({"v", "action", "time", "actor", "role", "subject_kind", "subject", "outcome"})
OPTIONAL_KEYS = frozenset({"index", "jurisdiction", "detail", "text", "policy_version"})
PLACE_OR_PERSON_KEYS = frozenset(
    {
        "address",
        "area",
        "cell",
        "district",
        "email",
        "latitude",
        "longitude",
        "name",
        "place",
        "point",
        "street",
    }
)

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,127}")
_SNAKE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SHAPES = {
    "action": (re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*"), "two words like 'vote.cast'"),
    "actor": (
        re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"),
        "a pseudonym of letters, digits, '-', '_' or '.'",
    ),
    "role": (_SNAKE, "one word in lower case"),
    "jurisdiction": (re.compile(r"[a-z0-9][a-z0-9_-]{0,63}"), "a slug in lower case"),
    "subject_kind": (_SNAKE, "one word in lower case"),
    "subject": (_DIGEST, "a SHA-256 in 64 lower-case hexadecimal digits"),
    "outcome": (_SNAKE, "one word in lower case"),
    "text": (_DIGEST, "the salted SHA-256 of the text in 64 lower-case hexadecimal digits"),
}


_write = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=dict).encode


class EntryError(ValueError):
    """An entry says something an entry may not say, or its bytes are not the canonical ones."""


def salted_digest(salt: bytes, text: str) -> str:
    """The commitment to a free text: hex SHA-256 of the 32-byte salt followed by the text in UTF-8.

    The salt has a fixed length so that salt and text cannot be cut differently. Raises EntryError.
    """
    if len(salt) != SALT_BYTES:
        raise EntryError(f"A salt has {SALT_BYTES} bytes; this one has {len(salt)}.")
    return hashlib.sha256(salt + text.encode("utf-8")).hexdigest()


def entry_time(moment: datetime) -> str:
    """Real UTC time cut to the minute, like '2026-11-22T16:40Z'. Raises EntryError without a zone."""
    if moment.tzinfo is None:
        raise EntryError("An entry's time needs a time zone.")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def validate(entry: Entry) -> None:
    """Check that an entry holds exactly the allowed keys with values of the allowed shape.

    Raises EntryError naming the key and what belongs there.
    """
    _check_keys(entry)
    _check_version(entry["v"])
    _check_time(entry["time"])
    for key, (shape, wanted) in _SHAPES.items():
        value = entry.get(key, None)
        if key in entry and not (isinstance(value, str) and shape.fullmatch(value)):
            raise EntryError(f"'{key}' of an entry must be {wanted}, not {value!r}.")
    if "index" in entry:
        _check_index(entry["index"])
    if "policy_version" in entry:
        _check_value("policy_version", entry["policy_version"])
    if "detail" in entry:
        _check_detail(entry["detail"])


def leaf_bytes(entry: Entry) -> bytes:
    """The one byte string that stands for an entry in the tree: canonical JSON, UTF-8, at most 65,535 bytes.

    Source: RFC 8785 (keys sorted by UTF-16 units, no white space, shortest numbers). A valid entry holds ASCII
    words without quotes and whole numbers only; for those the standard library writes the same bytes in a tenth of
    the time, and tests compare the two. Raises EntryError.
    """
    validate(entry)
    return _check_size(_write(entry).encode("ascii"))


def parse_leaf(leaf: bytes) -> dict[str, Scalar | dict[str, Scalar]]:
    """Read a leaf back and insist that writing it again gives the same bytes.

    Catches white space, repeated keys, other number forms and unknown keys. Raises EntryError.
    """
    _check_size(leaf)
    try:
        entry = json.loads(leaf.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as problem:
        raise EntryError("The bytes of the entry are not JSON in UTF-8.") from problem
    if not isinstance(entry, dict):
        raise EntryError("An entry must be one JSON object.")
    if leaf_bytes(entry) != leaf:
        raise EntryError("The bytes of the entry are not in canonical form (RFC 8785).")
    return entry


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _check_size(leaf: bytes) -> bytes:
    if len(leaf) > MAX_LEAF_BYTES:
        raise EntryError(f"An entry has at most {MAX_LEAF_BYTES:,} bytes; this one has {len(leaf):,}.")
    return leaf


def _check_keys(entry: Entry) -> None:
    if missing := sorted(REQUIRED_KEYS - entry.keys()):
        raise EntryError(f"An entry lacks {', '.join(missing)}.")
    if unknown := sorted(str(key) for key in entry.keys() - REQUIRED_KEYS - OPTIONAL_KEYS):
        raise EntryError(f"An entry may not hold {', '.join(unknown)}.")


def _check_version(version: object) -> None:
    if type(version) is not int or version != VERSION:
        raise EntryError(f"'v' of an entry must be {VERSION}, not {version!r}.")


def _check_time(time: object) -> None:
    wrong = EntryError(f"'time' of an entry must be a UTC minute like '2026-11-22T16:40Z', not {time!r}.")
    if not (isinstance(time, str) and _TIME.fullmatch(time)):
        raise wrong
    try:
        datetime.fromisoformat(time)
    except ValueError:
        raise wrong from None


def _check_index(index: object) -> None:
    if type(index) is not int or not 0 <= index <= MAX_INTEGER:
        raise EntryError(f"'index' of an entry must be a whole number from 0, not {index!r}.")


def _check_detail(detail: object) -> None:
    if not isinstance(detail, Mapping):
        raise EntryError("'detail' of an entry must be a flat mapping of names to words and numbers.")
    for key, value in detail.items():
        if not (isinstance(key, str) and _SNAKE.fullmatch(key)):
            raise EntryError(f"A name in 'detail' must be one word in lower case, not {key!r}.")
        if key in PLACE_OR_PERSON_KEYS:
            raise EntryError(
                f"'detail.{key}' would name a place or a person in public; record a salted digest."
            )
        _check_value(f"detail.{key}", value)


def _check_value(where: str, value: object) -> None:
    if isinstance(value, bool):
        return
    if isinstance(value, int) and abs(value) <= MAX_INTEGER:
        return
    if isinstance(value, str) and _WORD.fullmatch(value):
        return
    raise EntryError(
        f"'{where}' of an entry must be a whole number, true or false, or one word without spaces "
        f"(a digest, a date, a closed vocabulary), not {value!r}."
    )
