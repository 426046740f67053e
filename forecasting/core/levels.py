"""The city's level: how many incidents a day, judged by the recent weeks."""

from __future__ import annotations

import numpy as np

from forecasting.core.incidents import IntArray
from forecasting.core.windows import DAY

REACH_HALF_LIVES = 8.0
"""Older incidents than this many half-lives weigh under half a percent and are left out."""


def recent_daily_rate(ends: IntArray, cut: int, half_life_days: float, earliest: int) -> float:
    """Return incidents per day at ``cut``, weighting each past day by ``0.5 ** (age / half_life)``.

    ``ends`` (shape ``(n,)``) and ``cut`` are UTC seconds; only incidents before ``cut`` count. The
    weights are normalised over the time observed, from ``earliest`` or ``REACH_HALF_LIVES``
    half-lives back, whichever is later. 0.0 when nothing was observed.
    """
    reach = min((cut - earliest) / DAY, REACH_HALF_LIVES * half_life_days)
    if reach <= 0:
        return 0.0
    ages = (cut - ends) / DAY
    ages = ages[(ages > 0) & (ages <= reach)]
    weight = half_life_days / np.log(2) * (1 - np.exp2(-reach / half_life_days))
    return float(np.exp2(-ages / half_life_days).sum() / weight)
