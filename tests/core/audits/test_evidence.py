"""When there is too little to judge."""

import numpy as np
import pytest

from audits.core.audited import Audited
from audits.core.evidence import Floors, denominators, what_is_missing
from audits.core.resampling import Interval
from tests.core.audits.tiny_city import TABLE, column

SURE = Interval(0.5, 1.5, 0.95, 1.0)
FLOORS = Floors(residents=50, areas=2, incidents=5)
ENOUGH = {"residents": 90.0, "areas": 3.0, "incidents": 9.0}


def test_denominators_are_counted_for_each_group() -> None:
    audited = Audited(TABLE, column(1, 0), recorded=column(3, 0), minutes=np.array([60.0, 40.0]))
    found = denominators(audited)
    assert {name: value.tolist() for name, value in found.items()} == {
        "residents": [100, 80],
        "areas": [2, 2],
        "flagged_areas": [1, 1],
        "incidents": pytest.approx([2.4, 0.6]),
        "positives": [1, 1],
        "negatives": [1, 1],
        "minutes": pytest.approx([56, 36]),
    }


def test_calls_and_arrests_are_denominators_where_they_are_known() -> None:
    audited = Audited(TABLE, column(1, 0), arrests=column(5, 5), calls=np.array([10.0, 0.0]))
    found = denominators(audited)
    assert (found["arrests"].tolist(), found["calls"].tolist()) == ([5, 4], [8, 2])


def test_enough_of_everything_leaves_nothing_missing() -> None:
    assert what_is_missing("black", tuple(ENOUGH), ENOUGH, 1.2, SURE, FLOORS) == ""


@pytest.mark.parametrize(
    ("short", "says"),
    [
        ({"residents": 12.0}, "Black residents are 12 here; at least 50 people are needed."),
        ({"areas": 1.0}, "live in 1 areas; at least 2"),
        ({"incidents": 3.0}, "have 3 recorded incidents to their share; at least 5 incidents"),
    ],
)
def test_each_denominator_is_held_against_its_own_floor(short: dict[str, float], says: str) -> None:
    assert says in what_is_missing("black", tuple(ENOUGH), ENOUGH | short, 1.2, SURE, FLOORS)


def test_a_figure_that_does_not_exist_is_missing() -> None:
    said = what_is_missing("below_poverty", (), {}, np.nan, SURE, FLOORS)
    assert said == "For residents below poverty there is nothing to divide by."


def test_a_figure_that_few_resampled_cities_have_is_missing() -> None:
    rare = Interval(0.5, 1.5, 0.95, 0.4)
    assert "in only 40% of the resampled cities" in what_is_missing("black", (), {}, 1.0, rare, FLOORS)
