"""Simulated point patterns with planted truth, for the tests and benchmarks of the point-process models."""

import numpy as np
import shapely
from numpy.typing import ArrayLike

from forecasting.core.grid import Grid, make_grid
from forecasting.core.incidents import Incidents
from forecasting.core.windows import DAY


def square(side: float = 4000.0, cell: float = 200.0) -> Grid:
    return make_grid(shapely.box(0, 0, side, side), cell)


def self_exciting(
    rng: np.random.Generator,
    *,
    ratio: float,
    background: int,
    side: float = 4000.0,
    days: int = 800,
    metres: float = 120.0,
    wait: float = 6.0,
    hills: int = 0,
) -> Incidents:
    """A branching process on a square; followers beyond its edges happen unrecorded. ``hills``: uneven background."""
    number = rng.poisson(background)
    x, y, day = rng.uniform(0, side, number), rng.uniform(0, side, number), rng.uniform(0, days, number)
    if hills:
        tops, hill = rng.uniform(0, side, (2, hills)), rng.integers(0, hills, number)
        x, y = (tops[axis][hill] + rng.normal(0, side / 12, number) for axis in (0, 1))
    waves = [(x, y, day)]
    while len(waves[-1][0]):
        x, y, day = waves[-1]
        parent = np.repeat(np.arange(len(x)), rng.poisson(ratio, len(x)))
        step = rng.normal(0, metres, (2, len(parent)))
        later = 1 + np.floor(rng.exponential(wait, len(parent)))
        waves.append((x[parent] + step[0], y[parent] + step[1], day[parent] + later))
    x, y, day = (np.concatenate([wave[part] for wave in waves]) for part in range(3))
    kept = (x > 0) & (x < side) & (y > 0) & (y < side) & (day < days)
    return at_days(np.round(x[kept], 1), np.round(y[kept], 1), day[kept])


def at_days(x: ArrayLike, y: ArrayLike, day: ArrayLike) -> Incidents:
    seconds = np.floor(np.asarray(day, dtype=np.float64) * DAY).astype(np.int64)
    return Incidents(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64), seconds, seconds)
