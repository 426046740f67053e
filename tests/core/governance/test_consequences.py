"""The entries whose consequences stand in tables: sorted out, named where they make no sense, and what was lost."""

from typing import Any

import pytest

from governance.core.canonical import leaf_bytes
from governance.core.consequences import (
    ERASED,
    GENESIS,
    GRANTED,
    RECOVERED,
    REVOKED,
    erased_texts,
    is_lost,
    lost_ranges,
    read_leaves,
    sort_out,
)

BASE: dict[str, Any] = {
    "v": 1,
    "time": "2026-11-22T16:40Z",
    "actor": "p-0123456789",
    "role": "service",
    "subject_kind": "test",
    "subject": "a" * 64,
    "outcome": "done",
    "jurisdiction": "rivermark",
}
DETAILS: dict[str, dict[str, Any]] = {
    GENESIS: {"people": 3, "recipes_digest": "b" * 64},
    GRANTED: {"role": "analyst"},
    REVOKED: {"role": "analyst"},
    ERASED: {"entry": 2},
    RECOVERED: {"from_size": 2, "to_size": 5},
}


def leaf(action: str, index: int = 9, **detail: Any) -> dict[str, Any]:
    """Return one entry with consequences; `detail` changes what it says."""
    return {**BASE, "action": action, "index": index, "detail": {**DETAILS[action], **detail}}


@pytest.mark.parametrize("action", DETAILS)
def test_an_entry_that_says_what_it_must_is_good(action: str) -> None:
    assert sort_out([leaf(action)]) == ([leaf(action)], [])


def test_other_entries_have_no_consequences_here() -> None:
    assert sort_out([{**BASE, "action": "vote.cast", "index": 1}]) == ([], [])


@pytest.mark.parametrize(
    ("action", "detail"),
    [
        (GENESIS, {"people": -1}),
        (GENESIS, {"people": "three"}),
        (GRANTED, {"role": 7}),
        (ERASED, {"entry": 9}),
        (ERASED, {"entry": -1}),
        (ERASED, {"entry": True}),
        (RECOVERED, {"from_size": 5}),
        (RECOVERED, {"to_size": 10}),
    ],
)
def test_an_entry_that_makes_no_sense_is_named_and_not_acted_upon(
    action: str, detail: dict[str, Any]
) -> None:
    good, faults = sort_out([leaf(action, **detail)])
    assert good == []
    assert [fault.entry for fault in faults] == [9]
    assert f"'{action}'" in faults[0].sentence


@pytest.mark.parametrize("action", DETAILS)
def test_an_entry_without_any_detail_is_named(action: str) -> None:
    bare = {name: value for name, value in leaf(action).items() if name != "detail"}
    good, (fault,) = sort_out([bare])
    assert (good, fault.entry) == ([], 9)
    assert "'detail'" in fault.sentence


def test_an_erasure_names_the_entry_it_erased() -> None:
    assert erased_texts([leaf(ERASED, entry=4), leaf(GRANTED)]) == {4: 9}


def test_what_was_taken_back_is_lost_unless_the_recovery_itself_was_lost() -> None:
    first, second = leaf(RECOVERED, 6, from_size=2, to_size=5), leaf(RECOVERED, 12, from_size=4, to_size=10)
    assert lost_ranges([first]) == [range(2, 5)]
    assert lost_ranges([first, second]) == [range(4, 10)]
    assert is_lost(leaf(GRANTED, 7), lost_ranges([second]))
    assert not is_lost(leaf(GRANTED, 10), lost_ranges([second]))


def test_bytes_that_are_no_entry_are_named_by_their_number() -> None:
    good = {name: value for name, value in leaf(GRANTED).items() if name != "index"}
    leaves, (fault,) = read_leaves([(3, leaf_bytes(good)), (4, b"{}")])
    assert [each["index"] for each in leaves] == [3]
    assert fault.entry == 4
