"""The disparity metric, worked by hand and against its slow textbook form."""

import math

import numpy as np
import pytest

from audits.core.disparity import disparities, disparity_ratio, spread
from audits.core.groups import GroupTable


def table() -> GroupTable:
    """Three areas of 100 residents; black residents 80, 10, 10; white residents 20, 80, 70."""
    return GroupTable(
        ("a", "b", "c"),
        ("black", "white"),
        np.array([[80.0, 20.0], [10.0, 80.0], [10.0, 70.0]]),
        np.array([100.0, 100.0, 100.0]),
    )


FLAGS = np.array([0.6, 0.3, 0.0])


def test_a_group_in_flagged_areas_has_a_ratio_above_one() -> None:
    """Overall 90/300 = 0.30; black (48 + 3)/100 = 0.51, ratio 1.7; white (12 + 24)/170."""
    black, white = disparities(table(), FLAGS)
    assert black.rate == pytest.approx(0.51)
    assert black.reference_rate == pytest.approx(0.30)
    assert black.ratio == pytest.approx(1.7)
    assert black.difference == pytest.approx(0.21)
    assert white.ratio == pytest.approx((36 / 170) / 0.30)
    assert (black.residents, black.areas) == (100, 3)


def test_equal_flags_everywhere_give_ratio_one_and_difference_zero() -> None:
    for disparity in disparities(table(), np.full(3, 0.2)):
        assert disparity.ratio == pytest.approx(1)
        assert disparity.difference == pytest.approx(0)


def test_groups_that_lie_apart_have_a_small_ratio_and_a_difference() -> None:
    apart = spread(table(), FLAGS)
    assert apart.ratio == pytest.approx((36 / 170) / 0.51)
    assert apart.difference == pytest.approx(0.51 - 36 / 170)


def test_the_direct_formula_equals_fairlearn_on_random_cities() -> None:
    generator = np.random.default_rng(3)
    for _ in range(5):
        residents = generator.integers(1, 5000, 40).astype(float)
        counts = np.floor(residents[:, None] * generator.uniform(0, 1, (40, 4)))
        city = GroupTable(tuple(map(str, range(40))), ("a", "b", "c", "d"), counts, residents)
        flags = generator.uniform(0, 1, 40) * (generator.uniform(0, 1, 40) < 0.3)
        through_fairlearn = [each.ratio for each in disparities(city, flags)]
        assert disparity_ratio(counts, residents, flags) == pytest.approx(through_fairlearn, rel=1e-12)


def test_the_direct_formula_equals_counting_residents_one_by_one() -> None:
    """Textbook form: put every resident on a list and average the flag of where they live."""
    group = [FLAGS[area] for area, people in enumerate([80, 10, 10]) for _ in range(people)]
    everybody = [FLAGS[area] for area in range(3) for _ in range(100)]
    expected = (sum(group) / len(group)) / (sum(everybody) / len(everybody))
    assert disparity_ratio(table().counts, table().residents, FLAGS)[0] == pytest.approx(expected)


def test_where_nothing_is_flagged_nothing_can_be_said() -> None:
    black, _ = disparities(table(), np.zeros(3))
    assert math.isnan(black.ratio)
    assert math.isnan(spread(table(), np.zeros(3)).ratio)
    assert np.isnan(disparity_ratio(table().counts, table().residents, np.zeros(3))).all()


def test_a_group_without_residents_has_no_ratio() -> None:
    empty = GroupTable(("a", "b"), ("black",), np.zeros((2, 1)), np.array([10.0, 10.0]))
    (black,) = disparities(empty, np.array([1.0, 0.0]))
    assert math.isnan(black.ratio)
    assert black.reference_rate == 0.5


def test_a_city_without_residents_has_no_rates_at_all() -> None:
    nobody = GroupTable(("a",), ("black",), np.zeros((1, 1)), np.zeros(1))
    (black,) = disparities(nobody, np.array([1.0]))
    assert math.isnan(black.rate)
    assert math.isnan(spread(nobody, np.array([1.0])).difference)


def test_exposures_must_match_the_areas() -> None:
    with pytest.raises(ValueError, match="2 exposures for 3 areas"):
        disparities(table(), np.array([1.0, 0.0]))
