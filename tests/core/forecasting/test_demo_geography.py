"""The demo city's ground."""

from typing import Any

import numpy as np
import pytest
import shapely

from forecasting.core.demo_geography import AREA_SIZE, draw_geography, on_globe


@pytest.fixture(scope="module")
def geography() -> Any:
    return draw_geography(60, np.random.default_rng(7))


def test_areas_cover_the_land_once(geography: Any) -> None:
    shapes = [area.shape for area in geography.areas]
    assert len(shapes) == 60
    assert sum(shape.area for shape in shapes) == pytest.approx(geography.land.area, rel=1e-6)
    assert shapely.union_all(shapes).symmetric_difference(geography.land).area < 1


def test_the_river_runs_through_the_city_and_no_area_crosses_it(geography: Any) -> None:
    assert len(geography.land.geoms) == 2
    assert geography.river.area > 0.5e6
    assert all(area.shape.geom_type == "Polygon" for area in geography.areas)


def test_six_districts_group_whole_areas_and_one_is_central(geography: Any) -> None:
    assert [district.name for district in geography.districts].count("Central") == 1
    assert len(geography.districts) == 6
    for index, district in enumerate(geography.districts):
        members = [a.shape for a, d in zip(geography.areas, geography.district_of, strict=True) if d == index]
        assert shapely.union_all(members).equals(district.shape)
        assert 6 <= len(members) <= 14


def test_streets_are_named_lines_on_land(geography: Any) -> None:
    assert len({street.name for street in geography.streets}) == len(geography.streets) > 80
    assert all(street.shape.difference(geography.land.buffer(1)).length < 1 for street in geography.streets)


@pytest.mark.parametrize("areas", [2, 7, 200])
def test_a_city_may_have_any_size(areas: Any) -> None:
    small = draw_geography(areas, np.random.default_rng(1))
    assert len(small.areas) == areas
    assert small.land.area == pytest.approx(areas * AREA_SIZE, rel=0.1)
    assert set(small.district_of) == set(range(len(small.districts)))


@pytest.mark.parametrize("seed", range(5))
def test_shapes_stay_valid_on_the_globe(seed: Any) -> None:
    drawn = draw_geography(60, np.random.default_rng(seed))
    assert all(on_globe(each.shape).is_valid for each in drawn.areas + drawn.districts + drawn.streets)
    assert on_globe(drawn.land).is_valid


def test_the_city_lies_where_its_zone_is_valid(geography: Any) -> None:
    globe = on_globe(geography.land)
    west, south, east, north = globe.bounds
    assert -80 < west < east < -70
    assert 35 < south < north < 45


def test_the_same_seed_draws_the_same_city(geography: Any) -> None:
    again = draw_geography(60, np.random.default_rng(7))
    assert all(a.shape.equals(b.shape) for a, b in zip(geography.areas, again.areas, strict=True))
