"""The final stage of a forecast: what turns features into relative risk, under one contract.

A stage is fitted on blocks of past windows and answers for the features of any origin. The city's level is no part
of it: that is anchored anew for every forecast, whatever the stage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from forecasting.core.boosting import fit_boosted
from forecasting.core.comparators import cluster_density, fit_clusters, fit_forest, fit_support
from forecasting.core.estimators import Coefficients, TrainingWindow, fit_blend
from forecasting.core.explain import log_linear_factors
from forecasting.core.features import Surfaces
from forecasting.core.fingerprint import round_significant
from forecasting.core.incidents import FloatArray
from forecasting.core.recipe import Recipe


class FittedStage(Protocol):
    """What every fitted stage answers; ``features`` have shape ``(n, columns)``, as ``look`` gives them."""

    @property
    def base(self) -> float:
        """The part of the risk that every cell shares."""

    def risk(self, features: FloatArray) -> FloatArray:
        """Return the relative risk per area, shape ``(n,)``, > 0; 1 is about the city's average."""

    def factors(self, features: FloatArray) -> dict[str, FloatArray]:
        """Return factors by name, each of shape ``(n,)``; ``base`` times their product is ``risk``."""

    def facts(self) -> dict[str, Any]:
        """Return what was fitted as plain data: enough to understand it, or a digest of it."""


@dataclass(frozen=True)
class LogLinear:
    """A log-linear stage over the terms ``names``: every factor is a power of its term's relative density."""

    coefficients: Coefficients
    names: tuple[str, ...]
    base: float = 1.0

    def risk(self, features: FloatArray) -> FloatArray:
        """Return the relative risk, shape ``(n,)``."""
        return np.exp(features @ self.coefficients.slopes)

    def factors(self, features: FloatArray) -> dict[str, FloatArray]:
        """Return one exact factor per term."""
        return log_linear_factors(features, self.coefficients.slopes, self.names)

    def facts(self) -> dict[str, Any]:
        """Return the slope of every term."""
        slopes = round_significant(self.coefficients.slopes).tolist()
        return {"stage": "loglinear", "slopes": dict(zip(self.names, slopes, strict=True))}


def fit_log_linear(blocks: Sequence[TrainingWindow], recipe: Recipe, seed: int) -> LogLinear:
    """Fit the slopes, or take 1 for each where the recipe is not fitted; ``seed`` changes nothing."""
    names = tuple(term.name for term in recipe.terms)
    if recipe.fitted:
        return LogLinear(fit_blend(blocks, recipe.ridge), names)
    return LogLinear(Coefficients(0.0, np.ones(len(names))), names)


Fit = Callable[[Sequence[TrainingWindow], Recipe, int], FittedStage]

FITS: Mapping[str, Fit] = {
    "loglinear": fit_log_linear,
    "boosted": fit_boosted,
    "forest": fit_forest,
    "svm": fit_support,
    "kmeans": fit_clusters,
}
"""How each final stage of a recipe is fitted, on blocks in the order of time and a seed."""


def fit_stage(blocks: Sequence[TrainingWindow], recipe: Recipe, seed: int) -> FittedStage:
    """Fit the recipe's final stage on past windows, oldest first. The same input gives the same stage.

    Raises ValueError when the counts are all 0.
    """
    return FITS[recipe.stage](blocks, recipe, seed)


def look(surfaces: Surfaces, recipe: Recipe, cut: int, seed: int) -> FloatArray:
    """Return what the recipe's stage looks at, as known at ``cut`` (UTC seconds), shape ``(n, columns)``.

    That is one column per term, but for K-means, which looks at the clusters of all past places themselves.
    """
    if recipe.stage != "kmeans":
        return surfaces.features(cut)
    first = int(surfaces.incidents.ends.min())
    return cluster_density(surfaces.grid, surfaces.counts(first, cut), seed)[:, None]
