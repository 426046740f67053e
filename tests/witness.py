"""A witness that conforms to c2sp.org/tlog-witness v1.0.0, in memory: what stands behind the HTTP of the tests."""

from collections.abc import Iterable
from threading import Lock

from governance.core.checkpoint import Checkpoint, CheckpointError, parse_body
from governance.core.cosignature import CosignerKey, CosigningKey, cosign
from governance.core.merkle import EMPTY_ROOT, ProofError, verify_consistency
from governance.core.note import NoteError, VerificationKey, open_note, take_note_apart
from governance.core.witness_protocol import (
    SIZE_TYPE,
    AddCheckpoint,
    WitnessProtocolError,
    parse_request,
)

Response = tuple[int, str, bytes]  # status, content type, body
PLAIN = "text/plain; charset=utf-8"


class Witness:
    """Cosigns what continues the last checkpoint it cosigned of each log, and nothing else."""

    def __init__(self, name: str, seed: bytes, log_keys: Iterable[VerificationKey]) -> None:
        self._key = CosigningKey(name, seed)
        self._log_keys = list(log_keys)
        self._latest: dict[str, tuple[int, bytes]] = {}
        self._lock = Lock()

    @property
    def key(self) -> CosignerKey:
        """The public key under which its cosignatures count."""
        return self._key.cosigner_key

    def latest(self, origin: str) -> tuple[int, bytes]:
        """Size and root of the last checkpoint it cosigned of this log; of an unseen log, those of the empty one."""
        return self._latest.get(origin, (0, EMPTY_ROOT))

    def answer(self, body: bytes, now: int) -> Response:
        """Answer one request, in the order of checks that the specification asks for."""
        try:
            request = parse_request(body)
            text, _ = take_note_apart(request.note)
        except (WitnessProtocolError, NoteError) as problem:
            return _refusal(400, str(problem))
        origin = text.partition("\n")[0]
        keys = [key for key in self._log_keys if key.name == origin]
        if not keys:
            return _refusal(404, f"the log {origin} is unknown here")
        try:
            open_note(request.note, keys)
            checkpoint = parse_body(text)
        except NoteError as problem:
            return _refusal(403, str(problem))
        except CheckpointError as problem:
            return _refusal(422 if "empty log" in str(problem) else 400, str(problem))
        with self._lock:  # to check against the latest state and to replace it is one step
            return self._judge(request, checkpoint, text, now)

    def _judge(self, request: AddCheckpoint, checkpoint: Checkpoint, text: str, now: int) -> Response:
        size, root = self.latest(checkpoint.origin)
        if request.old_size > checkpoint.size:
            return _refusal(400, "the old size is larger than the checkpoint")
        if request.old_size != size:
            return 409, SIZE_TYPE, f"{size}\n".encode()
        try:
            _check_continues(request, checkpoint, root)
        except ProofError as problem:
            return _refusal(422, str(problem))
        self._latest[checkpoint.origin] = (checkpoint.size, checkpoint.root)
        return 200, PLAIN, cosign(text, self._key, now).line.encode()


def _check_continues(request: AddCheckpoint, checkpoint: Checkpoint, root: bytes) -> None:
    """Check the proof from the latest state; everything continues an empty log, and needs no proof."""
    if request.old_size == 0:
        if request.proof:
            raise ProofError("from size 0 the proof is empty")
        return
    verify_consistency(
        old_size=request.old_size,
        new_size=checkpoint.size,
        old_root=root,
        new_root=checkpoint.root,
        proof=request.proof,
    )


def _refusal(status: int, sentence: str) -> Response:
    return status, PLAIN, f"{sentence}\n".encode()
