"""Risk terrain modelling: which things on the map go with more incidents near them, and how many times more.

Caplan & Kennedy (2011); the choice follows Heffner (2013, "Statistics of the RTMDx utility") and Kennedy, Caplan,
Piza & Buccine-Schraeder (2016, Applied Spatial Analysis and Policy 9:529-548): every layer in several
operationalisations, an elastic-net Poisson regression that keeps those of use (cross-validated, here on blocks of
space), then steps up and down by BIC with at most one operationalisation of a layer. Counts crowd more than Poisson,
so the criterion is divided by their dispersion, and it pays for the number of candidates (extended BIC, Chen & Chen
2008, Biometrika 95:759-771); intervals come from errors summed over blocks (Liang & Zeger 1986, Biometrika 73:13-22).
They say with what incidents go together, not why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

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
FOLD_METRES = 1_500.0
"""Side of the blocks of space that are left out together, and over which errors are summed."""
NORMAL_95 = 1.959964


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
    blocks = space_blocks(grid, FOLD_METRES / unit_metres)
    useful = _useful(table, grid.fraction, counts, blocks, generator)
    chosen, spread = _steps(table, grid.fraction, counts, tried, useful)
    fit = fit_poisson(table[:, chosen], grid.fraction, counts)
    errors = _errors(table[:, chosen], counts, fit, blocks)
    factors = [
        _factor(tried[at], float(fit.slopes[number]), float(errors[number]), table[:, at], counts)
        for number, at in enumerate(chosen)
    ]
    return RiskTerrain(
        base=float(np.exp(fit.intercept)),
        factors=tuple(sorted(factors, key=lambda each: -abs(each.coefficient))),
        considered=len(tried),
        useful=len(useful),
        incidents=int(counts.sum()),
        cells=len(grid),
        dispersion=spread,
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
    """Return the number of each cell's square block of space of about ``side`` (CRS units), shape ``(n,)``."""
    across = max(1, round(side / grid.cell))
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


def _steps(
    table: FloatArray,
    exposure: FloatArray,
    counts: FloatArray,
    tried: Sequence[Operationalisation],
    useful: Sequence[int],
) -> tuple[list[int], float]:
    """Add, exchange or drop one operationalisation at a time while the criterion falls; and the dispersion used."""
    spread = _dispersion(fit_poisson(table[:, useful], exposure, counts), counts, len(useful))

    def criterion(columns: Sequence[int]) -> float:
        likelihood = fit_poisson(table[:, list(columns)], exposure, counts).likelihood
        many = special.gammaln(len(tried) + 1) - special.gammaln(len(columns) + 1)
        many -= special.gammaln(len(tried) - len(columns) + 1)
        return float(-2 * likelihood / spread + len(columns) * np.log(len(counts)) + 2 * many)

    chosen: list[int] = []
    least = criterion(chosen)
    while True:
        found = min(_neighbours(chosen, useful, tried), key=criterion, default=chosen)
        value = criterion(found)
        if value >= least - 1e-9:
            return chosen, spread
        chosen, least = found, value


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


def _errors(table: FloatArray, counts: FloatArray, fit: PoissonFit, blocks: IntArray) -> FloatArray:
    """Return standard errors of the slopes from scores summed over blocks, never below those of the model itself."""
    design = np.column_stack([np.ones(len(table)), table])
    bread = np.linalg.inv((design * fit.expected[:, None]).T @ design)
    scores = design * (counts - fit.expected)[:, None]
    summed = np.zeros((int(blocks.max()) + 1, design.shape[1]))
    np.add.at(summed, blocks, scores)
    groups = len(summed)
    robust = bread @ (summed.T @ summed) @ bread * (groups / max(1, groups - 1))
    return np.asarray(np.sqrt(np.maximum(np.diag(robust), np.diag(bread)))[1:])


def _factor(
    what: Operationalisation, slope: float, error: float, values: FloatArray, counts: FloatArray
) -> RiskFactor:
    low, high = slope - NORMAL_95 * error, slope + NORMAL_95 * error
    there = values > 0.5
    return RiskFactor(
        what,
        slope,
        Estimate(float(np.exp(slope)), float(np.exp(low)), float(np.exp(high))),
        int(there.sum()),
        int(counts[there].sum()),
    )
