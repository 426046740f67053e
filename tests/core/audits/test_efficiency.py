"""Flags against chance, counting and hindsight, worked by hand: A has a quarter of the surface, 3 of 4 incidents."""

import numpy as np
import pytest

from audits.core.efficiency import best_flags, efficiency_over_map, prediction_accuracy_index
from tests.core.audits.tiny_city import CITY, both, column

FLAGGED, RECORDED, SURFACE = column(1, 0), column(3, 1), np.array([1.0, 3.0])


def test_the_index_sets_incidents_caught_beside_surface_flagged() -> None:
    """Black: 2.4 / 2.6 of incidents on 0.8 / 1.4 of surface; white: 0.5 on 0.2 / 2."""
    found = both(prediction_accuracy_index(CITY, FLAGGED, SURFACE, RECORDED))
    assert found == pytest.approx([(2.4 / 2.6) / (0.8 / 1.4), 5])


def test_flagging_the_same_part_of_everything_is_chance() -> None:
    found = both(prediction_accuracy_index(CITY, column(0.25, 0.25), SURFACE, RECORDED))
    assert found == pytest.approx([1, 1])


def test_a_map_is_as_good_as_itself_and_better_than_chance() -> None:
    assert both(efficiency_over_map(CITY, FLAGGED, FLAGGED, SURFACE, RECORDED)) == pytest.approx([1, 1])
    over_chance = both(efficiency_over_map(CITY, FLAGGED, column(0.5, 0.5), SURFACE, RECORDED))
    assert over_chance == pytest.approx(both(prediction_accuracy_index(CITY, FLAGGED, SURFACE, RECORDED)))


def test_hindsight_takes_the_densest_areas_on_the_same_surface() -> None:
    """B flagged by two thirds is 2 of surface: all of A (1), then a third of B."""
    assert best_flags(column(0, 2 / 3), SURFACE, RECORDED)[:, 0] == pytest.approx([1, 1 / 3])


def test_equally_dense_areas_share_what_is_left() -> None:
    assert best_flags(column(1, 0), SURFACE, column(1, 3))[:, 0] == pytest.approx([0.25, 0.25])
