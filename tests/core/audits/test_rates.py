"""Targeting rate per resident, worked by hand."""

import math

import numpy as np

from audits.core.rates import ratio_or_nan, targeting_rate


def test_the_rate_is_the_share_of_a_groups_residents_in_flagged_places() -> None:
    """90 of 100 live where half is flagged: 45 of 100 people = 0.45; 40 and 30: (20 + 0) / 70."""
    rates = targeting_rate(np.array([[90.0, 40.0], [10.0, 30.0]]), np.array([0.5, 0.0]))
    assert rates.tolist() == [0.45, 20 / 70]


def test_nothing_flagged_is_zero_and_everything_flagged_is_one() -> None:
    counts = np.array([[3.0], [5.0]])
    assert targeting_rate(counts, np.zeros(2)).tolist() == [0]
    assert targeting_rate(counts, np.ones(2)).tolist() == [1]


def test_a_group_without_residents_has_no_rate() -> None:
    assert math.isnan(targeting_rate(np.array([[0.0]]), np.array([1.0]))[0])


def test_division_by_nothing_cannot_be_said() -> None:
    assert math.isnan(ratio_or_nan(np.array([0.0]), np.array([0.0]))[0])
    assert ratio_or_nan(np.array([1.0]), np.array([4.0])).tolist() == [0.25]
