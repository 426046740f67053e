"""The way of a recipe: the table, the state that follows from what is recorded, and the drawing."""

import itertools

import pytest

from forecasting.core.recipe_states import (
    OWNERS,
    PATH,
    TRANSITIONS,
    WORDS,
    Actor,
    Facts,
    RecipeDeed,
    RecipeState,
    drawn,
    next_state,
    state_of,
    stations,
)
from governance.core.refusals import Reason, Refused
from governance.core.states import State


def test_every_state_has_its_words_and_somebody_who_acts_or_is_final() -> None:
    assert set(OWNERS) == set(WORDS) == set(RecipeState)
    for state, owner in OWNERS.items():
        assert any(before is state for before, _ in TRANSITIONS) == (owner is not Actor.NOBODY)
    assert {deed for _, deed in TRANSITIONS} == set(RecipeDeed)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (Facts(), RecipeState.DRAFT),
        (Facts(ordered=True), RecipeState.EVALUATING),
        (Facts(ordered=True, evaluated=True), RecipeState.EVALUATED),
        (Facts(ordered=True, evaluated=True, audited=True), RecipeState.AUDITED),
        (Facts(ordered=True, evaluated=True, request=State.OPEN), RecipeState.PROPOSED),
        (Facts(ordered=True, evaluated=True, request=State.RETURNED), RecipeState.PROPOSED),
        (Facts(ordered=True, evaluated=True, request=State.REVOKED), RecipeState.PROPOSED),
        (Facts(ordered=True, evaluated=True, request=State.REJECTED), RecipeState.DECLINED),
        (Facts(ordered=True, evaluated=True, request=State.EXPIRED), RecipeState.DECLINED),
        (Facts(ordered=True, evaluated=True, request=State.WITHDRAWN), RecipeState.DECLINED),
        (Facts(ordered=True, evaluated=True, request=State.APPROVED), RecipeState.APPROVED),
        (Facts(adopted=True), RecipeState.ACTIVE),
        (Facts(adopted=True, lapsed=True), RecipeState.LAPSED),
        (Facts(adopted=True, lapsed=True, retired=True), RecipeState.RETIRED),
    ],
)
def test_the_state_follows_from_what_is_recorded(facts: Facts, state: RecipeState) -> None:
    assert state_of(facts) is state


def test_every_combination_of_facts_has_one_state() -> None:
    flags = itertools.product((False, True), repeat=6)
    requests = (None, *State)
    found = {state_of(Facts(a, b, c, request, *rest)) for a, b, c, *rest in flags for request in requests}
    assert found == set(RecipeState)


def test_a_deed_that_the_table_does_not_allow_is_refused() -> None:
    assert next_state(RecipeState.AUDITED, RecipeDeed.PROPOSE) is RecipeState.PROPOSED
    with pytest.raises(Refused, match="is a draft that nobody has evaluated; one cannot propose") as refusal:
        next_state(RecipeState.DRAFT, RecipeDeed.PROPOSE)
    assert refusal.value.reason is Reason.NOT_OPEN


def test_the_only_way_into_use_leads_through_an_approval() -> None:
    into = [before for (before, _), after in TRANSITIONS.items() if after is RecipeState.ACTIVE]
    assert into == [RecipeState.APPROVED]
    into = [before for (before, _), after in TRANSITIONS.items() if after is RecipeState.APPROVED]
    assert into == [RecipeState.PROPOSED]


def test_the_path_marks_where_a_recipe_stands_and_what_it_skipped() -> None:
    proposed = stations(Facts(ordered=True, evaluated=True, request=State.OPEN))
    assert [done for _, done, _ in proposed] == [True, True, False, False, False, False, False]
    assert [here for _, _, here in proposed].index(True) == 3
    first = stations(Facts(adopted=True))
    assert [done for _, done, _ in first] == [True, False, False, True, True, False, False]
    assert [here for _, _, here in stations(Facts(ordered=True))].index(True) == 0
    assert len(PATH) == len(proposed)


def test_the_drawing_holds_every_state_and_every_way() -> None:
    text = drawn()
    assert all(f"{state.value} (" in text for state in RecipeState)
    assert text.count("→") == len(TRANSITIONS)
