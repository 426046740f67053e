"""Risk terrain modelling: which things on the map go with more incidents near them, and how many times more.

Caplan & Kennedy (2011); the choice follows Heffner (2013, "Statistics of the RTMDx utility") and Kennedy, Caplan,
Piza & Buccine-Schraeder (2016, Applied Spatial Analysis and Policy 9:529-548): every layer in several
operationalisations, an elastic-net Poisson regression that keeps those of use (cross-validated, here on blocks of
space), then steps up and down by BIC with at most one operationalisation of a layer. Incidents crowd for reasons no
layer knows, in cells and in whole neighbourhoods, and a criterion for independent counts would take any layer that
happens to lie there. So each coefficient is charged by how much its score, summed over blocks, varies more than such
counts would (composite-likelihood BIC, Gao & Song 2010, J. Am. Stat. Assoc. 105:1531-1540), and for the number of
candidates (extended BIC, Chen & Chen 2008, Biometrika 95:759-771); intervals come from the same sums (Liang & Zeger
1986, Biometrika 73:13-22), and a factor whose interval holds 1 is dropped. They say with what incidents go together,
not why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.layers import Layer
from forecasting.core.limits import CannotForecast
from forecasting.core.operationalisations import (
    BLOCKS_METRES,
    Operationalisation,
    operationalise,
    values_of,
)
from forecasting.core.penalised_poisson import (
    PoissonFit,
    best_strength,
    elastic_net_path,
    fit_poisson,
    strength_path,
)
from forecasting.core.scoring import Estimate

MOST_CELLS = 150_000
LEAST_INCIDENTS = 100
LEAST_CELLS = 200
FOLDS = 5
MIX = 0.5
BLOCK_METRES = 2_500.0
"""Side of the blocks of space that are left out together, and over which errors are summed: wide enough that what
crowds for reasons of its own mostly ends inside (with 1.5 km two made-up cities of ten had a factor that is none)."""
BLOCKS_ACROSS = 3
"""A small city has smaller blocks, so many in the shorter direction."""


@dataclass(frozen=True)
class RiskFactor:
    """One layer's part: being there goes with ``risk.value`` times the incidents, other factors alike.

    ``risk`` holds the 95 % interval; it is conditional on the choice of factors. ``cells`` and ``incidents`` lie
    where the operationalisation is above a half.
    """

    what: Operationalisation
    coefficient: float
    risk: Estimate
    cells: int
    incidents: int

    @property
    def sentence(self) -> str:
        """The factor in words: "being within 150 m of bars goes with x 2.1 (1.7-2.6)"."""
        return (
            f"{self.what.words} goes with × {self.risk.value:.1f} ({self.risk.low:.1f}–{self.risk.high:.1f}) the "
            "incidents"
        )


@dataclass(frozen=True)
class RiskTerrain:
    """What was learned: factors, the strongest first; incidents per whole cell without any factor: ``base``.

    ``considered`` operationalisations were tried and ``useful`` of them survived the penalty; ``dispersion`` 1 is
    Poisson.
    """

    base: float
    factors: tuple[RiskFactor, ...]
    considered: int
    useful: int
    incidents: int
    cells: int
    dispersion: float


def fit_risk_terrain(
    counts: FloatArray,
    grid: Grid,
    layers: Mapping[str, Layer],
    *,
    unit_metres: float,
    generator: np.random.Generator,
    distances: Sequence[float] = BLOCKS_METRES,
) -> RiskTerrain:
    """Learn relative risks from past incidents per cell (shape ``(n,)``) and what stands near them.

    ``counts`` are of the training span alone; ``distances`` (metres) are those tried for each layer. ``generator``
    decides which blocks of space are left out together.

    Raises CannotForecast (``bad_input`` without layers, ``grid_too_large``, ``too_few_cells``,
    ``too_few_incidents``).
    """
    _check(counts, grid, layers)
    tried, table = operationalise(layers, grid, unit_metres=unit_metres, distances=distances, counts=counts)
    blocks = space_blocks(grid, BLOCK_METRES / unit_metres)
    useful = _useful(table, grid.fraction, counts, blocks, generator)
    choice = _Choice(table, grid.fraction, counts, blocks, tried)
    chosen = choice.certain(choice.steps(useful))
    fit, errors = choice.fitted(chosen)
    factors = [
        _factor(
            tried[at], float(fit.slopes[number]), float(errors[number]) * choice.reach, table[:, at], counts
        )
        for number, at in enumerate(chosen)
    ]
    return RiskTerrain(
        base=float(np.exp(fit.intercept)),
        factors=tuple(sorted(factors, key=lambda each: -abs(each.coefficient))),
        considered=len(tried),
        useful=len(useful),
        incidents=int(counts.sum()),
        cells=len(grid),
        dispersion=_dispersion(fit, counts, len(chosen)),
    )


def relative_risk(
    terrain: RiskTerrain, grid: Grid, layers: Mapping[str, Layer], *, unit_metres: float
) -> FloatArray:
    """Return each cell's risk against a cell without any factor, shape ``(n,)``; 1 everywhere without factors."""
    linear = np.zeros(len(grid))
    for factor in terrain.factors:
        values = values_of(factor.what, layers[factor.what.layer], grid, unit_metres=unit_metres)
        linear += factor.coefficient * values
    return np.asarray(np.exp(linear))


def space_blocks(grid: Grid, side: float) -> IntArray:
    """Return the number of each cell's square block of space, shape ``(n,)``.

    Its side is about ``side`` (CRS units), less where the city has not ``BLOCKS_ACROSS`` of them.
    """
    across = max(1, min(round(side / grid.cell), min(grid.shape) // BLOCKS_ACROSS))
    column, row = grid.columns // across, grid.rows // across
    return np.unique(np.column_stack([row, column]), axis=0, return_inverse=True)[1].reshape(-1)


def _check(counts: FloatArray, grid: Grid, layers: Mapping[str, Layer]) -> None:
    if not layers:
        raise CannotForecast(
            "bad_input",
            "A risk terrain rests on context layers, and none was known by then. Register some (manage.py add_layer).",
        )
    if len(grid) > MOST_CELLS:
        raise CannotForecast(
            "grid_too_large",
            f"The grid has {len(grid):,} cells; a risk terrain is fitted on at most {MOST_CELLS:,}. Choose a larger "
            "cell: what counts here is what stands within a block or three.",
        )
    if len(grid) < LEAST_CELLS:
        raise CannotForecast(
            "too_few_cells",
            f"The grid has {len(grid)} cells; at least {LEAST_CELLS} are needed to tell places apart. Choose a smaller "
            "cell.",
        )
    if counts.sum() < LEAST_INCIDENTS:
        raise CannotForecast(
            "too_few_incidents",
            f"{counts.sum():.0f} incidents lie in the training span; a risk terrain needs at least {LEAST_INCIDENTS}. "
            "Take a longer span or a broader category.",
        )


def _useful(
    table: FloatArray,
    exposure: FloatArray,
    counts: FloatArray,
    blocks: IntArray,
    generator: np.random.Generator,
) -> list[int]:
    """Return the columns that the cross-validated elastic net keeps."""
    if not table.shape[1]:
        return []
    folds = (generator.permutation(int(blocks.max()) + 1) % FOLDS)[blocks]
    strengths = strength_path(table, exposure, counts, MIX)
    best = best_strength(table, exposure, counts, folds, strengths, MIX)
    path = elastic_net_path(table, exposure, counts, strengths[: best + 1], MIX)
    return np.flatnonzero(path.slopes[-1]).tolist()


@dataclass(frozen=True, eq=False)
class _Choice:
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
        bread: FloatArray = np.asarray(np.linalg.inv((design * fit.expected[:, None]).T @ design), np.float64)
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


def _dispersion(fit: PoissonFit, counts: FloatArray, columns: int) -> float:
    """Return Pearson's dispersion, at least 1 (McCullagh & Nelder 1989, section 4.5)."""
    chi = float(((counts - fit.expected) ** 2 / fit.expected).sum())
    return max(1.0, chi / max(1, len(counts) - columns - 1))


def _factor(
    what: Operationalisation, slope: float, error: float, values: FloatArray, counts: FloatArray
) -> RiskFactor:
    low, high = slope - error, slope + error
    there = values > 0.5
    return RiskFactor(
        what,
        slope,
        Estimate(float(np.exp(slope)), float(np.exp(low)), float(np.exp(high))),
        int(there.sum()),
        int(counts[there].sum()),
    )
