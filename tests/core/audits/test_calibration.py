"""Forecast over recorded incidents, worked by hand."""

import numpy as np
import pytest

from audits.core.calibration import calibration_in_tenth, calibration_ratio
from tests.core.audits.tiny_city import CITY, both, column

FORECAST, RECORDED = column(4, 1), column(3, 1)


def test_the_ratio_weighs_areas_by_the_groups_share() -> None:
    """Black: (4 x 0.8 + 0.2) / (3 x 0.8 + 0.2); white: (0.8 + 0.6) / (0.6 + 0.6)."""
    assert both(calibration_ratio(CITY, FORECAST, RECORDED)) == pytest.approx([3.4 / 2.6, 1.4 / 1.2])


def test_a_tenth_holds_only_its_own_area_windows() -> None:
    """Of two forecasts the larger stands in tenth 8: 4 against 3 in A alone."""
    assert both(calibration_in_tenth(CITY, FORECAST, RECORDED, number=8)) == pytest.approx([4 / 3, 4 / 3])
    assert np.isnan(both(calibration_in_tenth(CITY, FORECAST, RECORDED, number=1))).all()


def test_nothing_recorded_cannot_be_compared() -> None:
    assert np.isnan(both(calibration_ratio(CITY, FORECAST, column(0, 0)))).all()
