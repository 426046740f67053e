"""Everything an audit may know of one map of a city: who lives where, what was flagged, what happened."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from audits.core.groups import GroupTable

Floats = NDArray[np.float64]

WINDOWED = ("flagged", "targeted", "forecast", "recorded", "counted", "best", "arrests", "calls_by_window")
NAMES = {
    "flagged": "flags",
    "targeted": "numbers of predictions",
    "forecast": "expected incidents",
    "recorded": "recorded incidents",
    "counted": "flags by last year's counts",
    "best": "flags by hindsight",
    "arrests": "arrests",
    "calls_by_window": "residents' calls",
    "minutes": "minutes of patrol",
    "calls": "residents' calls",
    "surface": "surfaces",
    "reporting": "reporting rates",
}


@dataclass(frozen=True)
class Audited:
    """One map of n areas over T windows; None where a figure is not known, and its metrics are then not available.

    Shape (n, T): `flagged`, share of each area that is flagged, 0 to 1; `targeted`, predictions (flags where a
    vendor gives none); `forecast`, expected incidents; `recorded`, incidents recorded; `counted`, flags that last
    year's counts would have set on the same surface; `best`, flags that hindsight would have set
    (`efficiency.best_flags`); `arrests`. Shape (n,): `minutes` of patrol and `calls` of residents over the whole
    period, `surface` in any unit, `reporting` rate from a survey, above 0 and at most 1.

    Raises ValueError where a shape disagrees, a figure is negative or not a number, or a flag exceeds 1.
    """

    table: GroupTable
    flagged: Floats
    targeted: Floats | None = None
    forecast: Floats | None = None
    recorded: Floats | None = None
    counted: Floats | None = None
    best: Floats | None = None
    arrests: Floats | None = None
    minutes: Floats | None = None
    calls: Floats | None = None
    surface: Floats | None = None
    reporting: Floats | None = None

    def __post_init__(self) -> None:
        windows = self.flagged.shape[1] if self.flagged.ndim == 2 else 0
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "table" and value is not None:
                _refuse(field.name, value, len(self.table.areas), windows)

    def figure(self, name: str) -> Floats | None:
        """Return a figure by its name; predictions are the flags, and calls stand by window, where needed."""
        if name == "targeted" and self.targeted is None:
            return self.flagged
        if name == "calls_by_window":
            return None if self.calls is None else self.calls[:, None]
        value: Floats | None = getattr(self, name)
        return value


def _refuse(name: str, value: Floats, areas: int, windows: int) -> None:
    expected = (areas, windows) if name in WINDOWED else (areas,)
    if value.shape != expected or not value.size:
        raise ValueError(f"{NAMES[name]} have shape {value.shape}, but {expected} is needed")
    if not np.isfinite(value).all() or (value < 0).any():
        raise ValueError(f"{NAMES[name]} must be numbers, 0 or more")
    if name in ("flagged", "counted", "best") and (value > 1).any():
        raise ValueError(f"{NAMES[name]} are shares of an area, at most 1")
