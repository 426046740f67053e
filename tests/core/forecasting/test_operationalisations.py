"""Ways to look at a layer: by hand on a small grid."""

import numpy as np
import pytest
from shapely.geometry import box

from forecasting.core.grid import make_grid
from forecasting.core.layers import point_layer
from forecasting.core.limits import CannotForecast
from forecasting.core.operationalisations import (
    How,
    Operationalisation,
    operationalise,
    values_of,
)

GRID = make_grid(box(0, 0, 2000, 2000), 100.0)
MIDDLE = point_layer("bars", np.array([1050.0]), np.array([1050.0]), 0)
COUNTS = np.ones(len(GRID))


def test_within_is_one_where_the_nearest_feature_is_no_farther() -> None:
    values = values_of(Operationalisation("bars", How.WITHIN, 120.0), MIDDLE, GRID, unit_metres=1.0)
    x, y = GRID.columns * 100 + 50, GRID.rows * 100 + 50
    apart = np.hypot(x - 1050, y - 1050)
    assert values[apart < 101].tolist() == [1.0] * 5
    assert values[apart > 141].sum() == 0
    assert set(np.unique(values)) == {0.0, 1.0}


def test_dense_is_where_the_density_exceeds_its_mean_by_two_deviations() -> None:
    values = values_of(Operationalisation("bars", How.DENSE, 200.0), MIDDLE, GRID, unit_metres=1.0)
    there = np.hypot(GRID.columns - 10, GRID.rows - 10)[values == 1]
    assert 0 < len(there) < 60
    assert there.max() < 6


def test_scaled_runs_from_none_to_the_densest() -> None:
    values = values_of(Operationalisation("bars", How.SCALED, 200.0), MIDDLE, GRID, unit_metres=1.0)
    assert values.max() == 1.0
    assert values[GRID.locate(np.array([50.0]), np.array([50.0]))][0] == pytest.approx(0, abs=1e-3)
    assert ((values >= 0) & (values <= 1)).all()


def test_distances_are_metres_whatever_the_unit_of_the_plane() -> None:
    feet = 0.3048
    one = values_of(Operationalisation("bars", How.WITHIN, 300.0 * feet), MIDDLE, GRID, unit_metres=feet)
    other = values_of(Operationalisation("bars", How.WITHIN, 300.0), MIDDLE, GRID, unit_metres=1.0)
    assert np.array_equal(one, other)


def test_all_ways_are_tried_at_all_distances_and_agree_with_each_alone() -> None:
    x, y = np.random.default_rng(1).uniform(0, 2000, (2, 40))
    layer = point_layer("bars", x, y, 0)
    tried, table = operationalise(
        {"bars": layer}, GRID, unit_metres=1.0, counts=COUNTS, distances=(100.0, 200.0)
    )
    assert {(each.how, each.metres) for each in tried} >= {
        (How.WITHIN, 100.0),
        (How.DENSE, 200.0),
        (How.SCALED, 200.0),
    }
    for at, what in enumerate(tried):
        assert np.array_equal(table[:, at], values_of(what, layer, GRID, unit_metres=1.0))


def test_a_cell_wider_than_the_distance_says_the_same_whatever_other_distances_are_tried() -> None:
    grid = make_grid(box(0, 0, 14_000, 14_000), 1400.0)
    near = np.tile([[350.0, 350.0], [1050.0, 350.0], [350.0, 1050.0]], (len(grid) // 2, 1))
    corner = np.repeat(np.column_stack([grid.columns, grid.rows])[::2] * 1400.0, 3, axis=0)
    x, y = (corner + near).T
    layer = point_layer("bars", x, y, 0)
    counts = np.full(len(grid), 5.0)
    found = []
    for distances in ((150.0,), (150.0, 450.0)):
        tried, table = operationalise(
            {"bars": layer}, grid, unit_metres=1.0, counts=counts, distances=distances
        )
        found.append(table[:, tried.index(Operationalisation("bars", How.WITHIN, 150.0))])
    assert np.array_equal(found[0], found[1])


def test_what_hardly_tells_cells_apart_is_not_tried() -> None:
    x, y = (np.asarray(each * 100 + 50.0, dtype=np.float64) for each in (GRID.columns, GRID.rows))
    everywhere = point_layer("lights", x, y, 0)
    tried, table = operationalise({"lights": everywhere}, GRID, unit_metres=1.0, counts=COUNTS)
    assert How.WITHIN not in {each.how for each in tried}
    assert table.shape == (len(GRID), len(tried))
    few, _ = operationalise({"bars": MIDDLE}, GRID, unit_metres=1.0, counts=COUNTS * 0.001)
    assert few == ()


def test_a_distance_of_nothing_is_refused() -> None:
    for distances in ((), (0.0,)):
        with pytest.raises(CannotForecast, match="distances above 0"):
            operationalise({"bars": MIDDLE}, GRID, unit_metres=1.0, counts=COUNTS, distances=distances)


def test_a_way_to_look_says_where_a_cell_is() -> None:
    assert Operationalisation("bus_stops", How.WITHIN, 150.0).words == "being within 150 m of bus stops"
    assert "high density of bars (over 300 m)" in Operationalisation("bars", How.DENSE, 300.0).words
    assert "against none" in Operationalisation("bars", How.SCALED, 300.0).words
