"""What may be drafted: standard models with parameters in their ranges, never a comparator."""

from dataclasses import replace

import pytest

from forecasting.core.limits import CannotForecast
from forecasting.core.recipe import MODELS, Recipe, Term, standard_recipe
from forecasting.core.recipe_draft import (
    MODELS_OFFERED,
    PARAMETERS,
    check_offered,
    check_releasable,
    drafted_recipe,
)
from governance.core.refusals import Reason, Refused

ALLOWED = ("robbery", "vandalism")


def draft(**more: object) -> Recipe:
    values: dict[str, object] = {"related": ALLOWED, "changes": {}, "half_lives": {}, **more}
    return drafted_recipe("blend", ("robbery",), **values)  # type: ignore[arg-type]


def test_every_model_that_is_offered_is_a_standard_one_and_releasable_as_it_stands() -> None:
    for model in MODELS_OFFERED:
        assert model in MODELS
        check_releasable(standard_recipe(model, ("robbery",), related=ALLOWED), ALLOWED)


def test_parameters_and_half_lives_change_and_nothing_else_does() -> None:
    made = draft(changes={"cell_metres": 200, "training_windows": 8}, half_lives={"recent": 30})
    standard = standard_recipe("blend", ("robbery",), related=ALLOWED)
    assert (made.cell_metres, made.training_windows) == (200.0, 8)
    recent = next(term for term in made.terms if term.name == "recent")
    assert recent.half_life_days == 30.0
    assert replace(made, cell_metres=152.4, training_windows=13, terms=standard.terms) == standard
    check_releasable(made, ALLOWED)


def test_every_parameter_is_a_field_of_a_recipe_inside_its_own_range() -> None:
    recipe = draft()
    for name, parameter in PARAMETERS.items():
        assert parameter.low <= getattr(recipe, name) <= parameter.high


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"changes": {"cell_metres": 5}}, "Side of a cell .* between 50 and 1000 metres; it is 5"),
        ({"changes": {"training_windows": 3.5}}, "is a whole number"),
        ({"changes": {"ridge": True}}, "is a number"),
        ({"changes": {"colour": 1}}, "no parameter 'colour'"),
        ({"half_lives": {"history": 30}}, "no term 'history' with a half-life"),
        ({"half_lives": {"recent": 1}}, "Half-life"),
    ],
)
def test_what_cannot_be_changed_is_named(more: dict[str, object], said: str) -> None:
    with pytest.raises(CannotForecast, match=said):
        draft(**more)


@pytest.mark.parametrize("model", ["forest", "svm", "kmeans", "unheard_of"])
def test_a_comparator_is_for_backtests_only(model: str) -> None:
    with pytest.raises(Refused, match="backtests only") as refusal:
        check_offered(model)
    assert refusal.value.reason is Reason.OUTSIDE_POLICY
    with pytest.raises(Refused):
        check_releasable(replace(draft(), model=model), ALLOWED)


@pytest.mark.parametrize(
    "wrong",
    [
        {"fitted": False},
        {"terms": (Term("magic", 30.0, None, 1.0),)},
        {"terms": (Term("recent", 60.0, 400.0, 1.0),)},
        {"terms": (Term("recent", 60.0, None, 7.0),)},
        {"terms": (Term("recent", 1.0, None, 1.0),)},
        {"interval_level": 0.3},
        {"categories": ()},
    ],
)
def test_another_model_under_the_name_of_a_standard_one_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(CannotForecast):
        check_releasable(replace(draft(), **wrong), ALLOWED)  # type: ignore[arg-type]


def test_an_ingredient_may_be_left_out() -> None:
    check_releasable(replace(draft(), terms=draft().terms[:2]), ALLOWED)


@pytest.mark.parametrize("allowed", [("vandalism",), ("robbery",)])
def test_neither_the_category_nor_one_it_learns_from_may_lie_outside_the_policy(allowed: tuple[str]) -> None:
    with pytest.raises(Refused) as refusal:
        check_releasable(draft(), allowed)
    assert refusal.value.reason is Reason.OUTSIDE_POLICY


def test_a_draft_without_any_penalty_is_refused_because_a_shut_term_has_no_best_weight() -> None:
    with pytest.raises(CannotForecast, match=r"lies between 0\.01 and 1000"):
        draft(changes={"ridge": 0})
