"""A role that the log does not tell of, or tells of otherwise, is found and its row named."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.core.consequences import ACTIONS
from governance.core.genesis_and_roles import (
    Grant,
    Place,
    account_digest,
    genesis_and_role_faults,
    place_of,
    roles_digest,
)
from governance.core.kept_beside import text_faults

RECIPES = ("a" * 64, "b" * 64)
PLACE = Place("demo", "c" * 64, RECIPES)
GENESIS: dict[str, Any] = {
    "action": "jurisdiction.genesis",
    "index": 4,
    "time": "2026-11-22T16:40Z",
    "jurisdiction": "demo",
    "subject": "c" * 64,
    "detail": {"people": 2, "recipes_digest": hashlib.sha256("".join(RECIPES).encode()).hexdigest()},
}
FIRST = [
    Grant(number, "demo", account_digest(f"p-{number}"), role, "2026-11-22T16:40Z", revoked=False)
    for number, role in ((1, "service"), (2, "board_member"), (3, "administrator"))
]
LATER = Grant(4, "demo", account_digest("p-4"), "analyst", "2026-11-23T09:00Z", revoked=False)


def told(action: str, grant: Grant) -> dict[str, Any]:
    """The entry about a role granted or revoked later."""
    return {
        "action": action,
        "index": 9,
        "time": grant.granted_at,
        "jurisdiction": grant.jurisdiction,
        "subject": grant.account,
        "detail": {"role": grant.role},
    }


GRANTED, REVOKED = told("role.granted", LATER), told("role.revoked", LATER)


def the_fault(leaves: list[dict[str, Any]], grants: list[Grant], places: list[Place] | None = None) -> str:
    """The one sentence about what does not agree."""
    (fault,) = genesis_and_role_faults(leaves, [PLACE] if places is None else places, grants)
    assert fault.entry is None
    return fault.sentence


@pytest.mark.parametrize(
    ("leaves", "grants"),
    [
        ([GENESIS], FIRST),
        ([GENESIS, GRANTED], [*FIRST, LATER]),
        ([GENESIS, GRANTED, REVOKED], [*FIRST, replace(LATER, revoked=True)]),
        (
            [GENESIS, GRANTED, REVOKED, GRANTED],
            [*FIRST, replace(LATER, revoked=True), replace(LATER, number=5)],
        ),
        ([GENESIS, told("role.revoked", FIRST[1])], [FIRST[0], replace(FIRST[1], revoked=True), FIRST[2]]),
    ],
)
def test_what_the_services_do_agrees_with_the_log(leaves: list[dict[str, Any]], grants: list[Grant]) -> None:
    assert genesis_and_role_faults(leaves, [PLACE], grants) == []


def test_a_role_without_an_entry_is_named() -> None:
    assert the_fault([GENESIS], [*FIRST, LATER]) == (
        "Role grant 4 (analyst in demo) has no entry in the log."
    )


def test_a_role_slipped_in_under_an_early_date_is_among_those_named() -> None:
    early = replace(LATER, granted_at="2026-11-22T16:39Z")
    sentence = the_fault([GENESIS], [*FIRST, early])
    assert "tells of 3 first roles, and the table holds 4" in sentence
    assert "role grant 4 (analyst in demo)" in sentence


def test_a_first_role_that_was_removed_is_noticed() -> None:
    assert "tells of 3 first roles, and the table holds 2" in the_fault([GENESIS], FIRST[:2])


def test_a_granted_role_whose_row_is_gone_is_noticed() -> None:
    assert "the role analyst was granted in demo" in the_fault([GENESIS, GRANTED], FIRST)


def test_a_row_given_to_somebody_else_is_noticed() -> None:
    other = replace(LATER, account=account_digest("p-9"))
    found = [each.sentence for each in genesis_and_role_faults([GENESIS, GRANTED], [PLACE], [*FIRST, other])]
    assert "Role grant 4 (analyst in demo) has no entry in the log." in found


def test_a_revocation_that_was_undone_is_named() -> None:
    assert "Role grant 4 (analyst in demo) is in force, although" in the_fault(
        [GENESIS, GRANTED, REVOKED], [*FIRST, LATER]
    )


def test_a_revocation_without_an_entry_is_named() -> None:
    assert "Role grant 4 (analyst in demo) is revoked in its table" in the_fault(
        [GENESIS, GRANTED], [*FIRST, replace(LATER, revoked=True)]
    )


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (replace(PLACE, policy="d" * 64), "The first policy of demo"),
        (replace(PLACE, recipes=RECIPES[:1]), "The first recipes of demo"),
    ],
)
def test_an_edited_first_fact_is_named(place: Place, words: str) -> None:
    assert the_fault([GENESIS], FIRST, [place]).startswith(words)


def test_a_jurisdiction_without_its_genesis_is_noticed() -> None:
    assert "without a genesis entry" in the_fault([], [], [PLACE])


def test_a_jurisdiction_that_is_gone_is_noticed() -> None:
    found = [each.sentence for each in genesis_and_role_faults([GENESIS], [], [])]
    assert "The jurisdiction demo is in the log and no longer in its table." in found


def test_a_role_granted_in_entries_that_came_back_without_their_rows_is_not_missed() -> None:
    assert genesis_and_role_faults([GENESIS, GRANTED, recovered(9, 10)], [PLACE], FIRST) == []
    assert "is gone from the table" in the_fault([GENESIS, GRANTED, recovered(10, 12)], FIRST)


def recovered(start: int, end: int, index: int = 12) -> dict[str, Any]:
    """The entry about a range of entries that were taken back."""
    return {"action": "log.recovered", "index": index, "detail": {"from_size": start, "to_size": end}}


def test_a_role_revoked_in_entries_that_came_back_must_be_revoked() -> None:
    early = {**GRANTED, "index": 8}
    told_of = [GENESIS, early, REVOKED, recovered(9, 10)]
    assert "is in force, although the log says" in the_fault(told_of, [*FIRST, LATER])
    assert genesis_and_role_faults(told_of, [PLACE], [*FIRST, replace(LATER, revoked=True)]) == []


def test_a_role_revoked_in_entries_that_came_back_and_granted_again_since_stands() -> None:
    old, new = replace(LATER, revoked=True), replace(LATER, number=5, granted_at="2026-11-24T09:00Z")
    again = {**told("role.granted", new), "index": 20}
    lost = [REVOKED, {**GRANTED, "index": 10}, {**REVOKED, "index": 11}]
    told_of = [GENESIS, {**GRANTED, "index": 8}, *lost, recovered(9, 12, 13), again]
    assert genesis_and_role_faults(told_of, [PLACE], [*FIRST, old, new]) == []
    both = genesis_and_role_faults(told_of, [PLACE], [*FIRST, old, replace(new, revoked=True)])
    assert "is revoked in its table, and the log has no entry" in both[0].sentence


def test_of_a_recovery_that_was_itself_lost_and_taken_back_the_later_one_counts() -> None:
    granted, revoked = {**GRANTED, "index": 10}, {**REVOKED, "index": 11}
    told_of = [GENESIS, granted, revoked, recovered(9, 14, 15), recovered(11, 18, 20)]
    assert genesis_and_role_faults(told_of, [PLACE], [*FIRST, replace(LATER, revoked=True)]) == []


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2)
)
DETAILS = st.one_of(
    ODD,
    st.dictionaries(
        st.sampled_from(["role", "people", "recipes_digest", "from_size", "to_size", "entry", "district"]),
        ODD,
    ),
)


@given(
    leaves=st.lists(
        st.fixed_dictionaries(
            {"action": st.sampled_from(ACTIONS)},
            optional={"detail": DETAILS, "jurisdiction": ODD, "subject": ODD, "time": ODD},
        ),
        max_size=6,
    )
)
@settings(max_examples=300, deadline=None)
def test_whatever_an_entry_says_of_roles_it_is_named_and_stops_nobody(leaves: list[dict[str, Any]]) -> None:
    numbered = [{**leaf, "index": number} for number, leaf in enumerate(leaves, 30)]
    faults = genesis_and_role_faults([GENESIS, *numbered], [PLACE], FIRST)
    for leaf in numbered:
        if not isinstance(leaf.get("detail"), dict):
            assert any(fault.entry == leaf["index"] for fault in faults)
    assert text_faults([1, 2], numbered, {1}) is not None


@pytest.mark.parametrize(
    ("leaf", "missing"),
    [
        ({**GRANTED, "detail": None}, "'detail'"),
        ({**GRANTED, "detail": {"role": 7}}, "'detail.role'"),
        ({**REVOKED, "jurisdiction": None}, "'jurisdiction'"),
        ({**GENESIS, "index": 9, "detail": {"people": True, "recipes_digest": ""}}, "'detail.people'"),
        ({**recovered(0, 10**15), "index": 9}, "range of sizes"),
        ({**recovered(5, 5), "index": 9}, "range of sizes"),
        ({"action": "text.erased", "index": 9, "detail": {"entry": 9}}, "'detail.entry'"),
    ],
)
def test_an_entry_that_does_not_say_what_it_must_is_named(leaf: dict[str, Any], missing: str) -> None:
    (fault,) = genesis_and_role_faults([GENESIS, leaf], [PLACE], FIRST)
    assert fault.entry == 9
    assert f"its {missing} is missing or makes no sense" in fault.sentence


@pytest.mark.parametrize(
    "genesis",
    [None, [], "x", {}, {"policy": 7}, {"policy": [7], "recipe": None}, {"policy": {}, "recipe": "ab"}],
)
def test_whatever_the_column_of_first_facts_holds_it_is_compared(genesis: object) -> None:
    faults = genesis_and_role_faults([GENESIS], [place_of("demo", genesis)], FIRST)
    assert any("The first policy of demo" in fault.sentence for fault in faults)


def test_the_place_of_an_untouched_row_is_the_one_recorded() -> None:
    assert place_of("demo", {"policy": ["c" * 64], "recipe": list(RECIPES)}) == PLACE


SIGNED = {**GENESIS, "detail": {**GENESIS["detail"], "roles_digest": ""}}
SIGNED["detail"]["roles_digest"] = roles_digest((each.account, each.role, each.district) for each in FIRST)


def test_the_digest_of_the_first_roles_does_not_depend_on_the_order_of_rows() -> None:
    assert genesis_and_role_faults([SIGNED], [PLACE], FIRST[::-1]) == []


@pytest.mark.parametrize(
    "edited",
    [
        replace(FIRST[1], account=account_digest("p-9")),
        replace(FIRST[1], role="board_chair"),
        replace(FIRST[1], district="north"),
    ],
)
def test_a_first_role_in_other_hands_another_role_or_elsewhere_is_noticed(edited: Grant) -> None:
    assert "are not those of its genesis entry" in the_fault([SIGNED], [FIRST[0], edited, FIRST[2]])


def test_a_grant_that_is_no_longer_what_the_board_agreed_to_is_named() -> None:
    here = replace(LATER, asked="a" * 64)
    entry = {**GRANTED, "detail": {"role": "analyst", "asked": "a" * 64}}
    assert genesis_and_role_faults([GENESIS, entry], [PLACE], [*FIRST, here]) == []
    moved = genesis_and_role_faults([GENESIS, entry], [PLACE], [*FIRST, replace(here, asked="b" * 64)])
    assert [each.sentence for each in moved] == [
        "Role grant 4 (analyst in demo) is not what the board agreed to: another account, role or district.",
        f"No row is the role that entry {entry['index']} says the board agreed to.",
    ]
    assert "No row is the role" in the_fault([GENESIS, entry], [*FIRST, replace(here, asked="")])
