"""The trivial forecast."""

import numpy as np
import pytest

from forecasting.core.baselines import history_counts


def test_history_counts_spread_the_total_as_the_past_was_spread() -> None:
    expected = history_counts(np.array([3.0, 1.0]), np.ones(2), 41.0)
    assert expected.sum() == pytest.approx(41.0)
    assert expected.tolist() == pytest.approx([41 * 3.1 / 4.2, 41 * 1.1 / 4.2])


def test_half_a_cell_without_history_gets_half_the_floor() -> None:
    expected = history_counts(np.array([1.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.5]), 1.0)
    assert expected[2] == pytest.approx(expected[1] / 2)


def test_no_history_at_all_is_spread_by_area() -> None:
    expected = history_counts(np.zeros(2), np.array([1.0, 0.5]), 3.0)
    assert expected.tolist() == pytest.approx([2.0, 1.0])
