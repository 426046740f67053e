"""Feedback (row 12): what happens when patrols find incidents, and the next forecast learns from what they found.

Rounds of patrol -> discovery -> refit on areas whose true rates are known, because they are made equal. In each round
and area, with N_i residents:

    happened     z_i ~ Poisson(rate_i)                       equal latent rates: rate_i proportional to N_i
    reported     u_i ~ Binomial(z_i, r_i)                    r_i: how much of it victims report
    discovered   v_i ~ Binomial(z_i - u_i, min(1, delta m_i / mean(m)))
    recorded     y_i = u_i + v_i                             what the next forecast is fitted on
    patrol       m = patrol(refit(all y so far))             minutes of the next round

delta is the share of unreported incidents that patrol of average strength discovers; 0: nothing is ever discovered.
ES_g is a group's share of patrol minutes (`dosage.exposure_share`); the feedback amplification index compares the
last round with the first:

    FAI_g(K) = ES_g(K) / ES_g(0)    1: patrol stayed where it was; above 1: the loop drew it to the group's areas

Because rates are equal, nothing in the city justifies a value above 1. Run it three ways: from records with a planted
lean, over several delta (`slope_over_discovery`), and from records of pure chance (`persistence`), where every pattern
that lasts was made by the loop.

Sources: Lum and Isaac, "To Predict and Serve?" (Significance 13, 2016); Ensign et al., "Runaway Feedback Loops in
Predictive Policing" (PMLR 81, 2018); Chapman et al. (2022) for random data; Akpinar, De-Arteaga and Chouldechova
(FAccT 2021) for victims who report unequally. The index is an own definition after these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audits.core.resampling import Interval, percentile_interval

if TYPE_CHECKING:
    from audits.core.groups import GroupTable

Floats = NDArray[np.float64]
Refit = Callable[[Floats], Floats]
"""Recorded incidents so far, (rounds, runs, n), to expected incidents of the next round, (runs, n)."""
Patrol = Callable[[Floats], Floats]
"""Expected incidents (runs, n) to minutes of patrol (runs, n)."""


@dataclass(frozen=True)
class Loop:
    """A city in which patrols may find incidents.

    `rates`: (n,), incidents that happen in a round. `reporting`: (n,), share that victims report, 0 to 1.
    `discovery`: delta, 0 to 1. `rounds`: K, at least 1. Raises ValueError outside these.
    """

    rates: Floats
    reporting: Floats
    discovery: float
    rounds: int

    def __post_init__(self) -> None:
        shares = np.append(self.reporting, self.discovery)
        if self.rates.shape != self.reporting.shape or not (self.rates >= 0).all():
            raise ValueError("rates must be 0 or more, and as many as reporting rates")
        if not ((shares >= 0) & (shares <= 1)).all() or self.rounds < 1:
            raise ValueError("reporting and discovery are shares, 0 to 1, and there is at least one round")


def equal_rates(table: GroupTable, total: float) -> Floats:
    """Return the same rate for every resident, adding up to `total` incidents a round, shape (n,)."""
    return np.asarray(total * table.residents / table.everybody, dtype=np.float64)


def reporting_by_group(table: GroupTable, group: str, *, inside: float, others: float) -> Floats:
    """Return each area's reporting rate where residents of `group` report at one rate and all others at another, (n,).

    Areas without residents report like the others. Raises ValueError for a group that is not in the table.
    """
    people = np.where(table.residents > 0, table.residents, np.inf)
    share = table.counts[:, table.groups.index(group)] / people
    return np.asarray(share * inside + (1 - share) * others, dtype=np.float64)


def decayed_counts(memory: float) -> Refit:
    """Return the count model: past rounds added up, each counting `memory` (0 to 1) times the one after it."""

    def refit(recorded: Floats) -> Floats:
        ages = np.arange(len(recorded))[::-1]
        return np.asarray(np.tensordot(memory**ages, recorded, axes=1), dtype=np.float64)

    return refit


def in_proportion(expected: Floats) -> Floats:
    """Patrol every area in proportion to what is expected there; evenly where nothing is expected anywhere."""
    total = expected.sum(axis=1, keepdims=True)
    even = np.full_like(expected, 1 / expected.shape[1])
    return np.asarray(np.divide(expected, total, out=even, where=total > 0), dtype=np.float64)


def hottest(part: float) -> Patrol:
    """Return patrol of the `part` of areas (0 to 1, at least one) where most is expected, all alike.

    Equal expectations share what is left, so that the order of areas never matters.
    """

    def patrol(expected: Floats) -> Floats:
        n = expected.shape[1]
        places = max(round(part * n), 1)
        edge = np.partition(expected, n - places, axis=1)[:, n - places, None]
        above, tied = expected > edge, expected == edge
        left = places - above.sum(axis=1, keepdims=True)
        return np.asarray((above + tied * left / tied.sum(axis=1, keepdims=True)) / places, dtype=np.float64)

    return patrol


def run_loop(
    loop: Loop, records: Floats, *, patrol: Patrol, refit: Refit, generator: np.random.Generator
) -> Floats:
    """Return minutes of patrol by round, (K + 1, runs, n); the first are those that the first records lead to.

    `records`: (rounds before, runs, n), what was recorded before the first patrol. Same generator state, same rounds.
    """
    recorded = [*records]
    minutes = [patrol(refit(np.stack(recorded)))]
    for _ in range(loop.rounds):
        recorded.append(_one_round(loop, minutes[-1], generator))
        minutes.append(patrol(refit(np.stack(recorded))))
    return np.stack(minutes)


def _one_round(loop: Loop, minutes: Floats, generator: np.random.Generator) -> Floats:
    happened = generator.poisson(np.broadcast_to(loop.rates, minutes.shape))
    reported = generator.binomial(happened, loop.reporting)
    strength = minutes / minutes.mean(axis=1, keepdims=True)
    discovered = generator.binomial(happened - reported, np.minimum(loop.discovery * strength, 1.0))
    return (reported + discovered).astype(np.float64)


def exposure_shares(table: GroupTable, minutes: Floats) -> Floats:
    """ES_g of every round and run: (rounds, runs, n) minutes to (rounds, runs, k), 0 to 1."""
    people = np.where(table.residents > 0, table.residents, np.inf)
    share = table.counts / people[:, None]
    return np.asarray((minutes @ share) / minutes.sum(axis=-1, keepdims=True), dtype=np.float64)


def amplification(table: GroupTable, minutes: Floats) -> Floats:
    """FAI_g(K) = ES_g(K) / ES_g(0) of every run, (runs, k); NaN where the group had no patrol to begin with."""
    shares = exposure_shares(table, minutes)
    first = np.where(shares[0] > 0, shares[0], np.nan)
    return np.asarray(shares[-1] / first, dtype=np.float64)


def amplification_intervals(table: GroupTable, minutes: Floats) -> tuple[tuple[float, Interval], ...]:
    """Each group's mean FAI over runs, and the interval that holds 95 % of the runs."""
    found = amplification(table, minutes)
    return tuple(_mean_and_interval(found[:, group]) for group in range(found.shape[1]))


def slope_over_discovery(discoveries: Sequence[float], indices: Floats) -> tuple[tuple[float, Interval], ...]:
    """How ln FAI_g rises with delta, per group: the least-squares slope of each run, its mean and 95 % of runs.

    `discoveries`: the delta run, at least two that differ. `indices`: (deltas, runs, k), `amplification` of each. 0:
    discovery makes no difference; above 0: the more patrols discover, the more patrol the group's areas draw. A run
    in which an index is 0 or unknown has no slope. Raises ValueError with fewer than two different delta.
    """
    spread = np.asarray(discoveries, dtype=np.float64) - np.mean(discoveries)
    if not (spread != 0).any() or len(indices) != spread.size:
        raise ValueError("a slope needs an index for each of at least two different rates of discovery")
    logs = np.log(np.where(indices > 0, indices, np.nan))
    slopes = np.tensordot(spread, logs, axes=1) / (spread**2).sum()
    return tuple(_mean_and_interval(slopes[:, group]) for group in range(slopes.shape[1]))


def persistence(minutes: Floats) -> tuple[float, Interval]:
    """How far the last patrols stand where the first ones stood: mean correlation over areas, and 95 % of runs.

    0: the first records left no trace; 1: patrol never moved. From records of pure chance and equal rates, anything
    clearly above 0 was made by the loop. Runs in which patrol is the same everywhere have none.
    """
    first, last = (each - each.mean(axis=1, keepdims=True) for each in (minutes[0], minutes[-1]))
    size = np.sqrt((first**2).sum(axis=1) * (last**2).sum(axis=1))
    return _mean_and_interval((first * last).sum(axis=1) / np.where(size > 1e-15, size, np.nan))


def relative_service(
    table: GroupTable, minutes: Floats, beside: Floats
) -> tuple[tuple[float, Interval], ...]:
    """Each group's final share of patrol over its share in another run of the city, mean and 95 % of runs.

    `minutes` where victims report unequally, `beside` where all report alike. 1: no difference; below 1: the group's
    areas are served less because fewer of their incidents are recorded; above 1: they are policed more.
    """
    mine, other = exposure_shares(table, minutes)[-1], exposure_shares(table, beside)[-1].mean(axis=0)
    found = mine / np.where(other > 0, other, np.nan)
    return tuple(_mean_and_interval(found[:, group]) for group in range(found.shape[1]))


def _mean_and_interval(runs: Floats) -> tuple[float, Interval]:
    known = runs[np.isfinite(runs)]
    return (float(known.mean()) if known.size else float("nan")), percentile_interval(runs)
