"""Context by day: figures as they are, rows without any counted, nothing from a later day."""

from datetime import date

import polars as pl
import pytest
from shapely.geometry import box

from forecasting.core.context_series import COLUMNS, series_table, series_variables
from forecasting.core.context_shapes import Surroundings
from forecasting.core.limits import CannotForecast

CITY = Surroundings(box(500_000.0, 4_430_000.0, 510_000.0, 4_440_000.0), "EPSG:32618", 1.0)
WEATHER = pl.DataFrame(
    {"STATION": ["A", "A"], "DATE": ["2024-01-02", "2024-01-01"], "PRCP": [0.5, 0.0], "TMAX": [9, 7]}
)


def table(raw: pl.DataFrame, last_day: date | None = None, crs: str = "EPSG:32618") -> pl.DataFrame:
    return series_table(raw, crs, CITY, {"central", "north"}, last_day)[0]


def test_every_column_of_figures_becomes_a_variable_and_text_is_left_behind() -> None:
    made = table(WEATHER)
    assert made.columns == list(COLUMNS)
    assert series_variables(WEATHER) == ("prcp", "tmax")
    assert made.select("day", "variable", "value").rows() == [
        (date(2024, 1, 1), "prcp", 0.0),
        (date(2024, 1, 1), "tmax", 7.0),
        (date(2024, 1, 2), "prcp", 0.5),
        (date(2024, 1, 2), "tmax", 9.0),
    ]
    assert made["area"].to_list() == [""] * 4
    assert made["x"].null_count() == 4


def test_the_order_of_the_file_makes_no_difference() -> None:
    assert table(WEATHER).equals(table(WEATHER.reverse()))


def test_requests_without_figures_are_counted_by_day_and_district() -> None:
    raw = pl.DataFrame(
        {
            "requested_datetime": ["2024-05-01T08:00:00", "2024-05-01 23:59:00", "2024-05-02T01:00:00"],
            "what": ["street light", "street light", "waste"],
            "district": ["central", "central", "north"],
        }
    )
    assert series_variables(raw) == ("count",)
    made = table(raw)
    assert made.select("day", "area", "value").rows() == [
        (date(2024, 5, 1), "central", 2.0),
        (date(2024, 5, 2), "north", 1.0),
    ]


def test_points_come_to_the_plane_and_those_out_of_reach_are_left_out() -> None:
    raw = pl.DataFrame(
        {
            "day": ["2024-05-01"] * 3,
            "x": [500_100.0, 500_200.0, 900_000.0],
            "y": [4_430_100.0] * 3,
            "passed": [5, 6, 7],
        }
    )
    made, left_out = series_table(raw, "EPSG:32618", CITY, (), None)
    assert left_out == 1
    assert made.select("x", "value").rows() == [(500_100.0, 5.0), (500_200.0, 6.0)]


def test_a_day_after_it_was_known_is_refused_with_its_line() -> None:
    with pytest.raises(CannotForecast, match=r"1 rows are of days after 2024-01-01, the first in line 2"):
        table(WEATHER, last_day=date(2024, 1, 1))
    assert len(table(WEATHER, last_day=date(2024, 1, 2))) == 4


def test_two_figures_for_one_day_and_place_are_refused() -> None:
    with pytest.raises(CannotForecast, match="prcp of 2024-01-01 stands there more than once"):
        table(pl.concat([WEATHER, WEATHER.tail(1)]))


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (WEATHER.head(0), "no row"),
        (WEATHER.drop("DATE"), "needs a column of days"),
        (WEATHER.with_columns(DATE=pl.Series(["2024-01-01", "yesterday"])), "Line 3: “yesterday”"),
        (WEATHER.with_columns(area=pl.Series(["central", "atlantis"])), "Line 3.*“atlantis”"),
        (WEATHER.with_columns(PRCP=pl.lit(None, pl.Float64), TMAX=pl.lit(None, pl.Float64)), "No row"),
    ],
)
def test_a_file_that_is_no_series_is_refused(raw: pl.DataFrame, told: str) -> None:
    with pytest.raises(CannotForecast, match=told):
        table(raw)


@pytest.mark.parametrize(
    "written", ["2024-03-09", "03/09/2024", "09.03.2024", "20240309", "2024-03-09T05:06:07.25"]
)
def test_days_are_read_as_cities_write_them(written: str) -> None:
    raw = pl.DataFrame({"day": [written], "value": [1.0]})
    assert table(raw)["day"].to_list() == [date(2024, 3, 9)]
