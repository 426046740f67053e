"""The kernels of the self-exciting process hold their mass, and lose the right part of it at an edge."""

import numpy as np
import pytest

from forecasting.core.etas_kernels import (
    DistanceShape,
    distance_density,
    mass_inside,
    on_bins,
    ring_areas,
    spread,
    wait_weights,
)


def test_waits_by_hand() -> None:
    made = wait_weights(1 / np.log(2), 3)  # halves every day
    assert made == pytest.approx([0, 4 / 7, 2 / 7, 1 / 7])


@pytest.mark.parametrize("shape", list(DistanceShape))
def test_a_distance_kernel_holds_all_its_mass_within_reach(shape: DistanceShape) -> None:
    made = distance_density(shape, 80.0, 500)
    assert (made * ring_areas(500)).sum() == pytest.approx(1)
    assert (np.diff(made) <= 0).all()


def test_the_gaussian_is_the_textbook_density() -> None:
    made = distance_density(DistanceShape.GAUSSIAN, 50.0, 500)
    assert made[99] == pytest.approx(np.exp(-(99.5**2) / 5000) / (2 * np.pi * 2500), rel=1e-3)


def test_a_narrow_kernel_far_out_stays_finite() -> None:
    assert np.isfinite(np.log(distance_density(DistanceShape.GAUSSIAN, 5.0, 750))).all()


def test_laid_on_bins_it_keeps_mass_and_spread() -> None:
    made = on_bins(distance_density(DistanceShape.GAUSSIAN, 100.0, 600), 20.0)
    offset = (np.arange(len(made)) - len(made) // 2) * 20.0
    assert made.sum() == pytest.approx(1)
    assert np.sqrt((made.sum(axis=0) * offset**2).sum()) == pytest.approx(100, rel=0.01)


def test_spreading_moves_mass_and_loses_what_leaves() -> None:
    picture = np.zeros((9, 9))
    picture[4, 4], picture[0, 0] = 1.0, 1.0
    kernel = np.full((3, 3), 1 / 9)
    assert spread(picture, kernel).sum() == pytest.approx(1 + 4 / 9)


def test_half_a_kernel_lies_inside_at_a_straight_edge() -> None:
    made = mass_inside(np.ones((200, 200)), distance_density(DistanceShape.GAUSSIAN, 60.0, 400), 10.0)
    assert made[100, 100] == pytest.approx(1, abs=1e-6)
    assert (made[100, 0] + made[100, 1]) / 2 == pytest.approx(0.5 + 10 / 60 / np.sqrt(2 * np.pi), abs=0.01)
