"""Smoothing on the grid."""

import numpy as np
import pytest
import shapely
from scipy.stats import norm

from forecasting.core.grid import make_grid
from forecasting.core.kernels import kernel_coverage, kernel_density, kernel_weights, smooth


def test_weights_are_the_gaussians_mass_in_each_cell() -> None:
    weights = kernel_weights(1.0)
    assert len(weights) == 9
    assert weights.sum() == pytest.approx(1)
    assert weights[4] == pytest.approx(norm.cdf(0.5) - norm.cdf(-0.5), rel=1e-4)
    assert np.allclose(weights, weights[::-1])


def test_a_bandwidth_far_below_a_cell_leaves_everything_where_it_is() -> None:
    picture = np.zeros((5, 5))
    picture[2, 2] = 3.0
    assert np.allclose(smooth(picture, 0.05), picture)


def test_smoothing_one_incident_gives_the_product_of_two_rows_of_weights() -> None:
    picture = np.zeros((11, 11))
    picture[5, 5] = 1.0
    weights = kernel_weights(1.0)
    assert np.allclose(smooth(picture, 1.0)[1:10, 1:10], np.outer(weights, weights))


def test_a_uniform_city_stays_uniform_up_to_its_edge() -> None:
    grid = make_grid(shapely.Point(0, 0).buffer(100), 8.0)
    density = kernel_density(grid, grid.fraction.copy(), 2.0, kernel_coverage(grid, 2.0))
    assert np.allclose(density, 1.0)


def test_without_the_correction_the_edge_would_fade() -> None:
    grid = make_grid(shapely.Point(0, 0).buffer(100), 8.0)
    density = kernel_density(grid, grid.fraction.copy(), 2.0, np.ones(len(grid)))
    assert density.min() < 0.6


def test_a_bandwidth_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="above 0"):
        kernel_weights(0.0)
