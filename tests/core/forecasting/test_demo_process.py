"""The point process behind the demo city, against what went into it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from forecasting.core.demo_kinds import KINDS, hours_of_week
from forecasting.core.demo_process import (
    CELL,
    FineGrid,
    discovery_rates,
    happen,
    reporting_rates,
    risk_surface,
    with_followers,
)

BURGLARY = KINDS[0]


@pytest.fixture(scope="module")
def grid() -> Any:
    area = np.full((30, 40), -1)
    area[2:28, 3:37] = 0
    area[2:28, 20:37] = 1
    return FineGrid((1000.0, 2000.0), area)


def simulated(grid: Any, kind: Any, seed: Any = 3, days: Any = 300, total: Any = 9000) -> Any:
    expected = np.where(grid.land, total / days / grid.land.sum(), 0.0)
    return happen(
        grid,
        kind,
        expected,
        days=days,
        first_weekday=3,
        first_day_of_year=182,
        generator=np.random.default_rng(seed),
    )


def test_a_point_finds_its_cell_and_water_has_none(grid: Any) -> None:
    x, y = np.array([1000 + 3.5 * CELL, 1000.0, -1e9]), np.array([2000 + 2.5 * CELL, 2000.0, 0.0])
    row, column = grid.cell_of(x, y)
    assert row.tolist() == [2, -1, -1]
    assert column.tolist() == [3, -1, -1]


def test_the_risk_surface_is_a_distribution_over_the_land(grid: Any) -> None:
    risk = risk_surface(grid, BURGLARY, np.random.default_rng(1))
    assert risk.sum() == pytest.approx(1)
    assert (risk[~grid.land] == 0).all()
    assert (risk[grid.land] > 0).all()


def test_expected_followers_sum_to_the_geometric_series(grid: Any) -> None:
    background = np.where(grid.land, 1.0, 0.0)
    total = with_followers(BURGLARY, grid.land, background)
    assert total.sum() == pytest.approx(background.sum() / (1 - BURGLARY.branching), rel=1e-3)
    assert (total[~grid.land] == 0).all()


def test_the_branching_ratio_is_the_share_of_followers(grid: Any) -> None:
    happened = simulated(grid, replace(BURGLARY, branching=0.4), total=30_000)
    assert (happened.generation > 0).mean() == pytest.approx(0.4, abs=0.01)


def test_without_branching_nothing_follows(grid: Any) -> None:
    assert (simulated(grid, replace(BURGLARY, branching=0.0)).generation == 0).all()


def test_every_incident_lies_on_land_and_within_its_days(grid: Any) -> None:
    happened = simulated(grid, BURGLARY)
    assert (grid.cell_of(happened.x, happened.y)[0] >= 0).all()
    assert happened.day.min() >= 0
    assert happened.day.max() < 300
    assert ((happened.second >= 0) & (happened.second < 86_400)).all()


def test_hours_of_the_week_come_out_as_they_went_in(grid: Any) -> None:
    kind = replace(BURGLARY, season=0.0, branching=0.0)
    happened = simulated(grid, kind, days=700, total=200_000)
    hour = (3 + happened.day) % 7 * 24 + happened.second // 3600
    drawn = np.bincount(hour, minlength=168) / len(hour)
    assert np.abs(drawn / hours_of_week(kind) - 1).max() < 0.2


def test_the_season_comes_out_as_it_went_in(grid: Any) -> None:
    happened = simulated(
        grid, replace(BURGLARY, season=0.5, peak_day=182, branching=0.0), days=365, total=80_000
    )
    early, late = (happened.day < 30).mean(), ((happened.day > 165) & (happened.day < 196)).mean()
    assert early / late == pytest.approx(1.49 / 0.51, rel=0.1)


def test_reporting_leans_a_little_and_discovery_much() -> None:
    towards = np.linspace(-1, 1, 200)
    reported = reporting_rates(towards, np.random.default_rng(1))
    discovered = discovery_rates(towards, np.random.default_rng(1))
    assert 0.35 <= reported.min() < reported.max() <= 0.85
    assert reported[:100].mean() / reported[100:].mean() < 1.2
    assert discovered[100:].mean() / discovered[:100].mean() > 2
