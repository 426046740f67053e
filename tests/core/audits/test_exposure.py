"""Share of each area inside flagged cells, on squares that can be checked by eye."""

import numpy as np
import pytest
import shapely

from audits.core.exposure import clipped, exposure, share_inside

AREAS = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 30, 10), shapely.box(50, 50, 60, 60)])


def test_exposure_is_the_flagged_share_of_each_areas_surface() -> None:
    cells = np.array([shapely.box(5, 0, 10, 10), shapely.box(10, 0, 15, 10)])
    assert exposure(AREAS, cells).tolist() == [0.5, 0.25, 0]


def test_a_cell_across_a_border_counts_in_both_areas_by_surface() -> None:
    assert exposure(AREAS, np.array([shapely.box(8, 0, 12, 5)])).tolist() == [0.1, 0.05, 0]


def test_cells_that_only_touch_an_area_do_not_flag_it() -> None:
    assert exposure(AREAS, np.array([shapely.box(-5, 0, 0, 10)])).tolist() == [0, 0, 0]


def test_a_wholly_flagged_area_is_exactly_one() -> None:
    x, y = np.meshgrid(np.arange(10.0), np.arange(10.0))
    tiles = shapely.box(x.ravel(), y.ravel(), x.ravel() + 1, y.ravel() + 1)
    assert exposure(AREAS, tiles)[0] == 1


def test_no_cell_flags_nothing() -> None:
    assert exposure(AREAS, np.array([], dtype=object)).tolist() == [0, 0, 0]


def test_overlapping_cells_are_refused_because_surface_would_count_twice() -> None:
    with pytest.raises(ValueError, match="overlap one another"):
        exposure(AREAS, np.array([shapely.box(0, 0, 10, 10), shapely.box(0, 0, 10, 5)]))


def test_an_area_without_surface_is_refused_by_number() -> None:
    with pytest.raises(ValueError, match="area number 1 has no surface"):
        exposure(np.array([AREAS[0], shapely.LineString([(0, 0), (1, 1)])]), AREAS)


def test_an_area_can_be_measured_and_clipped_against_a_district() -> None:
    district = shapely.box(0, 0, 15, 10)
    assert share_inside(AREAS, district).tolist() == [1, 0.25, 0]
    assert shapely.area(clipped(AREAS, district)).tolist() == [100, 50, 0]


def test_a_sliver_of_a_neighbour_along_a_border_is_outside() -> None:
    assert share_inside(AREAS, shapely.box(0, 0, 10.1, 10)).tolist() == [1, 0, 0]
