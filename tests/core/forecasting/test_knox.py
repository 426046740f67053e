"""The Knox test: counts by hand, planted patterns found, shuffled ones left alone."""

from itertools import permutations

import numpy as np
import pytest

from forecasting.core import knox
from forecasting.core.incidents import Incidents
from forecasting.core.knox import KnoxBands, KnoxVerdict, knox_test
from forecasting.core.limits import CannotForecast
from tests.core.forecasting.point_examples import at_days, self_exciting

SMALL = KnoxBands(metres=(100.0,), days=(7.0,))


def outcome_of(incidents: Incidents, seed: int = 1, **more: object) -> knox.KnoxTest:
    return knox_test(incidents, KnoxBands(), unit_metres=1.0, generator=np.random.default_rng(seed), **more)  # type: ignore[arg-type]


def test_a_tiny_pattern_counted_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knox, "MIN_INCIDENTS", 3)
    # a and b share a place, one day apart; c lies 50 m off, ten days later; d is far from all
    made = knox_test(
        at_days([0, 0, 50, 9000], [0, 0, 0, 0], [0, 1, 10, 11]),
        SMALL,
        unit_metres=1.0,
        generator=np.random.default_rng(1),
        permutations=4000,
    )
    assert made.observed.tolist() == [[1], [0]]
    # of the 24 orders, close in time are (0, 1) and (10, 11): the pair a, b has one of them in 1/3 of the orders
    orders = list(permutations([0, 1, 10, 11]))
    by_hand = [
        sum(abs(o[0] - o[1]) < 7 for o in orders) / 24,
        sum((abs(o[0] - o[2]) < 7) + (abs(o[1] - o[2]) < 7) for o in orders) / 24,
    ]
    assert by_hand == pytest.approx([1 / 3, 2 / 3])
    assert made.expected.ravel() == pytest.approx(by_hand, abs=0.03)
    assert made.p[0, 0] == pytest.approx(1 / 3, abs=0.03)
    assert made.p[1, 0] == 1.0


def test_an_edge_belongs_to_the_nearer_space_band_and_the_later_time_band(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(knox, "MIN_INCIDENTS", 2)
    bands = KnoxBands(metres=(100.0, 200.0), days=(7.0, 14.0))
    made = knox_test(
        at_days([0, 100], [0, 0], [0, 7]),
        bands,
        unit_metres=1.0,
        generator=np.random.default_rng(1),
    )
    assert made.observed.tolist() == [[0, 0], [0, 1], [0, 0]]


def test_feet_and_metres_give_the_same_counts() -> None:
    metres = self_exciting(np.random.default_rng(2), ratio=0.2, background=600)
    feet = Incidents(metres.x / 0.3048, metres.y / 0.3048, metres.begins, metres.ends)
    one = outcome_of(metres)
    other = knox_test(feet, KnoxBands(), unit_metres=0.3048, generator=np.random.default_rng(1))
    assert np.array_equal(one.observed, other.observed)


def test_the_same_seed_gives_the_same_outcome() -> None:
    incidents = self_exciting(np.random.default_rng(3), ratio=0.1, background=400)
    assert np.array_equal(outcome_of(incidents, seed=5).p, outcome_of(incidents, seed=5).p)


def test_planted_near_repeat_is_found() -> None:
    made = outcome_of(self_exciting(np.random.default_rng(4), ratio=0.25, background=900, metres=60.0))
    assert made.verdict is KnoxVerdict.NEAR_REPEAT
    assert made.may_use_near_repeat
    assert made.ratio[1, 0] > 1.5
    assert made.sentence.startswith("Near repeat may be used for this category")


def test_repeats_at_one_place_do_not_open_the_near_repeat_layer() -> None:
    rng = np.random.default_rng(5)
    x, y, day = rng.uniform(0, 6000, 700), rng.uniform(0, 6000, 700), rng.uniform(0, 900, 700)
    again = rng.integers(0, 700, 120)
    made = outcome_of(
        at_days(
            np.append(x, x[again]),
            np.append(y, y[again]),
            np.append(day, day[again] + rng.uniform(0, 6, 120)),
        )
    )
    assert made.verdict is KnoxVerdict.SAME_PLACE_ONLY
    assert not made.may_use_near_repeat


def test_shuffled_times_raise_few_false_alarms() -> None:
    rng, alarms = np.random.default_rng(6), 0
    clustered = self_exciting(rng, ratio=0.25, background=400, metres=60.0, hills=4)
    for seed in range(40):
        shuffled = rng.permutation(clustered.begins)
        made = outcome_of(
            Incidents(clustered.x, clustered.y, shuffled, shuffled), seed=seed, permutations=799
        )
        alarms += made.verdict is not KnoxVerdict.NONE
    assert alarms <= 4  # at most 5 % are promised: 2 of 40; 5 or more would come by chance once in twenty


def test_too_few_incidents_are_refused() -> None:
    with pytest.raises(CannotForecast, match="it needs 50") as refused:
        outcome_of(at_days([0.0] * 10, [0.0] * 10, list(range(10))))
    assert refused.value.reason == "too_few_incidents"


def test_permutations_that_could_never_find_anything_are_refused() -> None:
    incidents = self_exciting(np.random.default_rng(7), ratio=0.1, background=300)
    with pytest.raises(CannotForecast, match="Use at least 744 permutations"):
        outcome_of(incidents, permutations=99)


def test_more_pairs_than_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knox, "MAX_PAIRS", 10)
    with pytest.raises(CannotForecast, match="pairs of this category") as refused:
        outcome_of(self_exciting(np.random.default_rng(8), ratio=0.1, background=300))
    assert refused.value.reason == "too_many_pairs"


def test_bands_that_do_not_rise_are_refused() -> None:
    with pytest.raises(CannotForecast, match="rising edges"):
        KnoxBands(metres=(200.0, 100.0))
