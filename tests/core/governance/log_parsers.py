"""Every reader of what strangers send to or about the log, with inputs that are right: what the fuzz tests attack.

A reader gets bytes. It returns, or it raises one of its own errors with a sentence; whatever it accepts, it must write
back exactly as it was, so that nothing has two spellings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from governance.core.checkpoint import CheckpointError, open_checkpoint, parse_body
from governance.core.cosignature import (
    CosignatureError,
    cosignatures_on,
    parse_cosigner_key,
    verify_cosignature,
)
from governance.core.merkle import ProofError, consistency_proof, inclusion_proof
from governance.core.note import (
    NoteError,
    open_note,
    parse_signature_lines,
    parse_signing_key,
    parse_verification_key,
    take_note_apart,
)
from governance.core.proof import EntryProof, parse_proof, verify_proof
from governance.core.tiles import (
    Tile,
    TileError,
    decode_bundle,
    encode_bundle,
    new_tiles,
    parse_tile_path,
    tile_hashes,
    tile_root,
)
from governance.core.witness_policy import PolicyError, parse_policy, plain_policy
from governance.core.witness_protocol import (
    SIZE_TYPE,
    WitnessProtocolError,
    WitnessRefused,
    parse_request,
    read_answer,
    request_body,
)
from tests.core.governance.make_vectors import (
    DEV,
    LOG,
    ML_DSA_FILE,
    ORIGIN,
    STORE,
    WITNESSES,
    checkpoint,
    cosigned,
)

KEY = LOG.verification_key
COSIGNERS = [*(key.cosigner_key for key in WITNESSES), DEV]
COSIGNED, BODY = cosigned(7), checkpoint(300).body
STATUSES = (200, 409, 422, 403, 404, 400, 429, 500, 503, 302, 0, 999)
TYPES = (SIZE_TYPE, "text/plain; charset=utf-8", "")


@dataclass(frozen=True)
class Parser:
    """One reader, its own errors, and right inputs to begin from."""

    name: str
    read: Callable[[bytes], object]
    errors: tuple[type[ValueError], ...]
    seeds: tuple[bytes, ...]


def as_text(data: bytes) -> str:
    """The bytes as text of the worst kind: what is not UTF-8 becomes lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def read_note(data: bytes) -> None:
    """Take a note apart, and put it together again."""
    text, signatures = take_note_apart(data)
    assert f"{text}\n{''.join(one.line for one in signatures)}".encode() == data
    open_note(data, [KEY])


def read_key(data: bytes) -> None:
    """Read a public key of a log."""
    assert parse_verification_key(as_text(data)).text.encode() == data


def read_secret_key(data: bytes) -> None:
    """Read a secret key of a log."""
    assert parse_signing_key(as_text(data)).text.encode() == data


def read_cosigner_key(data: bytes) -> None:
    """Read a public key of a witness."""
    assert parse_cosigner_key(as_text(data)).text.encode() == data


def read_checkpoint_body(data: bytes) -> None:
    """Read what a checkpoint says."""
    assert parse_body(as_text(data)).body == as_text(data)


def read_checkpoint(data: bytes) -> None:
    """Open a checkpoint with its cosignatures."""
    cosignatures_on(data, KEY, COSIGNERS)
    assert open_checkpoint(data, KEY).origin == ORIGIN


def read_proof(data: bytes) -> None:
    """Read a proof file, and check it."""
    proof = parse_proof(as_text(data))
    assert proof.text == as_text(data)
    verify_proof(proof, dict(enumerate(STORE.leaves)).get(proof.index, b""), KEY)


def read_tile_path(data: bytes) -> None:
    """Read the path of a tile."""
    assert parse_tile_path(as_text(data)).path == as_text(data)


def read_bundle(data: bytes) -> None:
    """Read an entry bundle; its first byte says how many entries it should hold."""
    assert encode_bundle(decode_bundle(data[1:], data[0] + 1 if data else 1)) == data[1:]


def read_tile(data: bytes) -> None:
    """Read a tile; its first byte says how many hashes it should hold."""
    assert b"".join(tile_hashes(Tile(0, 0, data[0] + 1 if data else 1), data[1:])) == data[1:]
    assert len(tile_root(data[1:])) == 32


def read_policy(data: bytes) -> None:
    """Read a policy; everybody together are a quorum, if there can be one."""
    policy = parse_policy(data)
    assert policy.satisfied_by({witness.name for witness in policy.witnesses})
    assert policy == parse_policy(data.decode())
    policy.log_key(ORIGIN)


def read_request(data: bytes) -> None:
    """Read a request to a witness."""
    request = parse_request(data)
    assert request_body(request.old_size, request.proof, request.note) == data


def read_witness_answer(data: bytes) -> None:
    """Read the answer of a witness; its first two bytes say the status and the type."""
    status, kind = (data + b"\0\0")[:2]
    read_answer(
        STATUSES[status % len(STATUSES)],
        TYPES[kind % len(TYPES)],
        data[2:],
        checkpoint=COSIGNED,
        log_key=KEY,
        witness_key=COSIGNERS[0],
    )


def read_cosignatures(data: bytes) -> None:
    """Read cosignature lines and check each under the key that it names, or the first."""
    keys = {(key.name, key.key_id): key for key in COSIGNERS}
    for line in parse_signature_lines(data):
        verify_cosignature(BODY, line, keys.get((line.name, line.key_id), COSIGNERS[0]))


def _note(size: int) -> bytes:
    return cosigned(size).encode()


def _answer(status: int, kind: int, body: bytes) -> bytes:
    return bytes([STATUSES.index(status), kind]) + body


_ML_DSA_LINE = ML_DSA_FILE.read_bytes()
_LINES = _note(300).rpartition(b"\n\n")[2].split(b"\n", 1)[1]
_POLICY = (
    plain_policy(KEY, "https://log.example/").partition("quorum")[0]
    + "".join(f"# {at}\nwitness w{at} {key.text} http://w{at}.example\n" for at, key in enumerate(COSIGNERS[:3]))
    + "group two 2 w0 w1\ngroup all all two w2\nquorum all\n"
).encode()  # fmt: skip
_PROOFS = tuple(
    EntryProof(index, inclusion_proof(index, STORE.leaf_hashes), cosigned(300)).text.encode()
    for index in (0, 123, 299)
)
_REQUESTS = tuple(
    request_body(old, consistency_proof(old, STORE.leaf_hashes) if old else (), cosigned(300)) for old in (0, 7, 256)
)  # fmt: skip

PARSERS = (
    Parser("note", read_note, (NoteError,), (_note(0), _note(7) + _ML_DSA_LINE)),
    Parser("key", read_key, (NoteError,), (KEY.text.encode(),)),
    Parser("secret key", read_secret_key, (NoteError,), (LOG.text.encode(),)),
    Parser(
        "witness key", read_cosigner_key, (CosignatureError,), tuple(key.text.encode() for key in COSIGNERS)
    ),
    Parser(
        "checkpoint body",
        read_checkpoint_body,
        (CheckpointError,),
        tuple(checkpoint(size).body.encode() for size in (0, 7, 300)),
    ),
    Parser(
        "checkpoint", read_checkpoint, (CheckpointError, CosignatureError), (_note(0), _note(300) + _ML_DSA_LINE)
    ),
    Parser("proof", read_proof, (ProofError, CheckpointError), _PROOFS),
    Parser(
        "tile path", read_tile_path, (TileError,), tuple(tile.path.encode() for tile in new_tiles(250, 90_000))[-9:]
    ),
    Parser(
        "entry bundle",
        read_bundle,
        (TileError,),
        tuple(bytes([count - 1]) + encode_bundle(STORE.leaves[:count]) for count in (1, 7, 256)),
    ),
    Parser(
        "tile",
        read_tile,
        (TileError,),
        tuple(bytes([count - 1]) + b"".join(STORE.leaf_hashes[:count]) for count in (1, 7, 256)),
    ),
    Parser("policy", read_policy, (PolicyError,), (_POLICY, plain_policy(KEY, "").encode())),
    Parser("witness request", read_request, (WitnessProtocolError,), _REQUESTS),
    Parser(
        "witness answer",
        read_witness_answer,
        (WitnessRefused,),
        (
            _answer(200, 1, _note(7).rpartition(b"\n\n")[2]),
            _answer(409, 0, b"300\n"),
            _answer(422, 1, b"no\n"),
        ),
    ),
    Parser("cosignature", read_cosignatures, (NoteError, CosignatureError), (_LINES + _ML_DSA_LINE, _LINES)),
)  # fmt: skip


def attack(parser: Parser, data: bytes) -> None:
    """Let a reader read anything; only its own error may come out, and it must be a sentence."""
    try:
        parser.read(data)
    except parser.errors as problem:
        sentence = str(problem)
        assert sentence.endswith(".") and len(sentence) > 15, f"{parser.name}: {sentence!r} is no sentence"  # noqa: PT018
