"""Asking witnesses: the published conversation, and every answer a witness might give, lies included."""

from __future__ import annotations

from typing import Any

import pytest

from governance.core.checkpoint import Checkpoint, CheckpointError, signed
from governance.core.cosignature import MAX_TIME, CosigningKey, cosign, verify_cosignature
from governance.core.merkle import EMPTY_ROOT, consistency_proof, leaf_hash, root
from governance.core.note import Signature, SigningKey, parse_verification_key, sign
from governance.core.witness_protocol import (
    MAX_HASHES,
    SIZE_TYPE,
    AddCheckpoint,
    Answer,
    Conflict,
    WitnessProtocolError,
    WitnessRefused,
    parse_request,
    read_answer,
    request_body,
)
from tests.witness import PLAIN, Response, Witness

LOG = SigningKey("log.example/decisions", bytes(range(32)))
HASHES = [leaf_hash(b"entry %d" % number) for number in range(40)]
SEED = bytes([7]) * 32
TIME = 1_767_225_600


def checkpoint(size: int, hashes: list[bytes] = HASHES) -> Checkpoint:
    return Checkpoint(LOG.name, size, root(hashes[:size]))


def note(size: int, hashes: list[bytes] = HASHES) -> str:
    return signed(checkpoint(size, hashes), LOG)


def witness() -> Witness:
    return Witness("witness.example/w", SEED, [LOG.verification_key])


KEY = witness().key


def ask(of: Witness, old: int, new: int, hashes: list[bytes] = HASHES) -> Response:
    proof = consistency_proof(old, hashes[:new]) if 0 < old < new else ()
    return of.answer(request_body(old, proof, note(new, hashes)), TIME)


def read(response: Response, size: int = 7, not_after: int = MAX_TIME) -> Any:
    status, content_type, body = response
    return read_answer(
        status,
        content_type,
        body,
        checkpoint=note(size),
        log_key=LOG.verification_key,
        witness_key=KEY,
        not_after=not_after,
    )


# --- the request ------------------------------------------------------------------------------------------


def test_a_request_reads_back_as_what_was_asked() -> None:
    proof = consistency_proof(3, HASHES)
    assert parse_request(request_body(3, proof, note(40))) == AddCheckpoint(3, proof, note(40))
    assert parse_request(request_body(0, [], note(7))) == AddCheckpoint(0, (), note(7))
    assert request_body(0, [], note(7)) == f"old 0\n\n{note(7)}".encode()


def test_a_request_holds_63_hashes_and_not_one_more() -> None:
    assert len(parse_request(request_body(1, [EMPTY_ROOT] * MAX_HASHES, note(7))).proof) == 63
    with pytest.raises(WitnessProtocolError, match="at most 63 hashes; this one has 64"):
        request_body(1, [EMPTY_ROOT] * 64, note(7))
    line = request_body(1, [EMPTY_ROOT], note(7)).split(b"\n")[1]
    with pytest.raises(WitnessProtocolError, match="this one has 64"):
        parse_request(b"old 1\n" + (line + b"\n") * 64 + b"\n" + note(7).encode())


@pytest.mark.parametrize(
    "head",
    [
        "", "old\n", "old \n", "old 07\n", "old -1\n", "old 7 \n", "Old 7\n", "size 7\n", "old 9223372036854775808\n",
        "old 7\nAAAA\n", "old 7\n" + "A" * 44 + "\n", "old 7\r\n", " old 7\n", "old 7\nold 7\n",
        "old " + "9" * 6_000 + "\n",
    ],
)  # fmt: skip
def test_a_malformed_request_is_refused(head: str) -> None:
    with pytest.raises(WitnessProtocolError):
        parse_request(f"{head}\n{note(7)}".encode())


@pytest.mark.parametrize("body", [b"", b"old 7", b"old 7\n", b"\xff\n\n", note(7).encode()])
def test_a_request_without_its_parts_is_refused(body: bytes) -> None:
    with pytest.raises(WitnessProtocolError):
        parse_request(body)


# --- answers that count -----------------------------------------------------------------------------------


def test_a_witness_cosigns_a_log_that_only_grows() -> None:
    willing, old = witness(), 0
    for new in (0, 1, 1, 7, 8, 31, 40):
        cosigned = read(ask(willing, old, new), new)
        assert (cosigned.key, cosigned.time) == (KEY, TIME)
        assert verify_cosignature(checkpoint(new).body, cosigned.line, KEY) == cosigned
        old = new


def test_a_conflict_names_the_size_to_prove_from() -> None:
    willing = witness()
    ask(willing, 0, 5)
    conflict = read(ask(willing, 0, 7))
    assert conflict == Conflict(5)
    assert read(ask(willing, conflict.size, 7)).time == TIME


@pytest.mark.parametrize("content_type", [SIZE_TYPE, "text/x.tlog.size; charset=utf-8", "Text/X.Tlog.Size"])
def test_the_type_of_a_conflict_is_read_as_http_writes_it(content_type: str) -> None:
    assert read((409, content_type, b"12\n")) == Conflict(12)


def test_lines_of_other_keys_are_ignored_and_the_newest_own_one_counts() -> None:
    body = checkpoint(7).body
    other = CosigningKey("other.example", bytes(32))
    lines = [
        Signature(other.name, b"1234", b"anything").line,
        cosign(body, CosigningKey(KEY.name, SEED), TIME - 60).line,
        cosign(body, CosigningKey(KEY.name, SEED), TIME).line,
        cosign(body, other, TIME + 60).line,
    ]
    assert read((200, PLAIN, "".join(lines).encode())).time == TIME


# --- answers that do not ----------------------------------------------------------------------------------


def lie(body: str, key: CosigningKey, time: int = TIME) -> Response:
    return 200, PLAIN, cosign(body, key, time).line.encode()


TRUE_KEY = CosigningKey(KEY.name, SEED)


def zero_time() -> Response:
    line = cosign(checkpoint(7).body, TRUE_KEY, TIME)
    return 200, PLAIN, Signature(line.name, line.key_id, bytes(8) + line.signature[8:]).line.encode()


LIES = [
    (lie(checkpoint(8).body, TRUE_KEY), "not valid for this checkpoint"),
    (
        lie(Checkpoint("log.example/other", 7, checkpoint(7).root).body, TRUE_KEY),
        "not valid for this checkpoint",
    ),
    (lie(checkpoint(7).body, CosigningKey(KEY.name, bytes(32))), "without a cosignature of its key"),
    (lie(checkpoint(7).body, CosigningKey("other.example", SEED)), "without a cosignature of its key"),
    (zero_time(), "no time that a witness can mean"),
    ((200, PLAIN, b""), "without a cosignature of its key"),
    ((200, PLAIN, b"\n"), "is not a signature line"),
    ((200, PLAIN, b"<html>fine</html>\n"), "is not a signature line"),
    ((200, PLAIN, lie(checkpoint(7).body, TRUE_KEY)[2][:-1]), "end in line feeds"),
    ((200, PLAIN, b"\xff\xfe"), "UTF-8"),
    ((200, PLAIN, lie(checkpoint(7).body, TRUE_KEY)[2] * 101), "at most 100"),
    ((200, PLAIN, lie(checkpoint(7).body, TRUE_KEY)[2] + lie(checkpoint(8).body, TRUE_KEY)[2]), "not valid"),
    ((200, PLAIN, Signature(KEY.name, KEY.key_id, bytes(71)).line.encode()), "has 71 bytes"),
    ((409, SIZE_TYPE, b"7"), "should name the size"),
    ((409, SIZE_TYPE, b"07\n"), "should name the size"),
    ((409, SIZE_TYPE, b"7\n\n"), "should name the size"),
    ((409, SIZE_TYPE, b"\xff\n"), "should name the size"),
    ((409, SIZE_TYPE, b"9223372036854775808\n"), "should name the size"),
    ((409, SIZE_TYPE, b""), "should name the size"),
]


@pytest.mark.parametrize(("response", "reason"), LIES)
def test_a_witness_that_lies_is_refused_with_its_name_and_the_reason(response: Response, reason: str) -> None:
    with pytest.raises(WitnessRefused, match=rf"The witness witness\.example/w .*{reason}") as refusal:
        read(response)
    assert refusal.value.answer is Answer.FALSE


def test_a_cosignature_from_the_future_is_refused_where_the_caller_says_what_time_it_is() -> None:
    response = lie(checkpoint(7).body, TRUE_KEY, TIME + 61)
    assert read(response).time == TIME + 61
    assert read(response, not_after=TIME + 61).time == TIME + 61
    with pytest.raises(WitnessRefused, match="in the future"):
        read(response, not_after=TIME + 60)


ANSWERS = {
    400: Answer.MALFORMED,
    403: Answer.NOT_TRUSTED,
    404: Answer.UNKNOWN_LOG,
    409: Answer.INCONSISTENT,
    422: Answer.INCONSISTENT,
    429: Answer.TOO_OFTEN,
}


def test_every_other_status_is_refused_in_a_sentence_that_names_it() -> None:
    for status in {*range(-1, 1_001)} - {200}:
        sentence = rf"^The witness witness\.example/w .*HTTP status {status}\)"
        with pytest.raises(WitnessRefused, match=sentence) as refusal:
            read((status, PLAIN, b""))
        otherwise = Answer.OUT_OF_ORDER if 500 <= status < 600 else Answer.UNEXPECTED
        assert refusal.value.answer is ANSWERS.get(status, otherwise)


def test_each_refusal_of_the_protocol_has_a_sentence_of_its_own() -> None:
    sentences = set()
    for status in (400, 403, 404, 409, 422, 429, 500, 302):
        with pytest.raises(WitnessRefused) as refusal:
            read((status, PLAIN, b""))
        sentences.add(str(refusal.value).partition("(HTTP")[0])
    assert len(sentences) == 8
    assert all("{" not in sentence for sentence in sentences)


def test_what_a_refusing_witness_says_is_quoted_short_and_in_one_line() -> None:
    words = "nein\u2028\x1b[2J".encode() + b"\xff" * 10_000
    with pytest.raises(WitnessRefused) as refusal:
        read((422, PLAIN, words))
    sentence = str(refusal.value)
    assert sentence.isascii()
    assert sentence.isprintable()
    assert r"It says 'nein\u2028\x1b[2J\ufffd" in sentence
    assert len(sentence) < 1_100


def test_an_answer_about_a_checkpoint_that_is_not_the_logs_is_not_read() -> None:
    stranger = SigningKey(LOG.name, bytes(32)).verification_key
    with pytest.raises(CheckpointError, match="No known key"):
        read_answer(409, SIZE_TYPE, b"5\n", checkpoint=note(7), log_key=stranger, witness_key=KEY)


# --- the witness of the tests conforms --------------------------------------------------------------------


def test_a_witness_refuses_a_history_that_was_rewritten() -> None:
    willing = witness()
    ask(willing, 0, 7)
    forged = [leaf_hash(b"edited"), *HASHES[1:]]
    for new in (7, 8, 40):
        with pytest.raises(WitnessRefused, match="does not continue what it saw"):
            read(ask(willing, 7, new, forged), new)
    assert willing.latest(LOG.name) == (7, checkpoint(7).root)


def test_a_witness_refuses_an_older_state_and_a_proof_from_nothing() -> None:
    willing = witness()
    assert willing.answer(request_body(0, [EMPTY_ROOT], note(7)), TIME)[0] == 422
    ask(willing, 0, 7)
    assert willing.answer(request_body(7, [], note(5)), TIME)[0] == 400
    assert willing.answer(request_body(7, [EMPTY_ROOT], note(7)), TIME)[0] == 422


def test_a_witness_refuses_an_empty_log_with_something_in_it() -> None:
    body = Checkpoint(LOG.name, 1, HASHES[0]).body.replace("\n1\n", "\n0\n")
    assert witness().answer(request_body(0, [], sign(body, [LOG])), TIME)[0] == 422
    leading_zero = body.replace("\n0\n", "\n01\n")
    assert witness().answer(request_body(0, [], sign(leading_zero, [LOG])), TIME)[0] == 400


@pytest.mark.shared_data
def test_the_published_conversation_is_held_word_for_word(vectors: dict[str, Any]) -> None:
    facts = vectors["witness_add_checkpoint_generated"]
    key = parse_verification_key(facts["log_vkey"])
    willing = Witness("witness.example/w", SEED, [key])
    assert len(facts["requests"]) == 13
    for case in facts["requests"]:
        status, content_type, body = willing.answer(case["body"].encode(), TIME)
        assert status == case["status"], case["desc"]
        if case["response_body"] is not None:
            assert (content_type, body.decode()) == (SIZE_TYPE, case["response_body"])
        if status == 200:
            asked = parse_request(case["body"].encode())
            assert request_body(asked.old_size, asked.proof, asked.note).decode() == case["body"]
            read_answer(
                status, content_type, body, checkpoint=asked.note, log_key=key, witness_key=willing.key
            )
