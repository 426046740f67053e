"""Shapes of a file on the city's plane: kept whole, cut to the surroundings, refused with a remedy."""

from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import Transformer
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from forecasting.core import context_shapes
from forecasting.core.context_shapes import Surroundings, place_points, place_shapes
from forecasting.core.limits import CannotForecast

EAST, NORTH = 500_000.0, 4_430_000.0
CITY = Surroundings(box(EAST, NORTH, EAST + 10_000, NORTH + 10_000), "EPSG:32618", 1.0)


def array(*shapes: Any) -> Any:
    return np.array([*shapes, None], dtype=object)[:-1]


def on_globe(*points: tuple[float, float]) -> Any:
    """Points given in metres from the city's corner, as longitude and latitude."""
    way = Transformer.from_crs("EPSG:32618", "EPSG:4326", always_xy=True)
    return array(*(Point(way.transform(EAST + x, NORTH + y)) for x, y in points))


def test_points_come_to_the_citys_plane_to_a_centimetre() -> None:
    placed = place_shapes(on_globe((1000, 2000)), "points", "EPSG:4326", CITY)
    assert shapely.get_coordinates(placed.shapes) == pytest.approx(
        np.array([[EAST + 1000, NORTH + 2000]]), abs=0.02
    )
    assert placed.left_out == 0


def test_what_is_far_away_is_left_out_and_counted_and_what_is_just_across_the_line_is_kept() -> None:
    given = on_globe((1000, 1000), (-1500, 1000), (-2500, 1000), (40_000, 0), (5, 5))
    placed = place_shapes(given, "points", "EPSG:4326", CITY)
    assert (len(placed.shapes), placed.left_out) == (3, 2)


def test_the_order_of_the_file_makes_no_difference_and_things_at_one_place_stay_two() -> None:
    points = [(100, 100), (200, 50), (100, 100), (3000, 9000)]
    one = place_shapes(on_globe(*points), "points", "EPSG:4326", CITY).shapes
    other = place_shapes(on_globe(*points[::-1]), "points", "EPSG:4326", CITY).shapes
    assert shapely.to_wkb(one).tolist() == shapely.to_wkb(other).tolist()
    assert len(one) == 4


def test_multiple_shapes_are_taken_apart() -> None:
    given = array(MultiPoint([(EAST, NORTH), (EAST + 5, NORTH)]), Point(EAST, NORTH))
    assert len(place_shapes(given, "points", "EPSG:32618", CITY).shapes) == 3
    squares = MultiPolygon(
        [box(EAST, NORTH, EAST + 9, NORTH + 9), box(EAST + 20, NORTH, EAST + 29, NORTH + 9)]
    )
    placed = place_shapes(array(squares), "polygons", "EPSG:32618", CITY)
    assert shapely.area(placed.shapes).tolist() == pytest.approx([81.0, 81.0])


@pytest.mark.parametrize(
    ("points", "crs", "remedy"),
    [
        (on_globe((100, 100), (200, 200)), "EPSG:32618", "read as EPSG:4326: give --crs EPSG:4326"),
        (array(Point(EAST + 5, NORTH + 5)), "EPSG:4326", "read as EPSG:32618: give --crs EPSG:32618"),
        (
            shapely.transform(on_globe((100, 100), (200, 200)), lambda at: at[:, ::-1]),
            "EPSG:4326",
            "write longitude .x. before latitude",
        ),
        (
            array(Point(13.4, 52.5)),
            "EPSG:4326",
            r"run from \(13.4, 52.5\) to \(13.4, 52.5\). Name the system",
        ),
        (on_globe((100, 100)), "EPSG:999999", "no coordinate system known here"),
    ],
)
def test_another_system_or_city_is_refused_with_the_remedy(points: Any, crs: str, remedy: str) -> None:
    with pytest.raises(CannotForecast, match=remedy):
        place_shapes(points, "points", crs, CITY)


BOWTIE = Polygon([(EAST, NORTH), (EAST + 9, NORTH + 9), (EAST + 9, NORTH), (EAST, NORTH + 9)])


@pytest.mark.parametrize(
    ("shapes", "kind", "told"),
    [
        (array(), "points", "holds no feature"),
        (
            array(Point(EAST, NORTH), None, Point()),
            "points",
            "Feature 2 of the file has no geometry.*1 others",
        ),
        (
            array(LineString([(EAST, NORTH), (EAST, NORTH + 9)])),
            "points",
            "Feature 1.*another kind than points",
        ),
        (
            array(box(EAST, NORTH, EAST + 9, NORTH + 9), BOWTIE),
            "polygons",
            r"Feature 2 is not a valid shape \(Self",
        ),
        (array(Point(np.inf, 1.0)), "points", "no number"),
    ],
)
def test_what_is_no_shape_is_refused_with_its_number(shapes: Any, kind: str, told: str) -> None:
    with pytest.raises(CannotForecast, match=told):
        place_shapes(shapes, kind, "EPSG:32618", CITY)


def test_too_many_features_are_refused_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context_shapes, "MOST_FEATURES", 1)
    with pytest.raises(CannotForecast, match="at most 1 are kept"):
        place_shapes(on_globe((1, 1), (2, 2)), "points", "EPSG:4326", CITY)


def test_points_out_of_reach_have_no_place() -> None:
    x, y = place_points(
        np.array([EAST + 10.004, EAST + 99_000]), np.array([NORTH, NORTH]), "EPSG:32618", CITY
    )
    assert (x[0], y[0]) == pytest.approx((EAST + 10.0, NORTH))
    assert np.isnan(x[1])
    assert np.isnan(y[1])
