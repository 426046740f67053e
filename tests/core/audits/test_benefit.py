"""What a group gets for being flagged, worked by hand: A is flagged; 3 incidents in A, 1 in B."""

import numpy as np
import pytest

from audits.core import benefit
from tests.core.audits.tiny_city import CITY, both, column

FLAGGED, RECORDED = column(1, 0), column(3, 1)
SAME = np.ones(2)


def test_benefit_is_the_share_of_the_groups_crime_that_is_covered() -> None:
    """Black: 2.4 of 2.6; white: 0.6 of 1.2."""
    assert both(benefit.equal_benefit(CITY, FLAGGED, RECORDED)) == pytest.approx([2.4 / 2.6, 0.5])


def test_burden_is_set_beside_benefit() -> None:
    assert both(benefit.burden_per_benefit(CITY, FLAGGED, RECORDED)) == pytest.approx([0.8 * 2.6 / 2.4, 0.5])


def test_a_group_that_reports_less_is_under_predicted() -> None:
    """B reports half: 3 and 2 happened; black: 0.8 of flags, 2.8 of 5 incidents; white: 0.2 and 1.8 of 5."""
    found = benefit.over_prediction_index(CITY, FLAGGED, SAME, RECORDED, np.array([1.0, 0.5]))
    assert both(found) == pytest.approx([0.8 / 0.56, 0.2 / 0.36])


def test_flags_in_proportion_to_what_happened_give_one() -> None:
    found = benefit.over_prediction_index(CITY, column(0.6, 0.4), SAME, RECORDED, np.array([1.0, 0.5]))
    assert both(found) == pytest.approx([1, 1])


@pytest.mark.parametrize("rate", [0.0, 1.2])
def test_a_reporting_rate_is_a_share(rate: float) -> None:
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        benefit.over_prediction_index(CITY, FLAGGED, SAME, RECORDED, np.array([1.0, rate]))


def test_a_group_without_recorded_crime_has_no_benefit_to_speak_of() -> None:
    assert np.isnan(both(benefit.equal_benefit(CITY, FLAGGED, column(0, 0)))).all()
