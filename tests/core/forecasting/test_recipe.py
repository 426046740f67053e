"""Recipes and their canonical dict."""

import json

import pytest

from forecasting.core.limits import CannotForecast
from forecasting.core.recipe import (
    BLEND_TERMS,
    COMPARATORS,
    ISSUABLE,
    MODELS,
    Recipe,
    Term,
    categories_read,
    check_features,
    check_stage,
    recipe_from_dict,
    standard_recipe,
)
from governance.core.refusals import Reason, Refused


@pytest.mark.parametrize("model", list(MODELS))
def test_a_recipe_survives_its_canonical_dict_and_json(model: str) -> None:
    recipe = standard_recipe(model, ("robbery",), horizon_days=28)
    assert recipe_from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


def test_the_dict_names_every_field() -> None:
    assert set(standard_recipe("blend", ("theft",)).to_dict()) == set(Recipe.__dataclass_fields__)


def test_an_unknown_model_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        CannotForecast, match="choose one of blend, counts, decayed, kde, boosted, glm, forest, svm, kmeans"
    ):
        standard_recipe("oracle", ("theft",))


def test_a_dict_with_a_field_unknown_or_missing_is_refused() -> None:
    values = standard_recipe("blend", ("theft",)).to_dict()
    with pytest.raises(CannotForecast, match="not a recipe"):
        recipe_from_dict({**values, "race": "no"})
    del values["terms"]
    with pytest.raises(CannotForecast, match="not a recipe"):
        recipe_from_dict(values)


@pytest.mark.parametrize(
    "term", [("Bad Name", 1.0, None, 1.0), ("a", -1.0, None, 1.0), ("a", 1.0, None, 0.0)]
)
def test_a_term_needs_a_plain_name_and_positive_lengths(term: tuple[str, float, float | None, float]) -> None:
    with pytest.raises(CannotForecast):
        Term(*term)


def test_two_terms_of_one_name_or_one_called_area_are_refused() -> None:
    term = Term("steady", None, None, 1.0)
    with pytest.raises(CannotForecast, match="different names"):
        Recipe("blend", ("theft",), (term, term))
    with pytest.raises(CannotForecast, match="area"):
        Recipe("blend", ("theft",), (Term("area", None, None, 1.0),))


def test_an_interval_level_of_one_is_refused() -> None:
    with pytest.raises(CannotForecast, match="interval level"):
        standard_recipe("blend", ("theft",), interval_level=1.0)


def test_a_recipe_without_a_prohibited_ingredient_passes_and_one_with_it_does_not() -> None:
    body = standard_recipe("blend", ("robbery",)).to_dict()
    check_features(body, ("arrests",))
    with pytest.raises(Refused, match="prohibits") as refusal:
        check_features(body, (body["terms"][0]["name"],))
    assert refusal.value.reason is Reason.OUTSIDE_POLICY


def test_a_recipe_that_looks_at_a_prohibited_category_does_not_pass() -> None:
    with pytest.raises(Refused, match="prohibits fraud"):
        check_features(standard_recipe("blend", ("theft",), related=("fraud",)).to_dict(), ("fraud",))


@pytest.mark.parametrize("model", COMPARATORS)
def test_a_comparator_may_not_be_adopted_or_issued_and_is_called_by_its_name(model: str) -> None:
    with pytest.raises(Refused, match=f"“{model}” is for comparison in backtests alone") as refusal:
        check_stage(standard_recipe(model, ("robbery",)).to_dict())
    assert refusal.value.reason is Reason.OUTSIDE_POLICY
    assert model not in ISSUABLE


@pytest.mark.parametrize("model", ISSUABLE)
def test_every_other_model_may_be_issued(model: str) -> None:
    check_stage(standard_recipe(model, ("robbery",)).to_dict())


def test_a_final_stage_outside_the_vocabulary_or_trees_without_fitting_are_refused() -> None:
    for changes in ({"stage": "oracle"}, {"stage": "boosted", "fitted": False}):
        with pytest.raises(CannotForecast, match="final stage is one of loglinear, boosted") as refusal:
            standard_recipe("blend", ("theft",), **changes)
        assert refusal.value.reason == "bad_recipe"


def test_a_recipe_written_before_there_were_stages_is_log_linear() -> None:
    values = standard_recipe("blend", ("theft",)).to_dict()
    del values["stage"]
    assert recipe_from_dict(values).stage == "loglinear"


def test_a_fitted_recipe_of_several_categories_reads_each_of_them() -> None:
    recipe = standard_recipe("blend", ("theft", "robbery"))
    assert categories_read(recipe, "theft") == categories_read(recipe, "robbery") == {"theft", "robbery"}
    assert categories_read(standard_recipe("blend", ("theft",), related=("fraud",)), "theft") == {
        "theft",
        "fraud",
    }


@pytest.mark.parametrize("model", ["counts", "decayed", "kde", "glm", "kmeans"])
def test_a_reference_reads_its_own_category_only(model: str) -> None:
    assert categories_read(standard_recipe(model, ("theft", "robbery")), "theft") == {"theft"}


def test_a_recipe_of_one_category_looks_at_no_other() -> None:
    assert standard_recipe("blend", ("theft",)).terms == BLEND_TERMS
