"""Who lives in the demo city, and what is planted there."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from audits.core.demo_city import GROUPS, settle
from audits.core.disparity import disparities
from forecasting.core.demo_city import Size, make_demo_city


def residents(geography: Any, seed: Any) -> Any:
    shapes = [area.shape for area in geography.areas]
    return settle(
        [area.code for area in geography.areas],
        np.array([(shape.centroid.x, shape.centroid.y) for shape in shapes]),
        np.array([shape.area for shape in shapes]),
        np.random.default_rng(seed),
    )


def worst_ratio(city: Any, table: Any, category: Any) -> Any:
    """The highest disparity ratio where the 5 % of cells with the highest expected counts are flagged."""
    grid, expected = city.truth.grid, city.truth.expected[category]
    flagged = expected > np.quantile(expected[grid.land], 0.95)
    share = np.bincount(grid.area[grid.land], flagged[grid.land]) / np.bincount(grid.area[grid.land])
    return max(disparity.ratio for disparity in disparities(table, share))


@pytest.fixture(scope="module")
def cities() -> Any:
    size = Size(date(2023, 1, 1), incidents=600, days=60)
    made = [make_demo_city(size, np.random.default_rng(seed)) for seed in range(6)]
    return [(city, residents(city.geography, seed)) for seed, city in enumerate(made)]


def test_groups_live_apart(cities: Any) -> None:
    _, table = cities[0]
    shares = table.counts / table.residents[:, None]
    for group in ("black", "white"):
        low, high = np.quantile(shares[:, GROUPS.index(group)], [0.05, 0.95])
        assert high > 4 * low
    assert 300_000 < table.everybody < 700_000


def test_black_white_and_asian_residents_leave_room_for_others(cities: Any) -> None:
    for _, table in cities:
        assert (table.counts[:, :3].sum(axis=1) <= table.residents * 1.001).mean() > 0.9


def test_burglary_leans_to_no_group(cities: Any) -> None:
    assert np.median([worst_ratio(city, table, "residential_burglary") for city, table in cities]) < 1.2


def test_what_patrols_discover_leans_where_patrols_go(cities: Any) -> None:
    assert np.median([worst_ratio(city, table, "narcotics") for city, table in cities]) > 1.35


def test_the_same_seed_settles_the_same_residents(cities: Any) -> None:
    city, table = cities[0]
    assert (residents(city.geography, 0).counts == table.counts).all()
