"""The four attacks that real transparency logs have failed, each with every right there is, and who catches it."""

from pathlib import Path
from typing import Any

import pytest

from governance import published_log, stored_log
from governance.core.checkpoint import Checkpoint, signed
from governance.core.merkle import consistency_proof, leaf_hash, root
from governance.core.witness_protocol import request_body
from governance.models import Checkpoint as StoredCheckpoint
from governance.models import LedgerEntry, User
from governance.services.sign_checkpoint import sign_checkpoint
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.apps.governance.test_verify_ledger import (
    FLIP,
    FORGE,
    OFF,
    ON,
    execute,
    log,
    roll_back,
    sign_all_again,
    superuser,
    verify,
)
from tests.witness import Witness

__all__ = ["log"]  # the fixture: eight entries, checkpoints of six and of eight
NOON = 1_795_348_800  # POSIX seconds


def kept(tmp_path: Path, name: str) -> str:
    """Keep the newest checkpoint where nobody who has the database can reach it."""
    path = tmp_path / name
    path.write_text(StoredCheckpoint.objects.latest("size").note, encoding="utf-8")
    return str(path)


def first_fault(answer: dict[str, Any]) -> str:
    """The first sentence of the answer."""
    return str(answer["faults"][0]["reason"])


@pytest.fixture
def witness(log: User) -> Witness:
    """A witness in another house, which has cosigned the log as it stands."""
    found = Witness("witness.example/w1", bytes(range(32)), [published_log.log_key().verification_key])
    status, _ = ask(found, 0)
    assert status == 200
    return found


def ask(witness: Witness, seen: int) -> tuple[int, str]:
    """Ask the witness to cosign the newest checkpoint, with the best proof there is; status and answer."""
    newest = StoredCheckpoint.objects.latest("size")
    hashes = [leaf_hash(leaf) for leaf in stored_log.leaves(0, newest.size)]
    proof = consistency_proof(seen, hashes) if 0 < seen <= newest.size else ()
    status, _, body = witness.answer(request_body(seen, proof, newest.note), NOON)
    return status, body.decode()


# --- (a) the payload edited, its hash untouched -------------------------------------------------------------


def test_a_payload_edited_under_its_untouched_hash_is_found_and_the_entry_named(log: User) -> None:
    execute(superuser(), OFF, FLIP, ON)
    code, answer = verify()
    assert code == 1
    assert answer["first_bad_entry"] == 3
    assert "The bytes of entry 3 no longer give its hash" in first_fault(answer)


# --- (b) history rewritten with all its hashes, and signed again with the log's key ---------------------------


def test_a_rewritten_history_signed_again_is_found_by_a_checkpoint_kept_outside(
    log: User, tmp_path: Path
) -> None:
    printed = kept(tmp_path, "printed.txt")
    execute(superuser(), OFF, FORGE, ON)
    sign_all_again()
    assert verify()[0] == 0, "from inside, the forgery is perfect"
    code, answer = verify("--checkpoint", printed)
    assert code == 1
    assert answer["first_bad_entry"] == 0
    assert "not the one that the checkpoint in printed.txt signs: one of the entries 0 to 7" in first_fault(
        answer
    )
    assert "the log's key signed two histories" in first_fault(answer)


def test_a_witness_does_not_cosign_what_follows_from_a_rewritten_history(log: User, witness: Witness) -> None:
    execute(superuser(), OFF, FORGE, ON)
    sign_all_again()
    write_entries(1)
    sign_checkpoint(by=log)
    status, sentence = ask(witness, 8)
    assert status == 422
    assert sentence
    assert witness.latest(published_log.log_key().name)[0] == 8


# --- (c) an older backup restored, and grown differently ------------------------------------------------------


def test_an_older_backup_grown_differently_is_found_by_a_checkpoint_kept_outside(
    log: User, tmp_path: Path
) -> None:
    printed = kept(tmp_path, "printed.txt")
    roll_back(to=6)
    write_entries(5)
    sign_checkpoint(by=log)
    assert verify()[0] == 0, "from inside, nothing is missing"
    code, answer = verify("--checkpoint", printed)
    assert code == 1
    assert answer["first_bad_entry"] == 6
    assert "the checkpoint in printed.txt" in first_fault(answer)
    assert "one of the entries 6 to 7 was changed" in first_fault(answer)


def test_an_older_backup_not_grown_yet_lacks_what_the_kept_checkpoint_covers(
    log: User, tmp_path: Path
) -> None:
    printed = kept(tmp_path, "printed.txt")
    roll_back(to=6)
    code, answer = verify("--checkpoint", printed)
    assert code == 1
    assert "Entry 6 and all later ones are gone: the checkpoint in printed.txt covers 8" in first_fault(
        answer
    )


def test_a_witness_cosigns_neither_the_older_backup_nor_what_grew_from_it(
    log: User, witness: Witness
) -> None:
    roll_back(to=6)
    assert ask(witness, 6)[0] == 409
    assert ask(witness, 6)[1] == "8\n"
    write_entries(5)
    sign_checkpoint(by=log)
    assert ask(witness, 8)[0] == 422


# --- (d) two histories shown to two readers -------------------------------------------------------------------


def second_history(size: int) -> str:
    """A checkpoint of other entries, signed with the log's own key, as a second reader is shown it."""
    leaves = stored_log.leaves(0, LedgerEntry.objects.count())
    leaves[2] = leaves[2].replace(b'"done"', b'"gone"')
    leaves += [b"{}"] * (size - len(leaves))
    key = published_log.log_key()
    return signed(Checkpoint(key.name, size, root(map(leaf_hash, leaves[:size]))), key)


@pytest.mark.parametrize("size", [7, 8])
def test_two_checkpoints_shown_to_two_readers_are_told_apart_when_they_meet(
    log: User, tmp_path: Path, size: int
) -> None:
    first, second = kept(tmp_path, "hers.txt"), tmp_path / "his.txt"
    second.write_text(second_history(size), encoding="utf-8")
    assert verify("--checkpoint", first)[0] == 0
    code, answer = verify("--checkpoint", first, "--checkpoint", str(second))
    assert code == 1
    assert "not the one that the checkpoint in his.txt signs" in first_fault(answer)
    assert answer["first_bad_entry"] is not None


def test_a_second_history_longer_than_the_first_has_no_proof_that_a_witness_would_take(
    log: User, witness: Witness
) -> None:
    body = request_body(8, (bytes(32), bytes(32)), second_history(9))
    assert witness.answer(body, NOON)[0] == 422
