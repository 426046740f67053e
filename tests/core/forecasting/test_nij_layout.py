"""Turned and moved cells."""

import numpy as np
import pytest
import shapely

from forecasting.core.nij_layout import MOVES, TURNS, Layout, listed_layouts

CITY = shapely.Polygon([(7_600_000, 680_000), (7_609_000, 681_000), (7_605_000, 690_000)])


def test_24_different_layouts_are_listed() -> None:
    assert len(set(listed_layouts(250.0))) == len(TURNS) * len(MOVES) == 24


def test_a_turned_cell_by_hand() -> None:
    """Turned by 45 degrees, the point (1, 1) lies sqrt(2) along the first axis."""
    layout = Layout(1.0, 45.0, 0.0, 0.0)
    columns, rows = layout.cells_of(np.array([1.1, -0.9]), np.array([1.0, 1.0]))
    assert columns.tolist() == [1, 0]
    assert rows.tolist() == [-1, 1]


def test_a_move_is_a_share_of_a_cell_along_the_turned_axes() -> None:
    moved = Layout(10.0, 0.0, 0.5, 0.0)
    assert moved.cells_of(np.array([4.9, 5.1]), np.array([0.0, 0.0]))[0].tolist() == [-1, 0]


@pytest.mark.parametrize("layout", listed_layouts(600.0)[::5])
def test_the_cells_cover_the_city_once_and_own_the_points_inside_them(layout: Layout) -> None:
    grid = layout.grid(CITY)
    polygons = layout.polygons(grid, CITY)
    assert shapely.area(polygons).sum() == pytest.approx(CITY.area, rel=1e-9)
    assert shapely.union_all(polygons).area == pytest.approx(CITY.area, rel=1e-9)
    assert shapely.area(polygons) == pytest.approx(grid.area, rel=1e-6, abs=1e-3)
    assert {each.geom_type for each in polygons} <= {"Polygon", "MultiPolygon"}
    inside = shapely.point_on_surface(polygons)
    columns, rows = layout.cells_of(shapely.get_x(inside), shapely.get_y(inside))
    assert np.array_equal(columns, grid.columns)
    assert np.array_equal(rows, grid.rows)
