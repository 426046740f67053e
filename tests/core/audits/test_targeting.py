"""Who lives in flagged areas, worked by hand: A is flagged (80 of 100 black, 20 of 80 white residents)."""

import numpy as np
import pytest

from audits.core import targeting
from tests.core.audits.tiny_city import CITY, both, column, directly

FLAGGED = column(1, 0)


def test_the_rate_is_the_share_of_a_groups_residents_in_flagged_areas() -> None:
    assert both(targeting.targeting_rate_drawn(CITY, FLAGGED)) == pytest.approx([0.8, 0.25])


def test_windows_are_averaged() -> None:
    half = np.column_stack([FLAGGED, 0 * FLAGGED])
    assert both(targeting.targeting_rate_drawn(CITY, half)) == pytest.approx([0.4, 0.125])


def test_fairlearn_and_the_formula_say_the_same() -> None:
    flagged = np.random.default_rng(1).random((2, 3))
    assert targeting.targeting_rate_drawn(CITY, flagged) == pytest.approx(
        targeting.targeting_rate_drawn(directly(CITY), flagged), rel=1e-12
    )


def test_the_ratio_and_difference_are_to_residents_overall() -> None:
    """100 of 200 residents live in A: 0.8 / 0.5 and 0.25 / 0.5."""
    assert both(targeting.disparity_ratio_drawn(CITY, FLAGGED)) == pytest.approx([1.6, 0.5])
    assert both(targeting.disparity_difference(CITY, FLAGGED)) == pytest.approx([0.3, -0.25])


def test_the_most_flagged_group_is_one_and_the_lowest_is_fairlearns_ratio() -> None:
    assert both(targeting.ratio_to_highest(CITY, FLAGGED)) == pytest.approx([1, 0.25 / 0.8])


def test_where_nothing_is_flagged_a_ratio_cannot_be_said() -> None:
    nothing = 0 * FLAGGED
    assert both(targeting.targeting_rate_drawn(CITY, nothing)) == [0, 0]
    assert np.isnan(both(targeting.disparity_ratio_drawn(CITY, nothing))).all()
    assert np.isnan(both(targeting.ratio_to_highest(CITY, nothing))).all()


def test_a_tenth_looks_only_at_areas_with_as_many_incidents() -> None:
    """Two areas: mid-ranks 1 and 2 of 2 are tenths 3 and 8."""
    recorded = column(9, 1)
    assert both(targeting.targeting_in_tenth(CITY, FLAGGED, recorded, number=8)) == [1, 1]
    assert both(targeting.targeting_in_tenth(CITY, FLAGGED, recorded, number=3)) == [0, 0]
    assert np.isnan(both(targeting.targeting_in_tenth(CITY, FLAGGED, recorded, number=1))).all()


def test_what_recorded_incidents_explain_leaves_a_ratio_of_one() -> None:
    assert both(targeting.conditional_ratio(CITY, FLAGGED, column(9, 1))) == pytest.approx([1, 1])


def test_where_incidents_are_equal_they_explain_nothing() -> None:
    assert both(targeting.conditional_ratio(CITY, FLAGGED, column(5, 5))) == pytest.approx([1.6, 0.5])
