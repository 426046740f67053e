"""Scores, each with an example computed by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.core.scoring import (
    UNDEFINED,
    Hits,
    count_hits,
    density_order,
    deviance_estimate,
    deviance_skill,
    flag_cells,
    hit_rate,
    poisson_deviance,
    prediction_accuracy_index,
    prediction_efficiency_index,
    score_window,
    wilson_interval,
)

ONES = np.ones(4)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_cells_are_ordered_by_density_not_by_count() -> None:
    order = density_order(np.array([3.0, 2.0, 1.0]), np.array([3.0, 1.0, 1.0 / 4]), rng())
    assert order.tolist() == [2, 1, 0]


def test_ties_are_drawn_by_the_seed_and_only_by_the_seed() -> None:
    tied = np.ones(50)
    first, again, other = (density_order(tied, tied, rng(seed)).tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_cell_that_crosses_the_budget_is_left_out() -> None:
    order = np.array([2, 0, 1, 3])
    assert flag_cells(order, ONES, 2.0).tolist() == [True, False, True, False]
    assert flag_cells(order, ONES, 1.999).tolist() == [False, False, True, False]
    assert not flag_cells(order, ONES, 0.5).any()


def test_hits_by_hand() -> None:
    flagged, observed = np.array([True, True, False, False]), np.array([3.0, 0.0, 5.0, 2.0])
    assert count_hits(flagged, observed, ONES) == Hits(
        n=3, total=10, area=2.0, total_area=4.0, best=8, cells=2
    )


def test_hit_rate_pai_and_pei_by_hand() -> None:
    hits = Hits(n=3, total=10, area=2.0, total_area=40.0, best=8, cells=2)
    assert hit_rate(hits).value == 0.3
    assert prediction_accuracy_index(hits).value == pytest.approx(0.3 / 0.05)
    assert prediction_efficiency_index(hits).value == pytest.approx(3 / 8)


def test_the_published_example_of_one_hit_in_twenty() -> None:
    pai = prediction_accuracy_index(Hits(n=1, total=20, area=0.25, total_area=147.0, best=5, cells=1))
    assert (round(pai.value, 1), round(pai.low, 1), round(pai.high, 1)) == (29.4, 5.2, 138.8)


def test_wilson_by_hand() -> None:
    estimate = wilson_interval(1, 20)
    assert (estimate.value, round(estimate.low, 4), round(estimate.high, 4)) == (0.05, 0.0089, 0.2361)


@given(st.integers(1, 500), st.data())
def test_wilson_holds_the_proportion_and_stays_between_zero_and_one(total: int, data: st.DataObject) -> None:
    estimate = wilson_interval(data.draw(st.integers(0, total)), total)
    assert 0 <= estimate.low <= estimate.value + 1e-12
    assert estimate.value - 1e-12 <= estimate.high <= 1


def test_without_incidents_or_area_nothing_is_claimed() -> None:
    assert wilson_interval(0, 0) is UNDEFINED
    nothing = Hits(n=0, total=0, area=0.0, total_area=4.0, best=0, cells=0)
    assert prediction_accuracy_index(nothing) is UNDEFINED
    assert prediction_efficiency_index(nothing) is UNDEFINED


def test_catching_all_that_could_be_caught_is_an_efficiency_of_one() -> None:
    hits = count_hits(np.array([True, False]), np.array([4.0, 1.0]), np.ones(2))
    assert prediction_efficiency_index(hits).value == 1.0
    assert prediction_efficiency_index(hits).high == 1.0


def test_deviance_by_hand() -> None:
    expected = 2 * ((2 * np.log(2.0 / 0.5) - 1.5) + 0.25)
    assert poisson_deviance(np.array([2.0, 0.0]), np.array([0.5, 0.25])) == pytest.approx(expected)
    assert poisson_deviance(np.array([2.0, 3.0]), np.array([2.0, 3.0])) == 0.0


def test_a_deviance_at_zero_expected_is_an_error_not_infinity() -> None:
    with pytest.raises(ValueError, match="above 0"):
        poisson_deviance(np.array([1.0]), np.array([0.0]))


def test_skill_says_how_much_of_the_references_deviance_is_gone() -> None:
    observed, good, poor = np.array([2.0, 0.0]), np.array([1.5, 0.5]), np.array([1.0, 1.0])
    skill = deviance_skill(observed, good, poor)
    assert skill.value == pytest.approx(
        1 - poisson_deviance(observed, good) / poisson_deviance(observed, poor)
    )
    assert skill.low <= skill.value <= skill.high
    assert deviance_skill(observed, observed + 0.1, observed + 0.1).value == 0.0
    assert np.isnan(deviance_skill(np.array([1.0]), np.array([2.0]), np.array([1.0])).value)


def test_the_interval_of_a_deviance_covers_its_mean_as_often_as_it_says() -> None:
    draw, mean = np.random.default_rng(4), np.full(2000, 0.4)
    estimates = [deviance_estimate(draw.poisson(mean).astype(float), mean) for _ in range(300)]
    truth = np.mean([each.value for each in estimates])
    assert 0.92 <= np.mean([each.low <= truth <= each.high for each in estimates]) <= 0.98


def test_a_window_is_scored_at_every_coverage_and_at_its_own_flags() -> None:
    expected, area = np.arange(100, 0, -1.0), np.ones(100)
    observed = np.zeros(100)
    observed[[0, 3, 50]] = 1, 2, 1
    score = score_window(expected, observed, area, rng(), flagged=np.arange(100) < 2)
    assert [score.hits[share].n for share in (0.01, 0.05, 0.20)] == [1, 3, 3]
    assert score.flagged is not None
    assert score.flagged.n == 1
    assert (score.observed, score.expected) == (4, 5050.0)
