"""Points find their ground."""

from typing import Any

import numpy as np
import pytest
import shapely

from forecasting.core.placement import NO_DISTRICT, ground_of, misplaced, place

WEST, EAST = shapely.box(-75.2, 40.0, -75.1, 40.1), shapely.box(-75.1, 40.0, -75.0, 40.1)
BOUNDARY = shapely.box(-75.2, 40.0, -74.9, 40.1)


def ground(crs: Any = "EPSG:4326", work_crs: Any = "EPSG:32618") -> Any:
    return ground_of(BOUNDARY, [WEST, EAST], crs=crs, work_crs=work_crs)


def test_points_find_their_district_or_none() -> None:
    placed = place(ground(), np.array([-75.15, -75.05, -74.95]), np.array([40.05, 40.05, 40.05]))
    assert placed.district.tolist() == [0, 1, NO_DISTRICT]
    assert placed.inside.all()


def test_a_point_on_a_shared_edge_belongs_to_the_earlier_district() -> None:
    assert place(ground(), np.array([-75.1]), np.array([40.05])).district.tolist() == [0]


def test_a_point_a_metre_off_the_edge_is_still_inside_and_keeps_its_district() -> None:
    metre = 9e-6
    placed = place(
        ground(), np.array([-75.2 - metre, -75.2 - 4 * metre, -75.15]), np.array([40.05, 40.05, 40.1 + metre])
    )
    assert placed.inside.tolist() == [True, False, True]
    assert placed.district.tolist() == [0, NO_DISTRICT, 0]


def test_a_point_in_a_sliver_between_two_districts_goes_to_one_of_them() -> None:
    east = shapely.box(-75.09999, 40.0, -75.0, 40.1)
    sliver = ground_of(BOUNDARY, [WEST, east], crs="EPSG:4326", work_crs="EPSG:32618")
    assert place(sliver, np.array([-75.099995]), np.array([40.05])).district.tolist() == [0]


def test_a_point_outside_the_boundary_has_no_district() -> None:
    placed = place(ground(), np.array([-75.3, np.nan]), np.array([40.05, np.nan]))
    assert not placed.inside.any()
    assert placed.district.tolist() == [NO_DISTRICT, NO_DISTRICT]


def test_plane_coordinates_are_tenths_of_the_working_unit() -> None:
    placed = place(ground(), np.array([-75.0]), np.array([40.0]))
    assert placed.x.tolist() == [5_000_000]  # the meridian of zone 18 stands at 500 km
    assert placed.y[0] == pytest.approx(44_277_570, abs=20)


def test_points_in_feet_come_back_as_tenths_of_feet_and_on_the_globe() -> None:
    city = shapely.box(-122.8, 45.4, -122.4, 45.7)
    portland = ground_of(city, [], crs="EPSG:2913", work_crs="EPSG:2913")
    placed = place(portland, np.array([7_661_410.0]), np.array([682_295.0]))
    assert (placed.x.tolist(), placed.y.tolist()) == ([76_614_100], [6_822_950])
    assert (placed.longitude[0], placed.latitude[0]) == pytest.approx((-122.6097, 45.5188), abs=1e-4)


def test_a_file_in_the_wrong_system_is_noticed() -> None:
    placed = place(ground(), np.full(30, 7_661_410.0), np.full(30, 682_295.0))
    assert misplaced(int((~placed.inside).sum()), 30)


def test_a_few_points_outside_are_no_sign_of_a_wrong_system() -> None:
    assert not misplaced(30, 100)
    assert not misplaced(5, 5)
