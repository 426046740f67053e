"""How much patrol a group's areas get (rows 5 and 6): shares, and minutes per resident, incident and call.

Minutes are shared out among an area's residents: group g gets w_ig = N_ig / N_i of them. All functions take
`draws` (`draws.Draws`) and figures of shape (n,) summed over the period, and return shape (d, k). NaN: no
minutes, incidents or calls to divide by. The three benchmarks belong together: per resident says who bears
patrol, per incident whether it exceeds recorded demand (circular where patrols discover incidents), per call
is the least circular.

Sources: dosage as the Office of the Inspector General of Los Angeles (2019) asked for it; per crime and per
resident after Brantingham, Valasik and Mohler, "Does Predictive Policing Lead to Biased Arrests?" (2018).
"""

import numpy as np
from numpy.typing import NDArray

from audits.core.draws import Draws
from audits.core.rates import ratio_or_nan

Floats = NDArray[np.float64]


def exposure_share(draws: Draws, minutes: Floats) -> Floats:
    """ES_g = sum_i m_i w_ig / sum_i m_i: the group's share of all patrol minutes, 0 (none) to 1 (all).

    Groups overlap, so shares need not add up to 1.
    """
    return ratio_or_nan(draws.shared(minutes), draws.total(minutes))


def exposure_index(draws: Draws, minutes: Floats) -> Floats:
    """ES_g / (N_g / N), 0 and up; 1: minutes in proportion to residents; 2: twice the group's share."""
    ones = np.ones(minutes.size)
    return ratio_or_nan(
        exposure_share(draws, minutes), ratio_or_nan(draws.people(ones), draws.everybody(ones))
    )


def minutes_per_resident(draws: Draws, minutes: Floats) -> Floats:
    """sum_i m_i w_ig / N_g: minutes of patrol per resident of the group over the period, 0 and up."""
    return ratio_or_nan(draws.shared(minutes), draws.people(np.ones(minutes.size)))


def minutes_per_incident(draws: Draws, minutes: Floats, recorded: Floats) -> Floats:
    """sum_i m_i w_ig / sum_i y_i w_ig: minutes per recorded incident. `recorded`: (n, T), summed over windows."""
    return ratio_or_nan(draws.shared(minutes), draws.shared(recorded.sum(axis=1)))


def minutes_per_call(draws: Draws, minutes: Floats, calls: Floats) -> Floats:
    """sum_i m_i w_ig / sum_i c_i w_ig: minutes per call that residents made themselves, 0 and up."""
    return ratio_or_nan(draws.shared(minutes), draws.shared(calls))
