"""How a district's expected incidents fall on the shifts of a window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forecasting.core.incidents import FloatArray, Incidents, IntArray
from forecasting.core.windows import DAYS_OF_WEEK, ShiftHours, ShiftSlot, week_slot

MOMENTS = 8
"""An incident whose time is an interval is spread over this many even moments of it (aoristic weights)."""


def slot_weights(
    incidents: Incidents, owners: IntArray, groups: int, timezone: str, shifts: Sequence[ShiftHours]
) -> FloatArray:
    """Return aoristic counts per group and slot of the week, shape ``(groups, 7 x shifts)``.

    ``owners`` (shape ``(n,)``) is the group of each incident, 0 up to ``groups - 1``. An incident that may
    have happened at any moment of its interval gives each of ``MOMENTS`` even moments an equal part
    (Ratcliffe 2000). Rows sum to the number of incidents of the group.
    """
    slots = DAYS_OF_WEEK * len(shifts)
    total = np.zeros(groups * slots)
    span = incidents.ends - incidents.begins
    for number in range(MOMENTS):
        moments = incidents.begins + (span * (2 * number + 1)) // (2 * MOMENTS)
        keys = owners * slots + week_slot(moments, timezone, shifts)
        total += np.bincount(keys, minlength=len(total)) / MOMENTS
    return total.reshape(groups, slots)


def shrunk_profiles(weights: FloatArray, strength: float) -> FloatArray:
    """Return each group's shares of the week's slots, pulled towards the city's, shape of ``weights``.

    ``weights`` (shape ``(groups, slots)``) are counts. A group's profile is
    ``(count + strength x city share) / (group's total + strength)``: with few incidents it is the city's,
    with many its own; ``strength`` is in incidents. The city's own shares start from one incident per
    slot. Rows sum to 1.
    """
    city = weights.sum(axis=0) + 1.0
    city = city / city.sum()
    return np.asarray(
        (weights + strength * city) / (weights.sum(axis=1, keepdims=True) + strength), dtype=np.float64
    )


def window_shares(profiles: FloatArray, slots: Sequence[ShiftSlot], shifts: int) -> FloatArray:
    """Return each group's shares of the slots of one window, shape ``(groups, len(slots))``, rows sum to 1.

    ``profiles`` come from ``shrunk_profiles``; a slot clipped by the window gets that part of its share.
    """
    columns = np.array([slot.weekday * shifts + slot.shift for slot in slots], dtype=np.int64)
    parts = profiles[:, columns] * np.array([slot.share for slot in slots])
    return np.asarray(parts / parts.sum(axis=1, keepdims=True), dtype=np.float64)


def group_numbers(codes: NDArray[np.str_]) -> tuple[NDArray[np.str_], IntArray]:
    """Return the distinct codes in sorted order and, for each entry, the number of its code."""
    names, numbers = np.unique(codes, return_inverse=True)
    return names, numbers.astype(np.int64)
