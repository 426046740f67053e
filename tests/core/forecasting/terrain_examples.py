"""A square city with things on it, and counts that follow planted relative risks or none."""

import numpy as np
from scipy.ndimage import gaussian_filter
from shapely.geometry import box

from forecasting.core.grid import Grid, make_grid
from forecasting.core.incidents import FloatArray
from forecasting.core.layers import Layer, point_layer
from forecasting.core.operationalisations import How, Operationalisation, values_of

CELL = 150.0
THINGS = {"bars": 60, "stops": 150, "parks": 40, "lights": 300}
PLANTED = {
    Operationalisation("bars", How.WITHIN, 150.0): 2.1,
    Operationalisation("stops", How.WITHIN, 300.0): 1.5,
    Operationalisation("parks", How.WITHIN, 300.0): 0.6,
}


def terrain_city(seed: int, side: int = 50) -> tuple[Grid, dict[str, Layer]]:
    """Return a grid of ``side`` x ``side`` cells and four layers of points, one of which never matters."""
    rng = np.random.default_rng(seed)
    grid = make_grid(box(0, 0, side * CELL, side * CELL), CELL)
    layers = {}
    for name, number in THINGS.items():
        x, y = rng.uniform(0, side * CELL, (2, number))
        layers[name] = point_layer(name, x, y, 0)
    return grid, layers


def planted_counts(grid: Grid, layers: dict[str, Layer], seed: int) -> FloatArray:
    """Return counts, one a cell where nothing is near, times the planted risks."""
    risk = np.ones(len(grid))
    for what, times in PLANTED.items():
        risk *= times ** values_of(what, layers[what.layer], grid, unit_metres=1.0)
    counts: FloatArray = np.random.default_rng(seed).poisson(risk).astype(np.float64)
    return counts


def crowded_counts(grid: Grid, seed: int) -> FloatArray:
    """Return counts that crowd in neighbourhoods which no layer knows of."""
    rng = np.random.default_rng(seed)
    rows, columns = grid.shape
    field = gaussian_filter(rng.normal(size=(rows, columns)), 3.0)
    counts: FloatArray = rng.poisson(0.7 * np.exp(0.7 * (field / field.std()).ravel())).astype(np.float64)
    return counts
