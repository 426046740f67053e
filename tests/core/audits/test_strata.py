"""Tenths in which equal values stay together."""

import numpy as np

from audits.core.strata import tenth


def test_ten_different_values_fall_in_ten_tenths() -> None:
    assert tenth(np.arange(10.0)[::-1]).tolist() == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]


def test_equal_values_share_a_tenth_and_others_stay_empty() -> None:
    """Nine zeros have mid-rank 5: 1 + floor(10 x 4.5 / 10) = 5; the tenth value stands in the highest."""
    assert tenth(np.array([0.0] * 9 + [3.0])).tolist() == [5] * 9 + [10]


def test_the_shape_stays() -> None:
    assert tenth(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist() == [[2, 4], [7, 9]]
