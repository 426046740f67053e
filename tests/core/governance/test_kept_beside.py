"""Rows beside the log: a text that is gone, a publication and a cosignature that are not what they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from governance.core.checkpoint import Checkpoint, signed
from governance.core.cosignature import CosigningKey, cosign
from governance.core.kept_beside import (
    MOST,
    KeptCosignature,
    Published,
    Watch,
    cosignature_fault,
    publication_fault,
    text_faults,
)
from governance.core.merkle import leaf_hash
from governance.core.note import SigningKey
from governance.core.stored_entry import Fault
from governance.core.witness_policy import parse_policy

LOG = SigningKey("log.example/decisions", bytes(range(32)))
ANA, BEN = (CosigningKey(f"{name}.example/w", bytes([at]) * 32) for at, name in enumerate(("ana", "ben"), 1))
TIME = 1_767_225_600
NOON = datetime.fromtimestamp(TIME, UTC)
CHECKPOINT = Checkpoint(LOG.name, 7, leaf_hash(b"root"))
NOTE = signed(CHECKPOINT, LOG)
LINES = {key.name: cosign(CHECKPOINT.body, key, TIME).line for key in (ANA, BEN)}
POLICY = parse_policy(
    f"log {LOG.verification_key.text}\nwitness ana {ANA.cosigner_key.text}\n"
    f"witness ben {BEN.cosigner_key.text}\ngroup town all ana ben\nquorum town\n"
)
WATCH = Watch(LOG.verification_key, POLICY, announced=3)
GOOD = Published(1, 7, NOTE + "".join(LINES.values()), True, NOON, NOON, NOON)
KEPT = KeptCosignature(1, 7, NOTE, "ana", LINES[ANA.name], NOON)


def words(fault: Fault | None) -> str:
    """The sentence of a fault; it concerns no entry."""
    assert fault is not None
    assert fault.entry is None
    return fault.sentence


def erased(entry: int, index: int = 20) -> dict[str, Any]:
    """The entry by which a text was erased."""
    return {"action": "text.erased", "index": index, "subject": "a" * 64, "detail": {"entry": entry}}


RECOVERED = {"action": "log.recovered", "index": 30, "detail": {"from_size": 5, "to_size": 8}}


def test_a_text_is_gone_by_an_entry_or_by_a_loss_and_in_no_other_way() -> None:
    assert text_faults([3, 5, 7], [erased(3), RECOVERED], set()) == []
    assert text_faults([3, 5, 8], [erased(3), RECOVERED], set()) == [
        Fault(8, "The text of entry 8 is gone, and no entry says that it was erased.")
    ]


def test_an_erased_text_that_is_kept_is_named() -> None:
    (fault,) = text_faults([], [erased(3)], {3})
    assert fault == Fault(3, "The text of entry 3 is kept, although entry 20 says that it was erased.")


def test_of_many_lost_texts_some_are_named_and_the_rest_counted() -> None:
    *named, last = text_faults(range(100, 100 + MOST + 5), [], set())
    assert len(named) == MOST
    assert last.sentence == "The same is true of 5 entries more."


@pytest.mark.parametrize("verify", [True, False])
def test_an_honest_publication_and_cosignature_stand(*, verify: bool) -> None:
    assert publication_fault(GOOD, WATCH, verify=verify) is None
    assert cosignature_fault(KEPT, WATCH, verify=verify) is None


@pytest.mark.parametrize("late", [timedelta(minutes=2), timedelta(seconds=30)])
def test_a_publication_from_before_what_it_publishes_is_named(late: timedelta) -> None:
    """A clock that is set back by less than a minute accuses nobody."""
    for early in (replace(GOOD, signed_at=NOON + late), replace(GOOD, newest_entry_at=NOON + late)):
        fault = publication_fault(early, None, verify=False)
        assert (fault is not None) == (late > timedelta(minutes=1))
        assert fault is None or "bears a time before" in words(fault)


@pytest.mark.parametrize("verify", [True, False])
def test_a_quorum_that_the_note_does_not_bear_is_named(*, verify: bool) -> None:
    alone = replace(GOOD, note=NOTE + LINES[ANA.name])
    assert "do not make it" in words(publication_fault(alone, WATCH, verify=verify))
    assert publication_fault(replace(alone, quorum_met=False), WATCH, verify=verify) is None


def test_a_publication_from_before_todays_policy_is_not_judged_by_it() -> None:
    alone = replace(GOOD, note=NOTE)
    assert publication_fault(alone, replace(WATCH, announced=7), verify=True) is None
    assert publication_fault(alone, replace(WATCH, announced=None), verify=True) is None


def test_a_cosignature_in_the_note_that_does_not_verify_is_named() -> None:
    other = Checkpoint(LOG.name, 7, leaf_hash(b"another root"))
    forged = replace(GOOD, note=signed(other, LOG) + "".join(LINES.values()))
    assert "is not genuine" in words(publication_fault(forged, WATCH, verify=True))


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (replace(KEPT, line="nonsense"), "is not valid"),
        (replace(KEPT, line=KEPT.line * 2), "is not one signature line"),
        (replace(KEPT, witness="ben"), "not made with that witness's key"),
        (replace(KEPT, note=signed(Checkpoint(LOG.name, 6, leaf_hash(b"x")), LOG)), "is not valid"),
        (replace(KEPT, cosigned_at=NOON - timedelta(days=1)), "bears another time than its line"),
    ],
)
def test_a_row_that_is_no_cosignature_of_its_checkpoint_is_named(row: KeptCosignature, what: str) -> None:
    assert what in words(cosignature_fault(row, WATCH, verify=True))


def test_a_cosignature_of_a_former_witness_is_left_alone() -> None:
    former = replace(KEPT, witness="the old name")
    assert cosignature_fault(former, replace(WATCH, announced=None), verify=True) is None
