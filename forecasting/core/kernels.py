"""Gaussian smoothing of counts on a grid, corrected at the city's edge."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.special import ndtr

from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray

REACH = 4.0
"""The kernel is cut at this many bandwidths; what is cut off is below 1e-4 of its mass."""

LEAST_COVERAGE = 0.05
"""Least share of a kernel's mass that counts as inside the boundary; keeps slivers finite."""


def kernel_weights(bandwidth: float) -> FloatArray:
    """Return the mass of a Gaussian in each cell of a row, centred on the middle cell.

    ``bandwidth`` is the standard deviation in cells (> 0). The weights are integrals over cells, not
    samples at their centres, so they stay right when the bandwidth is smaller than a cell. Odd
    length, symmetric, sum 1.
    """
    if not bandwidth > 0:
        raise ValueError(f"A bandwidth must be above 0 cells; got {bandwidth}.")
    reach = int(np.ceil(REACH * bandwidth))
    edges = (np.arange(-reach, reach + 2) - 0.5) / bandwidth
    mass = np.diff(ndtr(edges))
    return np.asarray(mass / mass.sum(), dtype=np.float64)


def smooth(picture: FloatArray, bandwidth: float) -> FloatArray:
    """Convolve a picture with an isotropic Gaussian of ``bandwidth`` cells; 0 beyond its edges.

    The Gaussian is separable: one pass along each axis, cost ``cells x kernel length``.
    """
    weights = kernel_weights(bandwidth)
    rows = ndimage.correlate1d(picture, weights, axis=0, mode="constant")
    return np.asarray(ndimage.correlate1d(rows, weights, axis=1, mode="constant"), dtype=np.float64)


def kernel_coverage(grid: Grid, bandwidth: float) -> FloatArray:
    """Return the share of each cell's kernel that lies inside the boundary, shape ``(n,)``, in (0, 1]."""
    inside = grid.cells_of(smooth(grid.picture(grid.fraction), bandwidth))
    return np.clip(inside, LEAST_COVERAGE, 1.0)


def kernel_density(grid: Grid, counts: FloatArray, bandwidth: float, coverage: FloatArray) -> FloatArray:
    """Return the smoothed counts per whole cell of area, shape ``(n,)``.

    ``counts`` (shape ``(n,)``, weighted incidents per cell) are smoothed with ``bandwidth`` (in cells)
    and divided by ``coverage`` from ``kernel_coverage``: a uniform city stays uniform up to its
    edge instead of fading there (Diggle 1985's edge correction).
    """
    return grid.cells_of(smooth(grid.picture(counts), bandwidth)) / coverage
