"""Arrests per incident in flagged places and elsewhere, worked by hand."""

import numpy as np
import pytest

from audits.core.enforcement import arrests_per_incident, enforcement_ratio
from tests.core.audits.tiny_city import CITY, both, column

FLAGGED, ARRESTS, RECORDED = column(0.5, 0), column(3, 1), column(3, 2)


def test_arrests_are_set_beside_incidents() -> None:
    """Everywhere: black (3 x 0.8 + 0.2) / (3 x 0.8 + 2 x 0.2), white (0.6 + 0.6) / (0.6 + 1.2)."""
    found = both(arrests_per_incident(CITY, ARRESTS, RECORDED, column(1, 1)))
    assert found == pytest.approx([2.6 / 2.8, 1.2 / 1.8])


def test_flagged_places_are_compared_with_the_others() -> None:
    """Flagged: 1 for both. Elsewhere: black (1.2 + 0.2) / (1.2 + 0.4), white (0.3 + 0.6) / (0.3 + 1.2)."""
    found = both(enforcement_ratio(CITY, FLAGGED, ARRESTS, RECORDED))
    assert found == pytest.approx([1 / 0.875, 1 / 0.6])


def test_with_nothing_flagged_there_is_nothing_to_compare() -> None:
    assert np.isnan(both(enforcement_ratio(CITY, 0 * FLAGGED, ARRESTS, RECORDED))).all()
