"""A forecast as tables: the columns that are sealed, read back and exported."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.core.fingerprint import round_significant
from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray
from forecasting.core.pipeline import Forecast, Split

Columns = dict[str, NDArray[Any]]

STABILITY = "stability"


def cell_columns(forecast: Forecast, grid: Grid) -> Columns:
    """Return one row per cell in the grid's order.

    ``column``, ``row`` (int32; lower-left corner = origin + index x cell, CRS units), ``area`` (inside the
    boundary, CRS unit^2), ``district`` ("" = none), ``expected`` (whole window), ``low`` and ``high`` (of the
    count), ``baseline``, ``rank`` (int32, 1 = highest density), ``flagged``, and ``factor_<name>``
    whose product with the run's base is ``expected``. The factors are rounded to 6 significant digits
    and ``expected`` is their product in double precision, which is the same on every processor.
    """
    return {
        "column": grid.columns.astype(np.int32),
        "row": grid.rows.astype(np.int32),
        "area": round_significant(grid.area),
        "district": grid.district.astype(object),
        "expected": forecast.expected,
        "low": forecast.low.astype(np.float64),
        "high": forecast.high.astype(np.float64),
        "baseline": forecast.baseline,
        "rank": forecast.rank.astype(np.int32),
        "flagged": forecast.flagged,
        **{f"factor_{name}": values for name, values in forecast.factors.items()},
    }


def with_stability(columns: Columns, stability: FloatArray) -> Columns:
    """Return the cells' columns with ``stability`` behind ``flagged``.

    It is each cell's share of redraws in which it is among the flagged, shape ``(n,)``: 0 never, 1 always.
    """
    found: Columns = {}
    for name, values in columns.items():
        found[name] = values
        if name == "flagged":
            found[STABILITY] = stability
    return found


def share_columns(split: Split) -> Columns:
    """Return one row per district and shift slot: ``district``, ``slot`` (int32), ``share``."""
    districts, slots = split.shares.shape
    return {
        "district": np.repeat(split.districts.astype(object), slots),
        "slot": np.tile(np.arange(slots, dtype=np.int32), districts),
        "share": split.shares.ravel(),
    }
