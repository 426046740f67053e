"""The background of the self-exciting process: where and when incidents happen that follow from no other.

Space: a mixture of edge-corrected kernel densities of several bandwidths and of the even city. At an incident its
own kernel is left out, and so are, to the degree that they are its followers or what it follows, its neighbours
of the last and the next weeks (stochastic declustering, Zhuang, Ogata & Vere-Jones 2002, here pair by pair):
a cluster must not vouch for its own background. Time: the city's own daily level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage, sparse
from scipy.spatial import KDTree

from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.kernels import LEAST_COVERAGE, kernel_weights, smooth

BINS_PER_BANDWIDTH = 2.0
QUARTER = 91  # days
ROUNDING = 1e-9
LEAST_RELATED = 1e-3
"""Pairs less likely related than this stay in the background whole; they are most of all pairs."""

_WEEK = 7


@dataclass(frozen=True)
class Raster:
    """The cells of a grid cut into ``per_side x per_side`` bins of ``bin_metres``.

    ``inside``: share of each bin inside the boundary (that of its cell), shape (rows, columns).
    """

    grid: Grid
    per_side: int
    bin_metres: float
    inside: FloatArray

    def locate(self, x: FloatArray, y: FloatArray) -> tuple[IntArray, IntArray]:
        """Row and column of the bin of each point (CRS units); points must lie in a cell of the grid."""
        side = self.grid.cell / self.per_side
        column = np.floor((x - self.grid.origin_x) / side).astype(np.int64)
        row = np.floor((y - self.grid.origin_y) / side).astype(np.int64)
        column -= self.grid.columns.min() * self.per_side
        row -= self.grid.rows.min() * self.per_side
        rows, columns = self.inside.shape
        return np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)

    def picture(self, row: IntArray, column: IntArray, weights: FloatArray) -> FloatArray:
        """Sum of the weights in each bin, shape (rows, columns)."""
        flat = row * self.inside.shape[1] + column
        sums = np.bincount(flat, weights, minlength=self.inside.size).astype(np.float64)
        return sums.reshape(self.inside.shape)

    def to_cells(self, picture: FloatArray) -> FloatArray:
        """Sum of the bins of each cell of the grid, shape ``(n,)``."""
        rows, columns = self.grid.shape
        sums = picture.reshape(rows, self.per_side, columns, self.per_side).sum(axis=(1, 3))
        return self.grid.cells_of(sums)


def make_raster(grid: Grid, unit_metres: float, wanted_metres: float) -> Raster:
    """Cut the grid's cells into bins no longer than ``wanted_metres`` (cells stay whole if they are)."""
    per_side = max(1, int(np.ceil(grid.cell * unit_metres / wanted_metres)))
    inside = np.repeat(np.repeat(grid.picture(grid.fraction), per_side, axis=0), per_side, axis=1)
    return Raster(grid, per_side, grid.cell * unit_metres / per_side, inside)


@dataclass(frozen=True)
class KernelSum:
    """The kernels of one bandwidth on n incidents; where it remembers, each weighs by how near in time it is.

    ``row``, ``column``, ``coverage`` (share of its kernel inside), ``middle`` (age in days about which weights are
    taken), ``others`` (weighted sum of the other incidents' kernels at this one, per square metre, each divided by
    its own coverage), ``total`` (sum of the others' weights): shapes ``(n,)``. ``profile``: mass of the kernel
    by bins from the middle, along one axis. ``memory_days``: the weight is ``exp(-days / memory_days)``, or 1.
    """

    raster: Raster
    row: IntArray
    column: IntArray
    coverage: FloatArray
    profile: FloatArray
    ages: IntArray
    middle: FloatArray
    others: FloatArray
    total: FloatArray
    memory_days: float | None

    def of_pairs(self, at: IntArray, of: IntArray) -> FloatArray:
        """Kernel of incident ``of`` at incident ``at``, per square metre, without its weight in time."""
        last = len(self.profile) - 1
        rows = np.minimum(np.abs(self.row[at] - self.row[of]), last)
        columns = np.minimum(np.abs(self.column[at] - self.column[of]), last)
        value = self.profile[rows] * self.profile[columns] / self.raster.bin_metres**2
        return np.asarray(value / self.coverage[of])

    def weights(self, at: IntArray, of: IntArray) -> FloatArray:
        """Weight in time of incident ``of`` at incident ``at``."""
        return time_weights(self.ages[of] - self.middle[at], self.memory_days)


def time_weights(days: FloatArray, memory_days: float | None) -> FloatArray:
    """Return ``exp(-|days| / memory_days)``, or 1 where nothing is forgotten."""
    return np.ones(len(days)) if memory_days is None else np.exp(-np.abs(days) / memory_days)


def kernel_sum(
    grid: Grid,
    places: tuple[FloatArray, FloatArray],
    ages: IntArray,
    unit_metres: float,
    bandwidth_metres: float,
    memory_days: float | None = None,
) -> KernelSum:
    """Return the kernels of one bandwidth on the incidents (x and y in CRS units, inside the grid).

    Gaussians on bins of at most half a bandwidth, each scaled to hold its whole mass inside the boundary (Jones
    1993), so that they integrate to the number of incidents. ``ages``: whole days before the origin. With
    ``memory_days`` the weights in time are taken about the middle of each quarter of a year, on the occupied bins
    only.
    """
    raster = make_raster(grid, unit_metres, bandwidth_metres / BINS_PER_BANDWIDTH)
    bandwidth = bandwidth_metres / raster.bin_metres
    row, column = raster.locate(*places)
    coverage = np.clip(smooth(raster.inside, bandwidth), LEAST_COVERAGE, 1.0)[row, column]
    weights = kernel_weights(bandwidth)
    profile = np.append(weights[len(weights) // 2 :], 0.0).astype(np.float64)
    middle = np.asarray((ages // QUARTER + 0.5) * QUARTER, dtype=np.float64)
    own = time_weights(ages - middle, memory_days)
    if memory_days is None:
        everything = smooth(raster.picture(row, column, 1 / coverage), bandwidth)[row, column]
        total = np.full(len(row), len(row) - 1.0)
    else:
        everything, total = _remembered(row, column, coverage, profile, middle, ages, memory_days)
        total = total - own
    others = np.maximum(everything - own * profile[0] ** 2 / coverage, 0.0) / raster.bin_metres**2
    return KernelSum(raster, row, column, coverage, profile, ages, middle, others, total, memory_days)


def _remembered(
    row: IntArray,
    column: IntArray,
    coverage: FloatArray,
    profile: FloatArray,
    middle: FloatArray,
    ages: IntArray,
    memory_days: float,
) -> tuple[FloatArray, FloatArray]:
    """Sum of all incidents' weighted kernels at each, per bin, and of all weights, quarter by quarter."""
    bins, owner = np.unique(np.column_stack([row, column]), axis=0, return_inverse=True)
    table = _between_bins(bins, profile)
    everything, total = np.zeros(len(row)), np.zeros(len(row))
    for each in np.unique(middle):
        weights = time_weights(ages - each, memory_days)
        value = table @ np.bincount(owner, weights / coverage, minlength=len(bins))
        here = middle == each
        everything[here] = value[owner[here]]
        total[here] = weights.sum()
    return everything, total


def _between_bins(bins: IntArray, profile: FloatArray) -> sparse.csr_array:
    """Mass of the kernel of each occupied bin in each other, shape (bins, bins)."""
    pairs = KDTree(bins).query_pairs(len(profile) - 1.5, p=np.inf, output_type="ndarray")
    gaps = np.abs(bins[pairs[:, 0]] - bins[pairs[:, 1]])
    upper = sparse.csr_array(
        (profile[gaps[:, 0]] * profile[gaps[:, 1]], (pairs[:, 0], pairs[:, 1])), shape=(len(bins), len(bins))
    )
    return sparse.csr_array(upper + upper.T + profile[0] ** 2 * sparse.eye_array(len(bins)))


def densities(
    sums: Sequence[KernelSum], area_m2: float, first: IntArray, second: IntArray, related: FloatArray
) -> FloatArray:
    """Return the background densities at each incident, shape ``(n, 1 + sums)``, per square metre.

    Column 0 is the even city, then one column per kernel sum: the kernels of the others, less ``related`` (0 to
    1) times the kernel of each related incident. ``first``, ``second``, ``related``: pairs, shapes ``(m,)``.
    """
    number = len(sums[0].row)
    counts = related > LEAST_RELATED
    first, second, related = first[counts], second[counts], related[counts]
    columns = [np.full(number, 1 / area_m2)]
    for each in sums:
        to_first, to_second = each.weights(first, second) * related, each.weights(second, first) * related
        left = each.total - _both_ways(first, second, to_first, to_second, number)
        to_first *= each.of_pairs(first, second)
        to_second *= each.of_pairs(second, first)
        rest = each.others - _both_ways(first, second, to_first, to_second, number)
        rest[rest < ROUNDING * each.others] = 0.0  # what rounding leaves of nothing
        columns.append(rest / np.maximum(left, 1.0))
    return np.column_stack(columns)


def _both_ways(
    first: IntArray, second: IntArray, to_first: FloatArray, to_second: FloatArray, number: int
) -> FloatArray:
    sums = np.bincount(first, to_first, minlength=number) + np.bincount(second, to_second, minlength=number)
    return sums.astype(np.float64)


def daily_level(ages: IntArray, smoothing_days: float) -> FloatArray:
    """Return how many times its mean the city's level is on each day of the past, shape ``(oldest age + 1,)``.

    ``ages``: whole days before the origin of each incident. Daily counts smoothed with a Gaussian, times the
    ratio of each day of the week: season, trend and the week, so that none of them passes for triggering.
    """
    counts = np.bincount(ages).astype(np.float64)
    level = ndimage.gaussian_filter1d(counts, smoothing_days, mode="reflect")
    weekday = np.arange(len(counts)) % _WEEK
    ratio = np.bincount(weekday, counts, minlength=_WEEK) / np.maximum(
        np.bincount(weekday, level, minlength=_WEEK), 1e-12
    )
    level = np.maximum(level * ratio[weekday], 1e-3 * counts.mean())
    return np.asarray(level / level.mean())
