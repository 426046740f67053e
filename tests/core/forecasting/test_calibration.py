"""Where counts fell in the distributions that were sealed before."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from forecasting.core.calibration import (
    BINS,
    Placement,
    Predicted,
    chance_inside,
    coverage_by_district,
    pit_counts,
    pit_range,
    place_districts,
    pool_placements,
    predicted_cells,
    predicted_districts,
    randomised_pit,
)
from forecasting.core.incidents import FloatArray
from forecasting.core.intervals import Dispersion, estimate_dispersion

KNOWN = Dispersion(cell=0.5, city=0.01, district=0.03)
DISTRICTS = np.repeat([f"d{each:02}" for each in range(20)], 30)


def means(size: int = 600) -> FloatArray:
    """Cells of 20 districts that expect between 3 and 120 incidents each."""
    rng = np.random.default_rng(3)
    return np.asarray(rng.gamma(0.5, 1.0, size) * np.repeat(np.geomspace(0.2, 8.0, 20), size // 20) + 0.01)


def drawn(mean: FloatArray, found: Dispersion, rng: np.random.Generator) -> FloatArray:
    """Draw one window's counts as the gamma-Poisson model says."""

    def factor(variance: float, size: int) -> FloatArray:
        return rng.gamma(1 / variance, variance, size)

    by_district = np.repeat(factor(found.district, 20), len(mean) // 20)
    rate = mean * factor(found.cell, len(mean)) * by_district * factor(found.city, 1)
    return rng.poisson(rate).astype(np.float64)


def test_the_randomised_pit_of_counts_drawn_from_their_own_distribution_is_uniform() -> None:
    rng = np.random.default_rng(1)
    mean, spread = np.full(20_000, 1.3), np.full(20_000, 0.7)
    observed = rng.negative_binomial(1 / 0.7, 1 / (1 + 0.7 * 1.3), 20_000).astype(float)
    u = randomised_pit(Predicted(mean, spread), observed, rng)
    assert stats.kstest(u, "uniform").pvalue > 0.05
    assert pit_counts(u).sum() == 20_000
    too_narrow = randomised_pit(Predicted(mean, np.zeros(20_000)), observed, rng)
    assert stats.kstest(too_narrow, "uniform").pvalue < 1e-6
    ends = pit_counts(too_narrow)
    assert min(ends[0], ends[-1]) > max(ends[3:7])  # a U: the distributions are too narrow


def test_the_range_of_a_count_is_what_scipy_says() -> None:
    below, upto = pit_range(Predicted(np.array([2.0, 2.0]), np.array([0.0, 0.5])), np.array([0.0, 3.0]))
    assert below.tolist() == pytest.approx([0.0, stats.nbinom.cdf(2, 2, 0.5)])
    assert upto.tolist() == pytest.approx([np.exp(-2.0), stats.nbinom.cdf(3, 2, 0.5)])


def test_the_chance_of_being_covered_is_the_part_of_the_range_inside() -> None:
    below, upto = np.array([0.0, 0.2, 0.94, 0.97]), np.array([0.1, 0.3, 0.96, 0.99])
    assert chance_inside(below, upto, 0.9).tolist() == pytest.approx([0.5, 1.0, 0.5, 0.0])


def test_districts_of_a_simulated_city_are_covered_as_often_as_they_should_be() -> None:
    """The dispersion is learned from thirteen earlier windows alone, as in a forecast, and judged on later ones."""
    rng, mean = np.random.default_rng(5), means()
    windows = [drawn(mean, KNOWN, rng) for _ in range(13 + 60)]
    placed = []
    for past in range(60):
        found = estimate_dispersion([mean] * 13, windows[past : past + 13], DISTRICTS)
        placed.append(place_districts(mean, windows[past + 13], DISTRICTS, found, 0.9, rng))
    pooled = pool_placements(placed, rng)
    assert pooled.total == 60 * 20
    assert 0.88 <= pooled.coverage.value <= 0.92
    assert 0.88 <= pooled.chance.value <= 0.92
    assert pooled.coverage.low < 0.9 < pooled.coverage.high


def test_of_two_forecasts_that_expect_too_narrowly_coverage_tells() -> None:
    rng, mean = np.random.default_rng(6), means()
    placed = [
        place_districts(mean, drawn(mean, KNOWN, rng), DISTRICTS, Dispersion(0.0, 0.0), 0.9, rng)
        for _ in range(20)
    ]
    assert pool_placements(placed, rng).coverage.high < 0.88


def test_the_distribution_of_a_district_is_that_of_its_sum() -> None:
    names, predicted = predicted_districts(
        np.array([1.0, 3.0, 2.0]), np.array(["b", "b", "a"]), Dispersion(cell=0.5, city=0.0)
    )
    assert names.tolist() == ["a", "b"]
    assert predicted.mean.tolist() == [2.0, 4.0]
    assert predicted.spread.tolist() == pytest.approx([0.5, 0.5 * (1 + 9) / 16])


def test_cells_of_a_simulated_city_are_placed_evenly() -> None:
    """Ten thousand sparse cells whose counts strayed as the dispersion says."""
    rng = np.random.default_rng(9)
    mean = rng.gamma(0.3, 1.0, 10_000)
    observed = rng.poisson(mean * rng.gamma(2.0, 0.5, 10_000)).astype(float)
    u = randomised_pit(predicted_cells(mean, Dispersion(0.5, 0.0)), observed, rng)
    assert stats.kstest(u, "uniform").pvalue > 0.05


def test_sharpness_is_width_over_mean_and_districts_are_counted_one_by_one() -> None:
    names = np.array(["a", "b"])
    placed = [
        Placement(names, np.array([0.5, 0.01]), np.array([True, False]), np.array([1.0, 0.0]),
                  np.array([4.0, 6.0]), np.array([2.0, 3.0])),
        Placement(names, np.array([0.25, 0.35]), np.array([True, True]), np.array([1.0, 0.5]),
                  np.array([4.0, 6.0]), np.array([2.0, 3.0])),
    ]  # fmt: skip
    pooled = pool_placements(placed, np.random.default_rng(1))
    assert (pooled.n, pooled.total, pooled.windows) == (3, 4, 2)
    assert (pooled.coverage.value, pooled.chance.value, pooled.sharpness.value) == (0.75, 0.625, 2.0)
    assert pooled.counts.tolist() == [1, 0, 1, 1, 0, 1, 0, 0, 0, 0]
    assert coverage_by_district(placed) == {"a": (2, 2), "b": (1, 2)}


def test_a_wider_distribution_is_less_sharp() -> None:
    rng, mean = np.random.default_rng(7), means()
    counts = drawn(mean, KNOWN, rng)
    sharp = [
        pool_placements(
            [place_districts(mean, counts, DISTRICTS, Dispersion(0.5, 0.01, district), 0.9, rng)], rng
        ).sharpness.value
        for district in (0.0, 0.05, 0.5)
    ]
    assert all(less < more for less, more in pairwise(sharp))


def test_a_district_that_expects_nothing_has_a_distribution_all_the_same() -> None:
    placed = place_districts(
        np.array([0.0, 2.0]), np.array([0.0, 1.0]), np.array(["a", "b"]), KNOWN, 0.9, np.random.default_rng(1)
    )
    assert np.isfinite(placed.pit).all()
    assert len(pit_counts(placed.pit)) == BINS
