"""Whether flags find more than chance and than counting (row 15), where each group lives.

All functions take `draws` (`draws.Draws`) and return shape (d, k), NaN where there is nothing to divide by. A
figure without its baseline says nothing: chance is 1 by construction, and counting stands in the ratio.
"""

import numpy as np
from numpy.typing import NDArray

from audits.core.benefit import equal_benefit
from audits.core.draws import Draws
from audits.core.rates import ratio_or_nan

Floats = NDArray[np.float64]


def prediction_accuracy_index(draws: Draws, flagged: Floats, surface: Floats, recorded: Floats) -> Floats:
    """PAI_g = (share of the group's incidents that was flagged) / (share of its surface that was), 0 and up.

    sum w y s / sum w y over sum w a s / sum w a. 1: as good as flagging at random; 3: three times the
    incidents that as much surface would catch by chance. `surface` a_i: (n,), any unit; the others (n, T).
    Source: Chainey, Tompson and Uhlig, "The Utility of Hotspot Mapping" (2008), here by group.
    """
    ground = np.broadcast_to(surface[:, None], flagged.shape)
    flagged_share = ratio_or_nan(
        draws.shared((ground * flagged).sum(axis=1)), draws.shared(ground.sum(axis=1))
    )
    return ratio_or_nan(equal_benefit(draws, flagged, recorded), flagged_share)


def efficiency_over_map(
    draws: Draws, flagged: Floats, other: Floats, surface: Floats, recorded: Floats
) -> Floats:
    """PAI_g of the audited map over PAI_g of another one, 0 and up; 1: no better; 1.2: a fifth better.

    `other`: (n, T), the flags of a baseline such as last year's counts. With the flags that hindsight would
    have set (`best_flags`) this is the prediction efficiency index, at most about 1: Hunt, "Do Crime Hot Spots
    Move?" (2016).
    """
    mine = prediction_accuracy_index(draws, flagged, surface, recorded)
    return ratio_or_nan(mine, prediction_accuracy_index(draws, other, surface, recorded))


def best_flags(flagged: Floats, surface: Floats, recorded: Floats) -> Floats:
    """The flags that would have caught most, window by window, on the same surface, shape (n, T).

    Areas are taken from the highest incidents per surface down, the last one in part; equal ones share.
    Every figure of a tie gets the same share, so the order of areas never matters. `surface` above 0.
    """
    columns = [
        _fill(recorded[:, t] / surface, surface, float((flagged[:, t] * surface).sum()))
        for t in range(flagged.shape[1])
    ]
    return np.column_stack(columns)


def _fill(density: Floats, surface: Floats, budget: float) -> Floats:
    levels, level_of = np.unique(-density, return_inverse=True)
    ground = np.bincount(level_of, weights=surface, minlength=levels.size)
    before = np.cumsum(ground) - ground
    return np.asarray(np.clip((budget - before) / ground, 0, 1)[level_of], dtype=np.float64)
