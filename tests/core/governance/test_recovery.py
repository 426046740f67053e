"""What the board agrees to when the log is to be recovered."""

import hashlib

from governance.core.holds import is_stoppable
from governance.core.recovery import KIND, recovery_digest
from governance.core.stages import DEFAULT_STAGES, OTHERWISE, stages_of


def test_the_digest_is_that_of_the_canonical_bytes() -> None:
    said = b'{"attempt":2,"checkpoint":"lamplight\\n3\\nAA==\\n","from_size":1,"kind":"ledger_recovery"}'
    found = recovery_digest(local_size=1, checkpoint="lamplight\n3\nAA==\n", attempt=2)
    assert found == hashlib.sha256(said).hexdigest()


def test_every_part_of_it_counts() -> None:
    one = {"local_size": 1, "checkpoint": "a", "attempt": 1}
    others = ({"local_size": 2}, {"checkpoint": "b"}, {"attempt": 2})
    assert len({recovery_digest(**(one | other)) for other in ({}, *others)}) == 4  # type: ignore[arg-type]


def test_the_boards_quorum_decides_it_and_no_hold_stops_it() -> None:
    assert KIND not in DEFAULT_STAGES
    assert stages_of({}, KIND) == OTHERWISE
    assert not is_stoppable(KIND)
