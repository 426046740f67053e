"""Stages as data, and whether enough people are there for them."""

from itertools import product
from typing import Any

import pytest

from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.core.stages import (
    DEFAULT_STAGES,
    OTHERWISE,
    Stage,
    StageError,
    check_reachable,
    groups,
    read_stages,
    stages_of,
    stages_of_quorums,
    write_stages,
)

ONE = {"name": "board", "permission": "decide_policy", "quorum": 1}
FIRST = Stage("first", Permission.DECIDE_POLICY, 1)
SECOND = Stage("second", Permission.DECIDE_POLICY, 2, ("first",))
THIRD = Stage("third", Permission.DECIDE_PLANS, 1)


def test_stages_read_back_as_they_were_written() -> None:
    said = {"plan": (FIRST, SECOND, THIRD)}
    assert read_stages(write_stages(said)) == said


def test_a_kind_of_which_nobody_said_anything_has_the_default() -> None:
    assert stages_of({}, "plan") == DEFAULT_STAGES["plan"]
    assert stages_of({}, "something") == OTHERWISE
    assert stages_of({"plan": (FIRST,)}, "plan") == (FIRST,)


def test_a_number_of_people_from_an_earlier_policy_becomes_one_stage() -> None:
    told = read_stages(stages_of_quorums({"plan": 2, "policy": 3, "novel": 1}))
    assert [(kind, len(stages), stages[0].quorum) for kind, stages in told.items()] == [
        ("plan", 1, 2),
        ("policy", 1, 3),
        ("novel", 1, 1),
    ]
    assert told["plan"][0].permission is Permission.DECIDE_PLANS


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "1 to 20 stages"),
        ([ONE, ONE], "names of their own"),
        ([ONE | {"name": "override"}], "override"),
        ([ONE | {"name": "The Board"}], "one word"),
        ([ONE | {"permission": "propose"}], "not a right to vote"),
        ([ONE | {"permission": "rule"}], "a permission"),
        ([ONE | {"quorum": 0}], "between 1 and 20"),
        ([ONE | {"quorum": True}], "between 1 and 20"),
        ([ONE | {"disjoint_from": ["board"]}], "no other stage"),
        ([ONE | {"disjoint_from": ["nobody"]}], "no other stage"),
        ([ONE | {"colour": "red"}], "a name, a permission"),
        ([{"name": "board"}], "a name, a permission"),
    ],
)
def test_a_stage_that_cannot_be_is_named(rows: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(StageError, match=said):
        read_stages({"plan": rows})


def test_disjoint_stages_form_groups_through_each_other() -> None:
    fourth = Stage("fourth", Permission.DECIDE_PLANS, 1, ("second",))
    found = groups([FIRST, SECOND, THIRD, fourth])
    assert found["first"] == found["second"] == found["fourth"] != found["third"]


@pytest.mark.parametrize(
    ("eligible", "enough"),
    [
        ({"first": {1}, "second": {1, 2, 3}, "third": {1}}, True),
        ({"first": {1, 2}, "second": {1, 2, 3}, "third": {9}}, True),
        ({"first": {1}, "second": {1, 2}, "third": {1}}, False),  # person 1 counts once over the first two
        ({"first": {1}, "second": {2, 3}, "third": set()}, False),
        ({"first": set(), "second": {1, 2, 3}, "third": {1}}, False),
        ({}, False),
    ],
)
def test_a_quorum_that_cannot_be_reached_is_found(eligible: dict[str, set[int]], *, enough: bool) -> None:
    if enough:
        check_reachable([FIRST, SECOND, THIRD], eligible)
    else:
        with pytest.raises(Refused) as refusal:
            check_reachable([FIRST, SECOND, THIRD], eligible)
        assert refusal.value.reason is Reason.QUORUM_UNREACHABLE


def test_the_sentence_says_how_many_there_are_and_how_many_are_needed() -> None:
    with pytest.raises(Refused, match=r"needs 3 people, and 2 may vote"):
        check_reachable([FIRST, SECOND], {"first": {1, 2}, "second": {1, 2}})


def test_places_are_filled_whenever_every_choice_together_would_fill_them() -> None:
    """Against trying everything: two disjoint stages, of one place and of two, and every set of three people."""
    sets = [{each for each in range(3) if mask >> each & 1} for mask in range(8)]
    for first, second in product(sets, repeat=2):
        possible = any(len(second - {one}) >= 2 for one in first)
        try:
            check_reachable([FIRST, SECOND], {"first": first, "second": second})
            found = True
        except Refused:
            found = False
        assert found == possible
