"""Our own small set of test vectors, for those who have not got the published ones.

    python -m tests.core.governance.make_vectors

writes vectors/log.json anew from fixed seeds, byte for byte the same wherever it runs. The one thing that cannot be
made twice, an ML-DSA-44 signature (it is randomised), lies in vectors/ml_dsa_44.txt and is made only if it is absent.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from governance.core.checkpoint import Checkpoint, signed
from governance.core.cosignature import ML_DSA_44, CosignerKey, CosigningKey, cosign, cosigned_message
from governance.core.merkle import consistency_proof, inclusion_proof, root
from governance.core.note import Signature, SigningKey, sign
from governance.core.proof import EntryProof
from governance.core.tiles import new_tiles
from governance.core.witness_policy import parse_policy
from governance.core.witness_protocol import request_body
from tests.core.governance.tile_store import TileStore
from tests.witness import Witness

FOLDER = Path(__file__).with_name("vectors")
LOG_FILE, ML_DSA_FILE = FOLDER / "log.json", FOLDER / "ml_dsa_44.txt"
ORIGIN = "log.lamplight.example/vectors"
TIME = 1_767_225_600
STORE = TileStore([f"entry {number}".encode() for number in range(300)])
SIZES = [*range(18), 31, 32, 33, 127, 128, 129, 255, 256, 257, 299, 300]


def seed(name: str) -> bytes:
    """A private seed that everybody may know."""
    return hashlib.sha256(b"lamplight vectors: " + name.encode()).digest()


LOG = SigningKey(ORIGIN, seed("log"))
WITNESSES = [CosigningKey(f"{name}.lamplight.example/w", seed(name)) for name in ("ana", "ben", "chloe")]
ML_DSA = MLDSA44PrivateKey.from_seed_bytes(seed("dev"))
DEV = CosignerKey("dev.lamplight.example/w", ML_DSA_44, ML_DSA.public_key().public_bytes_raw())


def checkpoint(size: int) -> Checkpoint:
    """What the log says of itself at this size."""
    return Checkpoint(ORIGIN, size, root(STORE.leaf_hashes[:size]))


def cosigned(size: int) -> str:
    """The log's checkpoint with the cosignatures of the three Ed25519 witnesses."""
    lines = [cosign(checkpoint(size).body, key, TIME + size).line for key in WITNESSES]
    return signed(checkpoint(size), LOG) + "".join(lines)


def ml_dsa_cosignature() -> str:
    """A new signature line of the ML-DSA witness on the checkpoint of 300 entries, another one every time."""
    message = cosigned_message(checkpoint(300).body, DEV, TIME)
    return Signature(DEV.name, DEV.key_id, TIME.to_bytes(8) + ML_DSA.sign(message)).line


def conversation() -> list[dict[str, Any]]:
    """Requests to a witness that starts empty, in order, with its answers."""
    witness = Witness(WITNESSES[0].name, WITNESSES[0].seed, [LOG.verification_key])
    stranger = signed(checkpoint(7), SigningKey(ORIGIN, seed("stranger")))
    fork = sign(Checkpoint(ORIGIN, 7, root(STORE.leaf_hashes[1:8])).body, [LOG])
    elsewhere = sign(checkpoint(7).body.replace(ORIGIN, "elsewhere.example"), [LOG])
    proof = consistency_proof(7, STORE.leaf_hashes)
    requests = [
        ("the first checkpoint", request_body(0, [], signed(checkpoint(7), LOG))),
        ("the same again", request_body(7, [], signed(checkpoint(7), LOG))),
        ("from a size it has left behind", request_body(0, [], signed(checkpoint(300), LOG))),
        ("from a size beyond the checkpoint", request_body(8, [], signed(checkpoint(7), LOG))),
        ("another history of the same size", request_body(7, [], fork)),
        ("without a proof", request_body(7, [], signed(checkpoint(300), LOG))),
        ("with a proof out of order", request_body(7, proof[::-1], signed(checkpoint(300), LOG))),
        ("signed by a stranger", request_body(7, [], stranger)),
        ("of a log it does not know", request_body(7, [], elsewhere)),
        (
            "without its empty line",
            request_body(7, [], signed(checkpoint(7), LOG)).replace(b"\n\n", b"\n", 1),
        ),
        ("grown, with its proof", request_body(7, proof, signed(checkpoint(300), LOG))),
        ("an older state", request_body(7, [], signed(checkpoint(7), LOG))),
    ]
    said = []
    for number, (name, body) in enumerate(requests):
        status, content_type, answer = witness.answer(body, TIME + number)
        spoken = answer.decode() if status in (200, 409) else ""
        said.append(
            {"name": name, "request": body.decode(), "status": status, "type": content_type, "answer": spoken}
        )
    return said


def vectors() -> dict[str, Any]:
    """Everything the file holds."""
    policy = "".join(
        [f"log {LOG.verification_key.text} https://log.lamplight.example/\n"]
        + [f"witness w{at} {key.cosigner_key.text}\n" for at, key in enumerate(WITNESSES)]
        + ["group two 2 w0 w1 w2\nquorum two\n"]
    )
    parse_policy(policy)
    return {
        "about": "Made by python -m tests.core.governance.make_vectors; entry i is 'entry i' in ASCII; hashes in hex.",
        "roots": {size: root(STORE.leaf_hashes[:size]).hex() for size in SIZES},
        "inclusion": [
            {
                "index": index,
                "size": size,
                "proof": [one.hex() for one in inclusion_proof(index, STORE.leaf_hashes[:size])],
            }
            for size in (1, 2, 7, 33, 257, 300)
            for index in sorted({0, size // 2, size - 1})
        ],
        "consistency": [
            {
                "old": old,
                "new": new,
                "proof": [one.hex() for one in consistency_proof(old, STORE.leaf_hashes[:new])],
            }
            for old, new in (
                (1, 1),
                (1, 2),
                (3, 7),
                (4, 7),
                (6, 8),
                (32, 257),
                (256, 257),
                (256, 300),
                (299, 300),
            )
        ],
        "tiles": [
            {"path": tile.path, "sha256": hashlib.sha256(STORE.file(tile)).hexdigest()}
            for tile in [*new_tiles(0, 7), *new_tiles(7, 256), *new_tiles(256, 300)]
        ],
        "log": {"vkey": LOG.verification_key.text, "skey": LOG.text},
        "witnesses": [
            {"vkey": key.cosigner_key.text, "seed": key.seed.hex(), "name": key.name} for key in WITNESSES
        ],
        "note": {"text": "A note,\n\nof two parts.\n", "note": sign("A note,\n\nof two parts.\n", [LOG])},
        "checkpoints": {size: cosigned(size) for size in (0, 1, 7, 256, 300)},
        "ml_dsa_44": {"vkey": DEV.text, "size": 300, "time": TIME},
        "policy": policy,
        "proof": {
            "entry": "entry 123",
            "text": EntryProof(123, inclusion_proof(123, STORE.leaf_hashes), cosigned(300)).text,
        },
        "conversation": conversation(),
    }


def text() -> str:
    """The file as it lies in the repository."""
    return json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the files and say where they are."""
    FOLDER.mkdir(exist_ok=True)
    LOG_FILE.write_text(text(), encoding="utf-8")
    if not ML_DSA_FILE.exists():
        ML_DSA_FILE.write_text(ml_dsa_cosignature(), encoding="utf-8")
    for path in (LOG_FILE, ML_DSA_FILE):
        print(f"{path.relative_to(FOLDER.parents[3])}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
