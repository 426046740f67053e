"""Reading named shapes from GeoJSON."""

import json

import pytest

from governance.core.shapes import ShapesError, read_shapes


def collection(properties: dict[str, object], point: tuple[float, float] = (-75.1, 40.0)) -> bytes:
    ring = [[*point], [-75.0, 40.0], [-75.0, 40.1], [*point]]
    feature = {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def test_codes_and_names_are_found_by_their_usual_fields() -> None:
    (shape,) = read_shapes(collection({"dist_num": 24, "name": "North"}))
    assert (shape.code, shape.name) == ("24", "North")


def test_a_name_that_is_a_number_gets_a_word_before_it() -> None:
    (shape,) = read_shapes(collection({"dist_num": 24}), prefix="District")
    assert shape.name == "District 24"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"not json", "not a GeoJSON"),
        (b'{"features": []}', "no feature"),
        (b"[" * 100_000, "not a GeoJSON"),
        (b'{"features": "x"}', "not a GeoJSON"),
        (b'{"features": [null]}', "not a GeoJSON"),
        (b'{"features": [{"properties": {"code": "a"}, "geometry": "x"}]}', "no geometry"),
        (b'{"features": [{"properties": {"code": "a"}, "geometry": {"coordinates": "x"}}]}', "coordinates"),
        (b'{"features": [{"properties": {"code": "a"}, "geometry": {"coordinates": [[1]]}}]}', "coordinates"),
        (collection({"code": "a\x00"}), "control characters"),
        (collection({"code": "a", "name": "b\x00"}), "control characters"),
        (collection({"colour": "red"}), "--code-field"),
        (collection({"code": ""}), "no “code”"),
        (collection({"code": "a"}, point=(2_700_000.0, 240_000.0)), "EPSG:4326"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_remedy(data: bytes, said: str) -> None:
    with pytest.raises(ShapesError, match=said):
        read_shapes(data)
