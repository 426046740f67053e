"""Circles of places around places: which come next, how many incidents they hold, which are tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from forecasting.core.incidents import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Zones:
    """Circles centred on places, growing one place at a time; arrays have shape ``(ranks, centres)``.

    ``members[k, i]`` is the place that joins the circle around place ``i`` as number ``k`` (0 is ``i`` itself);
    where there is none it is ``centres``, a place without incidents. ``distances`` are theirs, in CRS units.
    ``totals`` are the incidents in the circle up to that place. ``valid`` marks circles that are tried: within
    the radius and the share of incidents, with all places of the same distance in.
    """

    members: IntArray
    distances: FloatArray
    totals: IntArray
    valid: BoolArray

    def places(self, rank: int, centre: int) -> IntArray:
        """The places of one circle, shape ``(rank + 1,)``, nearest first."""
        return self.members[: rank + 1, centre]

    def blocked(self, taken: IntArray) -> BoolArray:
        """Return which circles hold any of the places ``taken``, shape ``(ranks, centres)``."""
        marked = np.zeros(self.members.shape[1] + 1, dtype=np.bool_)
        marked[taken] = True
        return np.logical_or.accumulate(marked[self.members], axis=0)

    def sums(self, runs: NDArray[np.signedinteger[Any]]) -> NDArray[np.int32]:
        """Add up what each place has (shape ``(centres + 1, lengths)``) over circles: ``(ranks, centres, lengths)``."""
        return np.cumsum(runs[self.members], axis=0, dtype=np.int32)


def make_zones(x: FloatArray, y: FloatArray, counts: IntArray, radius: float, share: float) -> Zones:
    """Build the circles around each of ``m`` places (shapes ``(m,)``, projected CRS, whole counts).

    ``radius`` is the largest, in CRS units; a circle holds at most ``share`` of all incidents, but a single
    place is always tried.
    """
    members, distances = _ordered_neighbours(np.column_stack([x, y]), radius)
    totals = np.cumsum(np.append(counts, 0)[members], axis=0)
    valid = _complete(members, distances) & (totals <= share * counts.sum())
    valid[0] = _complete(members, distances)[0]
    ranks = int(np.flatnonzero(valid.any(axis=1)).max(initial=0)) + 1
    return Zones(members[:ranks], distances[:ranks], totals[:ranks].astype(np.int64), valid[:ranks])


def _ordered_neighbours(points: FloatArray, radius: float) -> tuple[IntArray, FloatArray]:
    """Every place's neighbours by distance, padded: members and distances, shape ``(ranks, places)``."""
    places = len(points)
    pairs = cKDTree(points).query_pairs(radius, output_type="ndarray").astype(np.int64)
    own = np.arange(places)
    centre = np.concatenate([own, pairs[:, 0], pairs[:, 1]])
    other = np.concatenate([own, pairs[:, 1], pairs[:, 0]])
    gap = np.hypot(*(points[centre] - points[other]).T)
    gap[:places] = -1.0  # a place comes first in its own circle, before others at the very same point
    order = np.lexsort((other, gap, centre))
    rank = np.arange(len(order)) - np.repeat(np.searchsorted(centre[order], own), np.bincount(centre))
    members = np.full((int(rank.max()) + 1, places), places, dtype=np.int64)
    distances = np.full(members.shape, np.inf)
    members[rank, centre[order]] = other[order]
    distances[rank, centre[order]] = np.maximum(gap[order], 0.0)
    return members, distances


def _complete(members: IntArray, distances: FloatArray) -> BoolArray:
    """Which circles leave out no place at the distance of their last one, and are circles at all."""
    following = np.vstack([distances[1:], np.full(distances.shape[1], np.inf)])
    return np.asarray((members < members.shape[1]) & (following > distances * (1 + 1e-9)), dtype=np.bool_)
