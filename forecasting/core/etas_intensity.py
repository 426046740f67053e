"""The self-exciting process as a surface for many moments: cheap, because its parts are kept.

``expect_etas`` says what to expect of a window, exactly and alone. A term of the blend needs one surface for each
training window and for the origin, every night and category. So here every kernel is laid on bins that suit it,
none finer than ``BIN_METRES`` (three a side on cells of 152 m, so that a cell's mean hardly hangs on where the
grid begins); the background's kernels are kept by moment, whatever the fit; and of the followers only direct ones
are laid.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from forecasting.core.etas import EtasFit
from forecasting.core.etas_background import BINS_PER_BANDWIDTH, Raster, make_raster, time_weights
from forecasting.core.etas_forecast import background_rate
from forecasting.core.etas_kernels import wait_weights
from forecasting.core.etas_problem import EtasSettings, whole_days_before
from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray, Incidents, IntArray
from forecasting.core.kernels import LEAST_COVERAGE, smooth
from forecasting.core.windows import history

BIN_METRES = 51.0
"""No bin is finer than about this."""

AHEAD_DAYS = 7
"""Followers are the mean per day of those expected within this many days."""

SETTINGS = EtasSettings(
    distance_metres=(40.0, 200.0),
    wait_days=(1.0, 30.0),
    reach_metres=500,
    memory_days=60,
    most_events=20_000,
    iterations=100,
)
"""The fit behind a term: made every night, so with a shorter reach and memory than the process alone would have. Of
20,000 thefts of Philadelphia's latest seven months it takes 3 s, of the categories of Portland below 1 s."""


@dataclass(frozen=True, eq=False)
class _Laid:
    """Incidents on the bins of one bandwidth: the bin of each and the share of its kernel inside, shape ``(m,)``."""

    raster: Raster
    bandwidth: float
    bin: IntArray
    coverage: FloatArray

    def density(self, chosen: IntArray, weights: FloatArray) -> FloatArray:
        """Return the weights of the ``chosen``, spread, per whole cell of area: cell means, shape ``(n,)``."""
        inside = self.raster.inside
        sums = np.bincount(self.bin[chosen], weights, minlength=inside.size).reshape(inside.shape)
        return self.raster.to_cells(smooth(sums.astype(np.float64), self.bandwidth))


@dataclass(eq=False)
class EtasSurfaces:
    """Surfaces of fitted processes on one grid. ``incidents`` are those inside the grid, shape ``(m,)``."""

    grid: Grid
    incidents: Incidents
    unit_metres: float
    _rasters: dict[float, _Laid] = field(init=False, default_factory=dict)
    _backgrounds: dict[int, FloatArray] = field(init=False, default_factory=dict)

    def intensity(self, fit: EtasFit, cut: int) -> FloatArray:
        """Return the expected incidents per day and whole cell of area at ``cut`` (UTC seconds), shape ``(n,)``.

        The background at the city's level of then, and the direct followers of the incidents over before
        ``cut``. The fit's kernel and shares are taken as they are, whenever it was made; ``fit`` has to be usable
        and made with ``SETTINGS``.
        """
        known = np.flatnonzero(history(self.incidents, cut))
        if not len(known):
            return np.zeros(len(self.grid))
        ages = whole_days_before(self.incidents, cut)[known]
        if cut not in self._backgrounds:
            self._backgrounds[cut] = self._background(known, ages)
        surface = fit.background @ self._backgrounds[cut] / fit.background.sum()
        return np.asarray(surface * background_rate(fit, ages) + self._followers(fit, known, ages))

    def _background(self, known: IntArray, ages: IntArray) -> FloatArray:
        """The densities that the fit mixes: even, each bandwidth, recent; each holds one incident inside the city."""
        kernels: list[tuple[float, float | None]] = [(metres, None) for metres in SETTINGS.bandwidths_metres]
        rows = [np.ones(len(self.grid))]
        for metres, memory in [*kernels, (SETTINGS.distance_metres[0], SETTINGS.recent_days)]:
            laid = self._on_bins(metres)
            weights = time_weights(ages.astype(np.float64), memory) / laid.coverage[known]
            rows.append(laid.density(known, weights))
        densities = np.array(rows)
        return np.asarray(densities / (densities @ self.grid.fraction)[:, None])

    def _followers(self, fit: EtasFit, known: IntArray, ages: IntArray) -> FloatArray:
        """Direct followers of the last days' incidents, per day; beyond the boundary they are not laid."""
        young = ages < fit.settings.memory_days
        to_come = followers_to_come(fit.kernel.wait_days, fit.settings.memory_days)[ages[young]] / AHEAD_DAYS
        found = np.zeros(len(self.grid))
        parts = (
            (fit.kernel.same, fit.settings.distance_metres[0]),
            (fit.kernel.near, fit.kernel.near_metres),
        )
        for share, metres in parts:
            if metres is not None and share > 0:
                found += share * self._on_bins(metres).density(known[young], to_come)
        return found

    def _on_bins(self, metres: float) -> _Laid:
        if metres not in self._rasters:
            wanted = max(BIN_METRES, metres / BINS_PER_BANDWIDTH)
            raster = make_raster(self.grid, self.unit_metres, wanted)
            row, column = raster.locate(self.incidents.x, self.incidents.y)
            bandwidth = metres / raster.bin_metres
            coverage = np.clip(smooth(raster.inside, bandwidth), LEAST_COVERAGE, 1.0)[row, column]
            self._rasters[metres] = _Laid(raster, bandwidth, row * raster.inside.shape[1] + column, coverage)
        return self._rasters[metres]


def followers_to_come(wait_days: float, memory: int) -> FloatArray:
    """Return the share of an incident's followers still to come within ``AHEAD_DAYS``, by its age in whole days.

    Shape ``(memory + 1,)``. An incident of the day before the moment (age 0) waits one day until the first day ahead.
    """
    by_then = np.cumsum(np.concatenate([wait_weights(wait_days, memory), np.zeros(AHEAD_DAYS)]))
    return np.asarray(by_then[AHEAD_DAYS:] - by_then[:-AHEAD_DAYS])
