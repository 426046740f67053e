"""Cosignatures of both kinds: the published ones count, and nothing that is not exactly one does."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from governance.core.checkpoint import Checkpoint, CheckpointError, signed
from governance.core.cosignature import (
    ED25519,
    MAX_TIME,
    ML_DSA_44,
    CosignatureError,
    CosignerKey,
    CosigningKey,
    cosign,
    cosignatures_on,
    cosigned_message,
    parse_cosigner_key,
    verify_cosignature,
)
from governance.core.merkle import leaf_hash
from governance.core.note import (
    Signature,
    SigningKey,
    VerificationKey,
    parse_signature_lines,
    parse_verification_key,
)
from governance.core.proof import parse_proof, verify_proof

LOG = SigningKey("log.example/decisions", bytes(range(32)))
CHECKPOINT = Checkpoint(LOG.name, 7, leaf_hash(b"root"), ("an extension",))
NOTE = signed(CHECKPOINT, LOG)
BODY = CHECKPOINT.body
ANA = CosigningKey("ana.example/w", bytes([1]) * 32)
BEN = CosigningKey("ben.example/w", bytes([2]) * 32)
MODERN = MLDSA44PrivateKey.from_seed_bytes(bytes([3]) * 32)
CHLOE = CosignerKey("chloe.example/w", ML_DSA_44, MODERN.public_key().public_bytes_raw())
TIME = 1_767_225_600


def cosigned_by_chloe(body: str, time: int = TIME) -> Signature:
    signature = MODERN.sign(cosigned_message(body, CHLOE, time))
    return Signature(CHLOE.name, CHLOE.key_id, time.to_bytes(8) + signature)


def cosigned_by(key: CosignerKey, body: str = BODY) -> Signature:
    return cosigned_by_chloe(body) if key == CHLOE else cosign(body, ANA, TIME)


BOTH = pytest.mark.parametrize("key", [ANA.cosigner_key, CHLOE], ids=["Ed25519", "ML-DSA-44"])


@BOTH
def test_a_cosignature_says_whose_it_is_and_when_it_was_made(key: CosignerKey) -> None:
    line = cosigned_by(key)
    assert parse_signature_lines(line.line) == (line,)
    cosigned = verify_cosignature(BODY, line, key)
    assert (cosigned.key, cosigned.time, cosigned.line) == (key, TIME, line)


@BOTH
def test_a_witness_key_reads_back_from_its_text(key: CosignerKey) -> None:
    assert parse_cosigner_key(key.text) == key


@BOTH
def test_a_cosignature_of_another_checkpoint_does_not_count(key: CosignerKey) -> None:
    others = [
        Checkpoint(LOG.name, 8, CHECKPOINT.root, CHECKPOINT.extensions),
        Checkpoint(LOG.name, 7, leaf_hash(b"other"), CHECKPOINT.extensions),
        Checkpoint("log.example/other", 7, CHECKPOINT.root, CHECKPOINT.extensions),
    ]
    for other in others:
        with pytest.raises(CosignatureError, match="is not valid for this checkpoint"):
            verify_cosignature(other.body, cosigned_by(key), key)


def test_extension_lines_are_covered_by_ed25519_and_not_by_ml_dsa() -> None:
    bare = Checkpoint(LOG.name, 7, CHECKPOINT.root).body
    assert verify_cosignature(bare, cosigned_by_chloe(BODY), CHLOE).time == TIME
    with pytest.raises(CosignatureError, match="not valid"):
        verify_cosignature(bare, cosign(BODY, ANA, TIME), ANA.cosigner_key)


@BOTH
def test_any_changed_byte_of_a_cosignature_spoils_it(key: CosignerKey) -> None:
    line = cosigned_by(key)
    step = len(line.signature) // 60
    for at in [*range(8), *range(8, len(line.signature), step)]:
        changed = bytearray(line.signature)
        changed[at] ^= 0x80
        with pytest.raises(CosignatureError):
            verify_cosignature(BODY, Signature(line.name, line.key_id, bytes(changed)), key)


@BOTH
@pytest.mark.parametrize("surplus", [-1, 1])
def test_a_cosignature_of_another_length_is_refused(key: CosignerKey, surplus: int) -> None:
    line = cosigned_by(key)
    data = (line.signature + b"\0")[: len(line.signature) + surplus]
    with pytest.raises(CosignatureError, match=f"has {len(data)} bytes; its type has {len(line.signature)}"):
        verify_cosignature(BODY, Signature(line.name, line.key_id, data), key)


@BOTH
@pytest.mark.parametrize("time", [0, MAX_TIME + 1, 2**64 - 1])
def test_a_time_that_no_witness_can_mean_is_refused_although_it_was_signed(
    key: CosignerKey, time: int
) -> None:
    message = cosigned_message(BODY, key, time)
    ana = SigningKey(ANA.name, ANA.seed)
    signature = MODERN.sign(message) if key == CHLOE else _raw_signature(ana, message)
    line = Signature(key.name, key.key_id, time.to_bytes(8) + signature)
    assert key.verifies(message, signature)
    with pytest.raises(CosignatureError, match="no time that a witness can mean"):
        verify_cosignature(BODY, line, key)


def _raw_signature(key: SigningKey, message: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(key.seed).sign(message)


def test_the_last_time_there_is_counts() -> None:
    assert verify_cosignature(BODY, cosign(BODY, ANA, MAX_TIME), ANA.cosigner_key).time == MAX_TIME


@pytest.mark.parametrize("time", [-1, 0, MAX_TIME + 1])
def test_nobody_cosigns_at_a_time_that_cannot_be(time: int) -> None:
    with pytest.raises(CosignatureError, match="no time"):
        cosign(BODY, ANA, time)


def test_the_line_of_another_key_or_name_is_not_taken_for_this_one() -> None:
    line = cosign(BODY, ANA, TIME)
    for key in (BEN.cosigner_key, CosignerKey("other.example", ED25519, ANA.cosigner_key.public_key)):
        with pytest.raises(CosignatureError, match="names another key"):
            verify_cosignature(BODY, line, key)


@pytest.mark.parametrize(
    ("name", "key_id"), [("other.example", ANA.cosigner_key.key_id), (ANA.name, b"1234")]
)
def test_a_good_signature_under_another_name_or_key_id_is_not_taken(name: str, key_id: bytes) -> None:
    line = Signature(name, key_id, cosign(BODY, ANA, TIME).signature)
    with pytest.raises(CosignatureError, match="names another key"):
        verify_cosignature(BODY, line, ANA.cosigner_key)


def test_the_plain_signature_of_a_witness_is_no_cosignature() -> None:
    plain = _raw_signature(SigningKey(ANA.name, ANA.seed), BODY.encode())
    line = Signature(ANA.name, ANA.cosigner_key.key_id, TIME.to_bytes(8) + plain)
    with pytest.raises(CosignatureError, match="not valid"):
        verify_cosignature(BODY, line, ANA.cosigner_key)


def test_an_ml_dsa_cosignature_is_bound_to_the_name_of_its_witness() -> None:
    renamed = CosignerKey("dev.example/w", ML_DSA_44, CHLOE.public_key)
    line = Signature(renamed.name, renamed.key_id, cosigned_by_chloe(BODY).signature)
    with pytest.raises(CosignatureError, match="not valid"):
        verify_cosignature(BODY, line, renamed)


def test_only_the_text_of_a_checkpoint_is_cosigned() -> None:
    for body in ("", "not a checkpoint\n", "\ud800\n7\n" + BODY.splitlines()[2] + "\n"):
        with pytest.raises(CosignatureError, match="Only a checkpoint is cosigned"):
            cosign(body, ANA, TIME)


def test_a_name_longer_than_its_field_is_refused() -> None:
    long = CosignerKey("w" * 256, ML_DSA_44, CHLOE.public_key)
    with pytest.raises(CosignatureError, match="1 to 255 bytes, not 256"):
        cosigned_message(BODY, long, TIME)


@pytest.mark.parametrize(("kind", "width", "length"), [(ED25519, 32, 64), (ML_DSA_44, 1312, 2420)])
def test_a_public_key_that_nobody_made_verifies_nothing(kind: int, width: int, length: int) -> None:
    for material in (b"\xff" * width, bytes([2]) * width):
        key = CosignerKey("x.example", kind, material)
        line = Signature(key.name, key.key_id, TIME.to_bytes(8) + bytes(length))
        with pytest.raises(CosignatureError, match="not valid"):
            verify_cosignature(BODY, line, key)


SMALL_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize("point", SMALL_ORDER)
@pytest.mark.parametrize("sign", [0, 0x80])
def test_a_key_under_which_anybody_can_sign_is_refused(point: str, sign: int) -> None:
    public_key = bytes.fromhex(point)
    with pytest.raises(CosignatureError, match="small order"):
        CosignerKey("x.example", ED25519, public_key[:31] + bytes([public_key[31] | sign]))


def test_under_a_key_of_small_order_one_signature_would_do_for_every_message() -> None:
    identity = VerificationKey("x.example", bytes([1]) + bytes(31))
    assert identity.verifies(BODY.encode(), bytes([1]) + bytes(63))
    assert identity.verifies(b"anything else", bytes([1]) + bytes(63))


@pytest.mark.parametrize(
    ("name", "kind", "size", "reason"),
    [
        ("a b", ED25519, 32, "key name"),
        ("", ED25519, 32, "key name"),
        ("a", 0x01, 32, "0x04"),
        ("a", 0xFF, 32, "0x06"),
        ("a", ED25519, 31, "31 bytes; its type has 32"),
        ("a", ML_DSA_44, 32, "32 bytes; its type has 1312"),
    ],
)
def test_a_key_that_no_witness_can_have_is_refused(name: str, kind: int, size: int, reason: str) -> None:
    with pytest.raises(CosignatureError, match=reason):
        CosignerKey(name, kind, bytes(size))


def test_a_signing_key_of_another_length_is_refused_and_never_shows_its_seed() -> None:
    assert repr(ANA.seed) not in repr(ANA)
    with pytest.raises(CosignatureError, match="32 bytes, not 31"):
        CosigningKey("a", bytes(31))


@pytest.mark.parametrize("text", ["", "a+b", "a+00000000+!", "a+00000000+AAAA"])
def test_a_text_that_is_no_witness_key_is_refused(text: str) -> None:
    with pytest.raises(CosignatureError):
        parse_cosigner_key(text)


def test_a_key_line_whose_key_id_is_another_keys_is_refused() -> None:
    name, key_id, material = ANA.cosigner_key.text.split("+", 2)
    with pytest.raises(CosignatureError, match="key ID"):
        parse_cosigner_key(f"{name}+{'0' * len(key_id)}+{material}")


# --- on a whole checkpoint --------------------------------------------------------------------------------


def test_the_cosignatures_of_known_witnesses_are_found_and_others_ignored() -> None:
    note = (
        NOTE + cosign(BODY, ANA, TIME).line + cosign(BODY, BEN, TIME + 1).line + cosigned_by_chloe(BODY).line
    )
    found = cosignatures_on(note, LOG.verification_key, [ANA.cosigner_key, CHLOE])
    assert [(one.key.name, one.time) for one in found] == [("ana.example/w", TIME), ("chloe.example/w", TIME)]
    assert cosignatures_on(NOTE, LOG.verification_key, [ANA.cosigner_key]) == ()


def test_a_repeated_cosignature_counts_once_and_a_renewed_one_beside_it() -> None:
    line = cosign(BODY, ANA, TIME).line
    renewed = NOTE + line + line + cosign(BODY, ANA, TIME + 60).line
    found = cosignatures_on(renewed, LOG.verification_key, [ANA.cosigner_key])
    assert [one.time for one in found] == [TIME, TIME + 60]


def test_one_bad_cosignature_of_a_known_witness_spoils_the_checkpoint() -> None:
    note = NOTE + cosign(Checkpoint(LOG.name, 8, CHECKPOINT.root).body, ANA, TIME).line
    assert cosignatures_on(note, LOG.verification_key, [BEN.cosigner_key]) == ()
    with pytest.raises(CosignatureError, match=r"ana\.example/w is not valid"):
        cosignatures_on(note, LOG.verification_key, [ANA.cosigner_key])


def test_cosignatures_on_a_checkpoint_that_the_log_did_not_sign_mean_nothing() -> None:
    stranger = SigningKey(LOG.name, bytes(32))
    note = signed(CHECKPOINT, stranger) + cosign(BODY, ANA, TIME).line
    with pytest.raises(CheckpointError, match="No known key"):
        cosignatures_on(note, LOG.verification_key, [ANA.cosigner_key])


# --- published vectors ------------------------------------------------------------------------------------


def witnesses_of(facts: dict[str, Any]) -> list[CosignerKey]:
    return [parse_cosigner_key(witness["vkey_cosig_0x04"]) for witness in facts["witnesses"]]


@pytest.mark.shared_data
def test_the_published_witness_keys_are_read(vectors: dict[str, Any]) -> None:
    facts = vectors["checkpoint_and_cosignature_generated"]
    for witness, key in zip(facts["witnesses"], witnesses_of(facts), strict=True):
        secret = CosigningKey(witness["name"], bytes.fromhex(witness["seed_hex"]))
        assert secret.cosigner_key == key
        assert key.public_key.hex() == witness["pub_hex"]
        assert parse_verification_key(witness["vkey_ed25519_0x01"]).public_key == key.public_key
    cosigner, plain = facts["published_cosig_vkeys"]
    assert parse_cosigner_key(cosigner).text == cosigner
    with pytest.raises(CosignatureError, match="type 0x01"):  # the signed-note key of the same test suite
        parse_cosigner_key(plain)


@pytest.mark.shared_data
def test_the_published_cosignature_bears_its_time(vectors: dict[str, Any]) -> None:
    facts = vectors["checkpoint_and_cosignature_generated"]["published_cosig_timestamp"]
    (line,) = parse_signature_lines(f"— witness.example {facts['sig_b64']}\n")
    assert int.from_bytes(line.signature[:8]) == facts["unix"]
    assert len(line.signature) == 72
    assert base64.b64decode(facts["sig_b64"])[:4] == line.key_id


@pytest.mark.shared_data
def test_every_published_cosigned_checkpoint_counts_and_is_made_alike(vectors: dict[str, Any]) -> None:
    facts = vectors["checkpoint_and_cosignature_generated"]
    log, witnesses = parse_verification_key(facts["log"]["vkey"]), witnesses_of(facts)
    assert len(facts["checkpoints"]) == 5
    for case in facts["checkpoints"]:
        found = cosignatures_on(case["cosigned"], log, witnesses)
        assert [one.key for one in found] == witnesses
        assert [one.time for one in found] == case["timestamps"]
        first = witnesses[0]
        assert cosigned_message(case["body"], first, found[0].time).decode() == case["cosigned_message_w1"]
        made = [
            cosign(case["body"], CosigningKey(each["name"], bytes.fromhex(each["seed_hex"])), time).line
            for each, time in zip(facts["witnesses"], case["timestamps"], strict=True)
        ]
        assert case["checkpoint"] + "".join(made) == case["cosigned"]


REJECTED_BY = {
    "cosignature": CosignatureError,
    "checkpoint": CheckpointError,
    "origin": CheckpointError,
}


@pytest.mark.shared_data
def test_every_published_bad_checkpoint_is_refused_by_what_must_refuse_it(vectors: dict[str, Any]) -> None:
    facts = vectors["checkpoint_and_cosignature_generated"]
    log, witnesses = parse_verification_key(facts["log"]["vkey"]), witnesses_of(facts)
    reasons = [case["rejected_by"].split()[0] for case in facts["bad"]]
    assert reasons == ["consistency", "cosignature", "cosignature", "checkpoint", "checkpoint", "origin"]
    assert (
        cosignatures_on(facts["bad"][0]["checkpoint"], log, witnesses) == ()
    )  # test_checkpoint.py compares it
    for case, reason in list(zip(facts["bad"], reasons, strict=True))[1:]:
        with pytest.raises(REJECTED_BY[reason]):
            cosignatures_on(case["checkpoint"], log, witnesses)


@pytest.mark.shared_data
def test_the_published_proof_carries_its_cosignatures(vectors: dict[str, Any]) -> None:
    facts = vectors["checkpoint_and_cosignature_generated"]
    log, witnesses = parse_verification_key(facts["log"]["vkey"]), witnesses_of(facts)
    proof = parse_proof(vectors["tlog_proof_generated"]["proof"])
    assert verify_proof(proof, vectors["tlog_proof_generated"]["leaf_utf8"].encode(), log).size == 70_000
    assert [one.key for one in cosignatures_on(proof.checkpoint, log, witnesses)] == witnesses
