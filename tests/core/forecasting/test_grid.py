"""The grid of cells."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from forecasting.core import grid as grid_module
from forecasting.core.grid import make_grid
from forecasting.core.limits import CannotForecast

SQUARE = shapely.box(5, 5, 25, 15)
"""20 x 10 units; with cells of 10 from 0 it touches 3 x 2 of them."""


def test_cells_stand_on_whole_multiples_and_carry_their_area_inside() -> None:
    grid = make_grid(SQUARE, 10.0)
    assert grid.columns.tolist() == [0, 1, 2, 0, 1, 2]
    assert grid.rows.tolist() == [0, 0, 0, 1, 1, 1]
    assert grid.area.tolist() == [25.0, 50.0, 25.0, 25.0, 50.0, 25.0]
    assert grid.total_area == pytest.approx(SQUARE.area)
    assert grid.fraction.tolist() == [0.25, 0.5, 0.25, 0.25, 0.5, 0.25]


def test_another_origin_moves_the_cells() -> None:
    grid = make_grid(SQUARE, 10.0, origin=(5.0, 5.0))
    assert len(grid) == 2
    assert grid.area.tolist() == [100.0, 100.0]


def test_a_cell_owns_its_lower_and_left_edges() -> None:
    grid = make_grid(SQUARE, 10.0)
    x = np.array([5.0, 10.0, 29.9, 30.0, -1.0, 12.0])
    y = np.array([5.0, 10.0, 19.9, 10.0, 5.0, 99.0])
    assert grid.locate(x, y).tolist() == [0, 4, 5, -1, -1, -1]


def test_a_point_outside_the_boundary_has_no_cell_even_between_cells() -> None:
    ring = shapely.box(0, 0, 30, 30).difference(shapely.box(10, 10, 20, 20))
    grid = make_grid(ring, 10.0)
    assert len(grid) == 8
    assert grid.locate(np.array([15.0]), np.array([15.0])).tolist() == [-1]


@given(st.floats(0.7, 9.0), st.floats(-50, 50), st.floats(-50, 50))
def test_cells_cover_the_boundary_exactly_whatever_the_cell_and_origin(
    cell: float, x: float, y: float
) -> None:
    triangle = shapely.Polygon([(0, 0), (17, 3), (6, 14)])
    grid = make_grid(triangle, cell, origin=(x, y))
    assert grid.total_area == pytest.approx(triangle.area)
    assert (grid.area > 0).all()


def test_a_picture_gives_back_the_cells_it_was_made_of() -> None:
    grid = make_grid(shapely.Point(0, 0).buffer(50), 7.0)
    values = np.arange(len(grid), dtype=np.float64)
    assert np.array_equal(grid.cells_of(grid.picture(values)), values)


def test_a_cell_belongs_to_the_district_of_its_centre_else_to_the_nearest() -> None:
    districts = [("west", shapely.box(0, 0, 12, 20)), ("east", shapely.box(22, 0, 30, 20))]
    grid = make_grid(SQUARE, 10.0, districts)
    assert grid.district.tolist() == ["west", "west", "east", "west", "west", "east"]


def test_without_districts_the_code_is_empty() -> None:
    assert set(make_grid(SQUARE, 10.0).district.tolist()) == {""}


def test_a_grid_cut_into_blocks_is_the_same_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = make_grid(shapely.Point(0, 0).buffer(100), 9.0)
    monkeypatch.setattr(grid_module, "CELLS_PER_BLOCK", 30)
    parts = make_grid(shapely.Point(0, 0).buffer(100), 9.0)
    assert np.array_equal(whole.area, parts.area)
    assert np.array_equal(whole.rows, parts.rows)


def test_more_than_two_million_cells_are_refused_with_a_size_that_would_do() -> None:
    with pytest.raises(CannotForecast, match="at least 7 units") as refusal:
        make_grid(shapely.box(0, 0, 10_000, 10_000), 1.0)
    assert refusal.value.reason == "grid_too_large"


@pytest.mark.parametrize("cell", [0.0, -5.0, float("nan")])
def test_a_cell_without_size_is_refused(cell: float) -> None:
    with pytest.raises(CannotForecast, match="above 0"):
        make_grid(SQUARE, cell)


def test_cells_are_drawn_as_whole_squares() -> None:
    polygons = make_grid(SQUARE, 10.0).polygons()
    assert shapely.bounds(polygons[4]).tolist() == [10.0, 10.0, 20.0, 20.0]
