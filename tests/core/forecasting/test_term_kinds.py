"""The closed vocabulary of terms, and what each kind needs."""

import json

import pytest

from forecasting.core.limits import CannotForecast
from forecasting.core.recipe import Recipe, Term, check_features, layers_read, recipe_digest, recipe_from_dict
from forecasting.core.term_kinds import TESTED, TermKind, check_needs, read_kind
from governance.core.refusals import Refused

WHOLE = {
    TermKind.COUNTS: Term("a", 60.0, 100.0, 1.0, "theft"),
    TermKind.FLOATING: Term("b", 60.0, None, 1.0, "theft", TermKind.FLOATING),
    TermKind.NEAR_REPEAT: Term("c", 14.0, 150.0, 1.0, kind=TermKind.NEAR_REPEAT),
    TermKind.ETAS: Term("d", None, None, 1.0, kind=TermKind.ETAS),
    TermKind.LAYER_DISTANCE: Term("e", None, 800.0, 1.0, kind=TermKind.LAYER_DISTANCE, layer="bars"),
    TermKind.LAYER_DENSITY: Term("f", None, 300.0, 1.0, kind=TermKind.LAYER_DENSITY, layer="bars"),
}


def test_every_kind_survives_the_canonical_dict_and_json() -> None:
    recipe = Recipe("blend", ("theft",), tuple(WHOLE.values()))
    assert set(WHOLE) == set(TermKind)
    again = recipe_from_dict(json.loads(json.dumps(recipe.to_dict())))
    assert again == recipe
    assert recipe_digest(again) == recipe_digest(recipe)
    assert [type(term["kind"]) for term in recipe.to_dict()["terms"]] == [str] * len(WHOLE)


def test_a_term_counts_unless_it_says_otherwise() -> None:
    assert Term("a", None, None, 1.0).kind is TermKind.COUNTS
    assert read_kind("etas", "a") is TermKind.ETAS


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(CannotForecast, match="counts, floating, near_repeat, etas") as refusal:
        Term("a", None, None, 1.0, kind="oracle")  # type: ignore[arg-type]
    assert refusal.value.reason == "bad_recipe"


@pytest.mark.parametrize(
    ("kind", "half_life", "bandwidth", "category", "layer", "said"),
    [
        ("floating", 60.0, 100.0, "", "", "knows no bandwidth"),
        ("near_repeat", 14.0, None, "theft", "", "knows no category"),
        ("etas", 14.0, 100.0, "", "", "knows no half-life and knows no bandwidth"),
        ("layer_distance", None, None, "", "bars", "needs a bandwidth"),
        ("layer_density", None, 100.0, "", "", "needs a layer"),
        ("counts", None, None, "", "bars", "knows no layer"),
    ],
)
def test_what_a_kind_needs_or_does_not_know_is_refused(
    kind: TermKind, half_life: float | None, bandwidth: float | None, category: str, layer: str, said: str
) -> None:
    with pytest.raises(CannotForecast, match=said):
        Term("a", half_life, bandwidth, 1.0, category, kind, layer)


def test_what_a_kind_may_have_it_may_go_without() -> None:
    for kind in (TermKind.COUNTS, TermKind.FLOATING, *TESTED):
        check_needs(kind, "a", half_life=False, bandwidth=False, category=False, layer=False)


def test_a_recipe_names_its_layers_and_a_prohibited_layer_or_kind_is_refused() -> None:
    recipe = Recipe("blend", ("theft",), tuple(WHOLE.values()))
    assert layers_read(recipe) == {"bars"}
    check_features(recipe.to_dict(), ("arrests",))
    for word in ("bars", "etas"):
        with pytest.raises(Refused, match=f"prohibits {word}"):
            check_features(recipe.to_dict(), (word,))
