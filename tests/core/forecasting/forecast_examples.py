"""A small made-up city for the tests of the engine: two hot cells in a quiet square."""

from dataclasses import dataclass

import numpy as np
import shapely

from forecasting.core.grid import Grid, make_grid
from forecasting.core.incidents import Incidents
from forecasting.core.training import City
from forecasting.core.windows import DAY, Window, rolling_windows

ORIGIN = 1_701_414_000
"""Friday 1 December 2023, 07:00 UTC."""


@dataclass(frozen=True)
class Shift:
    name: str
    start_hour: int
    end_hour: int


SHIFTS = (Shift("day", 6, 14), Shift("evening", 14, 22), Shift("night", 22, 6))


def small_grid() -> Grid:
    """20 x 20 cells of 100 m, cut by a corner; two districts."""
    boundary = shapely.box(0, 0, 2000, 2000).difference(shapely.Polygon([(0, 0), (370, 0), (0, 370)]))
    districts = [("east", shapely.box(1000, 0, 2000, 2000)), ("west", shapely.box(0, 0, 1000, 2000))]
    return make_grid(boundary, 100.0, districts)


def small_city() -> City:
    return City(small_grid(), 1.0, "UTC", SHIFTS)


def small_history(days: int = 900, per_day: float = 4.0, seed: int = 7) -> Incidents:
    """Incidents up to four weeks past ORIGIN; a third of them in two hot cells."""
    rng = np.random.default_rng(seed)
    size = int((days + 28) * per_day)
    ends = np.sort(rng.integers(ORIGIN - days * DAY, ORIGIN + 28 * DAY, size))
    x, y = rng.uniform(0, 2000, size), rng.uniform(0, 2000, size)
    hot = rng.random(size) < 1 / 3
    x[hot] = np.where(rng.random(hot.sum()) < 0.6, 1450.0, 350.0)
    y[hot] = np.where(x[hot] > 1000, 650.0, 1550.0)
    return Incidents(x, y, ends, ends)


def week() -> Window:
    return rolling_windows(ORIGIN, 7, 1, "UTC")[0]
