"""Lengths and areas as people write them: ``500ft``, ``152m``, ``0.65km2``.

Internally every length is a number of metres; a jurisdiction's projected CRS may count in feet, and
``Profile.unit_metres`` says how many metres one of its units is.
"""

import re

METRES_PER_UNIT = {
    "m": 1.0,
    "km": 1000.0,
    "ft": 0.3048,  # the international foot
    "ftus": 1200 / 3937,  # the US survey foot
    "mi": 1609.344,
}
_WRITTEN = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[a-z]+)(?P<square>2|²)?", re.IGNORECASE)


def _read(written: str, *, squared: bool) -> float:
    """The size in metres or square metres."""
    match = _WRITTEN.fullmatch(written.strip())
    unit = match["unit"].lower() if match else ""
    if match is None or unit not in METRES_PER_UNIT or bool(match["square"]) is not squared:
        example = "0.65km2 or 0.25mi2" if squared else "152m or 500ft"
        raise ValueError(
            f"{written!r} is not {'an area' if squared else 'a length'}: write it like {example}"
        )
    size = float(match["number"]) * METRES_PER_UNIT[unit] ** (2 if squared else 1)
    if size <= 0:
        raise ValueError(f"{written!r} must be more than nothing")
    return size


def metres_from(written: str) -> float:
    """Metres in a written length, such as ``500ft`` (152.4). Raises ValueError with an example."""
    return _read(written, squared=False)


def square_metres_from(written: str) -> float:
    """Square metres in a written area, such as ``0.65km2`` (650,000). Raises ValueError with an example."""
    return _read(written, squared=True)
