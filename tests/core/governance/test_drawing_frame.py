"""How a plane becomes a picture."""

from math import dist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.core.drawing_frame import (
    WIDTH,
    bounds_of,
    frame_of,
    rings_of,
    spread,
    square,
    squeeze_at,
)


def test_rings_of_a_polygon_are_its_outer_ring_and_its_holes() -> None:
    outer, hole = [(0, 0), (9, 0), (9, 9), (0, 0)], [(1, 1), (2, 1), (2, 2), (1, 1)]
    assert len(rings_of([outer, hole])) == 2


def test_rings_of_a_multipolygon_are_all_rings_in_order() -> None:
    first, second = [(0, 0), (1, 0), (1, 1)], [(5, 5), (6, 5), (6, 6)]
    assert rings_of([[first], [second]]) == (tuple(first), tuple(second))


def test_rings_of_nothing_are_none() -> None:
    assert rings_of([]) == ()


def test_the_frame_shows_the_whole_bounds_with_north_up() -> None:
    frame = frame_of((100.0, 200.0, 300.0, 300.0))
    x0, y0 = frame.place((100.0, 200.0))
    x1, y1 = frame.place((300.0, 300.0))
    assert 0 < x0 < x1 < frame.width == WIDTH
    assert 0 < y1 < y0 < frame.height


def test_a_very_long_or_very_high_city_keeps_a_picture_of_readable_proportions() -> None:
    assert frame_of((0, 0, 1000, 1)).height == WIDTH / 2
    assert frame_of((0, 0, 1, 1000)).height == WIDTH * 1.5


def test_a_degree_of_longitude_shrinks_towards_the_pole() -> None:
    assert squeeze_at(60.0) == pytest.approx(0.5)
    frame = frame_of((0, 0, 2, 1), squeeze_at(60.0))
    (x0, y0), (x1, y1) = frame.place((0, 0)), frame.place((1, 1))
    assert (x1 - x0) == pytest.approx((y0 - y1) / 2)


def test_a_ring_outside_the_frame_is_not_shown() -> None:
    frame = frame_of((0, 0, 10, 10))
    assert frame.shows(square(4, 4, 1)[0])
    assert not frame.shows(square(40, 4, 1)[0])


def test_bounds_of_nothing_are_a_unit_square() -> None:
    assert bounds_of([]) == (0.0, 0.0, 1.0, 1.0)
    assert frame_of((5, 5, 5, 5)).width == WIDTH


def test_points_that_are_far_apart_stay_where_they_are() -> None:
    assert spread([(0, 0), (100, 0)], 20) == ((0, 0), (100, 0))


def test_two_points_on_the_same_spot_part() -> None:
    a, b = spread([(5, 5), (5, 5)], 20)
    assert dist(a, b) == pytest.approx(20, abs=0.1)


@given(st.lists(st.tuples(st.floats(0, 400), st.floats(0, 400)), min_size=2, max_size=12))
def test_spread_points_do_not_overlap_and_always_end_the_same(points: list[tuple[float, float]]) -> None:
    moved = spread(points, 20)
    assert moved == spread(points, 20)
    assert min(dist(a, b) for i, a in enumerate(moved) for b in moved[:i]) > 15
