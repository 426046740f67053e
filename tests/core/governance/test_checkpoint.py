"""Checkpoints: one spelling, one log, one key."""

from __future__ import annotations

from typing import Any

import pytest

from governance.core.checkpoint import (
    MAX_SIZE,
    Checkpoint,
    CheckpointError,
    format_hash,
    open_checkpoint,
    parse_body,
    parse_decimal,
    parse_hash,
    signed,
)
from governance.core.merkle import EMPTY_ROOT, ProofError, leaf_hash, root, verify_consistency
from governance.core.note import SigningKey, parse_signing_key, parse_verification_key, sign

KEY = SigningKey("log.example/decisions", bytes(range(32)))
ROOT = leaf_hash(b"one")
CHECKPOINT = Checkpoint("log.example/decisions", 1, ROOT)


def test_a_signed_checkpoint_opens_with_what_it_says() -> None:
    assert open_checkpoint(signed(CHECKPOINT, KEY), KEY.verification_key) == CHECKPOINT


def test_extension_lines_are_kept_and_signed() -> None:
    extended = Checkpoint(KEY.name, 1, ROOT, ("first extension", "second"))
    assert parse_body(extended.body) == extended
    assert open_checkpoint(signed(extended, KEY), KEY.verification_key) == extended


def test_a_key_may_not_sign_for_another_log() -> None:
    with pytest.raises(CheckpointError, match="may not sign"):
        signed(Checkpoint("log.example/other", 1, ROOT), KEY)


def test_a_checkpoint_of_another_log_is_refused_although_the_key_signed_it() -> None:
    foreign = sign(Checkpoint("log.example/other", 1, ROOT).body, [KEY])
    with pytest.raises(CheckpointError, match=r"speaks for log\.example/other"):
        open_checkpoint(foreign, KEY.verification_key)


def test_a_checkpoint_of_another_key_is_refused() -> None:
    stranger = SigningKey(KEY.name, bytes(32))
    with pytest.raises(CheckpointError, match="No known key"):
        open_checkpoint(signed(CHECKPOINT, stranger), KEY.verification_key)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "log.example\n1\n",
        f"log.example\n1\n{format_hash(ROOT)}",
        f"\n1\n{format_hash(ROOT)}\n",
        f"log.example\n01\n{format_hash(ROOT)}\n",
        f"log.example\n-1\n{format_hash(ROOT)}\n",
        f"log.example\n+1\n{format_hash(ROOT)}\n",
        f"log.example\n1 \n{format_hash(ROOT)}\n",
        f"log.example\n１\n{format_hash(ROOT)}\n",
        f"log.example\n{MAX_SIZE + 1}\n{format_hash(ROOT)}\n",
        f"log.example\n{'9' * 5000}\n{format_hash(ROOT)}\n",
        f"log.example\n1\n{format_hash(ROOT[:31])}\n",
        f"log.example\n1\n{format_hash(ROOT)[:-1]}\n",
        f"log.example\n1\n{ROOT.hex()}\n",
        f"log.example\n1\n{format_hash(ROOT)}\n\n",
        f"log.example\n0\n{format_hash(ROOT)}\n",
    ],
)
def test_another_spelling_of_a_checkpoint_is_refused(body: str) -> None:
    with pytest.raises(CheckpointError):
        parse_body(body)


def test_a_checkpoint_without_its_last_line_feed_is_refused() -> None:
    with pytest.raises(CheckpointError, match="ends in a line feed"):
        parse_body(CHECKPOINT.body[:-1])


@pytest.mark.parametrize("length", [31, 33])
def test_a_hash_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(CheckpointError, match=f"32 bytes, not {length}"):
        parse_hash(format_hash(bytes(length)))


def test_a_number_larger_than_any_log_is_refused() -> None:
    with pytest.raises(CheckpointError, match="whole number"):
        parse_decimal(str(MAX_SIZE + 1))


@pytest.mark.parametrize("size", [-1, MAX_SIZE + 1])
def test_a_size_no_log_can_have_is_refused(size: int) -> None:
    with pytest.raises(CheckpointError, match="not the size"):
        Checkpoint("log.example", size, ROOT)


def test_the_largest_size_is_readable() -> None:
    assert parse_decimal(str(MAX_SIZE)) == MAX_SIZE


def test_the_empty_log_has_a_checkpoint() -> None:
    empty = Checkpoint(KEY.name, 0, EMPTY_ROOT)
    assert open_checkpoint(signed(empty, KEY), KEY.verification_key) == empty


@pytest.mark.shared_data
def test_the_published_checkpoints_of_a_grown_log_open_and_match_its_entries(vectors: dict[str, Any]) -> None:
    log = vectors["tessera_log_published"]
    key, secret = parse_verification_key(log["vkey"]), parse_signing_key(log["skey"])
    leaves = [leaf_hash(entry.encode()) for entry in log["entries_utf8"]]
    for size, note in enumerate([log["checkpoint_size_0"], *log["checkpoints_by_size_1_to_15"]]):
        checkpoint = open_checkpoint(note, key)
        assert (checkpoint.size, checkpoint.root) == (size, root(leaves[:size]))
        assert signed(checkpoint, secret) == note


@pytest.mark.shared_data
def test_cosigned_checkpoints_open_with_the_logs_key_alone(vectors: dict[str, Any]) -> None:
    facts = vectors["checkpoint_and_cosignature_generated"]
    key, secret = parse_verification_key(facts["log"]["vkey"]), parse_signing_key(facts["log"]["skey"])
    for case in facts["checkpoints"]:
        checkpoint = open_checkpoint(case["cosigned"], key)
        assert checkpoint.body == case["body"]
        assert signed(checkpoint, secret) == case["checkpoint"]


@pytest.mark.shared_data
def test_the_published_bad_checkpoints_are_refused_where_the_parser_must(vectors: dict[str, Any]) -> None:
    facts = vectors["checkpoint_and_cosignature_generated"]
    key = parse_verification_key(facts["log"]["vkey"])
    refused = [case for case in facts["bad"] if case["rejected_by"].split()[0] in {"checkpoint", "origin"}]
    assert len(refused) == 3
    for case in refused:
        with pytest.raises(CheckpointError):
            open_checkpoint(case["checkpoint"], key)


@pytest.mark.shared_data
def test_a_split_view_opens_but_is_not_consistent(vectors: dict[str, Any]) -> None:
    facts = vectors["checkpoint_and_cosignature_generated"]
    key = parse_verification_key(facts["log"]["vkey"])
    split = open_checkpoint(facts["bad"][0]["checkpoint"], key)
    honest = next(case for case in facts["checkpoints"] if case["size"] == split.size)
    with pytest.raises(ProofError, match="second history"):
        verify_consistency(
            old_size=split.size,
            new_size=split.size,
            old_root=open_checkpoint(honest["checkpoint"], key).root,
            new_root=split.root,
            proof=[],
        )
