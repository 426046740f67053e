"""The recipe by counts that stands in, and when it stops."""

from dataclasses import replace

import pytest

from forecasting.core.fallback import Ending, ending, fallback_recipe
from forecasting.core.recipe import MODELS, recipe_digest, recipe_from_dict, standard_recipe

APPROVED = standard_recipe("blend", ("robbery", "arson"), cell_metres=200.0, horizon_days=14)


def test_it_counts_and_learns_nothing_in_the_same_cells_and_windows() -> None:
    made = fallback_recipe(APPROVED)
    assert (made.model, made.fitted, made.terms) == ("counts", False, MODELS["counts"][1])
    assert (made.categories, made.cell_metres, made.horizon_days) == (("robbery", "arson"), 200.0, 14)


def test_it_follows_from_the_approved_recipe_alone() -> None:
    again = recipe_from_dict(APPROVED.to_dict())
    assert recipe_digest(fallback_recipe(again)) == recipe_digest(fallback_recipe(APPROVED))
    other = replace(APPROVED, cell_metres=100.0)
    assert recipe_digest(fallback_recipe(other)) != recipe_digest(fallback_recipe(APPROVED))


def test_the_fallback_of_a_fallback_is_itself() -> None:
    made = fallback_recipe(APPROVED)
    assert fallback_recipe(made) == made


def test_it_keeps_every_setting_that_is_not_the_models_own() -> None:
    odd = replace(
        APPROVED,
        training_windows=5,
        training_days=14,
        level_half_life_days=7.0,
        reporting_delay_days=2.5,
        interval_level=0.8,
        profile_days=100,
        profile_strength=9.0,
    )
    made = fallback_recipe(odd)
    kept = ("training_windows", "training_days", "level_half_life_days", "reporting_delay_days", "interval_level",
            "profile_days", "profile_strength")  # fmt: skip
    assert all(getattr(made, name) == getattr(odd, name) for name in kept)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, None),
        ({"still_due": False}, "clean"),
        ({"same_recipe": False}, "recipe"),
        ({"demanded": False}, "policy"),
        ({"demanded": False, "still_due": False, "same_recipe": False}, "policy"),
    ],
)
def test_it_ends_when_nothing_asks_for_it(said: dict[str, bool], why: Ending | None) -> None:
    assert ending(**{"demanded": True, "still_due": True, "same_recipe": True, **said}) == why
