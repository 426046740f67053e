"""The background of the self-exciting process, against slow sums over all pairs."""

import numpy as np
import pytest

from forecasting.core.etas_background import daily_level, densities, kernel_sum, make_raster
from forecasting.core.incidents import FloatArray, IntArray
from tests.core.forecasting.point_examples import square

NOBODY = np.zeros(0, dtype=np.int64)


def points(number: int = 60, seed: int = 1) -> tuple[FloatArray, FloatArray, IntArray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 4000, number), rng.uniform(0, 4000, number), rng.integers(0, 700, number)


def test_bins_nest_in_cells_and_give_their_sums_back() -> None:
    grid = square(1000.0, 200.0)
    raster = make_raster(grid, 1.0, 70.0)
    assert raster.per_side == 3
    x, y = np.array([10.0, 199.0, 205.0]), np.array([10.0, 10.0, 10.0])
    cells = raster.to_cells(raster.picture(*raster.locate(x, y), np.ones(3)))
    assert cells[grid.locate(x, y)].tolist() == [2, 2, 1]


@pytest.mark.parametrize("memory", [None, 200.0])
def test_the_others_kernels_equal_the_slow_sum(memory: float | None) -> None:
    x, y, ages = points()
    made = kernel_sum(square(), (x, y), ages, 1.0, 300.0, memory)
    all_of = np.arange(len(x))
    for each in range(len(x)):
        others = np.delete(all_of, each)
        at = np.full(len(others), each)
        weights = made.weights(at, others)
        assert made.others[each] == pytest.approx((weights * made.of_pairs(at, others)).sum(), abs=1e-15)
        assert made.total[each] == pytest.approx(weights.sum())


def test_the_kernel_is_the_textbook_gaussian() -> None:
    x, y = np.array([2000.0, 2200.0]), np.array([2000.0, 2000.0])
    made = kernel_sum(square(), (x, y), np.zeros(2, dtype=np.int64), 1.0, 200.0)
    assert made.others[0] == pytest.approx(np.exp(-0.5) / (2 * np.pi * 200**2), rel=0.05)


def test_a_density_is_what_the_others_say_and_related_ones_say_nothing() -> None:
    x, y = np.array([1000.0, 1010.0, 3000.0]), np.array([1000.0, 1000.0, 3000.0])
    sums = [kernel_sum(square(), (x, y), np.zeros(3, dtype=np.int64), 1.0, 100.0)]
    alone = densities(sums, 16e6, NOBODY, NOBODY, np.zeros(0))
    parted = densities(sums, 16e6, np.array([0]), np.array([1]), np.array([1.0]))
    assert (alone[:, 0] == 1 / 16e6).all()
    assert alone[0, 1] == pytest.approx(1 / (2 * np.pi * 100**2) / 2, rel=0.05)
    assert parted[0, 1] == 0
    assert parted[2, 1] == alone[2, 1]


def test_a_density_integrates_to_one_over_the_city_at_its_edge_too() -> None:
    rng = np.random.default_rng(2)
    x, y = np.append(rng.uniform(0, 300, 400), rng.uniform(0, 4000, 4000)), rng.uniform(0, 4000, 4400)
    made = kernel_sum(square(), (x, y), np.zeros(4400, dtype=np.int64), 1.0, 300.0)
    even = densities([made], 16e6, NOBODY, NOBODY, np.zeros(0))[400:, 1]
    assert 16e6 * even.mean() == pytest.approx(1, abs=0.05)


def test_the_level_follows_the_season_and_the_week() -> None:
    ages = np.repeat(
        np.arange(700), np.where(np.arange(700) % 7 == 3, 20, 10) * np.where(np.arange(700) < 350, 2, 1)
    )
    level = daily_level(ages, 14.0)
    assert level.mean() == pytest.approx(1)
    assert level[101] / level[100] == pytest.approx(2, rel=0.05)
    assert level[100] / level[604] == pytest.approx(2, rel=0.05)
