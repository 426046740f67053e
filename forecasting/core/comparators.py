"""Final stages as others published them, for backtests: forest, linear support vectors, K-means hot spots.

Each gives a raw score per cell, which isotonic regression turns into counts inside the training span (Barlow et al.
1972). Nothing explains such a forecast term by term, so none may be issued.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

import numpy as np
from scipy.spatial import cKDTree
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestRegressor
from sklearn.isotonic import IsotonicRegression
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from forecasting.core.estimators import TrainingWindow
from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray
from forecasting.core.recipe import Recipe

FOREST: dict[str, Any] = {"n_estimators": 100, "max_depth": 8, "min_samples_leaf": 5, "n_jobs": 1}
"""As published forests of grid cells; the depth is capped, for deep trees learn single cells by heart."""

ROWS_PER_TREE = 20_000
"""Each tree is grown on so many rows at most: a city's windows hold ten times as many, nearly all of them empty."""

SUPPORT: dict[str, Any] = {"C": 1.0, "dual": False, "class_weight": "balanced", "max_iter": 1000}
"""A linear support vector machine of "anything happens here", both answers with the same weight."""

MOST_CLUSTERS = 200
LEAST_SHARE = 0.01
"""What a place with a score that never saw an incident counts for, against the city's average."""

SCORE = "score"
Score = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Scored:
    """A score made into counts; its one factor is called ``score``.

    ``score`` turns features (shape ``(n, columns)``) into raw scores (shape ``(n,)``); ``steps`` are increasing.
    """

    name: str
    score: Score
    steps: IsotonicRegression
    parameters: dict[str, Any]
    base: float = 1.0

    def risk(self, features: FloatArray) -> FloatArray:
        """Return incidents per unit of exposure, shape ``(n,)``, never below ``LEAST_SHARE``."""
        return np.asarray(np.maximum(self.steps.predict(self.score(features)), LEAST_SHARE), dtype=np.float64)

    def factors(self, features: FloatArray) -> dict[str, FloatArray]:
        """Return the score as the only factor."""
        return {SCORE: self.risk(features)}

    def facts(self) -> dict[str, Any]:
        """Return the published parameters and how many steps the score has."""
        return {"stage": self.name, "parameters": self.parameters, "steps": len(self.steps.X_thresholds_)}


def fit_forest(blocks: Sequence[TrainingWindow], recipe: Recipe, seed: int) -> Scored:
    """Fit a random forest to counts per exposure (as Wheeler & Steenbeek 2021) on the earlier windows.

    The later third of the windows calibrates it: a forest knows its own training rows too well.
    """
    earlier, later = _in_time(blocks)
    table, counts, exposure = _stacked(earlier)
    model = RandomForestRegressor(
        **FOREST, max_samples=min(len(table), ROWS_PER_TREE), random_state=seed % 2**32
    )
    model.fit(table, counts / exposure, sample_weight=exposure)

    def score(features: FloatArray) -> FloatArray:
        return np.asarray(model.predict(features), dtype=np.float64)

    return Scored("forest", score, _steps(later, score), {**FOREST, "max_samples": ROWS_PER_TREE})


def fit_support(blocks: Sequence[TrainingWindow], recipe: Recipe, seed: int) -> Scored:
    """Fit a linear support vector machine to whether a cell had any incident, on the earlier windows.

    The distance from its plane is the score, calibrated on the later third. Windows without any incident, or with
    incidents everywhere, leave every cell the same score.
    """
    earlier, later = _in_time(blocks)
    table, counts, _ = _stacked(earlier)
    centre, spread = table.mean(axis=0), np.maximum(table.std(axis=0), 1e-9)
    slopes = np.zeros(table.shape[1])
    if 0 < (counts > 0).sum() < len(counts):
        model = LinearSVC(**SUPPORT, random_state=seed % 2**32)
        slopes = model.fit((table - centre) / spread, counts > 0).coef_[0]

    def score(features: FloatArray) -> FloatArray:
        return np.asarray((features - centre) / spread @ slopes, dtype=np.float64)

    return Scored("svm", score, _steps(later, score), SUPPORT)


def fit_clusters(blocks: Sequence[TrainingWindow], recipe: Recipe, seed: int) -> Scored:
    """Calibrate the densities of ``cluster_density`` (the blocks' one feature) on all windows."""

    def score(features: FloatArray) -> FloatArray:
        return features[:, 0]

    return Scored("kmeans", score, _steps(blocks, score), {"most_clusters": MOST_CLUSTERS})


def cluster_density(grid: Grid, counts: FloatArray, seed: int) -> FloatArray:
    """Return each cell's cluster's share of incidents over its share of area, shape ``(n,)``; 1 is the city's average.

    ``counts`` (shape ``(n,)``) are past incidents per cell, taken to lie at cell centres. K-means makes
    ``sqrt(incidents / 2)`` clusters (Mardia, Kent & Bibby 1979), at most ``MOST_CLUSTERS``; a cell belongs to the
    nearest centre. Without incidents every cell has 1.
    """
    held = np.flatnonzero(counts > 0)
    if not len(held):
        return np.ones(len(grid))
    places = np.column_stack([grid.columns, grid.rows]) + 0.5
    clusters = min(len(held), MOST_CLUSTERS, max(1, round(sqrt(float(counts.sum()) / 2))))
    model = KMeans(clusters, n_init=1, random_state=seed % 2**32)
    with threadpool_limits(1):
        model.fit(places[held], sample_weight=counts[held])
    nearest = cKDTree(model.cluster_centers_).query(places)[1]
    shares = np.bincount(nearest, counts, clusters) / counts.sum()
    areas = np.bincount(nearest, grid.area, clusters) / grid.total_area
    return np.asarray((shares / np.maximum(areas, 1e-12))[nearest], dtype=np.float64)


def isotonic_counts(score: FloatArray, counts: FloatArray, exposure: FloatArray) -> IsotonicRegression:
    """Fit counts per exposure as an increasing function of a score; arrays of shape ``(m,)``.

    Weighted by exposure, its expected counts sum to the counts it was fitted on; beyond the scores seen it is flat.
    """
    steps = IsotonicRegression(y_min=0.0, out_of_bounds="clip")
    return steps.fit(score, counts / exposure, sample_weight=exposure)


def _steps(blocks: Sequence[TrainingWindow], score: Score) -> IsotonicRegression:
    table, counts, exposure = _stacked(blocks)
    return isotonic_counts(score(table), counts, exposure)


def _in_time(blocks: Sequence[TrainingWindow]) -> tuple[Sequence[TrainingWindow], Sequence[TrainingWindow]]:
    """Cut the windows, oldest first, into the first two thirds and the rest; a single one serves for both."""
    later = ceil(len(blocks) / 3)
    return blocks[:-later] or blocks, blocks[-later:]


def _stacked(blocks: Sequence[TrainingWindow]) -> tuple[FloatArray, FloatArray, FloatArray]:
    return (
        np.vstack([block.features for block in blocks]),
        np.concatenate([block.counts for block in blocks]),
        np.concatenate([block.exposure for block in blocks]),
    )
