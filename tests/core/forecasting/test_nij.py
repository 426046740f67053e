"""The challenge's rules and scores, by hand and on the real city."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import shapely

from forecasting.core.limits import CannotForecast
from forecasting.core.nij import Entry, Horizon, check_entry, last_day, score_entry, scored
from forecasting.core.scoring import Hits

FEET = 0.3048


def squares(side: float, across: int, flagged: int, unit: float = FEET) -> Entry:
    """A square city of ``across`` x ``across`` cells, the first ``flagged`` of them hot spots."""
    row, column = np.divmod(np.arange(across * across), across)
    left, bottom = column * side, row * side
    return Entry(
        shapely.box(left, bottom, left + side, bottom + side), np.arange(across * across) < flagged, unit
    )


@pytest.mark.parametrize(
    ("horizon", "day"),
    [
        ("1WK", date(2017, 3, 7)),
        ("2WK", date(2017, 3, 14)),
        ("1MO", date(2017, 3, 31)),
        ("2MO", date(2017, 4, 30)),
        ("3MO", date(2017, 5, 31)),
    ],
)
def test_the_windows_end_on_the_days_of_the_challenge(horizon: str, day: date) -> None:
    assert last_day(date(2017, 3, 1), Horizon(horizon)) == day


def test_months_cross_the_year_and_shorter_months() -> None:
    assert last_day(date(2016, 12, 1), Horizon.THREE_MONTHS) == date(2017, 2, 28)
    assert last_day(date(2017, 1, 31), Horizon.ONE_MONTH) == date(2017, 2, 27)
    assert last_day(date(2015, 11, 15), Horizon.TWO_MONTHS) == date(2016, 1, 14)


def test_the_two_scores_by_hand() -> None:
    """20 x 20 cells of 250 ft, 112 flagged: a / A = 0.28. Of 5 incidents 3 fall in flagged cells, 2 of them in one."""
    entry = squares(250.0, 20, 112)
    x = np.array([10.0, 20.0, 260.0, 4990.0, 4990.0, 9999.0])
    y = np.array([10.0, 20.0, 10.0, 4990.0, 4000.0, 10.0])
    score = score_entry(entry, x, y)
    assert (score.hits.n, score.hits.total, score.outside) == (3, 5, 1)
    assert score.pai.value == pytest.approx((3 / 5) / 0.28)
    assert score.hits.best == 5
    assert score.pei.value == pytest.approx(3 / 5)
    assert score.hits.area == 112 * 62_500


def test_the_best_that_k_cells_could_do_is_counted_on_the_entrys_own_cells() -> None:
    """58 cells of 600 ft; 60 incidents in 60 cells that are not flagged and one that is: n* takes 58 of the 61."""
    entry = squares(600.0, 15, 58)
    place = np.array([0, *range(100, 160)])
    x, y = (place % 15 + 0.5) * 600, (place // 15 + 0.5) * 600
    score = score_entry(entry, x, y)
    assert (score.hits.n, score.hits.best) == (1, 58)
    assert score.pei.value == pytest.approx(1 / 58)


def test_an_incident_on_a_shared_edge_counts_once_in_the_first_of_its_cells() -> None:
    score = score_entry(squares(250.0, 20, 112), np.array([250.0]), np.array([100.0]))
    assert (score.hits.n, score.hits.total) == (1, 1)


def test_published_figures_of_small_counts_come_back() -> None:
    """1 of 20 is 29.4 (5.2 to 138.9), 57 of 805 is 41.7 (32.4 to 53.3): 112 cells of 250 ft in 147.71 square miles."""
    flagged, city = 112 * 62_500.0, 147.71 * 5280.0**2
    week = scored(Hits(1, 20, flagged, city, 1, 112)).pai
    assert (week.value, week.low, week.high) == pytest.approx((29.4, 5.2, 138.9), abs=0.1)
    months = scored(Hits(57, 805, flagged, city, 130, 112)).pai
    assert (months.value, months.low, months.high) == pytest.approx((41.7, 32.4, 53.3), abs=0.1)


def test_a_city_in_metres_is_measured_in_feet() -> None:
    check_entry(squares(250 * FEET, 20, 112, unit=1.0))


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (squares(250.0, 20, 111), "0.2488 square miles"),
        (squares(600.0, 15, 59), "0.7619 square miles"),
        (squares(240.0, 20, 130), "less than 62,500 square feet"),
        (squares(601.0, 15, 57), "at most 360,000"),
        (Entry(np.array([], dtype=object), np.array([], dtype=bool), FEET), "0 flags for 0 cells"),
    ],
)
def test_an_entry_that_breaks_a_rule_is_refused_with_the_rule(entry: Entry, problem: str) -> None:
    with pytest.raises(CannotForecast, match=problem):
        score_entry(entry, np.array([1.0]), np.array([1.0]))


def test_the_smallest_and_the_largest_entry_are_allowed() -> None:
    check_entry(squares(250.0, 20, 112))
    check_entry(squares(600.0, 15, 58))


def test_the_citys_edge_may_trim_a_cell_and_nothing_else_may() -> None:
    entry = squares(250.0, 20, 112)
    trimmed = entry.polygons.copy()
    trimmed[399] = shapely.box(4750, 4750, 4800, 5000)
    check_entry(replace(entry, polygons=trimmed))
    inner = entry.polygons.copy()
    inner[210] = shapely.box(2500, 2500, 2600, 2750)
    inner = np.concatenate([inner, np.array([shapely.box(2600, 2500, 2750, 2750)], dtype=object)])
    with pytest.raises(CannotForecast, match="2 cells away from the city"):
        check_entry(replace(entry, polygons=inner, hotspot=np.append(entry.hotspot, False)))


def test_cells_that_overlap_are_refused() -> None:
    entry = squares(250.0, 20, 112)
    moved = entry.polygons.copy()
    moved[210] = shapely.box(2400, 2500, 2650, 2750)
    with pytest.raises(CannotForecast, match="overlap"):
        check_entry(replace(entry, polygons=moved))
