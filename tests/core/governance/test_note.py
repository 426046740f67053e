"""Signed notes: the published good ones open, everything else is refused."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from governance.core.note import (
    ED25519,
    NoteError,
    SigningKey,
    VerificationKey,
    open_note,
    parse_signing_key,
    parse_verification_key,
    sign,
)

TEXT = "What was decided,\n\nand by whom.\n"
ANA = SigningKey("ana.example/log", bytes(range(32)))
BEN = SigningKey("ben.example/log", bytes(range(1, 33)))


def test_a_note_that_was_signed_opens_with_its_text() -> None:
    note = open_note(sign(TEXT, [ANA]), [ANA.verification_key])
    assert note.text == TEXT
    assert [one.name for one in note.verified] == ["ana.example/log"]
    assert note.unverified == ()


def test_the_note_of_an_unknown_key_is_refused() -> None:
    with pytest.raises(NoteError, match="No known key"):
        open_note(sign(TEXT, [BEN]), [ANA.verification_key])


def test_the_signature_of_an_unknown_key_beside_a_known_one_is_ignored() -> None:
    note = open_note(sign(TEXT, [BEN, ANA]), [ANA.verification_key])
    assert [one.name for one in note.verified] == ["ana.example/log"]
    assert [one.name for one in note.unverified] == ["ben.example/log"]


def test_one_bad_signature_of_a_known_key_spoils_the_note() -> None:
    forged = sign(TEXT, [ANA]) + sign("Another text.\n", [BEN]).split("\n\n")[1]
    assert open_note(forged, [ANA.verification_key]).text == TEXT
    with pytest.raises(NoteError, match=r"signature of ben\.example/log is not valid"):
        open_note(forged, [ANA.verification_key, BEN.verification_key])


def test_a_second_signature_of_the_same_key_is_checked_too() -> None:
    forged = sign(TEXT, [ANA]) + sign("Another text.\n", [ANA]).split("\n\n")[1]
    with pytest.raises(NoteError, match="not valid"):
        open_note(forged, [ANA.verification_key])


def test_a_repeated_signature_counts_once() -> None:
    note = sign(TEXT, [ANA, BEN])
    repeated = note + "".join(line + "\n" for line in note.rpartition("\n\n")[2].splitlines())
    opened = open_note(repeated, [ANA.verification_key])
    assert len(opened.verified) == len(opened.unverified) == 1


def test_any_changed_byte_of_the_text_spoils_the_signature() -> None:
    note = sign(TEXT, [ANA]).encode()
    for at in range(len(TEXT.encode())):
        changed = note[:at] + bytes([note[at] ^ 1]) + note[at + 1 :]
        with pytest.raises(NoteError):
            open_note(changed, [ANA.verification_key])


def test_a_note_may_carry_a_hundred_signatures_and_not_one_more() -> None:
    others = [SigningKey(f"key{number}.example", bytes([number]) * 32) for number in range(100)]
    assert open_note(sign(TEXT, [*others[:99], ANA]), [ANA.verification_key]).text == TEXT
    with pytest.raises(NoteError, match="at most 100"):
        open_note(sign(TEXT, [*others, ANA]), [ANA.verification_key])


@pytest.mark.parametrize("text", ["no line feed", "", "tab\there\n", "return\r\n", "\x00\n", "\ud800\n"])
def test_a_text_that_is_no_note_is_not_signed(text: str) -> None:
    with pytest.raises(NoteError):
        sign(text, [ANA])


def test_a_note_is_not_made_without_a_signature() -> None:
    with pytest.raises(NoteError, match="at least one"):
        sign(TEXT, [])


@pytest.mark.parametrize(
    "line",
    [
        "",
        "— ana.example/log",
        "—  AAAAAAA=",
        "- ana.example/log AAAAAAA=",
        "ana.example/log AAAAAAA=",
        "— ana.example/log AAAAAA",
        "— ana.example/log AAAAAAB=",
        "— ana.example/log AAAAAA==",
        "— ana.example/log AAAAAAA= ",
        "— ana.example/log AA AAAAA=",
        "— ana+example AAAAAAA=",
        "— ana\u2003example AAAAAAA=",
        " — ana.example/log AAAAAAA=",
    ],
)
def test_a_malformed_signature_line_spoils_the_note(line: str) -> None:
    with pytest.raises(NoteError):
        open_note(f"{sign(TEXT, [ANA])}{line}\n", [ANA.verification_key])


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\nb", "a\u2028b", "a\x07b"])
def test_a_name_that_cannot_stand_in_a_signature_line_is_refused(name: str) -> None:
    with pytest.raises(NoteError, match="key name"):
        SigningKey(name, bytes(32))
    with pytest.raises(NoteError, match="key name"):
        VerificationKey(name, bytes(32))


def test_keys_read_back_from_their_text() -> None:
    assert parse_signing_key(ANA.text) == ANA
    assert parse_verification_key(ANA.verification_key.text) == ANA.verification_key


@pytest.mark.parametrize("make", [VerificationKey, SigningKey])
def test_a_key_of_another_length_is_refused(make: Any) -> None:
    with pytest.raises(NoteError, match="32 bytes"):
        make("ana.example/log", bytes(31))


def test_a_key_of_another_type_is_refused() -> None:
    cosigner = base64.b64encode(b"\x04" + ANA.verification_key.public_key).decode()
    with pytest.raises(NoteError, match="not an Ed25519 key"):
        parse_verification_key(f"{ANA.name}+{ANA.verification_key.key_id.hex()}+{cosigner}")


def test_a_note_without_its_last_line_feed_is_refused() -> None:
    with pytest.raises(NoteError, match="end in line feeds"):
        open_note(sign(TEXT, [ANA])[:-1], [ANA.verification_key])


def test_a_public_key_that_is_no_point_verifies_nothing() -> None:
    assert not VerificationKey("ana.example/log", b"\xff" * 32).verifies(b"text", bytes(64))


def test_a_signing_key_never_shows_its_seed() -> None:
    secret = base64.b64encode(ED25519 + ANA.seed).decode()
    assert ANA.seed.hex() not in repr(ANA)
    assert repr(ANA.seed) not in repr(ANA)
    for broken in (ANA.text[:-1], ANA.text.replace("ana", "bob"), ANA.text.removeprefix("PRIVATE+KEY+"), "x"):
        with pytest.raises(NoteError) as refusal:
            parse_signing_key(broken)
        assert secret[:-1] not in str(refusal.value)


@pytest.mark.shared_data
def test_the_published_good_notes_open(vectors: dict[str, Any]) -> None:
    for case in vectors["signed_note"]["good"]:
        note = open_note(case["note"], [parse_verification_key(key) for key in case["vkeys"]])
        assert [one.name for one in note.verified] == case["verified"]
        if "unverified" in case:
            assert [one.name for one in note.unverified] == case["unverified"]


@pytest.mark.shared_data
def test_the_published_bad_notes_are_refused(vectors: dict[str, Any]) -> None:
    facts = vectors["signed_note"]
    key = parse_verification_key(facts["bad_notes_for_vkey"])
    assert len(facts["bad_notes"]) == 11
    for case in facts["bad_notes"]:
        with pytest.raises(NoteError):
            open_note(base64.b64decode(case["raw_b64"]), [key])
    with pytest.raises(NoteError, match="No known key"):
        open_note(facts["no_verifiable_signature"]["note"], [])


@pytest.mark.shared_data
def test_the_published_bad_keys_are_refused(vectors: dict[str, Any]) -> None:
    for text in vectors["signed_note"]["bad_vkeys"]:
        with pytest.raises(NoteError):
            parse_verification_key(text)


@pytest.mark.shared_data
def test_signing_gives_the_published_notes_byte_for_byte(vectors: dict[str, Any]) -> None:
    with_key, with_seed = vectors["signed_note"]["sign"]
    key = parse_signing_key(with_key["skey"])
    assert sign(with_key["text"], [key]) == with_key["note"]
    assert key.text == with_key["skey"]
    seeded = SigningKey(with_seed["name"], bytes.fromhex(with_seed["seed_hex"]))
    assert seeded.verification_key.text == with_seed["vkey"]
    assert sign(with_seed["text"], [seeded]).endswith("\n\n" + with_seed["sigline"])
