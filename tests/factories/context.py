"""Files of context about the small city of the tests."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from forecasting.models import ContextLayer
from forecasting.services.register_layer import register_layer
from governance import clock
from tests.cast import City

BARS = ((-75.18, 40.01), (-75.19, 40.02), (-75.17, 40.05))


def write_points(path: Path, points: Any = BARS) -> Path:
    """Write a GeoJSON file of points, each with properties that must not be kept."""
    features = [
        {
            "type": "Feature",
            "properties": {"owner": "A. Person", "phone": "555"},
            "geometry": {"type": "Point", "coordinates": list(point)},
        }
        for point in points
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def add_layer(city: City, path: Path, **changes: Any) -> ContextLayer:
    """Register a layer of bars as it was known a year ago, unless told otherwise."""
    given: dict[str, Any] = {
        "layer_name": "bars",
        "subject": "venues",
        "kind": "points",
        "as_of": clock.now(city.jurisdiction) - timedelta(days=365),
        "crs": "",
        "source": "Licensing office, list of the tests",
        "by": city.scheduler,
        **changes,
    }
    return register_layer(jurisdiction=city.jurisdiction, path=path, **given)
