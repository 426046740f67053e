"""What is put to the board when the database came back older than what was published: the bytes that it agrees to."""

import hashlib
import json

KIND = "ledger_recovery"
OPEN_DAYS = 14
"""How long a proposal waits for its quorum, in real time: while the log stands still no clock of a replay is asked."""


def recovery_digest(*, local_size: int, checkpoint: str, attempt: int) -> str:
    """SHA-256, in hex, of what each member of the board agrees to, as JSON with sorted names.

    `local_size`: entries in the database; `checkpoint`: the text of the published checkpoint (origin, size, root) that
    it must reach again. `attempt` counts proposals from 1, so that each is its own request.
    """
    said = {"attempt": attempt, "checkpoint": checkpoint, "from_size": local_size, "kind": KIND}
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
