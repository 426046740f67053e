"""Which area a prediction falls in."""

import numpy as np
import pytest

from audits.core.area_files import Areas, read_areas
from audits.core.external_files import Counts, Points, read_places
from audits.core.placement import place, refuse_other_ids
from forecasting.core.limits import CannotForecast
from tests.core.audits.external_examples import IDS, areas_file, counts_file, points_file

COUNTS = [3, 0, 1] + [0] * 17


@pytest.fixture(scope="module")
def areas() -> Areas:
    return read_areas(areas_file())


def points(*xy: tuple[float, float], crs: str = "OGC:CRS84") -> Points:
    x, y = np.array(xy, dtype=float).T
    return Points(x, y, np.ones(x.size), crs)


def refused(places: Points | Counts, areas: Areas, **options: float) -> str:
    with pytest.raises(CannotForecast) as refusal:
        place(places, areas, "predictions", **options)
    return refusal.value.message


@pytest.mark.parametrize("text", [points_file(COUNTS), counts_file(COUNTS)])
def test_points_and_counts_say_the_same(text: str, areas: Areas) -> None:
    placed = place(read_places(text, "predictions"), areas, "predictions")
    assert placed.count.tolist() == COUNTS
    assert (placed.outside, placed.unlocated, placed.total) == (0, 0, 4)


def test_a_point_on_a_border_counts_once_in_the_smaller_id(areas: Areas) -> None:
    placed = place(points((0.5, 40.05)), areas, "predictions")
    assert placed.count.sum() == 1
    assert placed.count[4] == 1


def test_points_are_carried_to_the_areas_reference_system(areas: Areas) -> None:
    """0.25 degrees east on the equator's scale of a Mercator map."""
    placed = place(points((27829.87, 4871858.9), crs="EPSG:3857"), areas, "predictions")
    assert placed.count[2] == 1


def test_a_few_outside_are_counted_and_many_are_refused(areas: Areas) -> None:
    inside = [(0.05, 40.05)] * 39
    placed = place(points(*inside, (9.0, 40.0)), areas, "predictions")
    assert (placed.count.sum(), placed.outside) == (39, 1)
    said = refused(points(*inside[:9], (9.0, 40.0)), areas)
    assert "1 of 10 predictions could not be placed: 1 lie outside every area" in said
    assert "check the coordinate reference system" in said
    assert place(points(*inside[:9], (9.0, 40.0)), areas, "predictions", outside_max=0.2).outside == 1


def test_exchanged_coordinates_are_recognised(areas: Areas) -> None:
    assert "With x and y exchanged they would lie inside" in refused(points((40.05, 0.05)), areas)


def test_lines_without_coordinates_are_counted_as_such(areas: Areas) -> None:
    found = points((0.05, 40.05), (np.nan, 40.05))
    placed = place(found, areas, "predictions", outside_max=0.5)
    assert (placed.count.sum(), placed.unlocated) == (1, 1)


def test_a_cell_is_shared_out_by_surface(areas: Areas) -> None:
    """A square of 1 km on the border of the third and fourth areas, and one that reaches half out of all of them."""
    placed = place(points((0.3, 40.05)), areas, "predictions", cell_size=1000)
    assert placed.count[2:4] == pytest.approx([0.5, 0.5], abs=0.01)
    edge = place(points((0.0, 40.05)), areas, "predictions", cell_size=1000, outside_max=1)
    assert (edge.count[0], edge.outside) == pytest.approx((0.5, 0.5), abs=0.01)


def test_unknown_ids_are_refused_with_the_likely_reason() -> None:
    with pytest.raises(CannotForecast, match="leading zeros"):
        refuse_other_ids(IDS, ["0", "7"], "predictions")
    with pytest.raises(CannotForecast, match=r"without the “\.0”"):
        refuse_other_ids(["42101"], ["42101.0"], "predictions")
    with pytest.raises(CannotForecast, match="There, areas are called “00”"):
        refuse_other_ids(IDS, ["north"], "predictions")
    refuse_other_ids(IDS, IDS[:3], "predictions")


def test_predictions_that_add_up_to_nothing_are_refused(areas: Areas) -> None:
    nothing = Points(np.array([0.05]), np.array([40.05]), np.zeros(1), "OGC:CRS84")
    assert "add up to 0" in refused(nothing, areas)
