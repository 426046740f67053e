"""A recipe and its differences in plain words."""

from dataclasses import replace

from forecasting.core.recipe import Term, standard_recipe
from forecasting.core.recipe_words import (
    listed_categories,
    model_words,
    on_the_grid_of,
    recipe_differences,
    recipe_lines,
    term_words,
)

BLEND = standard_recipe("blend", ("robbery", "vandalism"))
DECAYED = standard_recipe("decayed", ("robbery",))


def test_every_field_of_a_recipe_is_told() -> None:
    said = {line.label: line.said for line in recipe_lines(BLEND)}
    assert said["Model"].startswith("log-linear blend")
    assert said["About"] == "robbery, vandalism"
    assert said["Side of a cell"] == "152.4 metres"
    assert said["Weights of its terms"] == "learned on the training windows"
    assert [line.label for line in term_words(DECAYED)] == ["Decayed"]
    assert term_words(DECAYED)[0].said == "past incidents in this cell, with a half-life of two years"


def test_a_recipe_differs_in_nothing_from_itself_and_its_version_is_no_difference() -> None:
    assert recipe_differences(BLEND, BLEND) == []
    assert recipe_differences(BLEND, replace(BLEND, version=2)) == []


def test_differences_say_before_and_after() -> None:
    finer = replace(DECAYED, cell_metres=100.0, terms=(replace(DECAYED.terms[0], half_life_days=90.0),))
    said = [each.sentence for each in recipe_differences(DECAYED, finer)]
    assert said == [
        "Side of a cell: 152.4 metres → 100 metres",
        "Ingredient “Decayed”: past incidents in this cell, with a half-life of two years → past incidents in this "
        "cell, with a half-life of 90 days",
    ]


def test_a_term_that_comes_or_goes_and_one_that_differs_in_what_no_sentence_tells_are_told_too() -> None:
    more = replace(DECAYED, terms=(*DECAYED.terms, Term("far", None, 500.0, 1.0)))
    added = recipe_differences(DECAYED, more)[0]
    assert (added.before, added.after) == (
        "not looked at",
        "all past incidents within about 500 m, old and new alike",
    )
    assert recipe_differences(more, DECAYED)[0].after == "not looked at"
    floored = replace(DECAYED, terms=(replace(DECAYED.terms[0], floor=1.0),))
    change = recipe_differences(DECAYED, floored)[0]
    assert change.before.endswith("(floor 0.05)")
    assert change.after.endswith("(floor 1.0)")


def test_recipes_are_compared_on_the_same_cells_and_as_late_to_know() -> None:
    other = replace(DECAYED, cell_metres=300.0, horizon_days=14, reporting_delay_days=2.0)
    moved = on_the_grid_of(BLEND, other)
    assert (moved.cell_metres, moved.horizon_days, moved.reporting_delay_days) == (300.0, 14, 2.0)
    assert moved.terms == BLEND.terms


def test_words_for_what_has_none() -> None:
    assert listed_categories([]) == "none"
    assert model_words("risk_terrain") == "risk terrain"
