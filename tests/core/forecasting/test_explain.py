"""Exact factors and their sentences."""

import numpy as np
import pytest
import shap
from sklearn.linear_model import LinearRegression

from forecasting.core.explain import (
    check_additivity,
    describe_factor,
    describe_term,
    explain,
    product,
    reasons,
)
from forecasting.core.limits import CannotForecast
from forecasting.core.recipe import Term
from forecasting.core.term_kinds import TermKind

TERMS = (Term("recent", 60.0, None, 1.0), Term("near", 365.0, 230.0, 0.02))
FEATURES = np.array([[0.0, 0.0], [np.log(4.0), np.log(2.0)], [-1.0, 0.5]])
SLOPES = np.array([0.5, 1.0])
FRACTION = np.array([1.0, 1.0, 0.25])


def test_the_average_cell_has_factors_of_one() -> None:
    factors = explain(FEATURES, SLOPES, TERMS, FRACTION)
    assert [values[0] for values in factors.values()] == [1.0, 1.0, 1.0]


def test_factors_by_hand_multiply_to_the_forecast() -> None:
    factors = explain(FEATURES, SLOPES, TERMS, FRACTION)
    assert factors["recent"][1] == pytest.approx(2.0)
    assert factors["near"][1] == pytest.approx(2.0)
    assert product(0.3, factors)[1] == pytest.approx(1.2)
    check_additivity(FRACTION * np.exp(FEATURES @ SLOPES) * 0.3, 0.3, factors)


def test_a_factor_bent_by_a_millionth_and_more_is_refused() -> None:
    factors = explain(FEATURES, SLOPES, TERMS, FRACTION)
    expected = product(0.3, factors)
    factors["near"] = factors["near"] * (1 + np.array([0.0, 0.0, 3e-6]))
    with pytest.raises(CannotForecast, match="cannot be explained") as refusal:
        check_additivity(expected, 0.3, factors)
    assert refusal.value.reason == "not_additive"


def test_a_forecast_that_is_no_number_is_refused() -> None:
    factors = explain(FEATURES, SLOPES, TERMS, FRACTION)
    with pytest.raises(CannotForecast):
        check_additivity(np.full(3, np.nan), 0.3, factors)


def test_shap_gives_the_same_factors() -> None:
    rng = np.random.default_rng(3)
    features = rng.normal(size=(50, 2))
    model = LinearRegression().fit(features, features @ SLOPES - 1.0)
    values = shap.LinearExplainer(model, np.zeros((1, 2))).shap_values(features)
    factors = explain(features, SLOPES, TERMS, np.ones(50))
    assert np.log(factors["recent"]) == pytest.approx(values[:, 0], abs=1e-9)
    assert np.log(factors["near"]) == pytest.approx(values[:, 1], abs=1e-9)


def test_a_factor_is_said_in_plain_words() -> None:
    assert describe_factor(TERMS[1], 1.94) == (
        "x1.9: past incidents within about 230 m, with a half-life of one year, against the city's average"
    )
    assert describe_factor(TERMS[0], 0.5).startswith(
        "x0.5: past incidents in this cell, with a half-life of 60 days"
    )
    everything = Term("history", None, None, 1.0)
    assert "all past incidents in this cell, old and new alike" in describe_factor(everything, 2.0)
    assert "four years" in describe_factor(Term("block", 1460.0, None, 1.0), 2.0)


def test_reasons_come_strongest_first_and_leave_out_what_changes_nothing() -> None:
    said = reasons(TERMS, {"area": 0.5, "recent": 1.2, "near": 0.25})
    assert [sentence.split(":")[0] for sentence in said] == ["x0.25", "x1.2", "x0.50"]
    assert reasons(TERMS, {"area": 1.0, "recent": 1.001, "near": 3.0}) == (describe_factor(TERMS[1], 3.0),)


def test_no_factors_is_an_error() -> None:
    with pytest.raises(ValueError, match="no factors"):
        product(1.0, {})


@pytest.mark.parametrize(
    ("term", "said"),
    [
        (
            Term("a", None, None, 1.0, kind=TermKind.NEAR_REPEAT),
            "recent incidents close by, as near repeats: each counts less by the metre (scale 150 m) and by the day "
            "(half-life 14 days)",
        ),
        (
            Term("a", 365.0, None, 1.0, "robbery", TermKind.FLOATING),
            "past incidents of robbery in boxes as large as a cell around this place, however the grid is laid, with a "
            "half-life of one year",
        ),
        (
            Term("a", None, 800.0, 1.0, kind=TermKind.LAYER_DISTANCE, layer="bus_stops"),
            "how near this place is to the context layer “bus stops” (beyond 800 m it makes no difference)",
        ),
        (
            Term("a", None, 300.0, 1.0, kind=TermKind.LAYER_DENSITY, layer="bars"),
            "how much of the context layer “bars” lies within about 300 m",
        ),
    ],
)
def test_every_kind_of_term_is_said_in_plain_words(term: Term, said: str) -> None:
    assert describe_term(term) == said


def test_no_kind_goes_without_words() -> None:
    assert describe_term(Term("a", None, None, 1.0, kind=TermKind.ETAS)).startswith("incidents that lead to")
