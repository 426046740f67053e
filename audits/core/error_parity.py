"""Whether mistakes fall alike on the groups (row 8): rates of right and wrong flags, and forecast errors.

A positive is an area in a window with at least one recorded incident; weights are residents, so a rate reads
"of the group's residents, window by window, ...". All functions take `draws` (`draws.Draws`) and figures of
shape (n, T), and return shape (d, k), NaN where there is nothing to divide by. What was never recorded counts
as a negative, so gaps in reporting look like false alarms. Where an area is flagged in part, its share counts.

Sources: Hardt, Price and Srebro, "Equality of Opportunity in Supervised Learning" (2016); Fairlearn's
`true_positive_rate`, `false_positive_rate` and weighted means.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from audits.core.draws import Draws

Floats = NDArray[np.float64]


def true_positive_rate(draws: Draws, flagged: Floats, recorded: Floats) -> Floats:
    """Sum N_ig s_it [y_it > 0] / sum N_ig [y_it > 0]: how much of what happened was flagged; 0 none, 1 all."""
    positive = recorded > 0
    return draws.resident_mean((flagged * positive).sum(axis=1), positive.sum(axis=1).astype(np.float64))


def false_positive_rate(draws: Draws, flagged: Floats, recorded: Floats) -> Floats:
    """Sum N_ig s_it [y_it = 0] / sum N_ig [y_it = 0]: how much was flagged where nothing was recorded; 0 best."""
    negative = recorded == 0
    return draws.resident_mean((flagged * negative).sum(axis=1), negative.sum(axis=1).astype(np.float64))


def precision(draws: Draws, flagged: Floats, recorded: Floats) -> Floats:
    """Sum N_ig s_it [y_it > 0] / sum N_ig s_it: share of flags that were followed by an incident; 1 best.

    Also the hit rate of Plainfield's predictions (The Markup 2023): of what was flagged, how much came true.
    """
    return draws.resident_mean((flagged * (recorded > 0)).sum(axis=1), flagged.sum(axis=1))


def mean_absolute_error(draws: Draws, forecast: Floats, recorded: Floats) -> Floats:
    """Sum N_ig |lambda_it - y_it| / (T N_g), incidents per area and window; 0: never wrong."""
    return draws.resident_mean(np.abs(forecast - recorded).mean(axis=1), np.ones(len(forecast)))


def poisson_deviance(draws: Draws, forecast: Floats, recorded: Floats) -> Floats:
    """Mean of 2 (y ln(y / lambda) - y + lambda) over the group's residents and windows; 0: never wrong.

    Infinite where something happened that was forecast to be impossible, and then not reported as a number.
    Source: McCullagh and Nelder, "Generalized Linear Models" (1989), section 2.3.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        surprise = np.where(recorded > 0, xlogy(recorded, recorded / forecast), 0.0)
        deviance = 2 * (surprise - recorded + forecast)
        return draws.resident_mean(deviance.mean(axis=1), np.ones(len(forecast)))
