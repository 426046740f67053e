"""A city of two areas that can be worked by hand; 80 of its 200 residents are white and 100 are black.

Shares: black 0.8 and 0.2, white 0.2 and 0.6.
"""

import numpy as np

from audits.core.draws import Draws, whole_city
from audits.core.groups import GroupTable
from audits.core.metrics import METRICS, Metric

TABLE = GroupTable(
    ("A", "B"), ("black", "white"), np.array([[80.0, 20.0], [20.0, 60.0]]), np.array([100.0, 100.0])
)
CITY = whole_city(TABLE)


def column(*values: float) -> np.ndarray:
    """Return figures of areas in one window, shape (n, 1)."""
    return np.array(values, dtype=float)[:, None]


def both(values: np.ndarray) -> list[float]:
    """Return the two groups' figures of the city as it is."""
    assert values.shape == (1, 2)
    return [float(each) for each in values[0]]


def directly(city: Draws) -> Draws:
    """Return the same city without Fairlearn, so that one can be held against the other."""
    return Draws(city.taken, city.counts, city.residents)


def metric(name: str) -> Metric:
    """Return a metric of the catalogue by its name."""
    return next(each for each in METRICS if each.name == name)
