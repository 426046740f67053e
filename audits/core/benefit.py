"""What a group gets for being flagged, and whether its areas are over- or under-predicted (rows 9 and 11).

Under-service shows here and is never netted against a burden. All functions take `draws` (`draws.Draws`) and
return shape (d, k).
"""

import numpy as np
from numpy.typing import NDArray

from audits.core.draws import Draws
from audits.core.rates import ratio_or_nan
from audits.core.targeting import targeting_rate_drawn

Floats = NDArray[np.float64]


def equal_benefit(draws: Draws, flagged: Floats, recorded: Floats) -> Floats:
    """B_g = sum w_ig y_it s_it / sum w_ig y_it: share of the group's recorded crime inside flagged areas.

    0: none of it is covered; 1: all of it. Both arguments have shape (n, T). NaN without a recorded incident.
    A low value is under-service. Own definition, after equal opportunity (Hardt et al. 2016).
    """
    return ratio_or_nan(draws.shared((recorded * flagged).sum(axis=1)), draws.shared(recorded.sum(axis=1)))


def burden_per_benefit(draws: Draws, flagged: Floats, recorded: Floats) -> Floats:
    """S_g / B_g: share of residents in flagged areas for each unit of recorded crime covered, 0 and up.

    1: the group bears as much as its crime is covered; below 1 the flags are better aimed than chance. NaN
    where none of its recorded crime is covered.
    """
    return ratio_or_nan(targeting_rate_drawn(draws, flagged), equal_benefit(draws, flagged, recorded))


def over_prediction_index(
    draws: Draws, flagged: Floats, surface: Floats, recorded: Floats, reporting: Floats
) -> Floats:
    """OPI_g: the group's share of what was flagged over its share of what happened, 0 and up; 1: in proportion.

    (sum w_ig h_i / sum h_i) / (sum w_ig h*_i / sum h*_i), with h_i = a_i sum_t s_it the flagged surface and
    h*_i = sum_t y_it / r_i the incidents that happened, reported or not. Above 1: over-predicted; below 1:
    under-predicted, the sign of a group that reports less. `surface` a_i: (n,), any unit. `reporting` r_i:
    (n,), share of incidents that victims report, above 0 and at most 1, from a survey; as it is known within a
    band, compute this at both ends. Source: after Akpinar, De-Arteaga and Chouldechova, "The Effect of
    Differential Victim Crime Reporting on Predictive Policing Systems" (FAccT 2021). Raises ValueError for a
    rate outside (0, 1].
    """
    if not ((reporting > 0) & (reporting <= 1)).all():
        raise ValueError("a reporting rate must be above 0 and at most 1")
    flags, happened = surface * flagged.sum(axis=1), recorded.sum(axis=1) / reporting
    given = ratio_or_nan(draws.shared(flags), draws.total(flags))
    return ratio_or_nan(given, ratio_or_nan(draws.shared(happened), draws.total(happened)))
