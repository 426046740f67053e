"""Context layers: distances and densities by hand, and layers that are refused."""

import numpy as np
import pytest
import shapely

from forecasting.core.grid import Grid, make_grid
from forecasting.core.layers import (
    Layer,
    LayerKind,
    check_layer,
    distance_to,
    layer_density,
    layer_distance,
    point_layer,
)
from forecasting.core.limits import CannotForecast


def grid(side: float = 1000.0, cell: float = 100.0) -> Grid:
    return make_grid(shapely.box(0, 0, side, side), cell)


def layer(kind: LayerKind, *geometries: object) -> Layer:
    return Layer("bars", kind, np.array(geometries, dtype=np.object_), 0)


def bars(*places: tuple[float, float]) -> Layer:
    x, y = np.array(places).T
    return point_layer("bars", x, y, 0)


def test_the_distance_is_to_the_nearest_feature_and_ends_at_the_reach() -> None:
    made = distance_to(bars((0, 0), (100, 0)), np.array([30.0, 90.0, 900.0]), np.zeros(3), reach=400.0)
    assert made.tolist() == [30.0, 10.0, 400.0]


def test_inside_a_polygon_and_on_a_line_the_distance_is_nothing() -> None:
    park, road = shapely.box(0, 0, 50, 50), shapely.LineString([(0, 0), (50, 0)])
    for made in (layer(LayerKind.POLYGON, park), layer(LayerKind.LINE, road)):
        apart = distance_to(made, np.array([25.0, 25.0]), np.array([0.0, 80.0]), reach=500.0)
        assert apart[0] == 0
        assert apart[1] == (30.0 if made.kind is LayerKind.POLYGON else 80.0)


def test_a_cells_distance_is_the_mean_of_its_points_in_metres() -> None:
    made = layer_distance(bars((50, 50)), grid(), unit_metres=1.0, reach_metres=400.0)
    assert made[0] == pytest.approx(np.hypot(25, 25))
    assert made[-1] == 400.0
    feet = make_grid(shapely.box(0, 0, 1000 / 0.3048, 1000 / 0.3048), 100 / 0.3048)
    moved = bars((50 / 0.3048, 50 / 0.3048))
    assert layer_distance(moved, feet, unit_metres=0.3048, reach_metres=400.0) == pytest.approx(made)


@pytest.mark.parametrize(
    ("kind", "shape", "amount"),
    [
        (LayerKind.POINT, shapely.MultiPoint([(450, 450), (460, 455)]), 2.0),
        (LayerKind.LINE, shapely.LineString([(400, 450), (500, 450)]), 100.0),
        (LayerKind.POLYGON, shapely.box(400, 400, 500, 450), 0.5),
    ],
)
def test_density_spreads_the_amount_in_the_cell(kind: LayerKind, shape: object, amount: float) -> None:
    made = layer_density(layer(kind, shape), grid(), unit_metres=1.0, bandwidth_metres=100.0)
    assert made.sum() == pytest.approx(amount, rel=0.01)
    assert made.argmax() == grid().locate(np.array([450.0]), np.array([450.0]))[0]


def test_a_line_is_measured_in_metres_whatever_the_unit() -> None:
    feet = make_grid(shapely.box(0, 0, 3000, 3000), 300.0)
    road = layer(LayerKind.LINE, shapely.LineString([(1200, 1500), (1500, 1500)]))
    made = layer_density(road, feet, unit_metres=0.3048, bandwidth_metres=80.0)
    assert made.sum() == pytest.approx(300 * 0.3048, rel=0.01)


def test_overlapping_polygons_cover_a_place_once() -> None:
    park = shapely.box(400, 400, 500, 500)
    once, twice = (
        layer_density(layer(LayerKind.POLYGON, *parks), grid(), unit_metres=1.0, bandwidth_metres=90.0)
        for parks in ([park], [park, park])
    )
    assert np.array_equal(once, twice)


def test_an_even_spread_of_features_is_even_up_to_the_edge() -> None:
    x, y = (part.ravel() + 50.0 for part in np.meshgrid(np.arange(10) * 100.0, np.arange(10) * 100.0))
    made = layer_density(point_layer("trees", x, y, 0), grid(), unit_metres=1.0, bandwidth_metres=200.0)
    assert made == pytest.approx(np.ones(100))


def test_features_outside_the_city_count_for_distance_and_not_for_density() -> None:
    outside = bars((-50.0, 50.0))
    assert layer_distance(outside, grid(), unit_metres=1.0, reach_metres=400.0)[0] < 110
    assert not layer_density(outside, grid(), unit_metres=1.0, bandwidth_metres=100.0).any()


def test_a_layer_of_another_place_or_crs_is_refused_with_how_far_it_is() -> None:
    check_layer(bars((500.0, 500.0)), grid(), unit_metres=1.0)
    with pytest.raises(CannotForecast, match=r"lies 1,414 km .* order of its axes") as refusal:
        check_layer(bars((1_001_000.0, 1_001_000.0)), grid(), unit_metres=1.0)
    assert refusal.value.reason == "bad_input"


@pytest.mark.parametrize(
    ("name", "geometries", "said"),
    [
        ("Bars!", [shapely.Point(0, 0)], "lower-case"),
        ("bars", [], "holds nothing"),
        ("bars", [shapely.Point()], "empty features"),
        ("bars", [shapely.Point(0, 0), shapely.box(0, 0, 1, 1)], "Split it by kind"),
        ("bars", [shapely.Point(np.inf, 0)], "finite"),
    ],
)
def test_a_layer_that_is_not_what_it_says_is_refused(name: str, geometries: list[object], said: str) -> None:
    with pytest.raises(CannotForecast, match=said):
        Layer(name, LayerKind.POINT, np.array(geometries, dtype=np.object_), 0)
