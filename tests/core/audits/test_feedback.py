"""Rounds of patrol, discovery and refit in a city where everybody's rate is the same."""

import math

import numpy as np
import pytest

from audits.core import feedback
from audits.core.groups import GroupTable

AREAS, RUNS = 40, 60
ROUNDS = 15
BLACK = np.linspace(0, 1, AREAS)
TABLE = GroupTable(
    tuple(f"{i:02}" for i in range(AREAS)),
    ("black", "white"),
    np.column_stack([1000 * BLACK, 1000 * (1 - BLACK)]),
    np.full(AREAS, 1000.0),
)
RATES = feedback.equal_rates(TABLE, 800.0)
HALF = np.full(AREAS, 0.5)


def records(lean: float, generator: np.random.Generator) -> np.ndarray:
    """Three rounds of records, in which areas with black residents appear with a planted lean."""
    return generator.poisson(10 * (1 + lean * BLACK), (3, RUNS, AREAS)).astype(float)


def loop(
    discovery: float,
    *,
    lean: float = 1.0,
    reporting: np.ndarray = HALF,
    patrol: feedback.Patrol | None = None,
) -> np.ndarray:
    generator = np.random.default_rng(1)
    return feedback.run_loop(
        feedback.Loop(RATES, reporting, discovery, ROUNDS),
        records(lean, generator),
        patrol=patrol or feedback.hottest(0.2),
        refit=feedback.decayed_counts(0.8),
        generator=generator,
    )


def test_rates_are_equal_for_every_resident() -> None:
    table = GroupTable(("a", "b"), ("x",), np.zeros((2, 1)), np.array([100.0, 300.0]))
    assert feedback.equal_rates(table, 40.0).tolist() == [10, 30]


def test_an_areas_reporting_is_that_of_its_residents() -> None:
    rates = feedback.reporting_by_group(TABLE, "black", inside=0.2, others=0.6)
    assert (rates[0], rates[-1]) == pytest.approx((0.6, 0.2))
    assert rates.mean() == pytest.approx(0.4)


def test_past_rounds_fade() -> None:
    history = np.array([[[4.0, 0.0]], [[2.0, 8.0]]])
    assert feedback.decayed_counts(0.5)(history).tolist() == [[4, 8]]


def test_patrol_goes_in_proportion_or_to_the_hottest() -> None:
    expected = np.array([[1.0, 3.0, 0.0, 4.0]])
    assert feedback.in_proportion(expected).tolist() == [[0.125, 0.375, 0, 0.5]]
    assert feedback.in_proportion(np.zeros((1, 4))).tolist() == [[0.25] * 4]
    assert feedback.hottest(0.5)(expected).tolist() == [[0, 0.5, 0, 0.5]]


def test_equally_hot_areas_share_what_is_left() -> None:
    assert feedback.hottest(0.5)(np.array([[5.0, 2.0, 2.0, 1.0]])).tolist() == [[0.5, 0.25, 0.25, 0]]


def test_a_groups_share_of_patrol_is_worked_by_hand() -> None:
    """All patrol in the last area: 1 of it black at first; then half in each end: 0.5, so the index is 0.5."""
    minutes = np.zeros((2, 1, AREAS))
    minutes[0, 0, -1] = 7
    minutes[1, 0, [0, -1]] = 3
    assert feedback.exposure_shares(TABLE, minutes)[:, 0].tolist() == [[1, 0], [0.5, 0.5]]
    index = feedback.amplification(TABLE, minutes)
    assert index[0, 0] == 0.5
    assert math.isnan(index[0, 1])


def test_without_discovery_a_planted_lean_fades() -> None:
    """Only victims speak, and they report alike everywhere: patrol returns towards the group's share of residents."""
    minutes = loop(0.0)
    shares = feedback.exposure_shares(TABLE, minutes)[..., 0].mean(axis=1)
    assert shares[0] > 0.75
    assert shares[-1] == pytest.approx(0.5, abs=0.06)
    mean, interval = feedback.amplification_intervals(TABLE, minutes)[0]
    assert mean < 0.8
    assert interval.low < mean < interval.high


def test_with_discovery_the_planted_lean_stays_although_rates_are_equal() -> None:
    shares = feedback.exposure_shares(TABLE, loop(0.2))[..., 0].mean(axis=1)
    assert shares[-1] > 0.75
    found = feedback.amplification_intervals(TABLE, loop(0.2))[0]
    assert found[0] == pytest.approx(1, abs=0.1)


def test_the_slope_over_discovery_catches_the_loop() -> None:
    deltas = (0.0, 0.1, 0.2)
    indices = np.stack([feedback.amplification(TABLE, loop(delta)) for delta in deltas])
    black, white = feedback.slope_over_discovery(deltas, indices)
    assert black[0] > 1
    assert black[1].low > 0
    assert white[0] < 0


def test_a_slope_is_worked_by_hand() -> None:
    """Ln FAI 0 and 1 at 0 and 0.5 rise by 2; a constant index has slope 0."""
    indices = np.array([[[1.0, 3.0]], [[math.e, 3.0]]])
    (rising, flat) = feedback.slope_over_discovery((0.0, 0.5), indices)
    assert rising[0] == pytest.approx(2)
    assert flat[0] == pytest.approx(0)


def test_a_slope_needs_two_rates_of_discovery() -> None:
    with pytest.raises(ValueError, match="at least two different"):
        feedback.slope_over_discovery((0.2, 0.2), np.ones((2, 1, 1)))


def test_on_records_of_pure_chance_a_loop_makes_its_own_pattern() -> None:
    """No lean, equal rates: without discovery the first patrols leave no trace, with it they stay where they fell."""
    without, with_loop = (feedback.persistence(loop(delta, lean=0.0)) for delta in (0.0, 0.3))
    assert without[0] == pytest.approx(0, abs=0.1)
    assert with_loop[1].low > 0.5


def test_patrol_in_proportion_with_victims_who_report_corrects_itself() -> None:
    found = feedback.persistence(loop(0.2, lean=0.0, patrol=feedback.in_proportion))
    assert found[0] < 0.4


def test_a_group_that_reports_less_is_served_less() -> None:
    silent = feedback.reporting_by_group(TABLE, "black", inside=0.2, others=0.6)
    uneven = loop(0.0, lean=0.0, reporting=silent, patrol=feedback.in_proportion)
    even = loop(0.0, lean=0.0, patrol=feedback.in_proportion)
    black, white = feedback.relative_service(TABLE, uneven, even)
    assert black[1].high < 0.95
    assert white[1].low > 1.05


def test_the_same_state_gives_the_same_rounds() -> None:
    assert (loop(0.1) == loop(0.1)).all()


def test_impossible_cities_are_refused() -> None:
    for rates, reporting, discovery, rounds in (
        (RATES[:2], HALF, 0.1, 3), (-RATES, HALF, 0.1, 3), (RATES, 2 * HALF + 0.5, 0.1, 3), (RATES, HALF, 1.5, 3),
        (RATES, HALF, 0.1, 0),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"rates|shares"):
            feedback.Loop(rates, reporting, discovery, rounds)
