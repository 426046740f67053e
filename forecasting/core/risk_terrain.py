"""Risk terrain modelling: which things on the map go with more incidents near them, and how many times more.

Caplan & Kennedy (2011); the choice follows Heffner (2013, "Statistics of the RTMDx utility") and Kennedy, Caplan,
Piza & Buccine-Schraeder (2016, Applied Spatial Analysis and Policy 9:529-548): every layer in several
operationalisations, an elastic-net Poisson regression that keeps those of use (cross-validated, here on blocks of
space), then steps up and down by BIC with at most one operationalisation of a layer (``factor_choice``). The factors
say with what incidents go together, not why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.core.factor_choice import BLOCK_METRES, FactorChoice, space_blocks
from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray
from forecasting.core.layers import Layer
from forecasting.core.limits import CannotForecast
from forecasting.core.operationalisations import (
    BLOCKS_METRES,
    Operationalisation,
    operationalise,
    values_of,
)
from forecasting.core.penalised_poisson import PoissonFit
from forecasting.core.scoring import Estimate

MOST_CELLS = 150_000
LEAST_INCIDENTS = 100
LEAST_CELLS = 200


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
    choice = FactorChoice(table, grid.fraction, counts, blocks, tried)
    useful = choice.useful(generator)
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
