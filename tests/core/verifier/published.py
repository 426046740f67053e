"""Logs, proofs and policies made with `governance.core`: what the strangers' verifier is tried on."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from governance.core.canonical import leaf_bytes
from governance.core.checkpoint import Checkpoint, signed
from governance.core.cosignature import CosigningKey, cosign
from governance.core.merkle import inclusion_proof, leaf_hash, root
from governance.core.note import SigningKey
from governance.core.proof import EntryProof
from governance.core.tiles import ENTRIES, TILE_WIDTH, encode_bundle, new_tiles, tile_root
from governance.core.witness_policy import plain_policy
from governance.verifier import verify_lamplight as verifier

LOG = SigningKey("log.example.org/decisions", bytes(range(32)))
STRANGER = SigningKey(LOG.name, bytes(32))  # the same name, another key
WITNESSES = tuple(CosigningKey(f"witness{n}.example.org/w", bytes([n]) * 32) for n in (1, 2, 3))
NOON = 1_767_225_600
NO_WITNESSES = plain_policy(LOG.verification_key, "")
TWO_OF_THREE = "".join(
    [
        f"# the board's policy\n\nlog {LOG.verification_key.text} https://log.example.org/\n",
        *(f"witness W{n}\t{key.cosigner_key.text}\n" for n, key in enumerate(WITNESSES, 1)),
        "group three 2 W1 W2 W3\nquorum three\n",
    ]
)


def entry(number: int, **changed: str | int) -> bytes:
    """One entry as Lamplight writes it."""
    said: dict[str, str | int] = {
        "v": 1,
        "index": number,
        "time": "2026-11-22T16:40Z",
        "actor": "member-7",
        "role": "board_member",
        "action": "vote.cast",
        "subject_kind": "change_request",
        "subject": f"{number:064x}",
        "outcome": "approved",
        **changed,
    }
    return leaf_bytes(said)


def entries(count: int) -> list[bytes]:
    """The first entries of a log."""
    return [entry(number) for number in range(count)]


def checkpoint(
    leaves: Sequence[bytes], witnesses: Iterable[CosigningKey] = (), *, key: SigningKey = LOG
) -> str:
    """The signed and cosigned checkpoint of these entries."""
    state = Checkpoint(key.name, len(leaves), root(map(leaf_hash, leaves)))
    lines = [cosign(state.body, witness, NOON + n).line for n, witness in enumerate(witnesses)]
    return signed(state, key) + "".join(lines)


def proof(index: int, leaves: Sequence[bytes], note: str) -> str:
    """The proof file of one entry."""
    return EntryProof(index, inclusion_proof(index, [leaf_hash(leaf) for leaf in leaves]), note).text


def publish(folder: Path, leaves: Sequence[bytes], note: str, *, since: int = 0) -> Path:
    """Write the files that are new since an earlier size, as the log would publish them."""
    rows = [[leaf_hash(leaf) for leaf in leaves]]
    while len(rows[-1]) >= TILE_WIDTH:
        below = rows[-1]
        full = range(0, len(below) - len(below) % TILE_WIDTH, TILE_WIDTH)
        rows.append([tile_root(b"".join(below[at : at + TILE_WIDTH])) for at in full])
    for tile in new_tiles(since, len(leaves)):
        span = slice(tile.start, tile.start + tile.width)
        data = encode_bundle(leaves[span]) if tile.level == ENTRIES else b"".join(rows[tile.level][span])
        put(folder / tile.path, data)
    put(folder / "checkpoint", note.encode())
    return folder


def put(place: Path, data: bytes | str) -> Path:
    """Write one file and the folders above it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data.encode() if isinstance(data, str) else data)
    return place


def run(*arguments: object) -> tuple[int, str]:
    """Run the verifier in this process; its exit code and what it said."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        try:
            code = verifier.main([str(each) for each in arguments])
        except SystemExit as left:  # argparse, at a wrong command line
            code = int(str(left.code))
    return code, said.getvalue()
