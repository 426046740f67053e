"""Manifests of sealed runs."""

import json
from typing import Any

import pytest

from forecasting.core.fingerprint import digest
from forecasting.core.manifest import canonical_bytes, listed, read_dispersion, run_manifest, seed_for
from forecasting.core.pipeline import make_forecast
from forecasting.core.recipe import Recipe, recipe_from_dict, standard_recipe
from forecasting.core.training import surfaces_for
from tests.core.forecasting.forecast_examples import small_city, small_history, week

RECIPE = standard_recipe("blend", ("burglary",))


def made(seed: int = 1, recipe: Recipe = RECIPE) -> dict[str, Any]:
    city = small_city()
    surfaces = surfaces_for({"burglary": small_history()}, city, recipe, "burglary")
    forecast = make_forecast(surfaces, city, recipe, week(), flag_area=2e5, seed=seed)
    return run_manifest({"category": "burglary"}, city, recipe, forecast, 2e5, seed)


def test_a_manifest_survives_its_canonical_bytes() -> None:
    manifest = made()
    read = json.loads(canonical_bytes(manifest))
    assert recipe_from_dict(read["recipe"]) == RECIPE
    assert read_dispersion(read) == read_dispersion(manifest)
    assert read["slots"][0]["start"] == week().start
    assert read["total_low"] <= read["total"] <= read["total_high"]


def test_the_same_run_has_the_same_digest_and_another_seed_another() -> None:
    assert digest(canonical_bytes(made())) == digest(canonical_bytes(made()))
    assert digest(canonical_bytes(made())) != digest(canonical_bytes(made(seed=2)))


def test_a_manifest_says_what_was_learned_and_what_matters() -> None:
    names = {term.name for term in RECIPE.terms}
    blend, trees = made(), made(recipe=standard_recipe("boosted", ("burglary",)))
    assert set(blend["training"]["slopes"]) == names == {each["term"] for each in blend["importance"]}
    assert trees["training"]["parameters"]["max_iter"] == 150
    assert len(trees["training"]["trees"]) == 64
    assert trees["recipe"]["stage"] == "boosted"
    assert digest(canonical_bytes(trees)) == digest(
        canonical_bytes(made(recipe=standard_recipe("boosted", ("burglary",))))
    )


def test_a_seed_depends_on_every_word_and_on_where_words_end() -> None:
    assert seed_for("a", "b") == seed_for("a", "b")
    assert len({seed_for("a", "b"), seed_for("ab", ""), seed_for("b", "a")}) == 3
    assert 0 <= seed_for("a") < 2**48


def test_what_no_canonical_json_can_hold_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"float|nan"):
        canonical_bytes({"total": float("nan")})


def test_categories_are_listed_in_plain_words() -> None:
    assert listed(["motor_vehicle_theft", "robbery"]) == "motor vehicle theft, robbery"
