"""What matters in a forecast as a whole."""

import numpy as np
import pytest

from forecasting.core.importance import (
    POINTS,
    dependence,
    importance_from_dict,
    importances,
    strength_of,
    strongest_sentence,
)
from forecasting.core.recipe import Term

TERMS = (Term("recent", 60.0, None, 1.0), Term("near", 365.0, 230.0, 0.02))


def test_strength_by_hand_weighs_places_by_what_is_expected_there() -> None:
    factor, expected = np.array([2.0, 0.5, 1.0]), np.array([1.0, 1.0, 2.0])
    assert strength_of(factor, expected) == pytest.approx(np.log(2) / 2, rel=1e-5)


def test_a_factor_of_one_everywhere_changes_nothing() -> None:
    assert strength_of(np.ones(4), np.arange(1.0, 5.0)) == 0.0


def test_the_curve_of_a_log_linear_term_is_exact() -> None:
    values = np.random.default_rng(1).normal(size=500)
    curve = np.array(dependence(values, np.exp(0.7 * values)))
    assert 2 < len(curve) <= POINTS
    assert curve[:, 1] == pytest.approx(np.exp(0.7 * curve[:, 0]), rel=1e-5)
    assert (np.diff(curve[:, 0]) > 0).all()
    assert values.min() <= curve[0, 0] < curve[-1, 0] <= values.max()


def test_the_curve_is_the_mean_log_factor_of_the_places_around() -> None:
    values = np.array([0.0, 0.0, 12.0])
    assert dependence(values, np.array([2.0, 8.0, 3.0])) == ((0.0, 4.0), (12.0, 3.0))


def test_a_term_that_is_the_same_everywhere_has_one_point() -> None:
    assert dependence(np.zeros(5), np.ones(5)) == ((0.0, 1.0),)


def test_the_strongest_comes_first_and_is_said_in_plain_words() -> None:
    features = np.array([[0.0, 0.0], [1.0, 1.0]])
    factors = {"area": np.ones(2), "recent": np.array([1.0, 1.1]), "near": np.array([0.25, 4.0])}
    found = importances(features, factors, TERMS, np.ones(2))
    assert [each.name for each in found] == ["near", "recent"]
    assert found[0].to_dict() == {
        "term": "near",
        "strength": pytest.approx(np.log(4), rel=1e-5),
        "curve": [[0.0, 0.25], [1.0, 4.0]],
    }
    assert importance_from_dict(found[0].to_dict()) == found[0]
    assert strongest_sentence(TERMS, found) == (
        "Past incidents within about 230 m, with a half-life of one year, matter most: they multiply or divide what "
        "is expected of a place by 4 on average."
    )


def test_terms_that_do_nothing_are_called_so() -> None:
    found = importances(np.zeros((3, 2)), {"recent": np.ones(3), "near": np.ones(3)}, TERMS, np.ones(3))
    assert [each.name for each in found] == ["near", "recent"]
    assert strongest_sentence(TERMS, found).startswith("Nothing that was learned")


def test_a_comparators_terms_have_no_importance_of_their_own() -> None:
    assert importances(np.zeros((3, 1)), {"score": np.ones(3)}, TERMS, np.ones(3)) == ()
