"""Areas that somebody hands in."""

import json

import pytest

from audits.core.area_files import read_areas
from forecasting.core.limits import CannotForecast
from tests.core.audits.external_examples import IDS, areas_file, ring


def refused(text: str, **options: str) -> str:
    with pytest.raises(CannotForecast) as refusal:
        read_areas(text, **options)
    assert refusal.value.reason == "bad_input"
    return refusal.value.message


def one(geometry: object, properties: object = None) -> str:
    feature = {"type": "Feature", "properties": properties or {"id": "a"}, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


def test_areas_come_in_the_order_of_their_ids() -> None:
    areas = read_areas(areas_file())
    assert list(areas.ids) == IDS
    assert [round(shape.bounds[0], 1) for shape in areas.shapes[:3]] == [0, 0.1, 0.2]
    assert areas.crs == "OGC:CRS84"


def test_a_crs_member_or_an_option_says_otherwise() -> None:
    member = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2272"}}
    assert read_areas(areas_file(crs=member)).crs == "EPSG:2272"
    assert read_areas(areas_file(crs=member), crs="EPSG:4326").crs == "EPSG:4326"


def test_the_id_can_be_named_or_be_the_features_own() -> None:
    assert read_areas(areas_file(), id_name="name").ids[0] == "Area 00"
    feature = {
        "type": "Feature",
        "id": 7,
        "properties": None,
        "geometry": {"type": "Polygon", "coordinates": [ring(0)]},
    }
    assert read_areas(json.dumps({"type": "FeatureCollection", "features": [feature]})).ids == ("7",)


def test_what_is_no_collection_of_areas_is_refused() -> None:
    assert "is not JSON" in refused("{")
    assert "FeatureCollection with at least one feature" in refused(
        '{"type": "FeatureCollection", "features": []}'
    )
    assert "“a” is a Point" in refused(one({"type": "Point", "coordinates": [0, 0]}))
    assert "cannot be read" in refused(one({"type": "Polygon", "coordinates": "x"}))
    assert "“a”" in refused(one(None))


def test_an_area_without_an_id_or_with_another_ones_is_refused() -> None:
    assert "Feature 1 of the areas has no GEOID" in refused(areas_file(["a", "b", ""]))
    assert "twice: “a”" in refused(areas_file(["a", "b", "a"]))
    square = {"type": "Polygon", "coordinates": [ring(0)]}
    assert "Name it; there are: “colour”" in refused(one(square, {"colour": "red"}))


def test_coordinates_that_cannot_be_degrees_are_refused() -> None:
    square = {"type": "Polygon", "coordinates": [[[2e6, 1e5], [2.1e6, 1e5], [2.1e6, 2e5], [2e6, 1e5]]]}
    assert "are said to be in degrees" in refused(one(square))
    assert read_areas(one(square), crs="EPSG:2272").crs == "EPSG:2272"
    assert "is not known" in refused(one(square), crs="EPSG:0")
