"""The demo city as a whole: incidents against truth, and through the real door."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from pyproj import Transformer

from forecasting.core.demo_city import Size, make_demo_city
from forecasting.core.demo_geography import DEMO_CRS, on_globe
from forecasting.core.demo_kinds import KINDS
from forecasting.core.ingestion import sort_rows
from forecasting.core.placement import ground_of
from forecasting.core.record_identity import no_prefixes
from tests.core.forecasting.profile_examples import shipped

SIZE = Size(start=date(2021, 7, 1), areas=60, days=1096, incidents=60_000)


@pytest.fixture(scope="module")
def city() -> Any:
    return make_demo_city(SIZE, np.random.default_rng(7))


def of_kind(city: Any, kind: Any) -> Any:
    return city.incidents.filter(pl.col("category") == kind.label)


def test_each_kind_has_its_share_of_the_incidents(city: Any) -> None:
    for kind in KINDS:
        assert len(of_kind(city, kind)) == pytest.approx(SIZE.incidents * kind.share, rel=0.05)


def test_the_truth_is_what_the_incidents_scatter_around(city: Any) -> None:
    grid = city.truth.grid
    way = Transformer.from_crs("EPSG:4326", DEMO_CRS, always_xy=True)
    for kind in KINDS:
        rows = of_kind(city, kind)
        x, y = way.transform(rows["longitude"].to_numpy(), rows["latitude"].to_numpy())
        row, column = grid.cell_of(x, y)
        found = row >= 0  # rounding may push a point off its last decimetre of land
        assert found.mean() > 0.999
        observed = np.bincount(grid.area[row[found], column[found]], minlength=60)
        expected = np.bincount(grid.area[grid.land], city.truth.expected[kind.category][grid.land])
        assert np.std((observed - expected) / np.sqrt(expected)) < 1.6  # 1 for Poisson; clusters add some


def test_followers_are_recorded_in_proportion_to_the_branching_ratio(city: Any) -> None:
    labelled = city.incidents.with_columns(pl.Series("generation", city.truth.generation))
    for kind in KINDS:
        followers = labelled.filter(pl.col("category") == kind.label)["generation"] > 0
        assert followers.mean() == pytest.approx(city.truth.branching[kind.category], abs=0.03)


def test_discovered_incidents_stand_where_patrols_go(city: Any) -> None:
    shares = city.truth.recorded_share
    assert shares["narcotics"].max() > 4 * shares["narcotics"].min()
    assert shares["residential_burglary"].max() < 2 * shares["residential_burglary"].min()


def test_the_whole_file_is_taken_through_the_demo_profile(city: Any) -> None:
    profile = shipped("demo")
    districts = [on_globe(district.shape) for district in city.geography.districts]
    ground = ground_of(on_globe(city.geography.land), districts, crs=profile.place.crs, work_crs=DEMO_CRS)
    raw = city.incidents.with_row_index("row", 1).cast(pl.String).with_columns(pl.col("row").cast(pl.Int64))
    sorted_ = sort_rows(
        raw,
        profile=profile,
        ground=ground,
        key=b"k",
        earlier=no_prefixes(),
        latest=datetime(2030, 1, 1, tzinfo=UTC),
    )
    assert len(sorted_.refused) == 0
    assert sorted_.accepted["district"].null_count() == 0
    assert set(sorted_.accepted["district"]) == set(range(6))


def test_the_same_seed_makes_the_same_file(city: Any) -> None:
    again = make_demo_city(SIZE, np.random.default_rng(7))
    assert again.incidents.equals(city.incidents)
    assert not make_demo_city(SIZE, np.random.default_rng(8)).incidents.equals(city.incidents)


def test_a_hamlet_is_a_city_too() -> None:
    hamlet = make_demo_city(Size(date(2024, 1, 1), areas=3, days=30, incidents=60), np.random.default_rng(1))
    assert 20 < len(hamlet.incidents) < 140
