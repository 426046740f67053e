"""How often residents of a group live in flagged places."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def targeting_rate(counts: Floats, exposure: Floats) -> Floats:
    """Share of each group's residents who live in flagged places: S_g = sum_i N_ig s_i / N_g.

    `counts`: shape (n, k), residents of group g in area i (N_ig). `exposure`: shape (n,), share of area i
    that is flagged (s_i), 0 to 1. Returns shape (k,). 0 means that nobody in the group lives in a flagged
    place, 1 that everybody does; NaN where the group has no residents. It says where people live and is
    never a share of people stopped.

    Source: the per-resident counting of Sankin et al., "Crime Prediction Software Promised to Be Free of
    Biases", The Markup and Gizmodo (2021); the same number is Fairlearn's `mean_prediction` weighted by
    residents.
    """
    return ratio_or_nan(exposure @ counts, counts.sum(axis=0))


def ratio_or_nan(numerator: Floats, denominator: Floats) -> Floats:
    """Divide, with NaN (cannot be said) wherever the denominator is 0. Shapes broadcast as in numpy."""
    safe = np.where(denominator > 0, denominator, np.nan)
    return np.asarray(numerator / safe, dtype=np.float64)
