"""Who lives in flagged areas (rows 1, 2 and 10): rates per resident, ratios, and rates among like areas.

All functions take `draws` (`draws.Draws`: d draws of n areas with k groups) and return shape (d, k). A rate is
a share of *residents living in flagged areas*, never of people stopped. Being flagged counts as a burden, so a
high figure is the bad one. NaN: nobody to speak of.
"""

import numpy as np
from numpy.typing import NDArray

from audits.core.draws import Draws
from audits.core.rates import ratio_or_nan
from audits.core.strata import TENTHS, tenth

Floats = NDArray[np.float64]


def targeting_rate_drawn(draws: Draws, flagged: Floats) -> Floats:
    """S_g = sum_it N_ig s_it / (T N_g): share of the group's residents who live in flagged areas.

    `flagged`: shape (n, T), share of area i flagged in window t, 0 to 1. 0: none of them does; 1: all of them,
    in every window. Source: the per-resident counting of Sankin et al., The Markup (2021); Fairlearn's
    `mean_prediction` (`selection_rate` where flags are 0 or 1) weighted by residents.
    """
    return draws.resident_mean(flagged.mean(axis=1), np.ones(len(flagged)))


def disparity_ratio_drawn(draws: Draws, flagged: Floats) -> Floats:
    """R_g = S_g / S, the group's rate over that of residents overall, 0 and up; 1: alike; 1.25: a quarter more.

    NaN where nobody lives in a flagged area. Formula, limits and sources: `disparity`.
    """
    return ratio_or_nan(targeting_rate_drawn(draws, flagged), overall_rate(draws, flagged))


def disparity_difference(draws: Draws, flagged: Floats) -> Floats:
    """D_g = S_g - S, from -1 to 1; 0: alike; 0.05: five more of every hundred residents. As in `disparity`."""
    return targeting_rate_drawn(draws, flagged) - overall_rate(draws, flagged)


def ratio_to_highest(draws: Draws, flagged: Floats) -> Floats:
    """S_g / max_h S_h, from 0 to 1; 1: the group that is flagged most. The lowest is Fairlearn's `ratio()`.

    The reading of the four-fifths rule (29 CFR 1607.4(D)), which is a rule about hiring: a value under 0.8
    asks for an explanation and is no legal test here. Also Aequitas (Saleiro et al. 2018), tau = 0.8.
    """
    rates = targeting_rate_drawn(draws, flagged)
    known = np.where(np.isnan(rates), -np.inf, rates)
    return ratio_or_nan(rates, known.max(axis=1, keepdims=True))


def overall_rate(draws: Draws, flagged: Floats) -> Floats:
    """S = sum_it N_i s_it / (T N), the rate of all residents, each counted once, shape (d, 1)."""
    return ratio_or_nan(draws.everybody(flagged.mean(axis=1)), draws.everybody(np.ones(len(flagged))))


def targeting_in_tenth(draws: Draws, flagged: Floats, recorded: Floats, *, number: int) -> Floats:
    """S_g among the areas of one tenth of recorded incidents: conditional parity, one stratum.

    `recorded`: shape (n, T), incidents (or calls); `number`: 1 (fewest) to 10 (most). Areas with equal counts
    share a tenth (`strata.tenth`), and tenths are those of the whole city in every draw. NaN where nobody of
    the group lives in the tenth. Source: Ritov, Sun and Zhao, "On Conditional Parity as a Notion of
    Non-discrimination" (2017); Fairlearn's `control_features`.
    """
    inside = (tenth(recorded.sum(axis=1)) == number).astype(np.float64)
    return draws.resident_mean(inside * flagged.mean(axis=1), inside)


def conditional_ratio(draws: Draws, flagged: Floats, recorded: Floats) -> Floats:
    """Observed S_g over what it would be if in each tenth of recorded incidents the group fared like everybody.

    sum_j N_gj S_gj / sum_j N_gj S_j over the ten tenths j: 1: what is left after recorded incidents is
    alike; 1.25: a quarter more than areas with as many recorded incidents explain. Circular where incidents
    were discovered by the patrols themselves. Source: indirect standardisation, Breslow and Day, "Statistical
    Methods in Cancer Research" II (1987), chapter 2, over the strata of conditional parity.
    """
    stratum, flag = tenth(recorded.sum(axis=1)), flagged.mean(axis=1)
    expected = np.zeros((draws.taken.shape[0], draws.counts.shape[-1]))
    for number in range(1, TENTHS + 1):
        inside = (stratum == number).astype(np.float64)
        rate = ratio_or_nan(draws.everybody(inside * flag), draws.everybody(inside))
        expected += draws.people(inside) * np.nan_to_num(rate)
    return ratio_or_nan(draws.people(flag), expected)
