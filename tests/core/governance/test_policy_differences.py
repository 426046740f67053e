"""What a new policy changes, in plain words."""

from dataclasses import replace
from typing import Any

import pytest

from governance.core.policy import Terms
from governance.core.policy_differences import policy_differences
from governance.core.roles import Permission
from governance.core.stages import Stage

OLD = Terms(plan_categories=("robbery",), allowed_categories=("robbery", "arson"))


def test_the_same_terms_have_no_difference() -> None:
    assert policy_differences(OLD, replace(OLD)) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"max_places": 8}, "Places in a plan: at most 12 → at most 8"),
        ({"flag_share": 0.1}, "Area that a forecast flags: 5 % of the city’s area → 10 % of the city’s area"),
        ({"allowed_categories": ("robbery", "theft")}, "Categories that may be forecast: adds theft; drops arson"),
        (
            {"override_quorum": 3},
            "Board members who may set a failed audit aside: at least 2 people → at least 3 people",
        ),
        ({"allowed_categories": ("arson", "robbery")}, "Categories that may be forecast: robbery, arson → arson, "
         "robbery"),
    ],
)  # fmt: skip
def test_a_difference_is_one_sentence(changes: dict[str, Any], said: str) -> None:
    assert [each.sentence for each in policy_differences(OLD, replace(OLD, **changes))] == [said]


def test_of_what_goes_by_kind_of_request_only_the_kinds_that_change_are_told() -> None:
    three = (Stage("board", Permission.DECIDE_POLICY, 3),)
    (said,) = policy_differences(OLD, replace(OLD, stages={**OLD.stages, "recipe": three}))
    assert said.sentence == (
        "Who has to approve: recipe: 2 people who may vote on policies and recipes → recipe: 3 people who may vote on "
        "policies and recipes"
    )


def test_differences_come_in_the_order_of_the_table() -> None:
    new = replace(OLD, suppress_below=10, max_places=8, objectives=("Less harm.",))
    assert [each.term for each in policy_differences(OLD, new)] == [
        "objectives",
        "max_places",
        "suppress_below",
    ]
