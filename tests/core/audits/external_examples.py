"""Files that somebody might hand in: twenty square areas in a row, a tenth of a degree wide, made up."""

import json

import numpy as np

SIZE = 20
IDS = [f"{number:02}" for number in range(SIZE)]


def areas_file(ids: list[str] | None = None, **members: object) -> str:
    """Return squares from west to east, written from east to west."""
    names = IDS if ids is None else ids
    features = [
        {
            "type": "Feature",
            "properties": {"GEOID": name, "name": f"Area {name}"},
            "geometry": {"type": "Polygon", "coordinates": [ring(index / 10)]},
        }
        for index, name in enumerate(names)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features[::-1], **members})


def ring(west: float) -> list[list[float]]:
    """Return a square of a tenth of a degree at 40 degrees north."""
    east = west + 0.1
    return [[west, 40.0], [east, 40.0], [east, 40.1], [west, 40.1], [west, 40.0]]


def groups_file(ids: list[str] | None = None) -> str:
    """Return 1,000 residents in each area; black residents 0, 50, 100, ... of them and white the others."""
    names = IDS if ids is None else ids
    lines = [f"{name},1000,{50 * i},{1000 - 50 * i}" for i, name in enumerate(names)]
    return "\n".join(["GEOID,total_population,black_alone,white_alone", *lines]) + "\n"


def points_file(counts: list[int]) -> str:
    """Return as many points in the middle of each area as it has predictions."""
    lines = [f"40.05,{index / 10 + 0.05:.2f}" for index, count in enumerate(counts) for _ in range(count)]
    return "\n".join(["latitude,longitude", *lines]) + "\n"


def counts_file(counts: list[int]) -> str:
    """Return the same as counts by area, areas without a prediction left out."""
    lines = [f"{IDS[index]},{count}" for index, count in enumerate(counts) if count]
    return "\n".join(["area,predictions", *lines]) + "\n"


RISING = np.arange(SIZE).tolist()
