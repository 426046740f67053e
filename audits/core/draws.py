"""The city as it is, and the city as it might have been sampled: what every metric is computed on.

A metric is written once, as sums over areas. Computed on `whole_city` it gives the figure; computed on
`drawn_cities` it gives the same figure for 2,000 cities drawn area by area (the area-cluster bootstrap of
`resampling`), at the cost of a few matrix products. With n areas, k groups and d draws:

    m_di   how often area i was taken in draw d (1 in the whole city)
    N_dig  residents of group g in area i (drawn anew from census margins where those are given)
    N_i    all residents of area i
    w_dig  N_dig / N_i, the share of the area's residents who belong to the group (0 where nobody lives)

Overlapping groups stay overlapping: each group is summed by itself and nothing is ever subtracted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audits.core.margins import drawn_counts
from audits.core.metric_frames import framed_mean
from audits.core.rates import ratio_or_nan
from audits.core.resampling import DRAWS, area_counts

if TYPE_CHECKING:
    from audits.core.groups import GroupTable

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PART = 400_000
"""Most draws x areas that one part of many draws holds."""


@dataclass(frozen=True)
class Draws:
    """Cities to compute a metric on. `taken`: (d, n). `counts`: (n, k) or (d, n, k). `residents`: (n,)."""

    taken: Floats
    counts: Floats
    residents: Floats

    @property
    def shares(self) -> Floats:
        """Share of each area's residents in each group, w, of the shape of `counts`; 0 where nobody lives."""
        base = np.where(self.residents > 0, self.residents, np.inf)[:, None]
        return np.asarray(self.counts / base, dtype=np.float64)

    @property
    def lived_in(self) -> Floats:
        """1 for areas where anybody lives, 0 for others, shape (n,)."""
        return (self.residents > 0).astype(np.float64)

    def parts(self) -> Iterator[Draws]:
        """Cut many draws into parts that fit in little memory; a metric of all is the metric of each, stacked."""
        size = max(PART // self.taken.shape[1], 1)
        for begin in range(0, len(self.taken), size):
            part = slice(begin, begin + size)
            counts = self.counts if self.counts.ndim == 2 else self.counts[part]
            yield Draws(self.taken[part], counts, self.residents)

    def weighted(self, value: Floats) -> Floats:
        """Value times how often its area was taken, (d, n). `value`: (n,), or (d, n) where draws differ."""
        return np.asarray(self.taken * value, dtype=np.float64)

    def total(self, value: Floats) -> Floats:
        """Sum over areas, (d, 1): sum_i m_i v_i."""
        return np.asarray(self.weighted(value).sum(axis=1, keepdims=True), dtype=np.float64)

    def people(self, value: Floats) -> Floats:
        """Sum over the residents of each group, (d, k): sum_i m_i N_ig v_i."""
        return self._shared_out(value, self.counts)

    def everybody(self, value: Floats) -> Floats:
        """Sum over all residents, each counted once, (d, 1): sum_i m_i N_i v_i."""
        return self.total(self.residents * value)

    def shared(self, value: Floats) -> Floats:
        """Sum of each group's part of an area's figure, (d, k): sum_i m_i w_ig v_i."""
        return self._shared_out(value, self.shares)

    def _shared_out(self, value: Floats, counts: Floats) -> Floats:
        if counts.ndim == 3:
            return np.asarray(np.einsum("dn,dnk->dk", self.weighted(value), counts), dtype=np.float64)
        if value.ndim == 1:
            return np.asarray(self.taken @ (counts * value[:, None]), dtype=np.float64)
        return np.asarray(self.weighted(value) @ counts, dtype=np.float64)

    @cached_property
    def group_totals(self) -> Floats:
        """Residents of each group, (d, k): sum_i m_i N_ig."""
        return self.people(np.ones(self.residents.size))

    @cached_property
    def overall_total(self) -> Floats:
        """All residents, each counted once, (d, 1): sum_i m_i N_i."""
        return self.everybody(np.ones(self.residents.size))

    def resident_mean(self, numerator: Floats, denominator: Floats) -> Floats:
        """Ratio of two sums over each group's residents, (d, k): sum N_ig a_i / sum N_ig b_i; NaN for 0 / 0."""
        return ratio_or_nan(self.people(numerator), self.people(denominator))


class WholeCity(Draws):
    """The city as it is: every area once, and means over residents by way of Fairlearn's MetricFrame."""

    def resident_mean(self, numerator: Floats, denominator: Floats) -> Floats:
        """The same ratio as `Draws.resident_mean`, (1, k), computed by Fairlearn on area x group rows."""
        base = np.broadcast_to(denominator, self.taken.shape)[0]
        over = np.broadcast_to(numerator, self.taken.shape)[0]
        return framed_mean(self.counts, over, base)[None, :]


def whole_city(table: GroupTable) -> WholeCity:
    """Return the city as it is: one draw in which every area was taken once."""
    return WholeCity(np.ones((1, len(table.areas))), table.counts, table.residents)


def drawn_cities(
    table: GroupTable,
    generator: np.random.Generator,
    *,
    draws: int = DRAWS,
    clusters: Integers | None = None,
    margins: Floats | None = None,
) -> Draws:
    """Draw whole areas with replacement, all groups of an area together.

    `clusters`: shape (n,), a number per area; areas of one number are then taken together (spatial blocks).
    `margins`: shape (n, k), census margins of error at 90 %; counts are then drawn anew in each draw. Same
    generator state, same draws. Raises ValueError without areas, with fewer than 100 draws, or where a shape
    is wrong.
    """
    n = len(table.areas)
    if not n or draws < 100:
        raise ValueError(f"cannot resample {n} areas in {draws} draws")
    taken = area_counts(n, draws, generator) if clusters is None else _blocks(clusters, n, draws, generator)
    if margins is None:
        return Draws(taken, table.counts, table.residents)
    return Draws(taken, drawn_counts(table, margins, generator, draws), table.residents)


def _blocks(clusters: Integers, n: int, draws: int, generator: np.random.Generator) -> Floats:
    if clusters.shape != (n,):
        raise ValueError(f"{clusters.size} cluster numbers for {n} areas")
    names, cluster_of = np.unique(clusters, return_inverse=True)
    return area_counts(names.size, draws, generator)[:, cluster_of]
