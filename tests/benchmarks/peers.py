"""What other systems would forecast: the peers that ours is measured beside, with their exact parameters.

Each peer sees the category's own incidents before an origin and answers with a shape per cell; every shape is
anchored to the same city total as ours, so that only the places are compared. Whatever a peer has to choose (a
smoothing floor, a bandwidth, a weight, its coefficients) it chooses on the windows before the origin.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from lightgbm import LGBMRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import PoissonRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from forecasting.core.densities import decayed_counts
from forecasting.core.features import Surfaces
from forecasting.core.incidents import FloatArray
from forecasting.core.kernels import kernel_coverage, kernel_density
from forecasting.core.scoring import poisson_deviance
from forecasting.core.windows import DAY, Window

FLOORS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)  # of the city's average cell
LAGS = (28.0, 91.0, 182.0, 365.0, 730.0)
HALF_LIVES = (30.0, 90.0, 180.0, 365.0, 730.0)
BANDWIDTHS = (0.5, 1.0, 2.0, 4.0, 8.0)  # cells
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
SEASON_DAYS = 30.0
YEAR = 365.25
GLM: dict[str, Any] = {"alpha": 1e-4, "max_iter": 300}
LIGHTGBM: dict[str, Any] = {
    "objective": "poisson",
    "n_estimators": 150,
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_child_samples": 500,
    "reg_lambda": 1.0,
    "n_jobs": 1,
    "random_state": 0,
    "verbosity": -1,
}
HISTGB: dict[str, Any] = {
    "loss": "poisson",
    "max_iter": 150,
    "learning_rate": 0.05,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 500,
    "early_stopping": False,
    "random_state": 0,
}


@dataclass
class Past:
    """The category's incidents on a grid, seen from any moment; answers are kept."""

    surfaces: Surfaces
    kept: dict[tuple[Any, ...], FloatArray] = field(default_factory=dict)
    coverage: dict[float, FloatArray] = field(default_factory=dict)

    def counts(self, cut: int, kind: str, days: float) -> FloatArray:
        """Return counts per whole cell at ``cut``: ``lag`` (the last days), ``decay`` (half-life) or ``season``."""
        key = (cut, kind, days)
        if key not in self.kept:
            known = self.surfaces.incidents.ends < cut
            ages = (cut - self.surfaces.incidents.ends[known]) / DAY
            cells, size = self.surfaces.cells[known], len(self.surfaces.grid)
            if kind == "decay":
                found = decayed_counts(cells, ages, days, size)
            else:
                near = ages <= days if kind == "lag" else np.abs((ages + YEAR / 2) % YEAR - YEAR / 2) <= days
                found = np.bincount(cells[near], minlength=size).astype(np.float64)
            self.kept[key] = found / np.maximum(self.surfaces.grid.fraction, 0.1)
        return self.kept[key]

    def smoothed(self, cut: int, days: float, cells: float) -> FloatArray:
        """Return the edge-corrected Gaussian smoothing of decayed counts, bandwidth in cells."""
        key = (cut, "kde", days, cells)
        if key not in self.kept:
            grid = self.surfaces.grid
            if cells not in self.coverage:
                self.coverage[cells] = kernel_coverage(grid, cells)
            counts = self.counts(cut, "decay", days) * np.maximum(grid.fraction, 0.1)
            self.kept[key] = kernel_density(grid, counts, cells, self.coverage[cells])
        return self.kept[key]

    def table(self, cut: int) -> FloatArray:
        """Return the features of the learning peers, shape ``(n, 17)``: logs of 1 + counts."""
        columns = [
            *(self.counts(cut, "lag", days) for days in (*LAGS, np.inf)),
            *(self.counts(cut, "decay", days) for days in HALF_LIVES),
            *(self.smoothed(cut, np.inf, cells) for cells in BANDWIDTHS),
            self.counts(cut, "season", SEASON_DAYS),
        ]
        return np.log1p(np.column_stack(columns))

    def level(self, values: FloatArray, floor: float) -> FloatArray:
        """Return a shape per cell: the density with a floor, times the area inside."""
        fraction = self.surfaces.grid.fraction
        average = float((values * fraction).sum() / fraction.sum())
        return (values + floor * max(average, 1e-12)) * fraction


Shape = Callable[[Past, int], FloatArray]
Peer = Callable[[Past, Sequence[Window], int], FloatArray]
"""From the past, the training windows and the origin to a shape, ``(n,)`` > 0."""


def anchored(shape: FloatArray, total: float) -> FloatArray:
    """Return the shape with this total, floored at a millionth of it."""
    return np.maximum(shape * (total / float(shape.sum())), 1e-6 * total)


def best_of(shapes: Sequence[Shape]) -> Peer:
    """Return the peer that takes the shape with the least deviance on the training windows."""

    def choose(past: Past, windows: Sequence[Window], origin: int) -> FloatArray:
        observed = [past.surfaces.counts(window.start, window.end) for window in windows]

        def missed(shape: Shape) -> float:
            return sum(
                poisson_deviance(seen, anchored(shape(past, window.start), max(float(seen.sum()), 1.0)))
                for seen, window in zip(observed, windows, strict=True)
            )

        return min(shapes, key=missed)(past, origin)

    return choose


def counted(kind: str, days: float) -> Peer:
    """Return counts with a floor tuned on past windows."""
    return best_of(
        [lambda past, cut, f=floor: past.level(past.counts(cut, kind, days), f) for floor in FLOORS]  # type: ignore[misc]
    )


def kde() -> Peer:
    """Return a kernel density of all history, bandwidth and floor tuned on past windows."""
    return best_of(
        [
            lambda past, cut, b=cells, f=floor: past.level(past.smoothed(cut, np.inf, b), f)  # type: ignore[misc]
            for cells, floor in product(BANDWIDTHS[:4], (0.005, 0.02, 0.05, 0.1))
        ]
    )


def mix() -> Peer:
    """Return decayed counts and a kernel density, weight, bandwidth and floor tuned on past windows."""

    def blended(past: Past, cut: int, weight: float, cells: float, floor: float) -> FloatArray:
        sharp, smooth = past.counts(cut, "decay", 730.0), past.smoothed(cut, 730.0, cells)
        return past.level(weight * sharp + (1 - weight) * smooth, floor)

    return best_of(
        [
            lambda past, cut, w=weight, b=cells, f=floor: blended(past, cut, w, b, f)  # type: ignore[misc]
            for weight, cells, floor in product(WEIGHTS, (1.0, 2.0, 4.0), (0.02, 0.1))
        ]
    )


def learned(make: Callable[[], Any], weight: str) -> Peer:
    """Return a regression of the windows' counts per exposure on the table of features."""

    def fit(past: Past, windows: Sequence[Window], origin: int) -> FloatArray:
        fraction = past.surfaces.grid.fraction
        exposures, counts = [], []
        for window in windows:
            seen = past.surfaces.counts(window.start, window.end)
            exposures.append(fraction * (max(float(seen.sum()), 1.0) / float(fraction.sum())))
            counts.append(seen)
        exposure = np.concatenate(exposures)
        model = make().fit(
            np.vstack([past.table(window.start) for window in windows]),
            np.concatenate(counts) / exposure,
            **{weight: exposure},
        )
        return np.asarray(model.predict(past.table(origin)) * fraction, dtype=np.float64)

    return fit


PEERS: dict[str, Peer] = {
    "all counts": counted("lag", np.inf),
    **{f"decayed {days:g} d": counted("decay", days) for days in (90.0, 180.0, 365.0, 730.0)},
    "KDE": kde(),
    "tuned mix": mix(),
    "Poisson GLM": learned(
        lambda: make_pipeline(StandardScaler(), PoissonRegressor(**GLM)), "poissonregressor__sample_weight"
    ),
    "LightGBM": learned(lambda: LGBMRegressor(**LIGHTGBM), "sample_weight"),
    "HistGradientBoosting": learned(lambda: HistGradientBoostingRegressor(**HISTGB), "sample_weight"),
}
