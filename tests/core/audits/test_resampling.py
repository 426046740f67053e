"""The area-cluster bootstrap."""

import math

import numpy as np
import pytest

from audits.core.disparity import disparity_ratio
from audits.core.groups import GroupTable
from audits.core.resampling import ratio_intervals


def city(areas: int, generator: np.random.Generator) -> tuple[GroupTable, np.ndarray]:
    residents = generator.integers(500, 5000, areas).astype(float)
    share = generator.beta(0.4, 0.6, areas)
    counts = np.floor(residents[:, None] * np.column_stack([share, 1 - share]))
    flags = np.clip(0.02 + 0.1 * share + generator.normal(0, 0.02, areas), 0, 1)
    return GroupTable(tuple(map(str, range(areas))), ("black", "white"), counts, residents), flags


def test_the_interval_holds_the_point_estimate() -> None:
    table, flags = city(60, np.random.default_rng(1))
    intervals = ratio_intervals(table, flags, generator=np.random.default_rng(2))
    for ratio, interval in zip(disparity_ratio(table.counts, table.residents, flags), intervals, strict=True):
        assert interval.low < ratio < interval.high
        assert interval.defined == 1


def test_the_same_generator_state_gives_the_same_interval() -> None:
    table, flags = city(30, np.random.default_rng(1))
    first = ratio_intervals(table, flags, generator=np.random.default_rng(9))
    assert ratio_intervals(table, flags, generator=np.random.default_rng(9)) == first
    assert ratio_intervals(table, flags, generator=np.random.default_rng(8)) != first


def test_each_draw_recomputes_the_direct_formula_on_the_areas_it_took() -> None:
    """One draw by hand: the interval's matrix form against the formula on a table with areas repeated."""
    table, flags = city(12, np.random.default_rng(5))
    taken = np.random.default_rng(6).multinomial(12, np.full(12, 1 / 12), size=500)
    slow = [
        disparity_ratio(
            np.repeat(table.counts, row, 0), np.repeat(table.residents, row), np.repeat(flags, row)
        )[0]
        for row in taken
    ]
    interval = ratio_intervals(table, flags, generator=np.random.default_rng(6), draws=500)[0]
    assert (interval.low, interval.high) == pytest.approx(tuple(np.quantile(slow, [0.025, 0.975])))


def test_areas_are_drawn_with_all_their_groups_together() -> None:
    """Where every area has the same composition, no choice of areas can make a difference."""
    residents = np.array([100.0, 900.0, 50.0, 10.0])
    table = GroupTable(("a", "b", "c", "d"), ("black",), residents[:, None] * 0.5, residents)
    (interval,) = ratio_intervals(table, np.array([0.1, 0.9, 0.5, 0.3]), generator=np.random.default_rng(1))
    assert (interval.low, interval.high) == pytest.approx((1, 1))


def test_draws_without_a_ratio_are_counted_and_left_out() -> None:
    """One flagged area of 20: (19/20)^20 = 36 % of draws miss it."""
    table = GroupTable(tuple(map(str, range(20))), ("black",), np.full((20, 1), 50.0), np.full(20, 100.0))
    flags = np.zeros(20)
    flags[0] = 1
    (interval,) = ratio_intervals(table, flags, generator=np.random.default_rng(4))
    assert interval.defined == pytest.approx(1 - 0.95**20, abs=0.03)


def test_where_no_draw_has_a_ratio_the_ends_are_unknown() -> None:
    table, _ = city(10, np.random.default_rng(1))
    (first, _) = ratio_intervals(table, np.zeros(10), generator=np.random.default_rng(1))
    assert math.isnan(first.low)
    assert first.defined == 0


def test_about_nineteen_in_twenty_intervals_hold_the_truth() -> None:
    """Sample 80 areas from a known population of areas, 100 times; percentiles run a little short."""
    table, flags = city(20000, np.random.default_rng(1))
    truth = disparity_ratio(table.counts, table.residents, flags)[0]
    generator = np.random.default_rng(2)
    held = 0
    for _ in range(100):
        taken = generator.integers(0, 20000, 80)
        names = tuple(map(str, range(80)))
        sample = GroupTable(names, table.groups, table.counts[taken], table.residents[taken])
        interval = ratio_intervals(sample, flags[taken], generator=generator, draws=400)[0]
        held += interval.low <= truth <= interval.high
    assert held >= 88


def test_too_few_draws_are_refused() -> None:
    table, flags = city(5, np.random.default_rng(1))
    with pytest.raises(ValueError, match="5 areas in 99 draws"):
        ratio_intervals(table, flags, generator=np.random.default_rng(1), draws=99)
