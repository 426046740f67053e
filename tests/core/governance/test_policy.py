"""What a policy may say."""

from typing import Any

import pytest

from governance.core.policy import PolicyError, Shift, read_terms, write_terms

LEAST = {"plan_categories": ["robbery"], "allowed_categories": ["robbery", "arson"]}


def test_a_policy_reads_back_as_it_was_written() -> None:
    terms = read_terms(LEAST)
    assert read_terms(write_terms(terms)) == terms


def test_a_policy_adopted_before_there_were_stages_still_reads() -> None:
    terms = read_terms({**LEAST, "quorum": {"plan": 2}})
    assert [(each.name, each.quorum) for each in terms.stages["plan"]] == [("supervisor", 2)]
    assert terms.stages["policy"] == read_terms(LEAST).stages["policy"]
    assert "quorum" not in write_terms(terms)


def test_the_night_shift_ends_on_the_next_day() -> None:
    assert Shift("night", 22, 6).hours() == 8
    assert Shift("whole", 0, 0).hours() == 24


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "red"}, "cannot say 'colour'"),
        ({"hours_per_plan": 0}, "hours_per_plan"),
        ({"rationale_min_length": 5}, "rationale_min_length"),
        ({"plan_categories": ["fraud"]}, "does not allow"),
        ({"plan_categories": []}, "empty"),
        ({"plan_shifts": ["dawn"]}, "dawn"),
        ({"shifts": [{"name": "day", "start_hour": 6, "end_hour": 14}], "plan_shifts": ["day"]}, "24 hours"),
        ({"disparity_ratio_max": 0.5}, "disparity_ratio_max"),
        ({"suppress_below": 2}, "suppress_below"),
        ({"comment_days": 91}, "comment_days"),
        ({"fallback_on_drift": 1}, "yes or no"),
        ({"coverage_minimum": 1.5}, "coverage_minimum"),
        ({"retention_days": 30}, "retention_days"),
        ({"privacy_budget": -1.0}, "privacy_budget"),
        ({"decision_days": 0}, "decision_days"),
        ({"flag_share": float("nan")}, "flag_share"),
        ({"max_places": 7.5}, "must be a number"),
        ({"max_places": "7"}, "must be a number"),
        ({"max_places": True}, "must be a number"),
        ({"prohibited_features": ["Arrests"]}, "small letters"),
        ({"prohibited_features": ["arrests", "arrests"]}, "once"),
        ({"prohibited_features": [["arrests"]]}, "list of names"),
        ({"objectives": ["Less harm.\n"]}, "cannot be shown"),
        ({"objectives": ["x" * 301]}, "300"),
        ({"objectives": 7}, "list of sentences"),
        ({"required_evidence": 3}, "cannot be read"),
        (
            {"shifts": [{"name": "all", "start_hour": 0, "end_hour": 30}], "plan_shifts": ["all"]},
            "whole hour",
        ),
        ({"shifts": [{"begin": 0}]}, "cannot be read"),
        ({"stages": {"plan": []}}, "1 to 20 stages"),
        ({"quorum": {"plan": 2}, "stages": {}}, "cannot say 'quorum'"),
        ({"override_quorum": 0}, "override_quorum"),
        ({"complaint_days": 0}, "complaint_days"),
        ({"complaint_retention_days": 400}, "complaint_retention_days"),
    ],
)
def test_a_term_that_cannot_be_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        read_terms({**LEAST, **changes})


def test_a_policy_without_categories_cannot_be_read() -> None:
    with pytest.raises(PolicyError, match="plan_categories"):
        read_terms({"allowed_categories": ["arson"]})
