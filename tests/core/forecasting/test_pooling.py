"""Scores pooled over windows."""

import numpy as np
import pytest

from forecasting.core.pooling import block_samples, compare, pool_scores, ratio_of_sums
from forecasting.core.scoring import COVERAGES, Hits, WindowScore


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def window(n: int, total: int, deviance: float = 10.0, expected: float = 10.0) -> WindowScore:
    hits = {share: Hits(n, total, 1.0, 100.0, max(n, 5), 1) for share in COVERAGES}
    return WindowScore(hits, None, deviance, total, expected)


def test_pooled_rate_is_sum_over_sum_and_the_mean_is_the_mean_of_rates() -> None:
    pooled = pool_scores([window(1, 10), window(9, 30)], rng()).hits[0.01]
    assert (pooled.n, pooled.total) == (10, 40)
    assert pooled.bootstrap.value == 0.25
    assert pooled.mean == pytest.approx(0.2)
    assert pooled.pai.value == pytest.approx(25.0)
    assert pooled.pei.value == pytest.approx(10 / 14)


def test_deviance_is_per_window_and_bias_is_expected_over_observed() -> None:
    pooled = pool_scores([window(1, 10, 20.0, 12.0), window(1, 10, 30.0, 12.0)], rng())
    assert pooled.deviance.value == 25.0
    assert pooled.bias == pytest.approx(1.2)


def test_an_empty_window_is_no_division_by_zero() -> None:
    pooled = pool_scores([window(0, 0), window(0, 0)], rng())
    assert np.isnan(pooled.hits[0.01].bootstrap.value)
    assert np.isnan(pooled.bias)


def test_blocks_keep_neighbouring_windows_together() -> None:
    samples = block_samples(27, rng(), draws=50)
    assert samples.shape == (50, 27)
    assert ((np.diff(samples.reshape(50, 9, 3), axis=2) % 27) == 1).all()


def test_windows_that_are_all_alike_have_an_interval_of_no_width() -> None:
    samples = block_samples(8, rng())
    estimate = ratio_of_sums(np.full(8, 2.0), np.full(8, 4.0), samples)
    assert (estimate.value, estimate.low, estimate.high) == (0.5, 0.5, 0.5)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    draw = np.random.default_rng(5)
    inside = 0
    for _ in range(200):
        hits = draw.binomial(200, 0.1, size=30).astype(float)
        estimate = ratio_of_sums(hits, np.full(30, 200.0), block_samples(30, draw, 300))
        inside += estimate.low <= 0.1 <= estimate.high
    assert 0.85 <= inside / 200 <= 0.99


def test_a_model_equal_to_the_reference_gains_nothing() -> None:
    scores = [window(1, 10, 5.0), window(2, 10, 7.0), window(3, 9, 9.0)]
    comparison = compare(scores, scores, rng())
    assert comparison.skill.value == 0.0
    assert comparison.hit_rate[0.05].low == comparison.hit_rate[0.05].high == 0.0


def test_a_better_model_gains_by_hand() -> None:
    ours = [window(3, 10, 5.0), window(4, 10, 5.0)]
    reference = [window(1, 10, 10.0), window(2, 10, 10.0)]
    comparison = compare(ours, reference, rng())
    assert comparison.hit_rate[0.01].value == pytest.approx(0.2)
    assert comparison.skill.value == 0.5
    assert comparison.skill.low <= 0.5 <= comparison.skill.high
