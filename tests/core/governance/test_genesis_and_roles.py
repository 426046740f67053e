"""A role that the log does not tell of, or tells of otherwise, is found and its row named."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from governance.core.genesis_and_roles import (
    Grant,
    Place,
    account_digest,
    genesis_and_role_faults,
    roles_digest,
)

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
    (sentence,) = genesis_and_role_faults(leaves, [PLACE] if places is None else places, grants)
    return sentence


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
    found = genesis_and_role_faults([GENESIS, GRANTED], [PLACE], [*FIRST, other])
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
    found = genesis_and_role_faults([GENESIS], [], [])
    assert "The jurisdiction demo is in the log and no longer in its table." in found


def test_a_role_granted_in_entries_that_came_back_without_their_rows_is_not_missed() -> None:
    recovered = {"action": "log.recovered", "index": 12, "detail": {"from_size": 9, "to_size": 10}}
    assert genesis_and_role_faults([GENESIS, GRANTED, recovered], [PLACE], FIRST) == []
    elsewhere = {"action": "log.recovered", "index": 12, "detail": {"from_size": 10, "to_size": 12}}
    assert "is gone from the table" in the_fault([GENESIS, GRANTED, elsewhere], FIRST)


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
    found = genesis_and_role_faults([GENESIS, entry], [PLACE], [*FIRST, replace(here, asked="b" * 64)])
    assert "Role grant 4 (analyst in demo) has no entry in the log." in found
