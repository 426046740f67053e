"""What happened at flagged places (row 13): arrests per recorded incident, beside what was not flagged."""

import numpy as np
from numpy.typing import NDArray

from audits.core.draws import Draws
from audits.core.rates import ratio_or_nan

Floats = NDArray[np.float64]


def arrests_per_incident(draws: Draws, arrests: Floats, recorded: Floats, share: Floats) -> Floats:
    """sum_it w_ig e_it x_it / sum_it w_ig y_it x_it: arrests per recorded incident in part of the city, 0 and up.

    All of shape (n, T): arrests e, incidents y and x, the share of each area and window that is meant. NaN
    without an incident there.
    """
    return ratio_or_nan(
        draws.shared((arrests * share).sum(axis=1)), draws.shared((recorded * share).sum(axis=1))
    )


def enforcement_ratio(draws: Draws, flagged: Floats, arrests: Floats, recorded: Floats) -> Floats:
    """Arrests per incident in flagged places over arrests per incident elsewhere, 0 and up; 1: no difference.

    2: where the group lives, an incident in a flagged place is followed by twice the arrests. Arrests are
    counted by place and shared out by residents, so this says where enforcement falls, not who was arrested.
    Returns (d, k); NaN where either side has no incident, or the other places no arrest. Source: Brantingham,
    Valasik and Mohler (2018), who adjust arrests for crime in the same way.
    """
    here = arrests_per_incident(draws, arrests, recorded, flagged)
    return ratio_or_nan(here, arrests_per_incident(draws, arrests, recorded, 1 - flagged))
