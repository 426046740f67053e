"""A policy as a form's text, and back."""

import pytest

from governance.core.policy import PolicyError, Terms, read_terms, write_terms
from governance.core.policy_form import terms_as_text, terms_from_text

TERMS = Terms(
    plan_categories=("robbery",),
    allowed_categories=("robbery", "arson"),
    objectives=("Less harm.", "Fair to all."),
)
DATA = write_terms(TERMS)


def test_what_the_form_shows_reads_back_as_the_same_policy() -> None:
    assert read_terms(terms_from_text(terms_as_text(DATA), {})) == TERMS


def test_a_field_that_was_not_sent_stays_as_it_is() -> None:
    assert read_terms(terms_from_text({"max_places": "8"}, DATA)).max_places == 8
    assert read_terms(terms_from_text({"max_places": "8"}, DATA)).objectives == TERMS.objectives


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("max_places", "eight", "Places in a plan: 'eight' cannot be read"),
        ("hours_per_plan", "", "Write a number"),
        ("shifts", "night 22", "one shift a line"),
        ("required_evidence", "plan plan_disparity", "then a colon"),
        ("required_evidence", "plan: a\nplan: b", "once"),
        ("stages", "policy: board 2", "one stage a line"),
        ("fallback_on_drift", "maybe", "Write yes or no"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(name: str, text: str, said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        terms_from_text({name: text}, DATA)


def test_a_share_is_written_in_per_cent() -> None:
    assert terms_as_text(DATA)["flag_share"] == "5"
    assert terms_from_text({"flag_share": "7.5 %"}, DATA)["flag_share"] == 0.075


def test_a_choice_is_written_as_yes_or_no() -> None:
    assert terms_as_text(DATA)["fallback_on_drift"] == "no"
    assert read_terms(terms_from_text({"fallback_on_drift": " Yes"}, DATA)).fallback_on_drift is True
