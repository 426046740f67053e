"""Assumptions and changes: what they say of themselves and what they refuse."""

import numpy as np
import pytest

from forecasting.core.assumptions import (
    STANDARD_ASSUMPTIONS,
    Assumption,
    EventHere,
    PatrolChange,
    ReportingChange,
)
from forecasting.core.limits import CannotForecast


def test_an_assumption_is_drawn_over_its_range_around_its_value() -> None:
    made = Assumption("prevented", "Share prevented", 0.0, 0.05, 0.2, "a trial")
    drawn = made.draw(np.linspace(0, 1, 10_001))
    assert (drawn.min(), drawn.max()) == pytest.approx((0.0, 0.2))
    assert drawn.mean() == pytest.approx((0.0 + 0.05 + 0.2) / 3, abs=1e-3)


def test_a_certain_assumption_is_always_its_value() -> None:
    assert Assumption("a", "b", 0.3, 0.3, 0.3, "law").draw(np.array([0.0, 0.5, 1.0])).tolist() == [0.3] * 3


def test_a_value_outside_its_range_is_refused() -> None:
    with pytest.raises(CannotForecast, match=r"must lie in its range; got 0, 0\.5, 0\.2"):
        Assumption("prevented", "Share prevented", 0.0, 0.5, 0.2, "a trial")


def test_everything_is_printed_with_its_range_and_source() -> None:
    made = Assumption("prevented", "Share prevented", 0.0, 0.05, 0.2, "a trial")
    assert made.line == "Share prevented: 0.05 [0 to 0.2] (a trial)"
    assert PatrolChange(("Mill", "Dock"), 2).line == "patrol time x 2 in Mill, Dock"
    assert EventHere(("Mill",), 1.5, 0.2).line == "an event in Mill (x 1.5 for 20% of the window)"
    assert ReportingChange(("Mill",), 0.8).line == "reporting x 0.8 in Mill"
    assert all(each.source for each in STANDARD_ASSUMPTIONS.values())
