"""Incidents of one category as arrays: places and times, nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

EXTRACT_COLUMNS = ("x", "y", "occurred_from", "occurred_to", "category")
"""Everything a run may read about incidents, in the order of a sealed extract."""

TENTHS = 10.0
"""Extracts keep coordinates as integers: tenths of a unit of the projected CRS."""


@dataclass(frozen=True)
class Incidents:
    """What a forecast may know about the incidents of one category.

    All arrays have shape ``(n,)``. ``x`` and ``y`` are in units of the jurisdiction's projected
    CRS. ``begins`` and ``ends`` are UTC epoch seconds: the incident happened at some moment of
    ``[begins, ends]``, where ``ends`` is the last second that can still hold it. A point in time
    has ``begins == ends``.
    """

    x: FloatArray
    y: FloatArray
    begins: IntArray
    ends: IntArray

    def __len__(self) -> int:
        return len(self.x)

    def where(self, mask: BoolArray) -> Incidents:
        """Return the incidents for which ``mask`` (shape ``(n,)``) is true, in the same order."""
        return Incidents(self.x[mask], self.y[mask], self.begins[mask], self.ends[mask])


def incidents_from_extract(
    x_tenths: NDArray[np.int32], y_tenths: NDArray[np.int32], occurred_from: IntArray, occurred_to: IntArray
) -> Incidents:
    """Turn the columns of a sealed extract (one category) into incidents.

    The interval ``[occurred_from, occurred_to)`` of an extract is half-open when it has length, so
    its last possible second is ``occurred_to - 1``; a point in time keeps its own second. An
    interval written backwards is read as the point ``occurred_from``.
    """
    begins = np.asarray(occurred_from, dtype=np.int64)
    ends = np.maximum(
        np.where(occurred_to > begins, np.asarray(occurred_to, dtype=np.int64) - 1, begins), begins
    )
    return Incidents(x_tenths / TENTHS, y_tenths / TENTHS, begins, ends)
