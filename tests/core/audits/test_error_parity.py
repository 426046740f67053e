"""Right and wrong flags, worked by hand: both areas flagged in window 1; incidents in A first, in B second."""

from math import inf, log

import numpy as np
import pytest

from audits.core import error_parity
from tests.core.audits.tiny_city import CITY, both, directly

FLAGGED = np.array([[1.0, 0.0], [1.0, 0.0]])
RECORDED = np.array([[2.0, 0.0], [0.0, 1.0]])
FORECAST = np.array([[1.0, 0.5], [1.0, 1.0]])


def test_of_what_had_an_incident_a_share_was_flagged() -> None:
    """A in window 1 was (80 black, 20 white), B in window 2 was not (20 black, 60 white)."""
    assert both(error_parity.true_positive_rate(CITY, FLAGGED, RECORDED)) == pytest.approx([0.8, 0.25])


def test_of_what_had_none_a_share_was_flagged_all_the_same() -> None:
    assert both(error_parity.false_positive_rate(CITY, FLAGGED, RECORDED)) == pytest.approx([0.2, 0.75])


def test_of_what_was_flagged_a_share_had_an_incident() -> None:
    assert both(error_parity.precision(CITY, FLAGGED, RECORDED)) == pytest.approx([0.8, 0.25])


def test_the_mean_error_is_that_of_the_groups_areas() -> None:
    """A is wrong by 0.75 a window and B by 0.5: 0.8 x 0.75 + 0.2 x 0.5, and (20 x 0.75 + 60 x 0.5) / 80."""
    assert both(error_parity.mean_absolute_error(CITY, FORECAST, RECORDED)) == pytest.approx([0.7, 0.5625])


def test_the_deviance_is_that_of_the_groups_areas() -> None:
    a, b = (2 * (2 * log(2) - 1) + 1) / 2, 1.0
    expected = [0.8 * a + 0.2 * b, 0.25 * a + 0.75 * b]
    assert both(error_parity.poisson_deviance(CITY, FORECAST, RECORDED)) == pytest.approx(expected)


def test_what_was_called_impossible_and_happened_is_infinitely_wrong() -> None:
    found = both(error_parity.poisson_deviance(CITY, 0 * FORECAST, RECORDED))
    assert found == [inf, inf]


def test_fairlearn_and_the_formula_say_the_same() -> None:
    rng = np.random.default_rng(3)
    flagged, recorded = rng.random((2, 5)), rng.poisson(1.0, (2, 5)).astype(float)
    for rate in (
        error_parity.true_positive_rate,
        error_parity.false_positive_rate,
        error_parity.precision,
        error_parity.mean_absolute_error,
    ):
        assert rate(CITY, flagged, recorded) == pytest.approx(rate(directly(CITY), flagged, recorded))


def test_without_a_positive_there_is_no_rate() -> None:
    assert np.isnan(both(error_parity.true_positive_rate(CITY, FLAGGED, 0 * RECORDED))).all()
