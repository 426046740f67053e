"""Minutes of patrol, worked by hand: 60 in A, 40 in B."""

import numpy as np
import pytest

from audits.core import dosage
from tests.core.audits.tiny_city import CITY, both, column

MINUTES = np.array([60.0, 40.0])


def test_minutes_are_shared_out_by_residents() -> None:
    """Black: 60 x 0.8 + 40 x 0.2 = 56 of 100; white: 12 + 24 = 36."""
    assert both(dosage.exposure_share(CITY, MINUTES)) == pytest.approx([0.56, 0.36])


def test_the_index_sets_minutes_beside_residents() -> None:
    """Half of all residents are black and two fifths are white."""
    assert both(dosage.exposure_index(CITY, MINUTES)) == pytest.approx([1.12, 0.9])


def test_the_three_benchmarks_divide_the_same_minutes() -> None:
    """Incidents: black 3 x 0.8 + 0.2 = 2.6, white 1.2; calls: 10 x 0.8 + 30 x 0.2 = 14 and 20."""
    assert both(dosage.minutes_per_resident(CITY, MINUTES)) == pytest.approx([0.56, 0.45])
    assert both(dosage.minutes_per_incident(CITY, MINUTES, column(3, 1))) == pytest.approx([56 / 2.6, 30])
    assert both(dosage.minutes_per_call(CITY, MINUTES, np.array([10.0, 30.0]))) == pytest.approx([4, 1.8])


def test_without_anything_to_divide_by_nothing_can_be_said() -> None:
    assert np.isnan(both(dosage.minutes_per_incident(CITY, MINUTES, column(0, 0)))).all()
    assert np.isnan(both(dosage.exposure_share(CITY, np.zeros(2)))).all()
