"""Surfaces of past incidents."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from forecasting.core.densities import decayed_counts
from forecasting.core.features import Surfaces, relative_log
from forecasting.core.grid import Grid, make_grid
from forecasting.core.incidents import Incidents
from forecasting.core.layers import point_layer
from forecasting.core.limits import CannotForecast
from forecasting.core.openings import Opening
from forecasting.core.recipe import Term
from forecasting.core.term_kinds import TermKind
from forecasting.core.windows import DAY

STEADY = Term("history", None, None, 0.5)


def grid_of_four() -> Grid:
    return make_grid(shapely.box(0, 0, 20, 20), 10.0)


def incidents(x: list[float], y: list[float], ends: list[int]) -> Incidents:
    times = np.array(ends, dtype=np.int64)
    return Incidents(np.array(x), np.array(y), times, times)


def test_an_incident_one_half_life_old_counts_half() -> None:
    counts = decayed_counts(np.array([0, 0, 2]), np.array([0.0, 30.0, 60.0]), 30.0, 3)
    assert counts.tolist() == [1.5, 0.0, 0.25]


def test_without_a_half_life_every_incident_counts_one() -> None:
    assert decayed_counts(np.array([1, 1]), np.array([1.0, 9999.0]), None, 2).tolist() == [0.0, 2.0]


def test_the_average_cell_is_zero_and_twice_the_average_is_more() -> None:
    logs = relative_log(np.array([1.0, 2.0, 0.0]), np.ones(3), 0.5)
    assert logs[0] == pytest.approx(0.0)
    assert logs[1] == pytest.approx(np.log(2.5 / 1.5))
    assert logs[2] == pytest.approx(np.log(0.5 / 1.5))


def test_an_empty_surface_says_nothing() -> None:
    assert relative_log(np.zeros(3), np.ones(3), 0.5).tolist() == [0.0, 0.0, 0.0]


def test_features_use_only_incidents_over_before_the_cut() -> None:
    known = incidents([5, 5, 15], [5, 5, 15], [1 * DAY, 2 * DAY, 3 * DAY])
    planted = incidents([5, 5, 15, 15, 15], [5, 5, 15, 5, 5], [DAY, 2 * DAY, 3 * DAY, 4 * DAY, 5 * DAY])
    terms = (STEADY, Term("near", 10.0, 8.0, 0.1))
    honest = Surfaces(grid_of_four(), known, terms, 1.0).features(4 * DAY)
    tempted = Surfaces(grid_of_four(), planted, terms, 1.0).features(4 * DAY)
    assert np.array_equal(honest, tempted)


def test_an_incident_slipped_in_before_the_cut_does_change_them() -> None:
    terms = (STEADY,)
    honest = Surfaces(grid_of_four(), incidents([5], [5], [DAY]), terms, 1.0).features(4 * DAY)
    leaked = Surfaces(grid_of_four(), incidents([5, 15], [5, 5], [DAY, 4 * DAY - 1]), terms, 1.0).features(
        4 * DAY
    )
    assert not np.array_equal(honest, leaked)


def test_bandwidths_are_metres_whatever_the_unit_of_the_grid() -> None:
    metres = Surfaces(grid_of_four(), incidents([5], [5], [0]), (Term("near", None, 10.0, 0.1),), 1.0)
    feet_grid = make_grid(shapely.box(0, 0, 20 / 0.3048, 20 / 0.3048), 10 / 0.3048)
    feet = Surfaces(
        feet_grid, incidents([5 / 0.3048], [5 / 0.3048], [0]), (Term("near", None, 10.0, 0.1),), 0.3048
    )
    assert np.allclose(metres.features(DAY), feet.features(DAY))


def test_counts_by_window_and_incidents_outside_are_told_apart() -> None:
    surfaces = Surfaces(grid_of_four(), incidents([5, 15, 99], [5, 5, 99], [10, 20, 10]), (STEADY,), 1.0)
    assert surfaces.outside == 1
    assert surfaces.counts(10, 20).tolist() == [1.0, 0.0, 0.0, 0.0]


def test_a_sliver_at_the_edge_is_no_hot_spot() -> None:
    grid = make_grid(shapely.box(0, 0, 20.01, 10), 10.0)
    surfaces = Surfaces(grid, incidents([5, 15, 20.005], [5, 5, 5], [0, 0, 0]), (STEADY,), 1.0)
    assert surfaces.features(DAY)[2, 0] < np.log(20)


def test_an_origin_asked_for_twice_is_computed_once() -> None:
    surfaces = Surfaces(grid_of_four(), incidents([5], [5], [0]), (STEADY,), 1.0)
    assert surfaces.features(DAY) is surfaces.features(DAY)


def test_a_term_of_another_category_looks_at_its_incidents_and_a_missing_one_says_nothing() -> None:
    here = Term("robbery_here", None, None, 0.1, "robbery")
    robberies = Surfaces(grid_of_four(), incidents([15], [5], [DAY]), (replace(here, category=""),), 1.0)
    own = incidents([5], [5], [DAY])
    both = Surfaces(grid_of_four(), own, (STEADY, here), 1.0, related={"robbery_here": robberies})
    assert np.array_equal(both.features(2 * DAY)[:, 1], robberies.features(2 * DAY)[:, 0])
    assert (
        both.features(2 * DAY)[:, 1].argmax() == grid_of_four().locate(np.array([15.0]), np.array([5.0]))[0]
    )
    alone = Surfaces(grid_of_four(), own, (STEADY, here), 1.0)
    assert (alone.features(2 * DAY)[:, 1] == 0).all()


def test_a_term_that_was_not_tested_says_nothing_and_one_that_passed_speaks() -> None:
    near = Term("near", None, None, 0.5, kind=TermKind.NEAR_REPEAT)
    shut = Surfaces(grid_of_four(), incidents([5], [5], [DAY]), (STEADY, near), 1.0)
    assert (shut.features(2 * DAY)[:, 1] == 0).all()
    passed = replace(shut, openings={"near": Opening(True, "Near repeat may be used.")})
    assert passed.features(2 * DAY)[:, 1].argmax() == 0
    assert passed.features(2 * DAY)[:, 1].std() > 0
    failed = replace(shut, openings={"near": Opening(False, "Near repeat may not be used.")})
    assert (failed.features(2 * DAY)[:, 1] == 0).all()


def test_surfaces_with_nothing_to_test_are_open_as_they_are() -> None:
    surfaces = Surfaces(grid_of_four(), incidents([5], [5], [DAY]), (STEADY,), 1.0)
    assert surfaces.opened(2 * DAY, 1) is surfaces


def test_opening_keeps_what_does_not_hang_on_the_tests_and_leaves_the_original_shut() -> None:
    near = Term("near", None, None, 0.5, kind=TermKind.NEAR_REPEAT)
    surfaces = Surfaces(grid_of_four(), incidents([5], [5], [DAY]), (STEADY, near), 1.0)
    before = surfaces.features(2 * DAY)
    opened = surfaces.opened(2 * DAY, 1)
    assert "needs 50" in opened.openings["near"].sentence
    assert np.array_equal(opened.features(2 * DAY), before)
    assert not surfaces.openings


def test_the_nearer_to_a_layer_the_higher_and_the_average_place_is_zero() -> None:
    bars = point_layer("bars", np.array([5.0]), np.array([5.0]), 0)
    near = Term("near_bars", None, 400.0, 0.001, kind=TermKind.LAYER_DISTANCE, layer="bars")
    surfaces = Surfaces(grid_of_four(), incidents([5], [5], [DAY]), (near,), 1.0, layers={"bars": bars})
    made = surfaces.opened(2 * DAY, 1).features(2 * DAY)[:, 0]
    assert made.argmax() == 0
    assert made.argmin() == 3
    assert np.exp(made).mean() == pytest.approx(1.0, abs=1e-6)


def test_a_layer_that_was_not_known_yet_at_the_origin_is_refused() -> None:
    bars = point_layer("bars", np.array([5.0]), np.array([5.0]), 3 * DAY)
    near = Term("near_bars", None, 400.0, 0.001, kind=TermKind.LAYER_DISTANCE, layer="bars")
    surfaces = Surfaces(grid_of_four(), incidents([5], [5], [DAY]), (near,), 1.0, layers={"bars": bars})
    with pytest.raises(CannotForecast, match="'bars' was not known yet at the origin"):
        surfaces.opened(2 * DAY, 1)
    assert surfaces.opened(3 * DAY, 1) is surfaces
