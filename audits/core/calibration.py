"""Whether forecast and recorded incidents agree where a group lives (row 7)."""

import numpy as np
from numpy.typing import NDArray

from audits.core.draws import Draws
from audits.core.rates import ratio_or_nan
from audits.core.strata import tenth

Floats = NDArray[np.float64]


def calibration_ratio(draws: Draws, forecast: Floats, recorded: Floats) -> Floats:
    """CAL_g = sum_it w_ig lambda_it / sum_it w_ig y_it, 0 and up; 1: as many forecast as recorded.

    Above 1: more was forecast where the group lives than was recorded. `forecast` (expected incidents) and
    `recorded` have shape (n, T). Returns shape (d, k), NaN without a recorded incident. It says nothing of
    incidents that were never recorded. Source: calibration in the large, by group (Kleinberg, Mullainathan
    and Raghavan 2017), with residents' shares as weights.
    """
    return ratio_or_nan(draws.shared(forecast.sum(axis=1)), draws.shared(recorded.sum(axis=1)))


def calibration_in_tenth(draws: Draws, forecast: Floats, recorded: Floats, *, number: int) -> Floats:
    """CAL_g among one tenth of all area-windows by forecast risk, `number` 1 (lowest) to 10 (highest).

    Equal forecasts share a tenth (`strata.tenth`), and tenths are those of the whole city in every draw.
    """
    inside = tenth(forecast) == number
    return calibration_ratio(draws, np.where(inside, forecast, 0.0), np.where(inside, recorded, 0.0))
