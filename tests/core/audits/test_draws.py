"""The city as it is, and cities drawn from it."""

import numpy as np
import pytest

from audits.core.draws import drawn_cities, whole_city
from audits.core.groups import GroupTable
from tests.core.audits.tiny_city import TABLE

ONES = np.ones(2)


def test_sums_run_over_areas_residents_and_shares() -> None:
    city, value = whole_city(TABLE), np.array([2.0, 3.0])
    assert city.total(value).tolist() == [[5]]
    assert city.people(value).tolist() == [[80 * 2 + 20 * 3, 20 * 2 + 60 * 3]]
    assert city.everybody(value).tolist() == [[500]]
    assert city.shared(value)[0] == pytest.approx([0.8 * 2 + 0.2 * 3, 0.2 * 2 + 0.6 * 3])
    assert city.resident_mean(value, ONES)[0] == pytest.approx([2.2, 220 / 80])


def test_an_area_where_nobody_lives_has_no_shares() -> None:
    table = GroupTable(("A",), ("x",), np.zeros((1, 1)), np.zeros(1))
    assert whole_city(table).shares.tolist() == [[0]]
    assert whole_city(table).lived_in.tolist() == [0]


def test_each_draw_takes_as_many_areas_as_there_are() -> None:
    drawn = drawn_cities(TABLE, np.random.default_rng(1), draws=300)
    assert set(drawn.taken.sum(axis=1)) == {2}
    assert drawn.people(ONES).shape == (300, 2)
    assert drawn.people(ONES) == pytest.approx(drawn.taken @ TABLE.counts)


def test_areas_of_one_cluster_are_taken_together() -> None:
    table = GroupTable(tuple("abcd"), ("x",), np.ones((4, 1)), np.ones(4))
    drawn = drawn_cities(table, np.random.default_rng(1), draws=200, clusters=np.array([7, 7, 3, 3]))
    assert (drawn.taken[:, 0] == drawn.taken[:, 1]).all()
    assert set(drawn.taken[:, 0] + drawn.taken[:, 2]) == {2}


def test_margins_draw_the_counts_too() -> None:
    margins = np.full((2, 2), 5.0)
    drawn = drawn_cities(TABLE, np.random.default_rng(1), draws=400, margins=margins)
    assert drawn.counts.shape == (400, 2, 2)
    one = drawn.counts[7]
    assert drawn.people(ONES)[7] == pytest.approx(drawn.taken[7] @ one)
    assert drawn.shared(np.array([2.0, 3.0]))[7] == pytest.approx((drawn.taken[7] * [0.02, 0.03]) @ one)


def test_the_same_state_draws_the_same_cities() -> None:
    first, second = (drawn_cities(TABLE, np.random.default_rng(5), draws=100) for _ in range(2))
    assert (first.taken == second.taken).all()


def test_too_few_draws_or_wrong_clusters_are_refused() -> None:
    with pytest.raises(ValueError, match="2 areas in 99 draws"):
        drawn_cities(TABLE, np.random.default_rng(1), draws=99)
    with pytest.raises(ValueError, match="3 cluster numbers for 2 areas"):
        drawn_cities(TABLE, np.random.default_rng(1), clusters=np.arange(3))


def test_a_metric_of_many_draws_is_that_of_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audits.core.draws.PART", 60)
    for margins in (None, np.full((2, 2), 5.0)):
        drawn = drawn_cities(TABLE, np.random.default_rng(1), draws=100, margins=margins)
        parts = list(drawn.parts())
        assert [len(each.taken) for each in parts] == [30, 30, 30, 10]
        assert np.vstack([each.people(ONES) for each in parts]) == pytest.approx(drawn.people(ONES))
