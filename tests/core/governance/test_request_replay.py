"""Leaves folded into requests, and what the rows say otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.core.request_replay import (
    ACTIONS,
    PolicyRow,
    Replay,
    Request,
    Said,
    policy_faults,
    request_faults,
    terms_digest,
)
from governance.core.states import TRANSITIONS, UNFINISHED, Deed, State
from governance.core.stored_entry import Fault

FIRST, SECOND = "a" * 64, "b" * 64
BASE: dict[str, Any] = {
    "actor": "p-0123456789",
    "role": "board_member",
    "jurisdiction": "rivermark",
    "subject_kind": "recipe",
    "subject": FIRST,
    "policy_version": 1,
}


def leaf(action: str, outcome: str = "open", subject: str = FIRST, **detail: Any) -> dict[str, Any]:
    """Return one entry about request 7; `detail` changes what it says."""
    said = {"request": 7, "revision": 1, **detail}
    return {**BASE, "action": action, "outcome": outcome, "subject": subject, "detail": said}


OPENED = leaf("request.opened", scripted=False)
YES = leaf("vote.cast", stage="board", verdict="approve", delegated=False)
LAST_YES = {**YES, "outcome": "approved", "actor": "p-9876543210"}
REVISED = leaf("request.revised", subject=SECOND, revision=2, before=FIRST, adds=True)
DONE = leaf("approval.redeemed", "executed")


def replayed(*leaves: dict[str, Any], lost: tuple[range, ...] = ()) -> Replay:
    replay = Replay(lost)
    for number, each in enumerate(leaves, 10):
        replay.take(number, each)
    return replay


def the_request(*leaves: dict[str, Any]) -> Request:
    replay = replayed(*leaves)
    assert list(replay.faults) == []
    (found,) = {**replay.unfinished, **replay.finished}.values()
    return found


def test_a_request_is_what_its_leaves_made_of_it() -> None:
    found = the_request(OPENED, YES, LAST_YES, DONE)
    assert (found.state, found.revision, found.digest, found.entry) == ("executed", 1, FIRST, 13)
    assert [each.entry for each in found.said] == [11, 12]
    assert found.approvals() == 2


def test_an_edit_is_a_new_revision_on_which_earlier_votes_do_not_count() -> None:
    found = the_request(OPENED, YES, LAST_YES, REVISED)
    assert (found.state, found.revision, found.digest) == ("open", 2, SECOND)
    assert (len(found.said), found.approvals()) == (2, 0)


@pytest.mark.parametrize(
    ("leaves", "state"),
    [
        ([{**YES, "outcome": "rejected", "detail": {**YES["detail"], "verdict": "reject"}}], "rejected"),
        ([{**YES, "outcome": "returned", "detail": {**YES["detail"], "verdict": "return"}}], "returned"),
        ([leaf("request.expired", "expired")], "expired"),
        ([leaf("request.withdrawn", "withdrawn")], "withdrawn"),
        ([LAST_YES, leaf("approval.revoked", "revoked")], "revoked"),
        ([leaf("voter.recused")], "open"),
    ],
)
def test_every_end_is_told_by_the_leaves(leaves: list[dict[str, Any]], state: str) -> None:
    replay = replayed(OPENED, *leaves)
    assert list(replay.faults) == []
    finished = state not in UNFINISHED
    assert (7 in replay.finished, 7 in replay.unfinished) == (finished, not finished)
    assert (replay.finished if finished else replay.unfinished)[7].state == state


@pytest.mark.parametrize(
    ("leaves", "words"),
    [
        ([OPENED, OPENED], "Entry 11 opens request 7, which is there already"),
        ([{**OPENED, "outcome": "approved"}], "Entry 10 opens request 7, which is there already or not new"),
        ([YES], "Entry 10 speaks of request 7, which by the log is not open"),
        ([OPENED, DONE], "Entry 11 says that request 7 is executed then, which does not follow from open"),
        ([OPENED, {**YES, "outcome": "rejected"}], "says that request 7 is rejected then"),
        ([OPENED, {**YES, "subject": SECOND}], "Entry 11 speaks of another revision of request 7"),
        ([OPENED, {**REVISED, "detail": {**REVISED["detail"], "revision": 3}}], "another revision"),
        ([OPENED, LAST_YES, DONE, YES], "Entry 13 speaks of request 7"),
        ([OPENED, {**YES, "detail": {"request": 7}}], "Entry 11 does not say what an entry 'vote.cast' must"),
        ([{**OPENED, "detail": None}], "Entry 10 does not say what an entry 'request.opened' must"),
    ],
)
def test_a_leaf_that_does_not_follow_is_named(leaves: list[dict[str, Any]], words: str) -> None:
    (fault,) = replayed(*leaves).faults
    assert words in fault.sentence
    assert f"Entry {fault.entry}" in fault.sentence


def test_entries_taken_back_after_a_loss_left_no_rows() -> None:
    replay = replayed(OPENED, LAST_YES, DONE, lost=(range(11, 13),))
    assert list(replay.faults) == []
    assert replay.unfinished[7].state == "open"


def test_what_is_finished_is_handed_over_once() -> None:
    replay = replayed(OPENED, LAST_YES, DONE)
    assert list(replay.take_finished()) == [7]
    assert replay.take_finished() == {}


@given(steps=st.lists(st.sampled_from(list(Deed)), max_size=8))
@settings(deadline=None)
def test_a_walk_through_the_table_of_states_is_rebuilt_and_one_beside_it_is_named(steps: list[Deed]) -> None:
    words = {
        Deed.REVISE: "request.revised", Deed.EXPIRE: "request.expired", Deed.EXECUTE: "approval.redeemed",
        Deed.WITHDRAW: "request.withdrawn", Deed.REVOKE: "approval.revoked",
    }  # fmt: skip
    state, revision, leaves = State.OPEN, 1, [OPENED]
    for step in steps:
        after = TRANSITIONS.get((state, step))
        if after is None:
            break
        more = (
            {"before": format(revision - 1, "064x") if revision > 1 else FIRST} if step is Deed.REVISE else {}
        )
        revision += step is Deed.REVISE
        subject = format(revision - 1, "064x") if revision > 1 else FIRST
        more |= {} if step in words else {"verdict": step.value}
        leaves.append(leaf(words.get(step, "vote.cast"), after.value, subject, revision=revision, **more))
        state = after
    found = the_request(*leaves)
    assert (found.state, found.revision) == (state, revision)
    for other in set(State) - {state}:
        if len(leaves) > 1 and not (leaves[-1]["action"] == "vote.cast" and other is State.OPEN):
            assert replayed(*leaves[:-1], {**leaves[-1], "outcome": other.value}).faults


SAID = Said(11, "approve", 1, FIRST, "p-1", "board_member", "board")
TOLD = Request(7, "rivermark", "recipe", FIRST, 1, "approved", 1, entry=12, said=[SAID])


def row(**changed: Any) -> Request:
    return replace(TOLD, **{"entry": -1, "said": [SAID], **changed})


def test_rows_that_say_the_same_are_left_alone() -> None:
    assert request_faults({7: TOLD}, {7: row()}) == []


@pytest.mark.parametrize(
    ("rows", "entry", "words"),
    [
        ({}, 12, "its row is gone"),
        ({7: row(state="executed")}, 12, "has the state executed in its table, and by the log approved"),
        ({7: row(said=[])}, 11, "tells of a “approve” on request 7, and its row is gone"),
        ({7: row(said=[SAID._replace(deed="reject")])}, 11, "the deed reject instead of approve"),
        ({7: row(said=[SAID._replace(actor="p-2")])}, 11, "it has who did it"),
        ({7: row(said=[SAID, SAID])}, None, "names entry 11, which is not its"),
        ({7: row(said=[SAID, SAID._replace(entry=3)])}, None, "names entry 3, which is not its"),
        (
            {7: row(), 8: row(number=8)},
            None,
            "Request 8 is in its table, and no entry says that it was opened",
        ),
    ],
)
def test_a_row_that_says_otherwise_is_named_with_the_entry(
    rows: dict[int, Request], entry: int | None, words: str
) -> None:
    (fault,) = request_faults({7: TOLD}, rows)
    assert fault.entry == entry
    assert words in fault.sentence


@given(
    leaves=st.lists(
        st.fixed_dictionaries(
            {"action": st.sampled_from(ACTIONS)},
            optional={
                "detail": st.one_of(
                    st.none(),
                    st.dictionaries(
                        st.sampled_from(["request", "revision", "verdict", "before"]),
                        st.one_of(st.none(), st.integers(0, 9), st.just("approve"), st.lists(st.none())),
                    ),
                ),
                "subject": st.one_of(st.none(), st.just(FIRST)),
                "outcome": st.one_of(st.none(), st.sampled_from(list(State))),
            },
        ),
        max_size=5,
    )
)
@settings(max_examples=300, deadline=None)
def test_whatever_a_leaf_says_it_stops_nobody(leaves: list[dict[str, Any]]) -> None:
    replay = replayed(OPENED, *leaves)
    assert all(isinstance(fault, Fault) for fault in replay.faults)


# --- policies -------------------------------------------------------------------------------------------------------

TERMS = {"override_quorum": 2}
GENESIS = {
    "action": "jurisdiction.genesis", "index": 0, "jurisdiction": "rivermark", "policy_version": 1,
    "subject": terms_digest(TERMS), "detail": {"people": 2, "recipes_digest": ""},
}  # fmt: skip
ADOPTED = {
    **GENESIS,
    "action": "policy.adopted",
    "index": 40,
    "policy_version": 2,
    "subject": SECOND,
    "detail": {"terms": terms_digest(TERMS), "in_force_from": "2026-12-01T05:00Z"},
}
ROWS = [
    PolicyRow("rivermark", 1, terms_digest(TERMS), TERMS, "2016-11-22T16:40Z"),
    PolicyRow("rivermark", 2, SECOND, TERMS, "2026-12-01T05:00Z"),
]


def test_policies_that_the_log_tells_of_are_left_alone() -> None:
    assert policy_faults([GENESIS, ADOPTED], ROWS) == []


@pytest.mark.parametrize(
    ("rows", "entry", "words"),
    [
        (ROWS[:1], 40, "Policy 2 of rivermark is in the log and no longer in its table"),
        (
            [*ROWS, ROWS[1]._replace(version=3)],
            None,
            "Policy 3 of rivermark is in its table, and no entry says",
        ),
        (
            [ROWS[0]._replace(terms={"override_quorum": 1}), ROWS[1]],
            0,
            "Policy 1 of rivermark has other terms",
        ),
        ([ROWS[0], ROWS[1]._replace(terms={})], 40, "Policy 2 of rivermark has other terms"),
        ([ROWS[0], ROWS[1]._replace(digest=FIRST)], 40, "Policy 2 of rivermark has another digest"),
        ([ROWS[0], ROWS[1]._replace(begins="2020-01-01T00:00Z")], 40, "has another first day"),
    ],
)
def test_a_policy_that_says_otherwise_is_named(rows: list[PolicyRow], entry: int | None, words: str) -> None:
    (fault,) = policy_faults([GENESIS, ADOPTED], rows)
    assert fault.entry == entry
    assert words in fault.sentence


def test_a_policy_adopted_in_entries_that_came_back_has_no_row() -> None:
    assert policy_faults([GENESIS, ADOPTED], ROWS[:1], lost=[range(30, 41)]) == []


def test_terms_that_are_no_json_are_no_terms_of_any_entry() -> None:
    assert terms_digest({"a": float("nan")}) == ""
