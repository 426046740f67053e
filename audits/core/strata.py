"""Tenths of a figure, in which equal values always stay together."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TENTHS = 10


def tenth(values: Floats) -> Integers:
    """Return which tenth each value falls in, 1 (lowest) to 10 (highest), of the shape given.

    By mid-rank r of N values: 1 + floor(10 (r - 0.5) / N), so equal values share a tenth and a tenth may be
    empty where many are equal (areas without any incident). The order of areas never matters.
    """
    middle = rankdata(values, method="average", axis=None) - 0.5
    number = 1 + np.floor(TENTHS * middle / values.size)
    return np.asarray(np.minimum(number, TENTHS).reshape(values.shape), dtype=np.int64)
