"""The trivial forecast."""

import numpy as np
import pytest
import shapely

from forecasting.core.baselines import faded_counts, history_counts
from forecasting.core.grid import make_grid
from forecasting.core.incidents import Incidents
from forecasting.core.windows import DAY


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


def test_a_fresh_incident_outweighs_an_old_one_and_none_after_the_cut_counts() -> None:
    grid = make_grid(shapely.box(0, 0, 300, 100), 100.0)
    at = np.array([0, -730, 1]) * DAY - 1  # now, one half-life ago, tomorrow
    incidents = Incidents(np.array([50.0, 150.0, 250.0]), np.full(3, 50.0), at, at)
    expected = faded_counts(incidents, grid, 0, 3.0)
    average = 1.5 / 3
    weights = np.array([1.0, 0.5, 0.0]) / average + 0.05
    assert expected == pytest.approx(3.0 * weights / weights.sum(), rel=1e-6)
