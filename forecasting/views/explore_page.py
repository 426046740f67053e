"""A forecast's cells as data for the "explore" page, which `explore.js` draws with Plotly."""

from __future__ import annotations

import json
from math import log2
from typing import TYPE_CHECKING, Any

import shapely

from forecasting.core.wording import incidents_of
from forecasting.pictures import cell_rings
from forecasting.selectors.runs import run_cells
from forecasting.views.run_page import window_words
from governance import selectors
from governance.core.drawing import quantile_breaks

if TYPE_CHECKING:
    from forecasting.models import ForecastRun
    from governance.models import Jurisdiction

HIGHEST = 0.995
EXPLORED = 5000  # cells that a page carries as data, the highest density first


def explore_context(run: ForecastRun) -> dict[str, Any]:
    """Return a run's cells as data that `explore.js` draws; the densest `EXPLORED` of them."""
    cells = run_cells(run).sort("rank").head(EXPLORED)
    numbers = [str(rank) for rank in cells["rank"].to_list()]
    data = {
        "kind": "map",
        "geojson": {
            "type": "FeatureCollection",
            "features": [
                _feature(number, ring) for number, ring in zip(numbers, cell_rings(run, cells), strict=True)
            ],
        },
        "locations": numbers,
        "values": [float(f"{value:.4g}") for value in cells["expected"].to_list()],
        "text": [f"Rank {n}" for n in numbers],
        "top": top_of_scale(cells["expected"].to_list()),
        "unit": f"expected {incidents_of(run.category)}",
        "outlines": _district_lines(run.jurisdiction),
        **_view(run.jurisdiction),
    }
    return {
        "run": run,
        "jurisdiction": run.jurisdiction,
        "incidents": incidents_of(run.category),
        "window": window_words(run),
        "count": len(cells),
        "data": data,
    }


def top_of_scale(values: list[float]) -> float:
    """Return where the colours end: above it lie half a per cent of the cells, which would hide all the others."""
    return quantile_breaks(values, (HIGHEST,))[0]


def _feature(number: str, ring: list[list[float]]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": number,
        "properties": {},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def _district_lines(jurisdiction: Jurisdiction) -> dict[str, Any]:
    shapes = [shapely.from_wkb(bytes(d.boundary.wkb)) for d in selectors.districts_of(jurisdiction)]
    features = [
        {
            "type": "Feature",
            "properties": {},
            "geometry": json.loads(shapely.to_geojson(shape.simplify(0.0002))),
        }
        for shape in shapes
    ]
    return {"type": "FeatureCollection", "features": features}


def _view(jurisdiction: Jurisdiction) -> dict[str, Any]:
    """Where the map opens: the whole jurisdiction in a frame of about 900 x 500 pixels."""
    west, south, east, north = jurisdiction.boundary.extent
    span = (max(east - west, 1e-3) / 900, max(north - south, 1e-3) / 380)
    return {
        "centre": {"lon": (west + east) / 2, "lat": (south + north) / 2},
        "zoom": round(log2(360 / (512 * max(span))) - 0.1, 2),
    }
