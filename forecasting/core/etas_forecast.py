"""What a fitted self-exciting process expects: incidents per cell over a window.

Three parts add up: the background at the city's present level, followers of the incidents known at the origin,
and (unless left out) followers of the window's own incidents, generation by generation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.core.etas import EtasFit
from forecasting.core.etas_background import BINS_PER_BANDWIDTH, Raster, make_raster, time_weights
from forecasting.core.etas_kernels import distance_density, on_bins, spread, wait_weights
from forecasting.core.etas_problem import whole_days_before
from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray, Incidents, IntArray
from forecasting.core.kernels import LEAST_COVERAGE, smooth
from forecasting.core.limits import CannotForecast
from forecasting.core.windows import Window, history

GENERATIONS = 5
"""Generations of followers counted; what is left out is below ratio ** 5 of all."""

LEVEL_DAYS = 28.0
"""The present level is the mean of past days, each weighing ``exp(-age / LEVEL_DAYS)``."""

_BIN = 40.0


@dataclass(frozen=True)
class EtasExpectation:
    """Expected incidents per cell over a window, each of shape ``(n,)``; ``total`` is their sum.

    ``background``; ``followers`` of the incidents known at the origin (direct ones); ``own``: followers of
    incidents inside the window, of any generation (0 where left out).
    """

    background: FloatArray
    followers: FloatArray
    own: FloatArray

    @property
    def total(self) -> FloatArray:
        """Expected incidents per cell."""
        return self.background + self.followers + self.own


def expect_etas(
    fit: EtasFit, incidents: Incidents, grid: Grid, window: Window, *, unit_metres: float, own: bool = True
) -> EtasExpectation:
    """Return what the process expects in each cell of ``grid`` over ``window``, shape ``(n,)`` each.

    Only incidents over before ``window.start`` are used; the fit may be older than the origin (its kernel and
    background shares are taken, surfaces and level are made anew). Followers that fall outside the boundary are
    not expected. ``own=False`` leaves out the followers of the window's own incidents.

    Raises CannotForecast (``bad_recipe``) where the fit is not usable, with its reason;
    (``too_few_incidents``) where nothing is known at the origin.
    """
    if not fit.usable:
        raise CannotForecast(
            "bad_recipe", f"{fit.sentence} Leave the self-exciting term out of this recipe, or fit it anew."
        )
    known = incidents.where(history(incidents, window.start) & (grid.locate(incidents.x, incidents.y) >= 0))
    if not len(known):
        raise CannotForecast("too_few_incidents", "No incident inside the boundary is known at the origin.")
    ages = whole_days_before(known, window.start)
    background = background_surface(fit, known, ages, grid, unit_metres) * background_rate(fit, ages)
    steps = _steps(fit, window.days, GENERATIONS if own else 1)
    raster = make_raster(grid, unit_metres, _BIN)
    kernel = on_bins(_distance(fit), raster.bin_metres)
    known_by_step = [_laid(raster, known, ages, weights) for weights in steps.of_known]
    followers = _next_generation(known_by_step[0], kernel, raster)
    later = np.zeros_like(followers)
    if own:
        even = np.kron(grid.picture(background), np.ones((raster.per_side,) * 2)) / raster.per_side**2
        for step in range(GENERATIONS - 1, 0, -1):
            later = later + known_by_step[step] + steps.of_background[step] * even
            later = _next_generation(later, kernel, raster)
        later = _next_generation(later + steps.of_background[0] * even, kernel, raster)
    return EtasExpectation(background * window.days, raster.to_cells(followers), raster.to_cells(later))


def background_surface(
    fit: EtasFit, known: Incidents, ages: IntArray, grid: Grid, unit_metres: float
) -> FloatArray:
    """Return the share of the background incidents in each cell, shape ``(n,)``, sum 1.

    The fitted mixture of the even city and of the kernel densities of the ``known`` incidents inside the grid.
    """
    settings = fit.settings
    kernels = [(bandwidth, None) for bandwidth in settings.bandwidths_metres]
    recent = (settings.distance_metres[0], settings.recent_days)
    surface = fit.background[0] * grid.area / grid.total_area
    for share, (bandwidth, memory) in zip(fit.background[1:], [*kernels, recent], strict=True):
        if share > 0:
            surface = surface + share * _one_density(known, ages, grid, unit_metres, bandwidth, memory)
    return np.asarray(surface / surface.sum())


def _one_density(
    known: Incidents,
    ages: IntArray,
    grid: Grid,
    unit_metres: float,
    bandwidth_metres: float,
    memory_days: float | None,
) -> FloatArray:
    raster = make_raster(grid, unit_metres, bandwidth_metres / BINS_PER_BANDWIDTH)
    bandwidth = bandwidth_metres / raster.bin_metres
    row, column = raster.locate(known.x, known.y)
    coverage = np.clip(smooth(raster.inside, bandwidth), LEAST_COVERAGE, 1.0)[row, column]
    weights = time_weights(ages.astype(np.float64), memory_days) / coverage
    cells = raster.to_cells(smooth(raster.picture(row, column, weights), bandwidth) * raster.inside)
    return np.asarray(cells / cells.sum())


def background_rate(fit: EtasFit, ages: IntArray) -> float:
    """Return the background incidents per day at the city's present level; ``ages`` in whole days."""
    weights = np.exp(-ages / LEVEL_DAYS).sum()
    days = np.exp(-np.arange(int(ages.max()) + 1) / LEVEL_DAYS).sum()
    return float(fit.background.sum() * weights / days)


@dataclass(frozen=True)
class _Steps:
    """Expected followers in the window of one incident, by generation.

    ``of_known[g]``: of an incident known at the origin, by its age in whole days, shape ``(memory + 1,)``, g = 0
    direct; ``of_background[g]``: of one background incident a day, g = 0 direct.
    """

    of_known: tuple[FloatArray, ...]
    of_background: tuple[float, ...]


def _steps(fit: EtasFit, days: float, generations: int) -> _Steps:
    """Followers day by day: the wait kernel convolved with itself, inside the window only."""
    memory, whole = fit.settings.memory_days, int(np.ceil(days))
    waits = np.concatenate(
        [fit.kernel.ratio * wait_weights(fit.kernel.wait_days, memory), np.zeros(whole + 1)]
    )
    part = np.ones(whole)
    part[-1] = days - (whole - 1)
    day = np.arange(whole)
    lag = day[:, None] - day[None, :]
    passed_on = np.where(lag > 0, waits[np.clip(lag, 0, len(waits) - 1)], 0.0)
    known = waits[np.minimum(np.arange(memory + 1)[None, :] + day[:, None] + 1, len(waits) - 1)]
    background = passed_on @ np.ones(whole)
    of_known, of_background = [], []
    for _ in range(generations):
        of_known.append(part @ known)
        of_background.append(float(part @ background))
        known, background = passed_on @ known, passed_on @ background
    return _Steps(tuple(of_known), tuple(of_background))


def _distance(fit: EtasFit) -> FloatArray:
    """The density of a follower's distance: same place and near, by their shares."""
    shape, reach, kernel = fit.settings.shape, fit.settings.reach_metres, fit.kernel
    density = kernel.same * distance_density(shape, fit.settings.distance_metres[0], reach)
    if kernel.near_metres is not None:
        density = density + kernel.near * distance_density(shape, kernel.near_metres, reach)
    return np.asarray(density / kernel.ratio)


def _laid(raster: Raster, known: Incidents, ages: IntArray, weights: FloatArray) -> FloatArray:
    row, column = raster.locate(known.x, known.y)
    return raster.picture(row, column, weights[np.minimum(ages, len(weights) - 1)])


def _next_generation(picture: FloatArray, kernel: FloatArray, raster: Raster) -> FloatArray:
    """Where the followers happen; those beyond the boundary are not recorded."""
    return spread(picture, kernel) * raster.inside
