"""Which operationalisations of which layers go into a risk terrain.

Incidents crowd for reasons no layer knows, in cells and in whole neighbourhoods, and a criterion for independent
counts would take any layer that happens to lie there. So each coefficient is charged by how much its score, summed
over blocks of space, varies more than such counts would (composite-likelihood BIC, Gao & Song 2010, J. Am. Stat.
Assoc. 105:1531-1540), and for the number of candidates (extended BIC, Chen & Chen 2008, Biometrika 95:759-771);
intervals come from the same sums (Liang & Zeger 1986, Biometrika 73:13-22), and a factor whose interval holds 1 is
dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.operationalisations import Operationalisation
from forecasting.core.penalised_poisson import (
    REGULAR,
    PoissonFit,
    best_strength,
    elastic_net_path,
    fit_poisson,
    strength_path,
)

FOLDS = 5
MIX = 0.5
BLOCK_METRES = 2_500.0
"""Side of the blocks of space that are left out together, and over which errors are summed: wide enough that what
crowds for reasons of its own mostly ends inside (with 1.5 km two made-up cities of ten had a factor that is none)."""
BLOCKS_ACROSS = 3
"""A small city has smaller blocks, so many in the shorter direction."""


@dataclass(frozen=True, eq=False)
class FactorChoice:
    """What is chosen from: figures (shape ``(n, tried)``), exposure, counts and blocks of space (shape ``(n,)``)."""

    table: FloatArray
    exposure: FloatArray
    counts: FloatArray
    blocks: IntArray
    tried: Sequence[Operationalisation]

    @property
    def reach(self) -> float:
        """Standard errors on either side of a 95 % interval: Student's, since blocks are few."""
        return float(stats.t.ppf(0.975, max(1, int(self.blocks.max()))))

    def useful(self, generator: np.random.Generator) -> list[int]:
        """Return the columns that the elastic net keeps, its strength chosen on blocks of space left out."""
        if not self.table.shape[1]:
            return []
        folds = (generator.permutation(int(self.blocks.max()) + 1) % FOLDS)[self.blocks]
        strengths = strength_path(self.table, self.exposure, self.counts, MIX)
        best = best_strength(self.table, self.exposure, self.counts, folds, strengths, MIX)
        path = elastic_net_path(self.table, self.exposure, self.counts, strengths[: best + 1], MIX)
        return np.flatnonzero(path.slopes[-1]).tolist()

    def steps(self, useful: Sequence[int]) -> list[int]:
        """Add, exchange or drop one operationalisation at a time while the criterion falls."""
        chosen: list[int] = []
        least = self.criterion(chosen)
        while True:
            found = min(_neighbours(chosen, useful, self.tried), key=self.criterion, default=chosen)
            value = self.criterion(found)
            if value >= least - 1e-9:
                return chosen
            chosen, least = found, value

    def certain(self, chosen: list[int]) -> list[int]:
        """Drop the least certain factor until every interval leaves 1 out."""
        while chosen:
            fit, errors = self.fitted(chosen)
            sure = np.abs(fit.slopes) / errors
            if sure.min() > self.reach:
                break
            chosen = [each for number, each in enumerate(chosen) if number != int(np.argmin(sure))]
        return chosen

    def criterion(self, columns: Sequence[int]) -> float:
        """Twice the lost log-likelihood, plus what the columns cost."""
        fit, bread, meat = self._parts(columns)
        if not columns:
            return -2 * fit.likelihood
        crowding = max(1.0, float(np.trace((bread @ meat)[1:, 1:])) / len(columns))
        several, few = len(self.tried), len(columns)
        sets = special.gammaln(several + 1) - special.gammaln(few + 1) - special.gammaln(several - few + 1)
        return float(-2 * fit.likelihood + crowding * (few * np.log(len(self.counts)) + 2 * sets))

    def fitted(self, columns: Sequence[int]) -> tuple[PoissonFit, FloatArray]:
        """Return the fit and its slopes' standard errors, never below those of independent counts."""
        fit, bread, meat = self._parts(columns)
        robust = np.maximum(np.diag(bread @ meat @ bread), np.diag(bread))
        return fit, np.asarray(np.sqrt(robust)[1:])

    def _parts(self, columns: Sequence[int]) -> tuple[PoissonFit, FloatArray, FloatArray]:
        """Return the fit, the inverse of its information, and the variance of its scores summed over blocks."""
        table = self.table[:, list(columns)]
        fit = fit_poisson(table, self.exposure, self.counts)
        design = np.column_stack([np.ones(len(table)), table])
        information = (design * fit.expected[:, None]).T @ design
        information[np.diag_indices_from(information)] += REGULAR * float(self.counts.sum())
        bread: FloatArray = np.asarray(np.linalg.inv(information), np.float64)
        summed = np.zeros((int(self.blocks.max()) + 1, design.shape[1]))
        np.add.at(summed, self.blocks, design * (self.counts - fit.expected)[:, None])
        return fit, bread, summed.T @ summed * (len(summed) / max(1, len(summed) - 1))


def _neighbours(
    chosen: Sequence[int], useful: Sequence[int], tried: Sequence[Operationalisation]
) -> list[list[int]]:
    """Return the sets one step away: one more layer, another operationalisation of one, or one fewer."""
    fewer = [[each for each in chosen if each != gone] for gone in chosen]
    more = [
        sorted([*(each for each in chosen if tried[each].layer != tried[new].layer), new])
        for new in useful
        if new not in chosen
    ]
    return fewer + more


def space_blocks(grid: Grid, side: float) -> IntArray:
    """Return the number of each cell's square block of space, shape ``(n,)``.

    Its side is about ``side`` (CRS units), less where the city has not ``BLOCKS_ACROSS`` of them.
    """
    across = max(1, min(round(side / grid.cell), min(grid.shape) // BLOCKS_ACROSS))
    column, row = grid.columns // across, grid.rows // across
    return np.unique(np.column_stack([row, column]), axis=0, return_inverse=True)[1].reshape(-1)
