"""A small profile, as a mapping that tests may change."""

import copy
import tomllib
from pathlib import Path
from typing import Any

from forecasting.core.profiles import Profile, read_profile

PROFILES = Path(__file__).resolve().parents[3] / "forecasting" / "profiles"
SMALL: dict[str, Any] = {
    "title": "Small city",
    "identity": {"columns": ["id"]},
    "time": {
        "zone": "America/New_York",
        "typical_delay_hours": 24,
        "whole_days": False,
        "midnight_unknown": ["homicide"],
        "occurred_from": {"columns": ["date", "time"], "format": "%Y-%m-%d %H:%M:%S"},
    },
    "place": {"x": "lon", "y": "lat", "crs": "EPSG:4326", "work_crs": "EPSG:32618", "quality": "block"},
    "categories": {
        "columns": ["kind"],
        "police_discovered": ["narcotics", "Gambling"],
        "map": {
            "Burglary": "burglary",
            "Homicide": "homicide",
            "Drugs": "narcotics",
            "Gambling": "other",
            "Noise": "other",
        },
    },
    "privacy": {"never_read": ["victim"], "kept_in_refusals": ["date", "kind"]},
}


def small(**changes: Any) -> dict[str, Any]:
    """A copy of the small profile with keys set by dotted path, written with double underscores."""
    mapping = copy.deepcopy(SMALL)
    for path, value in changes.items():
        table, *rest = mapping, *path.split("__")
        for step in rest[:-1]:
            table = table[step]
        if value is None:
            del table[rest[-1]]
        else:
            table[rest[-1]] = value
    return mapping


def shipped(name: str) -> Profile:
    """A profile as it is shipped."""
    return read_profile(tomllib.loads((PROFILES / f"{name}.toml").read_text()))
