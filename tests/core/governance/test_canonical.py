"""What an entry may say, and its exact bytes."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from governance.core.canonical import (
    MAX_INTEGER,
    MAX_LEAF_BYTES,
    PLACE_OR_PERSON_KEYS,
    EntryError,
    entry_time,
    leaf_bytes,
    parse_leaf,
    salted_digest,
)

DIGEST = hashlib.sha256(b"plan 7").hexdigest()
WORDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,127}", fullmatch=True)


def entry(**changes: Any) -> dict[str, Any]:
    """A complete entry, changed where a test says so; a value of None removes the key."""
    whole = {
        "v": 1,
        "index": 12,
        "action": "vote.cast",
        "time": "2026-11-22T16:40Z",
        "actor": "p-7f3a",
        "role": "supervisor",
        "jurisdiction": "demo-city",
        "subject_kind": "change_request",
        "subject": DIGEST,
        "outcome": "approved",
        "detail": {"ballots": 2, "quorum": True, "report": DIGEST},
        "text": DIGEST,
        "policy_version": 3,
    }
    return {key: value for key, value in (whole | changes).items() if value is not None}


def test_the_leaf_is_the_canonical_json_of_the_entry() -> None:
    minimal = {
        key: value
        for key, value in entry().items()
        if key not in {"index", "jurisdiction", "text", "policy_version"}
    }
    minimal["detail"] = {"zeta": False, "alpha": 7}
    assert leaf_bytes(minimal) == (
        b'{"action":"vote.cast","actor":"p-7f3a","detail":{"alpha":7,"zeta":false},"outcome":"approved",'
        b'"role":"supervisor","subject":"' + DIGEST.encode() + b'","subject_kind":"change_request",'
        b'"time":"2026-11-22T16:40Z","v":1}'
    )


@given(
    st.fixed_dictionaries(
        {"action": st.from_regex(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", fullmatch=True).filter(str.isascii)},
        optional={
            "index": st.integers(0, MAX_INTEGER),
            "policy_version": WORDS | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.booleans(),
            "detail": st.dictionaries(
                st.from_regex(r"[a-z][a-z0-9_]{0,63}", fullmatch=True).filter(
                    lambda name: name not in PLACE_OR_PERSON_KEYS
                ),
                WORDS | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.booleans(),
            ),
        },
    )
)
def test_the_leaf_of_every_valid_entry_is_what_the_library_of_rfc_8785_writes(said: dict[str, Any]) -> None:
    valid = entry(**said)
    assert leaf_bytes(valid) == rfc8785.dumps(valid)


def test_the_order_of_keys_does_not_change_the_leaf() -> None:
    assert leaf_bytes(dict(reversed(entry().items()))) == leaf_bytes(entry())


def test_a_leaf_reads_back_as_its_entry() -> None:
    assert parse_leaf(leaf_bytes(entry())) == entry()


@pytest.mark.parametrize(
    "key", ["action", "actor", "outcome", "role", "subject", "subject_kind", "time", "v"]
)
def test_an_entry_without_a_required_key_is_refused(key: str) -> None:
    with pytest.raises(EntryError, match=f"lacks {key}"):
        leaf_bytes(entry(**{key: None}))


@pytest.mark.parametrize("key", ["index", "jurisdiction", "detail", "text", "policy_version"])
def test_an_entry_may_do_without_an_optional_key(key: str) -> None:
    assert key not in parse_leaf(leaf_bytes(entry(**{key: None})))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("v", 2),
        ("v", True),
        ("v", "1"),
        ("index", -1),
        ("index", 1.0),
        ("index", True),
        ("index", 2**53),
        ("action", "voted"),
        ("action", "Vote.cast"),
        ("time", "2026-11-22T16:40:12Z"),
        ("time", "2026-11-22T16:40+00:00"),
        ("time", "2026-02-30T16:40Z"),
        ("time", "2026-11-22T24:00Z"),
        ("time", "２０２６-11-22T16:40Z"),
        ("time", 1795365600),
        ("actor", "ben@city.example"),
        ("actor", "Ben Central"),
        ("role", "watch commander"),
        ("jurisdiction", "Demo City"),
        ("subject_kind", "change request"),
        ("subject", DIGEST.upper()),
        ("subject", DIGEST[:-1]),
        ("subject", "plan 7"),
        ("outcome", "she said it was fine"),
        ("text", "The corner shop was hit twice."),
        ("policy_version", 1.5),
        ("policy_version", "third version"),
        ("detail", ["a"]),
        ("detail", {"rationale": "The corner shop was hit twice."}),
        ("detail", {"reporter": "eve@city.example"}),
        ("detail", {"share": 0.25}),
        ("detail", {"ballots": 2**53}),
        ("detail", {"nothing": None}),
        ("detail", {"nested": {"deep": 1}}),
        ("detail", {"Two words": 1}),
        ("detail", {3: 1}),
        ("detail", {"note": "x" * 129}),
    ],
)
def test_a_value_of_another_shape_is_refused_and_named(key: str, value: Any) -> None:
    with pytest.raises(EntryError, match=key):
        leaf_bytes(entry(**{key: value}))


@pytest.mark.parametrize("key", ["district", "place", "street", "address", "email", "latitude"])
def test_a_detail_that_would_name_a_place_or_a_person_is_refused(key: str) -> None:
    with pytest.raises(EntryError, match="salted digest"):
        leaf_bytes(entry(detail={key: "central"}))


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(EntryError, match="may not hold rationale"):
        leaf_bytes(entry(rationale="because"))


def test_an_entry_longer_than_a_bundle_can_carry_is_refused() -> None:
    with pytest.raises(EntryError, match="65,535"):
        leaf_bytes(entry(detail={f"key_{number}": DIGEST for number in range(1000)}))


def test_the_longest_allowed_entry_is_accepted() -> None:
    filler = {f"k{number:05}": "x" * 100 for number in range(581)}
    room = MAX_LEAF_BYTES - len(leaf_bytes(entry(detail=filler | {"last": "x"})))
    assert 0 < room < 128
    assert len(leaf_bytes(entry(detail=filler | {"last": "x" * (room + 1)}))) == MAX_LEAF_BYTES
    with pytest.raises(EntryError, match="65,536"):
        leaf_bytes(entry(detail=filler | {"last": "x" * (room + 2)}))


@pytest.mark.parametrize(
    "change",
    [
        lambda leaf: leaf + b"\n",
        lambda leaf: leaf.replace(b":", b": ", 1),
        lambda leaf: leaf.replace(b'"v":1', b'"v":1.0'),
        lambda leaf: leaf.replace(b'"v":1', b'"v":1,"v":1'),
        lambda leaf: leaf.replace(b"vote", b"\\u0076ote"),
        lambda leaf: leaf.replace(b'"v":1', b'"v":NaN'),
        lambda leaf: leaf[:-1],
        lambda leaf: b"\xff" + leaf,
        lambda leaf: b"[" + leaf + b"]",
        lambda leaf: b"[" * 60_000,
        lambda leaf: leaf + b" " * MAX_LEAF_BYTES,
        lambda leaf: b"null",
        lambda leaf: b"",
    ],
)
def test_bytes_that_are_not_the_canonical_form_are_refused(change: Any) -> None:
    with pytest.raises(EntryError):
        parse_leaf(change(leaf_bytes(entry())))


def test_bytes_too_long_for_a_bundle_are_refused_before_they_are_read() -> None:
    with pytest.raises(EntryError, match="65,536"):
        parse_leaf(b"[" * (MAX_LEAF_BYTES + 1))


def test_a_salted_digest_is_the_sha256_of_salt_and_text() -> None:
    salt = bytes(range(32))
    assert salted_digest(salt, "Grüße") == hashlib.sha256(salt + "Grüße".encode()).hexdigest()


def test_another_salt_hides_the_same_text_behind_another_digest() -> None:
    assert salted_digest(b"a" * 32, "yes") != salted_digest(b"b" * 32, "yes")


def test_a_short_salt_is_refused() -> None:
    with pytest.raises(EntryError, match="32 bytes"):
        salted_digest(b"salt", "yes")


def test_the_time_of_an_entry_is_cut_to_the_utc_minute() -> None:
    local = datetime(2026, 11, 22, 11, 40, 59, tzinfo=timezone(timedelta(hours=-5)))
    assert entry_time(local) == "2026-11-22T16:40Z"
    assert entry_time(datetime(2026, 1, 2, 3, 4, tzinfo=UTC)) == "2026-01-02T03:04Z"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(EntryError, match="time zone"):
        entry_time(datetime(2026, 11, 22, 16, 40))  # noqa: DTZ001
