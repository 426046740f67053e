"""Whether predictions rise with a group's share (row 14): Spearman's rank correlation, and given a third figure.

-1: the more of the group, the fewer predictions, without exception; 0: no monotone association; 1: always more.
It is about areas, each counting once however many live there, and says nothing of why. Areas without residents
have no shares and are left out. NaN where either side is constant.

Ties: equal figures get their mean rank ("ranked alike"). Predictions can also be ranked by area id where they are
equal (`bands`: smaller id = more targeted), as sorted tables do; shares always get mean ranks.

Source: Spearman, "The Proof and Measurement of Association between Two Things" (1904), with mean ranks after
Kendall (1945); the correlation of ranks in Sankin et al. (The Markup, 2021). Partial: Kendall, "Partial Rank
Correlation" (1942), as the usual formula on Spearman's coefficients.
"""

import numpy as np
from numpy.typing import NDArray

from audits.core.bands import Order, ranked_alike
from audits.core.draws import Draws

Floats = NDArray[np.float64]


def rank_correlation(draws: Draws, order: Order) -> Floats:
    """Spearman's coefficient of the order of predictions and each group's share, shape (d, k).

    `order`: `bands.ranked_alike` or `bands.ranked_by_id` of the predictions.
    """
    return _against_shares(draws, _standing(draws, order))


def spearman(draws: Draws, targeted: Floats) -> Floats:
    """`rank_correlation` of predictions (n, T), summed over windows and ranked alike, and each group's share."""
    return rank_correlation(draws, ranked_alike(targeted.sum(axis=1)))


def spearman_given(draws: Draws, targeted: Floats, given: Floats) -> Floats:
    """Partial Spearman of predictions and each group's share, given a third figure of each area, (d, k).

    (r_xy - r_xz r_yz) / sqrt((1 - r_xz^2) (1 - r_yz^2)): what is left where areas have equal `given`, (n, T),
    such as recorded incidents or calls. NaN where `given` decides either side completely.
    """
    x = _standing(draws, ranked_alike(targeted.sum(axis=1)))
    z = _standing(draws, ranked_alike(given.sum(axis=1)))
    r_xy, r_zy = _against_shares(draws, x), _against_shares(draws, z)
    r_xz = _correlation(draws.taken * draws.lived_in, x, z)[:, None]
    left = (1 - r_xz**2) * (1 - r_zy**2)
    root = np.sqrt(np.where(left > 1e-12, left, np.nan))
    return np.asarray((r_xy - r_xz * r_zy) / root, dtype=np.float64)


def _against_shares(draws: Draws, rank: Floats) -> Floats:
    shares = draws.shares
    groups = shares.shape[-1]
    weight = draws.taken * draws.lived_in
    if shares.ndim == 3:
        columns = [
            np.vstack(
                [_ranks(w[None, :], ranked_alike(s)) for w, s in zip(weight, shares[..., g], strict=True)]
            )
            for g in range(groups)
        ]
    else:
        columns = [_ranks(weight, ranked_alike(shares[:, g])) for g in range(groups)]
    return np.column_stack([_correlation(weight, rank, column) for column in columns])


def _standing(draws: Draws, order: Order) -> Floats:
    return _ranks(draws.taken * draws.lived_in, order)


def _ranks(weight: Floats, order: Order) -> Floats:
    """Mean rank of each area, highest figure = highest rank, copies of an area tied with one another, (d, n)."""
    size = np.add.reduceat(weight[:, order.places], order.starts, axis=1)
    end = np.cumsum(size, axis=1)
    middle = end[:, -1:] - end + (size + 1) / 2
    ranks = np.empty_like(weight)
    ranks[:, order.places] = np.repeat(middle, np.diff(order.starts, append=order.places.size), axis=1)
    return ranks


def _correlation(weight: Floats, x: Floats, y: Floats) -> Floats:
    """Pearson's coefficient of two figures (d, n) with weights, shape (d,); NaN where one is constant."""
    n = weight.sum(axis=1, keepdims=True)
    dx = x - (weight * x).sum(axis=1, keepdims=True) / n
    dy = y - (weight * y).sum(axis=1, keepdims=True) / n
    top = (weight * dx * dy).sum(axis=1)
    bottom = (weight * dx * dx).sum(axis=1) * (weight * dy * dy).sum(axis=1)
    return np.asarray(top / np.sqrt(np.where(bottom > 1e-9, bottom, np.nan)), dtype=np.float64)
