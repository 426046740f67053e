"""The table of terms and their words."""

from dataclasses import fields

import pytest

from governance.core.policy import Terms, write_terms
from governance.core.policy_terms import PARTS, TERMS, in_words

TERMS_OF = write_terms(Terms(plan_categories=("robbery",), allowed_categories=("robbery", "arson")))


def test_every_term_of_a_policy_has_its_row_and_no_other_has() -> None:
    assert set(TERMS) == {each.name for each in fields(Terms)}


def test_every_term_has_a_label_of_its_own_and_a_meaning() -> None:
    assert len({each.label for each in TERMS.values()}) == len(TERMS)
    assert all(each.meaning.endswith(".") for each in TERMS.values())


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("max_places", 12, "at most 12"),
        ("flag_share", 0.05, "5 % of the city’s area"),
        ("hours_per_plan", 7.5, "at most 7.5 hours"),
        ("minimum_residents", 12000, "at least 12,000 residents"),
        ("allowed_categories", ["robbery", "theft_from_vehicle"], "robbery, theft from vehicle"),
        ("audit_groups", [], "every group that has counts"),
        ("fallback_on_drift", True, "yes"),
        ("fallback_on_drift", False, "no"),
        ("prohibited_features", [], "none"),
        ("objectives", ["Less harm.", "Fair to all."], "Less harm. Fair to all."),
        ("shifts", [{"name": "night", "start_hour": 22, "end_hour": 6}], "night 22:00 to 06:00"),
        (
            "stages",
            {"policy": [{"name": "board", "permission": "decide_policy", "quorum": 2, "disjoint_from": []}]},
            "policy: 2 people who may vote on policies and recipes",
        ),
        (
            "required_evidence",
            {"plan": ["plan_disparity"], "policy": []},
            "plan: plan disparity; policy: none",
        ),
    ],
)
def test_a_value_is_said_in_words(name: str, value: object, said: str) -> None:
    assert in_words(name, value) == said


def test_stages_follow_one_another_and_name_those_they_share_nobody_with() -> None:
    first = {"name": "shift", "permission": "decide_plans", "quorum": 1, "disjoint_from": []}
    second = {"name": "board", "permission": "decide_policy", "quorum": 2, "disjoint_from": ["shift"]}
    assert in_words("stages", {"plan": [first, second]}) == (
        "plan: 1 person who may approve, return or reject deployment plans, then 2 people who may vote on policies and "
        "recipes, none of them counted in shift"
    )


def test_every_part_of_the_table_begins_with_one_of_its_terms() -> None:
    names = list(TERMS)
    assert [names.index(each) for each in PARTS] == sorted(names.index(each) for each in PARTS)
    assert next(iter(PARTS)) == names[0]


def test_every_value_can_be_said() -> None:
    assert all(in_words(name, value) for name, value in TERMS_OF.items())
