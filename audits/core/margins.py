"""What a census estimate's margin of error does to an audit.

A survey such as the American Community Survey publishes each count with a margin at 90 %: the truth lies in
estimate +- margin nine times in ten, so the standard error is margin / 1.645 (U.S. Census Bureau,
"Understanding and Using American Community Survey Data", chapter 7). Two ways to carry it into a figure:

    drawn         N_ig ~ Normal(estimate, margin / 1.645), cut off at 0 and at all residents of the area
    conservative  the metric at the estimate, at estimate - margin and at estimate + margin; the smallest
                  effect of the three is the one reported (Sankin et al., The Markup, 2021)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from audits.core.groups import GroupTable

Floats = NDArray[np.float64]

PER_MARGIN = 1.645
"""A margin at 90 % divided by this is a standard error."""


def drawn_counts(table: GroupTable, margins: Floats, generator: np.random.Generator, draws: int) -> Floats:
    """Residents by group as they may really be, shape (draws, n, k).

    `margins`: shape (n, k), margins of error at 90 % in persons; 0 leaves a count as it is. All residents of
    an area stay as they are, and no group becomes negative or larger than its area; the cut at 0 raises the
    mean of small groups a little. Raises ValueError for a wrong shape, or a negative or unknown margin.
    """
    checked = _checked(table, margins)
    noise = generator.standard_normal((draws, *table.counts.shape)) * (checked / PER_MARGIN)
    return np.asarray(np.clip(table.counts + noise, 0, table.residents[:, None]), dtype=np.float64)


def bounds(table: GroupTable, margins: Floats) -> tuple[Floats, Floats]:
    """Counts at estimate - margin and at estimate + margin, each (n, k), within 0 and all residents."""
    checked = _checked(table, margins)
    ceiling = table.residents[:, None]
    return np.maximum(table.counts - checked, 0.0), np.minimum(table.counts + checked, ceiling)


def smallest_effect(values: Floats, neutral: float) -> Floats:
    """Of several values of one metric, the one closest to `neutral`, per group.

    `values`: shape (v, k). `neutral`: what "no effect" is: 1 for a ratio, 0 for a lift or a difference.
    Returns shape (k,); NaN where any value is unknown, because the smallest effect is then unknown too.
    """
    distance = np.abs(values - neutral)
    closest = np.argmin(np.where(np.isnan(distance), np.inf, distance), axis=0)
    chosen = values[closest, np.arange(values.shape[1])]
    return np.where(np.isnan(values).any(axis=0), np.nan, chosen)


def _checked(table: GroupTable, margins: Floats) -> Floats:
    if margins.shape != table.counts.shape:
        raise ValueError(f"margins of shape {margins.shape} for counts of shape {table.counts.shape}")
    if not np.isfinite(margins).all() or (margins < 0).any():
        raise ValueError("a margin of error must be a number of persons, 0 or more")
    return margins
