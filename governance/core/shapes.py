"""Read a GeoJSON file of named shapes, and say what is wrong with it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import category

CODE_FIELDS = ("code", "GEOID", "dist_num", "DISTRICT", "district", "id", "osm_id", "objectid", "OBJECTID")
NAME_FIELDS = ("name", "NAME", "label", "tract_name")
LONGEST_NAME = 120
NUMBER = "#"


class ShapesError(ValueError):
    """A file that is not usable GeoJSON in longitude and latitude, with the place and the remedy."""


@dataclass(frozen=True)
class Shape:
    """One feature: its code, its name and its geometry as a GeoJSON text (WGS84)."""

    code: str
    name: str
    geometry: str


def read_shapes(
    data: bytes, *, code_field: str = "", name_field: str = "", prefix: str = "", numbered: bool = False
) -> tuple[Shape, ...]:
    """Read a FeatureCollection (RFC 7946: WGS84, longitude first).

    Without field names the usual ones are tried; with `numbered`, the code is the feature's number in the file.
    A name that is a mere number gets `prefix` before it. Raises ShapesError naming the feature (counted from 1).
    """
    features = _features(data)
    if numbered:
        features = [_with_number(each, number) for number, each in enumerate(features, start=1)]
    code_field = NUMBER if numbered else code_field or _guess(features, CODE_FIELDS, "--code-field")
    names = [field for field in (name_field, *NAME_FIELDS) if field and field in features[0]["properties"]]
    return tuple(
        _shape(feature, number, code_field, names[0] if names else code_field, prefix)
        for number, feature in enumerate(features, start=1)
    )


def _with_number(feature: Mapping[str, Any], number: int) -> Mapping[str, Any]:
    return {**feature, "properties": {**(feature.get("properties") or {}), NUMBER: str(number)}}


def _features(data: bytes) -> Sequence[Mapping[str, Any]]:
    try:
        collection = json.loads(data)
        features = list(collection["features"])
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise ShapesError("The file is not a GeoJSON FeatureCollection in UTF-8.") from problem
    if not features:
        raise ShapesError("The file holds no feature.")
    if not all(isinstance(each, dict) for each in features):
        raise ShapesError("The file is not a GeoJSON FeatureCollection: not every feature is an object.")
    return features


def _guess(features: Sequence[Mapping[str, Any]], fields: Sequence[str], option: str) -> str:
    have = features[0].get("properties") or {}
    for field in fields:
        if field in have:
            return field
    raise ShapesError(
        f"No property looks like a code (there are: {', '.join(have) or 'none'}). Name it with {option}."
    )


def _shape(feature: Mapping[str, Any], number: int, code_field: str, name_field: str, prefix: str) -> Shape:
    geometry, have = feature.get("geometry"), feature.get("properties") or {}
    if not isinstance(geometry, dict) or not geometry.get("coordinates"):
        raise ShapesError(f"Feature {number} has no geometry.")
    if have.get(code_field) in (None, ""):
        raise ShapesError(f"Feature {number} has no “{code_field}”.")
    longitude, latitude = _first_point(geometry["coordinates"], number)
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise ShapesError(
            f"Feature {number} begins at ({longitude:g}, {latitude:g}), which is no longitude and latitude. "
            "GeoJSON is in WGS84 (EPSG:4326); convert the file first."
        )
    code = str(have[code_field])
    name = str(have.get(name_field) or code)[:LONGEST_NAME]
    if any(category(char) == "Cc" and not char.isspace() for char in code + name):
        raise ShapesError(f"Feature {number} has control characters in its code or name.")
    return Shape(
        code, f"{prefix} {name}".strip() if name.replace(".", "").isdigit() else name, json.dumps(geometry)
    )


def _first_point(coordinates: Any, number: int) -> tuple[float, float]:
    try:
        while isinstance(coordinates[0], list):
            coordinates = coordinates[0]
        return float(coordinates[0]), float(coordinates[1])
    except (ValueError, TypeError, LookupError) as problem:
        raise ShapesError(f"Feature {number} has coordinates that are no numbers.") from problem
