"""Points and counts that somebody hands in."""

import numpy as np
import pytest

from audits.core.external_files import Counts, Points, checked_crs, read_numbers, read_places, sample
from forecasting.core.limits import CannotForecast


def refused(text: str, **options: object) -> str:
    with pytest.raises(CannotForecast) as refusal:
        read_places(text, "predictions", **options)  # type: ignore[arg-type]
    assert refusal.value.reason == "bad_input"
    return refusal.value.message


def test_points_are_longitude_and_latitude_and_count_one_each() -> None:
    points = read_places("lat,lon\n40,-75\n41,-74\n", "predictions")
    assert isinstance(points, Points)
    assert (points.x.tolist(), points.y.tolist(), points.count.tolist()) == ([-75, -74], [40, 41], [1, 1])
    assert points.crs == "OGC:CRS84"


def test_a_column_of_counts_says_how_many_a_line_stands_for() -> None:
    points = read_places("x,y,count\n1,2,5\n", "predictions", crs="EPSG:2272")
    assert isinstance(points, Points)
    assert (points.count.tolist(), points.crs) == ([5], "EPSG:2272")


def test_counts_by_area_keep_ids_as_text() -> None:
    counts = read_places("GEOID,predictions\n0012,3\n", "predictions")
    assert isinstance(counts, Counts)
    assert (counts.ids, counts.count.tolist()) == (("0012",), [3])


def test_points_win_where_a_line_has_both_unless_the_area_is_named() -> None:
    text = "id,longitude,latitude,n\n7,-75,40,2\n"
    assert isinstance(read_places(text, "predictions"), Points)
    assert isinstance(read_places(text, "predictions", columns={"area": "id"}), Counts)


def test_a_line_without_coordinates_is_kept_as_unknown() -> None:
    points = read_places("lat,lon\n40,-75\n,\n", "predictions")
    assert isinstance(points, Points)
    assert np.isnan(points.x).tolist() == [False, True]


def test_what_cannot_be_read_is_refused_with_its_line() -> None:
    assert "Line 3 of the predictions: lat is “north”" in refused("lat,lon\n40,-75\nnorth,-75\n")
    assert "Line 2 of the predictions: the count" in refused("area,n\na,-1\n")
    assert "have a header but no line" in refused("lat,lon\n")
    assert "cannot be read as CSV" in refused("")
    assert "No line of the predictions has both" in refused("lat,lon\n,\n")


def test_columns_that_are_missing_are_said() -> None:
    assert "need either longitude and latitude" in refused("colour\nred\n")
    assert "have no column “there”" in refused("lat,lon\n40,-75\n", columns={"x": "there"})


def test_x_and_y_need_a_crs_and_degrees_must_be_degrees() -> None:
    assert "not in which coordinate reference system" in refused("x,y\n1,2\n")
    assert "are said to be in degrees" in refused("longitude,latitude\n2700000,240000\n")
    with pytest.raises(CannotForecast, match="“moon”, is not known"):
        checked_crs("moon", "the areas")


def test_numbers_are_read_by_id() -> None:
    ids, found = read_numbers("id,moe\na,3\nb,4.5\n", "id", {"black": "moe"}, "residents")
    assert (ids, found["black"].tolist()) == (("a", "b"), [3, 4.5])
    with pytest.raises(CannotForecast, match="Line 2 of the residents: moe must be"):
        read_numbers("id,moe\na,\n", "id", {"black": "moe"}, "residents")
    with pytest.raises(CannotForecast, match="have no column “other”"):
        read_numbers("id,moe\na,\n", "id", {"black": "other"}, "residents")


def test_a_long_list_is_shown_in_part() -> None:
    assert sample(["a"]) == "“a”"
    assert sample(list("abcdefg")).endswith("“e” and 2 more")
