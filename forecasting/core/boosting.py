"""Gradient-boosted trees as the final stage: Poisson loss, one thread, explained exactly by SHAP values."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shap
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from forecasting.core.estimators import TrainingWindow
from forecasting.core.fingerprint import round_significant
from forecasting.core.incidents import FloatArray
from forecasting.core.recipe import Recipe

PARAMETERS: dict[str, Any] = {
    "loss": "poisson",
    "max_iter": 150,
    "learning_rate": 0.05,
    "max_leaf_nodes": 8,
    "l2_regularization": 1.0,
    "early_stopping": False,
    "random_state": 0,
}
"""Counts per cell are mostly 0, so trees are small and steps short: eight leaves join at most seven terms at once and
keep SHAP values quick. Fixed, with a fixed seed and no early stopping, whose held-out rows would be drawn by chance."""

LEAVES_PER_TABLE = 400
"""A leaf holds at least one row in so many (and ``LEAST_ROWS``): enough incidents for its mean to mean something."""

LEAST_ROWS = 20

DECIMALS = 6
"""Features are rounded so: a kernel's last bits, which processors differ in, must not choose a split."""


@dataclass(frozen=True)
class Boosted:
    """Fitted trees over the terms ``names``; ``risk = base x product of factors``, exactly.

    ``model`` answers with incidents per unit of exposure; SHAP values are taken on its raw (logarithmic) scale with
    the trees' own training rows as background (``tree_path_dependent``: Lundberg et al. 2020).
    """

    model: HistGradientBoostingRegressor
    names: tuple[str, ...]
    rows: int

    @cached_property
    def _explainer(self) -> Any:
        return shap.TreeExplainer(self.model, feature_perturbation="tree_path_dependent")

    @property
    def base(self) -> float:
        """The factor that every cell has: the trees' expected value over their training rows."""
        return float(np.exp(np.ravel(self._explainer.expected_value)[0]))

    def risk(self, features: FloatArray) -> FloatArray:
        """Return incidents per unit of exposure, shape ``(n,)``, > 0, of ``features`` of shape ``(n, terms)``."""
        with threadpool_limits(1, "openmp"):
            return np.asarray(self.model.predict(_even(features)), dtype=np.float64)

    def factors(self, features: FloatArray) -> dict[str, FloatArray]:
        """Return one factor per term, shape ``(n,)``: the exponential of its SHAP value."""
        values = self._explainer.shap_values(_even(features), check_additivity=False)
        return {name: np.exp(values[:, number]) for number, name in enumerate(self.names)}

    def facts(self) -> dict[str, Any]:
        """Return what was fitted as plain data: the parameters and the digest of every split and leaf."""
        return {
            "stage": "boosted",
            "parameters": {**PARAMETERS, "min_samples_leaf": least_rows(self.rows)},
            "rows": self.rows,
            "trees": tree_digest(self.model),
        }


def fit_boosted(blocks: Sequence[TrainingWindow], recipe: Recipe, seed: int) -> Boosted:
    """Fit counts per exposure, weighted by exposure, which is the Poisson likelihood of the counts.

    The forecast never falls when a term rises: more past incidents never lower it. ``seed`` changes nothing, for no
    step is left to chance. One thread adds up in one order, so the same blocks give the same trees.
    """
    table = _even(np.vstack([block.features for block in blocks]))
    exposure = np.concatenate([block.exposure for block in blocks])
    counts = np.concatenate([block.counts for block in blocks])
    model = HistGradientBoostingRegressor(
        **PARAMETERS,
        min_samples_leaf=least_rows(len(table)),
        monotonic_cst=np.ones(table.shape[1], dtype=np.int8),
    )
    with threadpool_limits(1, "openmp"):
        model.fit(table, counts / exposure, sample_weight=exposure)
    return Boosted(model, tuple(term.name for term in recipe.terms), len(table))


def least_rows(rows: int) -> int:
    """Return how many rows a leaf of a table of ``rows`` rows holds at least."""
    return max(LEAST_ROWS, rows // LEAVES_PER_TABLE)


def tree_digest(model: HistGradientBoostingRegressor) -> str:
    """Return the SHA-256 (hex) of all trees: splits, thresholds and leaves to 6 significant digits."""
    summed = hashlib.sha256()
    for (tree,) in model._predictors:
        nodes = tree.nodes
        for name in ("feature_idx", "left", "right", "is_leaf"):
            summed.update(nodes[name].astype("<i8").tobytes())
        for name in ("num_threshold", "value"):
            summed.update(round_significant(nodes[name]).astype("<f8").tobytes())
    return summed.hexdigest()


def _even(features: FloatArray) -> FloatArray:
    return np.round(features, DECIMALS)
