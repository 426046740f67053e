"""The files of an entry, read back as a stranger would."""

import io
from datetime import date

import numpy as np
import pytest
import shapefile
import shapely

from forecasting.core.limits import CannotForecast
from forecasting.core.nij import Entry
from forecasting.core.nij_shapefile import projection_text, shapefile_parts

ENTRY = Entry(
    np.array(
        [
            shapely.box(7_600_000, 680_000, 7_600_250, 680_250),
            shapely.MultiPolygon([shapely.box(0, 0, 1, 2), shapely.box(5, 5, 6, 6)]),
            shapely.box(10, 10, 20, 20).difference(shapely.box(12, 12, 14, 14)),
        ],
        dtype=object,
    ),
    np.array([True, False, True]),
    0.3048,
)


def parts() -> dict[str, bytes]:
    return shapefile_parts(ENTRY, projection_text(2913), date(2017, 3, 1))


def test_cells_come_back_with_their_parts_holes_flags_and_areas() -> None:
    files = {suffix[1:]: io.BytesIO(data) for suffix, data in parts().items()}
    with shapefile.Reader(shp=files["shp"], shx=files["shx"], dbf=files["dbf"]) as reader:
        shapes = [shapely.geometry.shape(each.__geo_interface__) for each in reader.shapes()]
        records = [(each["id"], each["hotspot"], each["area"]) for each in reader.records()]
    assert records == [(1, 1, 62_500.0), (2, 0, 3.0), (3, 1, 96.0)]
    assert all(shapely.equals(shapes, ENTRY.polygons))


def test_the_same_entry_gives_the_same_bytes_on_any_day() -> None:
    assert parts() == parts()
    assert parts()[".dbf"][1:4] == bytes([117, 3, 1])


def test_the_projection_is_named_with_its_unit() -> None:
    assert "Oregon_North" in projection_text(2913)
    assert "0.3048" in projection_text(2913)


@pytest.mark.parametrize(("srid", "problem"), [(4326, "is not projected"), (1, "is not known")])
def test_a_crs_that_cannot_carry_areas_is_refused(srid: int, problem: str) -> None:
    with pytest.raises(CannotForecast, match=problem):
        projection_text(srid)
