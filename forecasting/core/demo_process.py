"""How incidents come about in the demo city, and what part of them is recorded.

A self-exciting point process (Ogata 1998, in the branching form of Zhuang, Ogata & Vere-Jones 2002):
background incidents follow risk surface x season x hour of the week; each incident has Poisson(branching)
followers, at Gaussian distances and exponential waits of whole days, at hours drawn like any other. A follower
that would leave the land stays at its parent's place. Then each incident is recorded with its area's rate.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from forecasting.core.demo_kinds import HOURS, POORER_SIDE, Kind, hours_of_week, season_of

CELL = 100.0  # metres
BURN_IN = 90  # days simulated before the first one kept, so that it has parents too
_GENERATIONS = 12
_SMOOTHING = 8.0  # cells: what a neighbourhood is

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class FineGrid:
    """The city in cells of ``CELL`` metres. Arrays of shape (rows, columns), row 0 in the south.

    ``origin``: lower-left corner; ``area``: index of the area of each cell's centre, -1 off the land.
    """

    origin: tuple[float, float]
    area: Ints

    @property
    def land(self) -> NDArray[np.bool_]:
        """Which cells are land."""
        return self.area >= 0

    def centres(self) -> tuple[Floats, Floats]:
        """East and north of the cells' centres, in metres."""
        row, column = np.meshgrid(*(np.arange(size) + 0.5 for size in self.area.shape), indexing="ij")
        return np.asarray(self.origin[0] + column * CELL), np.asarray(self.origin[1] + row * CELL)

    def cell_of(self, x: Floats, y: Floats) -> tuple[Ints, Ints]:
        """Row and column of each point; (-1, -1) off the grid or the land."""
        column = np.floor((x - self.origin[0]) / CELL).astype(np.int64)
        row = np.floor((y - self.origin[1]) / CELL).astype(np.int64)
        rows, columns = self.area.shape
        inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        inside[inside] = self.area[row[inside], column[inside]] >= 0
        return np.where(inside, row, -1), np.where(inside, column, -1)


@dataclass(frozen=True)
class Happenings:
    """The incidents: x, y in metres; day (0 = first kept), second of the day; generation (0 = background)."""

    x: Floats
    y: Floats
    day: Ints
    second: Ints
    generation: Ints

    def where(self, kept: NDArray[np.bool_]) -> "Happenings":
        """Those that are kept; ``kept``: shape (n,)."""
        return Happenings(
            self.x[kept], self.y[kept], self.day[kept], self.second[kept], self.generation[kept]
        )


def _field(grid: FineGrid, smoothing: float, generator: np.random.Generator) -> Floats:
    """A Gaussian field over the grid, mean 0 and standard deviation 1 on the land."""
    noise = generator.standard_normal(grid.area.shape)
    field = ndimage.gaussian_filter(noise, smoothing, mode="reflect") if smoothing else noise
    return np.asarray((field - field[grid.land].mean()) / field[grid.land].std(), dtype=np.float64)


def outward(x: Floats, y: Floats, land: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Distance from the middle of the land (0 to about 1) and position towards the poorer side (-1 to 1)."""
    across, up = x - x[land].mean(), y - y[land].mean()
    scale = np.quantile(np.hypot(across, up)[land], 0.98)
    towards = (across * POORER_SIDE[0] + up * POORER_SIDE[1]) / scale
    return np.hypot(across, up) / scale, np.clip(towards, -1, 1)


def risk_surface(grid: FineGrid, kind: Kind, generator: np.random.Generator) -> Floats:
    """Share of the background incidents in each cell; 0 off the land, sums to 1."""
    far, towards = outward(*grid.centres(), grid.land)
    log_risk = kind.ring * np.exp(-0.5 * ((far - 0.3) / 0.3) ** 2) + kind.tilt * towards
    log_risk += kind.smooth * _field(grid, _SMOOTHING, generator)
    log_risk += kind.micro * _field(grid, 0.6, generator)
    risk = np.where(grid.land, np.exp(log_risk), 0.0)
    return np.asarray(risk / risk.sum())


def _followers_of(kind: Kind, land: NDArray[np.bool_], parents: Floats) -> Floats:
    """Expected direct followers in each cell of the expected parents in each cell."""
    spread = kind.reach / CELL
    stays = land * ndimage.gaussian_filter(parents, spread, mode="constant")
    leaves = 1 - ndimage.gaussian_filter(land.astype(np.float64), spread, mode="constant")
    return np.asarray(kind.branching * (stays + parents * leaves))


def with_followers(kind: Kind, land: NDArray[np.bool_], background: Floats) -> Floats:
    """Expected incidents of all generations in each cell, from the expected background incidents."""
    total, generation = background.copy(), background
    for _ in range(_GENERATIONS if kind.branching else 0):
        generation = _followers_of(kind, land, generation)
        total += generation
    return total


def _seconds(kind: Kind, weekday: Ints, generator: np.random.Generator) -> Ints:
    """A second of the day for each incident, given its day of the week (0 = Monday)."""
    by_day = hours_of_week(kind).reshape(7, HOURS)
    steps = np.cumsum(by_day / by_day.sum(axis=1, keepdims=True), axis=1)
    drawn = generator.random(len(weekday))
    hour = np.minimum((drawn[:, None] > steps[weekday]).sum(axis=1), HOURS - 1)
    return np.asarray(hour * 3600 + generator.integers(0, 3600, len(weekday)))


def _background(
    grid: FineGrid, expected: Floats, days: Floats, generator: np.random.Generator
) -> tuple[Floats, Floats, Ints]:
    """Places and days of the background incidents; ``expected`` per cell, ``days``: weights of the days."""
    total = int(generator.poisson(expected.sum()))
    cell = np.searchsorted(np.cumsum(expected.ravel()), generator.random(total) * expected.sum(), "right")
    day = np.searchsorted(np.cumsum(days), generator.random(total) * days.sum(), "right")
    row, column = np.unravel_index(np.minimum(cell, expected.size - 1), expected.shape)
    x = grid.origin[0] + (column + generator.random(total)) * CELL
    y = grid.origin[1] + (row + generator.random(total)) * CELL
    return x, y, np.minimum(day, len(days) - 1)


def _next_generation(
    grid: FineGrid, kind: Kind, x: Floats, y: Floats, day: Ints, generator: np.random.Generator
) -> tuple[Floats, Floats, Ints]:
    """The direct followers of these incidents."""
    parent = np.repeat(np.arange(len(x)), generator.poisson(kind.branching, len(x)))
    moved_x = x[parent] + generator.normal(0, kind.reach, len(parent))
    moved_y = y[parent] + generator.normal(0, kind.reach, len(parent))
    lost = grid.cell_of(moved_x, moved_y)[0] < 0
    later = 1 + np.floor(generator.exponential(max(kind.wait - 0.5, 0.1), len(parent))).astype(np.int64)
    return np.where(lost, x[parent], moved_x), np.where(lost, y[parent], moved_y), day[parent] + later


def happen(
    grid: FineGrid,
    kind: Kind,
    expected: Floats,
    *,
    days: int,
    first_weekday: int,
    first_day_of_year: int,
    generator: np.random.Generator,
) -> Happenings:
    """All incidents of a kind, recorded or not, on days 0 to ``days`` - 1.

    ``expected``: background incidents of an average day in each cell.
    """
    number = np.arange(-BURN_IN, days)
    season = season_of(kind, first_day_of_year + number)
    by_weekday = hours_of_week(kind).reshape(7, HOURS).sum(axis=1) * 7
    weights = season * by_weekday[(first_weekday + number) % 7]
    x, y, position = _background(grid, expected * len(number), weights, generator)
    waves = [(x, y, number[position])]
    while kind.branching and len(waves[-1][0]):
        waves.append(_next_generation(grid, kind, *waves[-1], generator))
    generation = np.repeat(np.arange(len(waves)), [len(wave[0]) for wave in waves])
    x, y, day = (np.concatenate([wave[part] for wave in waves]) for part in range(3))
    kept = (day >= 0) & (day < days)
    second = _seconds(kind, (first_weekday + day[kept]) % 7, generator)
    return Happenings(x[kept], y[kept], day[kept], second, generation[kept])


def reporting_rates(towards: Floats, generator: np.random.Generator) -> Floats:
    """Share of an area's incidents that residents report: 0.35 to 0.85, a little lower on the poorer side."""
    return np.clip(0.62 - 0.06 * towards + 0.05 * generator.standard_normal(len(towards)), 0.35, 0.85)


def discovery_rates(towards: Floats, generator: np.random.Generator) -> Floats:
    """Share of an area's incidents that patrols come upon: far higher where they go, the poorer side."""
    patrols = np.exp(1.4 * towards + 0.3 * generator.standard_normal(len(towards)))
    return np.asarray(np.clip(0.3 * patrols / patrols.mean(), 0.02, 0.9))
