"""Lengths and areas as people write them."""

from typing import Any

import pytest

from forecasting.core.lengths import metres_from, square_metres_from


@pytest.mark.parametrize(
    ("written", "metres"), [("152m", 152), ("500ft", 152.4), ("1 mi", 1609.344), ("0.5km", 500)]
)
def test_a_length_may_be_written_in_feet(written: Any, metres: Any) -> None:
    assert metres_from(written) == pytest.approx(metres)


@pytest.mark.parametrize(("written", "metres"), [("0.65km2", 650_000), ("10ft2", 0.9290304), ("2 m²", 2)])
def test_an_area_may_be_written_in_square_feet(written: Any, metres: Any) -> None:
    assert square_metres_from(written) == pytest.approx(metres)


@pytest.mark.parametrize("written", ["152", "m", "five metres", "0m", "3 furlongs", "9m2", "-5m"])
def test_what_is_no_length_is_refused_with_an_example(written: Any) -> None:
    with pytest.raises(ValueError, match=r"152m|more than nothing"):
        metres_from(written)


def test_a_length_is_no_area() -> None:
    with pytest.raises(ValueError, match=r"0\.65km2"):
        square_metres_from("152m")
