"""Days without incidents: what is chance, what is a gap, and what stops a forecast."""

import numpy as np
import pytest

from forecasting.core.gaps import FRESH, LEAST_DAYS, VANISHED, check_no_gap, find_gaps, gap_sentence
from forecasting.core.limits import CannotForecast

FIRST = 19_000


def city(seed: int, mean: float, days: int = 364, scatter: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    level = mean * rng.gamma(1 / scatter, scatter, days) if scatter else np.full(days, mean)
    return rng.poisson(level).astype(np.int64)


def test_chance_is_hardly_ever_called_a_gap() -> None:
    called = sum(
        bool(find_gaps(city(seed, mean, scatter=scatter), FIRST))
        for seed in range(300)
        for mean, scatter in ((0.3, 0.0), (2.0, 0.0), (2.0, 0.5), (20.0, 0.1))
    )
    assert called <= 3  # of 1,200


@pytest.mark.parametrize(("mean", "days"), [(20.0, 2), (3.0, 8), (0.5, 45)])
def test_a_run_too_long_for_the_rate_is_found_with_its_days(mean: float, days: int) -> None:
    counts = city(1, mean)
    counts[200] = counts[200 + days + 1] = 1
    counts[201 : 201 + days] = 0
    (gap,) = find_gaps(counts, FIRST)
    assert (gap.first, gap.last, gap.days) == (FIRST + 201, FIRST + 200 + days, days)
    assert gap.p_value < 1e-4


def test_the_chance_of_a_run_is_that_of_the_definition() -> None:
    counts = np.tile([2, 4], 100)  # no scatter beyond Poisson: the mean is 3
    counts[50:60] = 0
    (gap,) = find_gaps(counts, FIRST)
    assert gap.p_value == pytest.approx(200 * np.exp(-3.0) ** 10)


def test_one_empty_day_is_never_a_gap() -> None:
    counts = np.full(200, 50)
    counts[100 : 100 + LEAST_DAYS - 1] = 0
    assert find_gaps(counts, FIRST) == ()


def test_a_long_gap_does_not_excuse_itself() -> None:
    counts = city(2, 1.0)
    counts[60:300] = 0
    assert [gap.days >= 240 for gap in find_gaps(counts, FIRST)] == [True]


def test_too_few_days_say_nothing() -> None:
    assert find_gaps(np.array([5, 0, 0, 0, 5]), FIRST) == ()


def test_a_gap_is_told_with_its_dates_and_its_chance() -> None:
    counts = np.tile([2, 4], 100)
    counts[50:60] = 0
    (gap,) = find_gaps(counts, FIRST)
    assert gap_sentence(gap, "robbery") == (
        "No robberies are recorded from 27 February 2022 to 8 March 2022 (ten days); by chance that happens with "
        "probability below 0.001."
    )


def test_a_category_that_vanished_is_refused_with_what_to_do() -> None:
    counts = city(3, 3.0)
    counts[-VANISHED:] = 0
    with pytest.raises(CannotForecast, match="still holds them") as refusal:
        check_no_gap(counts, FIRST, "robbery")
    assert refusal.value.reason == "category_vanished"


def test_a_fresh_gap_is_refused_and_an_old_one_is_not() -> None:
    counts = city(3, 5.0)
    counts[-20:-10] = 0
    with pytest.raises(CannotForecast, match="Load the export") as refusal:
        check_no_gap(counts, FIRST, "robbery")
    assert refusal.value.reason == "gap_in_data"
    check_no_gap(np.append(counts, city(4, 5.0, days=FRESH)), FIRST, "robbery")
    check_no_gap(city(3, 5.0), FIRST, "robbery")
