"""The proxy test: how well a place's group shares can be read off a recipe's inputs, and which inputs carry it.

A forecast that knows no group can still follow one, where its inputs tell where the group lives. For every area with
inputs x_i and the share y_i of its residents who belong to a group, a forest learns y from x on some areas and is
asked about the others, block by block of neighbours; with residents as weights w_i

    R2 = 1 - sum_i w_i (y_i - yhat_i)^2 / sum_i w_i (y_i - ybar_-i)^2          range (-inf, 1]

1: the inputs tell the share exactly. 0: no better than the mean share of the other areas. Below 0: worse. An input
carries as much as R2 falls when the areas asked about get values of it drawn from all areas. What leaving an input
out costs in deviance is the forecast's own business and is measured by a backtest.

Sources: proxies as predictability of the protected attribute, Feldman et al. (2015, KDD), "Certifying and removing
disparate impact"; importance by shuffling, Breiman (2001, Machine Learning 45:5); blocks of neighbours because near
areas are alike, Roberts et al. (2017, Ecography 40:913).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestRegressor
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float64]
Blocks = NDArray[np.int32]

BLOCKS, TREES, LEAF, SHUFFLES, DRAWS, LEVEL = 10, 100, 5, 10, 2000, 0.95
LEAST_AREAS = 50
"""Fewer areas than this tell nothing about what inputs give away."""

STRONG, SOME = 0.5, 0.1
"""From which R2 on inputs are said to tell much, or something."""


@dataclass(frozen=True)
class Carrier:
    """How much of R2 one input carries: its fall when the input is shuffled (0 = none)."""

    name: str
    carries: float


@dataclass(frozen=True)
class ProxyTest:
    """How far the inputs give away where a group lives; see the module for formula and meaning.

    `low`, `high`: 95 % interval over resampled blocks. `carriers`: strongest first. `sentence`: for the page.
    """

    group: str
    areas: int
    r2: float
    low: float
    high: float
    carriers: tuple[Carrier, ...]
    sentence: str


def proxy_test(
    inputs: Floats,
    names: Sequence[str],
    shares: Floats,
    residents: Floats,
    places: Floats,
    group: str,
    *,
    seed: int,
) -> ProxyTest:
    """Test one group against a recipe's inputs, area by area.

    `inputs`: shape (n, p), as named; `shares` (0 to 1), `residents` (>= 0): shape (n,); `places`: centres of the
    areas, shape (n, 2), any CRS in lengths. Areas without residents do not count. Same seed, same answer. Raises
    ValueError on fewer than `LEAST_AREAS` areas with residents, or a group whose share is the same everywhere.
    """
    lived = residents > 0
    inputs, shares, residents, places = inputs[lived], shares[lived], residents[lived], places[lived]
    if len(shares) < LEAST_AREAS:
        raise ValueError(f"A proxy test needs {LEAST_AREAS} areas with residents; there are {len(shares)}.")
    if np.ptp(shares) == 0:
        raise ValueError(f"The share of {group} is the same in every area, so there is nothing to read off.")
    rng = np.random.default_rng(seed)
    blocks = neighbours(places, seed)
    told, shuffled, mean = _asked(inputs, shares, residents, blocks, rng)
    wrong, plain = residents * (shares - told) ** 2, residents * (shares - mean) ** 2
    r2 = float(1 - wrong.sum() / plain.sum())
    low, high = _interval(wrong, plain, blocks, rng)
    falls = [(residents * (shares - each) ** 2).mean(axis=0).sum() - wrong.sum() for each in shuffled]
    carriers = [Carrier(name, float(fall / plain.sum())) for name, fall in zip(names, falls, strict=True)]
    ranked = tuple(sorted(carriers, key=lambda each: -each.carries))
    return ProxyTest(group, len(shares), r2, low, high, ranked, _sentence(group, r2, low, high, ranked))


def neighbours(places: Floats, seed: int) -> Blocks:
    """Return which of `BLOCKS` blocks of neighbouring areas each area belongs to, shape (n,)."""
    with threadpool_limits(1):  # threads add up in any order
        found = KMeans(BLOCKS, n_init=3, random_state=seed).fit_predict(places)
    return np.asarray(found, dtype=np.int32)


def _asked(
    inputs: Floats, shares: Floats, residents: Floats, blocks: Blocks, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """What other blocks tell of each area; the same, each input shuffled, shape (p, shuffles, n); their mean."""
    told, mean = np.empty(len(shares)), np.empty(len(shares))
    shuffled = np.empty((inputs.shape[1], SHUFFLES, len(shares)))
    for block in np.unique(blocks):
        here = blocks == block
        forest = RandomForestRegressor(TREES, min_samples_leaf=LEAF, random_state=int(rng.integers(2**31)))
        forest.fit(inputs[~here], shares[~here], residents[~here])
        told[here] = forest.predict(inputs[here])
        mean[here] = np.average(shares[~here], weights=residents[~here])
        for column in range(inputs.shape[1]):
            tries = np.tile(inputs[here], (SHUFFLES, 1))
            tries[:, column] = np.concatenate(
                [rng.choice(inputs[:, column], here.sum(), replace=False) for _ in range(SHUFFLES)]
            )
            shuffled[column][:, here] = forest.predict(tries).reshape(SHUFFLES, -1)
    return told, shuffled, mean


def _interval(wrong: Floats, plain: Floats, blocks: Blocks, rng: np.random.Generator) -> tuple[float, float]:
    count = int(blocks.max()) + 1
    top, bottom = np.bincount(blocks, wrong, count), np.bincount(blocks, plain, count)
    drawn = rng.integers(0, count, (DRAWS, count))
    found = 1 - top[drawn].sum(axis=1) / bottom[drawn].sum(axis=1)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(found, (tail, 1 - tail))
    return float(low), float(high)


def _sentence(group: str, r2: float, low: float, high: float, carriers: Sequence[Carrier]) -> str:
    much = "much" if r2 >= STRONG else "something" if r2 >= SOME else "little or nothing"
    most = f"; most is carried by {carriers[0].name.replace('_', ' ')}" if r2 >= SOME else ""
    return (
        f"The inputs tell {much} about where the share of residents who are {group.replace('_', ' ')} is high "
        f"(R2 {r2:.2f} [{low:.2f} to {high:.2f}], where 1 is everything and 0 nothing){most}."
    )
