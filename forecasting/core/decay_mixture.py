"""How fast counts decay, learned: an additive mixture of decayed counts per cell, fitted where places contend.

Small flagged areas are decided among few cells, most of them addresses with many incidents. There, counts in the
cell itself are nearly unbeatable and what matters is how fast they decay. The mixture gives each of several decay
speeds a weight; weights are those under which past incidents *among the cells in contention* were most likely
(expectation-maximisation for mixture proportions, Dempster, Laird & Rubin 1977), so the rest of the city, where
neighbourhoods matter more than addresses, does not set them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from forecasting.core.densities import decayed_counts
from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.kernels import kernel_weights, smooth
from forecasting.core.windows import DAY

HALF_LIVES = (15.0, 45.0, 135.0, 405.0, 1215.0, 3645.0)
"""Days after which an incident counts half, each three times the last."""

NEAR_HALF_LIFE, NEAR_BANDWIDTH = 730.0, 0.5
"""The one surface that reaches beyond the cell: days, and the Gaussian's standard deviation in cells."""

SURFACES = (*(f"decayed_{days:.0f}" for days in HALF_LIVES), "near")
"""The surfaces of the mixture by name, in their order."""

CONTENDERS = 8
"""Cells in contention for each cell that may be flagged."""

STEPS = 200


@dataclass(frozen=True, eq=False)
class CellHistory:
    """Incidents of one category by cell of a rectangular picture of the city.

    ``cells`` (shape ``(m,)``) number ``places``, the flat indices (shape ``(p,)``) of the cells of ``shape`` (rows,
    columns) that ever held an incident; ``ends`` (shape ``(m,)``) are UTC seconds. The picture's first cell is
    ``corner`` (row, column).
    """

    shape: tuple[int, int]
    corner: tuple[int, int]
    places: IntArray
    cells: IntArray
    ends: IntArray

    def counts(self, start: int, end: int) -> FloatArray:
        """Return the incidents per place that belong to ``[start, end)``, shape ``(p,)``."""
        inside = (self.ends >= start) & (self.ends < end)
        return np.bincount(self.cells[inside], minlength=len(self.places)).astype(np.float64)

    def decayed(self, cut: int, half_life_days: float | None) -> FloatArray:
        """Return the decayed counts per place of what was over before ``cut``, shape ``(p,)``."""
        past = self.ends < cut
        ages = (cut - self.ends[past]) / DAY
        return decayed_counts(self.cells[past], ages, half_life_days, len(self.places))

    def near(self, cut: int, half_life_days: float, bandwidth_cells: float) -> FloatArray:
        """Return the decayed counts spread by a Gaussian, as a picture of ``shape``."""
        return smooth(self.picture(self.decayed(cut, half_life_days)), bandwidth_cells)

    def picture(self, values: FloatArray) -> FloatArray:
        """Lay the places' values (shape ``(p,)``) out as a picture of ``shape``, 0 elsewhere."""
        canvas = np.zeros(self.shape[0] * self.shape[1])
        canvas[self.places] = values
        return canvas.reshape(self.shape)

    def read(self, picture: FloatArray, columns: IntArray, rows: IntArray) -> FloatArray:
        """Read cells (shape ``(n,)``) out of a picture of ``shape``; 0 beyond its edges."""
        row, column = rows - self.corner[0], columns - self.corner[1]
        inside = (row >= 0) & (row < self.shape[0]) & (column >= 0) & (column < self.shape[1])
        values = np.zeros(len(rows))
        values[inside] = picture[row[inside], column[inside]]
        return values

    def surfaces(self, cut: int) -> FloatArray:
        """Return what the mixture is made of, shape ``(p, HALF_LIVES + 1)``; all 0 where nothing happened yet."""
        own = [self.decayed(cut, half_life) for half_life in HALF_LIVES]
        near = self._neighbours @ self.decayed(cut, NEAR_HALF_LIFE)
        return np.column_stack([*own, np.where(own[-1] > 0, near, 0.0)])

    @cached_property
    def _neighbours(self) -> sparse.csr_array:
        """The Gaussian of ``NEAR_BANDWIDTH`` between places, shape ``(p, p)``: few places lie within its reach."""
        weights = kernel_weights(NEAR_BANDWIDTH)
        reach = len(weights) // 2
        rows, columns = np.divmod(self.places, self.shape[1])
        numbers = np.full((self.shape[0] + 2 * reach, self.shape[1] + 2 * reach), -1, dtype=np.int64)
        numbers[rows + reach, columns + reach] = np.arange(len(self.places))
        parts = []
        for up, right in np.ndindex(len(weights), len(weights)):
            other = numbers[rows + up, columns + right]
            place = np.flatnonzero(other >= 0)
            parts.append((np.full(len(place), weights[up] * weights[right]), place, other[place]))
        values, one, two = (np.concatenate(part) for part in zip(*parts, strict=True))
        return sparse.csr_array((values, (one, two)), shape=(len(self.places), len(self.places)))


def cell_history(columns: IntArray, rows: IntArray, ends: IntArray) -> CellHistory:
    """Return the history of incidents at ``columns`` and ``rows`` (shape ``(m,)``, at least one)."""
    column, row = columns - columns.min(), rows - rows.min()
    width = int(column.max()) + 1
    places, cells = np.unique(row * width + column, return_inverse=True)
    corner = int(rows.min()), int(columns.min())
    return CellHistory((int(row.max()) + 1, width), corner, places, cells.astype(np.int64), ends)


def first_places(values: FloatArray, lottery: FloatArray, count: int) -> IntArray:
    """Return the ``count`` places with the highest values, in no order; equal ones enter by the lowest lottery.

    All arrays have shape ``(p,)``. Much faster than sorting all places.
    """
    if count >= len(values):
        return np.arange(len(values))
    least = np.partition(values, len(values) - count)[len(values) - count]
    above, level = np.flatnonzero(values > least), np.flatnonzero(values == least)
    chosen = level[np.argsort(lottery[level], kind="stable")[: count - len(above)]]
    return np.concatenate([above, chosen])


def shares_in_contention(surfaces: FloatArray, flagged: int) -> FloatArray:
    """Return each surface as shares of the cells in contention, shape ``(p, s)``; 0 for all other cells.

    In contention are the ``CONTENDERS x flagged`` cells with the largest mean share of the city over all surfaces.
    """
    totals = surfaces.sum(axis=0)
    strength = (surfaces / np.where(totals > 0, totals, 1.0)).sum(axis=1)
    first = first_places(strength, np.arange(len(strength), dtype=np.float64), CONTENDERS * flagged)
    inside = np.zeros_like(surfaces)
    inside[first] = surfaces[first]
    totals = inside.sum(axis=0)
    return np.asarray(inside / np.where(totals > 0, totals, 1.0), dtype=np.float64)


@dataclass(frozen=True)
class PastWindow:
    """What a past window taught: the shares at the cell of each incident in contention, shape ``(e, s)``.

    The window ended at ``end`` (UTC seconds).
    """

    end: int
    shares: FloatArray


def past_window(history: CellHistory, surfaces: FloatArray, start: int, end: int, flagged: int) -> PastWindow:
    """Read a window ``[start, end)`` against the surfaces known at its origin."""
    found = np.repeat(np.arange(len(surfaces)), history.counts(start, end).astype(np.int64))
    shares = shares_in_contention(surfaces, flagged)[found]
    return PastWindow(end, shares[shares.sum(axis=1) > 0])


def learn_weights(windows: Sequence[PastWindow], surfaces: int) -> FloatArray:
    """Return the weights (shape ``(surfaces,)``, sum 1) under which the windows' incidents were most likely.

    Equal weights where no window holds an incident in contention.
    """
    weights = np.full(surfaces, 1.0 / surfaces)
    events = np.concatenate([window.shares for window in windows] or [np.zeros((0, surfaces))])
    if not len(events):
        return weights
    for _ in range(STEPS):
        weights = weights * (events.T @ (1.0 / (events @ weights))) / len(events)
    return weights


def mixture_score(surfaces: FloatArray, weights: FloatArray, flagged: int) -> FloatArray:
    """Return the mixture of every cell, shape ``(p,)``: shares of the incidents among the cells in contention."""
    return np.asarray(shares_in_contention(surfaces, flagged) @ weights, dtype=np.float64)
