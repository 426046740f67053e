"""Census margins of error, on made-up ones."""

import numpy as np
import pytest

from audits.core.margins import bounds, drawn_counts, smallest_effect
from tests.core.audits.tiny_city import TABLE

MARGINS = np.array([[16.45, 0.0], [1.645, 100.0]])


def test_counts_are_drawn_with_the_margins_standard_error() -> None:
    """16.45 at 90 % is a standard error of 10; a count without a margin stays as it is."""
    drawn = drawn_counts(TABLE, MARGINS, np.random.default_rng(1), 4000)
    assert drawn.shape == (4000, 2, 2)
    assert (drawn[:, 1, 0].mean(), drawn[:, 1, 0].std()) == pytest.approx((20, 1), abs=0.05)
    assert set(drawn[:, 0, 1]) == {20.0}


def test_nobody_is_drawn_below_zero_or_beyond_the_area() -> None:
    drawn = drawn_counts(TABLE, MARGINS, np.random.default_rng(1), 4000)
    assert (drawn.min(), drawn.max()) == (0, 100)


def test_the_bounds_are_one_margin_away() -> None:
    low, high = bounds(TABLE, MARGINS)
    assert low.tolist() == [[80 - 16.45, 20], [20 - 1.645, 0]]
    assert high.tolist() == [[80 + 16.45, 20], [20 + 1.645, 100]]


def test_the_smallest_effect_is_the_one_nearest_to_no_effect() -> None:
    values = np.array([[1.6, 0.5, 1.1], [1.4, 0.9, 0.95], [1.8, 0.3, np.nan]])
    found = smallest_effect(values, 1.0)
    assert found[:2].tolist() == [1.4, 0.9]
    assert np.isnan(found[2])


@pytest.mark.parametrize("wrong", [np.zeros((1, 2)), np.full((2, 2), -1.0), np.full((2, 2), np.nan)])
def test_a_margin_is_a_number_of_persons_for_each_count(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="margin"):
        drawn_counts(TABLE, wrong, np.random.default_rng(1), 100)
