"""Reading areas that somebody hands in: a GeoJSON FeatureCollection of Polygons or MultiPolygons.

The id stands in each feature's properties, or is the feature's own. Coordinates are longitude and latitude (RFC 7946)
unless a `crs` member or an option says otherwise. What is wrong is refused as in `external_files`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from audits.core.external_files import (
    AREA_NAMES,
    DEGREES,
    checked_crs,
    refuse,
    refuse_impossible_degrees,
    sample,
)

Geometries = NDArray[np.object_]


@dataclass(frozen=True)
class Areas:
    """Areas in the order of their ids as text. `ids`: n names; `shapes`: (n,); `crs`: as pyproj reads it."""

    ids: tuple[str, ...]
    shapes: Geometries
    crs: str


def read_areas(text: str, *, id_name: str | None = None, crs: str | None = None) -> Areas:
    """Read areas from GeoJSON text. `id_name`: the property that names an area; `crs`: overrides the file's own.

    Raises CannotForecast for text that is no FeatureCollection, a feature without an area or an id, an id that comes
    twice, an unknown CRS, or coordinates that cannot be degrees where degrees are claimed.
    """
    features = _features(text)
    claimed = checked_crs(crs or _own_crs(text), "the areas")
    name = id_name or _id_name(features)
    ids = [_id(feature, name, number) for number, feature in enumerate(features, start=1)]
    _refuse_repeated(ids, "The areas' file names an area twice")
    shapes = np.array(
        [_shape(feature, each) for feature, each in zip(features, ids, strict=True)], dtype=object
    )
    refuse_impossible_degrees(*shapely.total_bounds(shapes), crs=claimed, what="the areas")
    order = sorted(range(len(ids)), key=ids.__getitem__)
    return Areas(tuple(ids[i] for i in order), shapes[order], claimed)


def _features(text: str) -> list[Any]:
    try:
        read = json.loads(text)
    except ValueError as problem:
        raise refuse(f"The areas' file is not JSON: {problem}.") from None
    features = read.get("features") if isinstance(read, dict) else None
    if not isinstance(features, list) or not features:
        raise refuse("The areas' file must be a GeoJSON FeatureCollection with at least one feature.")
    return features


def _own_crs(text: str) -> str:
    member = json.loads(text).get("crs") or {}
    name = str((member.get("properties") or {}).get("name", ""))
    if not name or "CRS84" in name:
        return DEGREES
    code = re.search(r"EPSG:(?:[\d.]*:)?(\d+)", name)
    return f"EPSG:{code.group(1)}" if code else name


def _id_name(features: list[Any]) -> str:
    have = {str(name) for feature in features for name in (feature.get("properties") or {})}
    by_lower = {name.lower(): name for name in sorted(have, reverse=True)}
    known = [by_lower[each] for each in AREA_NAMES if each in by_lower]
    if known:
        return known[0]
    if all("id" in feature for feature in features):
        return ""
    raise refuse(
        f"No property of the areas is known to hold their id. Name it; there are: {sample(sorted(have))}."
    )


def _id(feature: Any, name: str, number: int) -> str:
    value = (feature.get("properties") or {}).get(name) if name else feature.get("id")
    text = "" if value is None else str(value).strip()
    if not text:
        raise refuse(f"Feature {number} of the areas has no {name or 'id'}.")
    return text


def _shape(feature: Any, name: str) -> shapely.Geometry:
    try:
        shape = shapely.geometry.shape(feature.get("geometry") or {})
    except (shapely.errors.ShapelyError, AttributeError, KeyError, TypeError, ValueError):
        raise refuse(f"The geometry of area “{name}” cannot be read as GeoJSON.") from None
    if shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty or not shape.area > 0:
        raise refuse(f"Area “{name}” is a {shape.geom_type} without a surface; areas must be polygons.")
    return shape if shape.is_valid else shapely.make_valid(shape)


def _refuse_repeated(ids: Sequence[str], words: str) -> None:
    repeated = sorted({each for each in ids if ids.count(each) > 1}) if len(set(ids)) < len(ids) else []
    if repeated:
        raise refuse(f"{words}: {sample(repeated)}.")
