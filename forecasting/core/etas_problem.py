"""The self-exciting process's data as its fit sees them: settings, pairs within reach, edges, background.

The incidents are sorted from the oldest; every pair is one cell of a table of wait (days) by distance (rings of
one metre), so that an iteration of the fit is two products with a sparse matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.spatial import KDTree

from forecasting.core.etas_background import KernelSum, daily_level, kernel_sum, make_raster
from forecasting.core.etas_kernels import DistanceShape, distance_density, mass_inside, wait_weights
from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray, Incidents, IntArray
from forecasting.core.limits import MIN_INCIDENTS, CannotForecast
from forecasting.core.windows import DAY, history

MIN_DAYS = 180
"""Fewest days from the first incident to the last that tell triggering from place."""

MAX_PAIRS = 25_000_000
"""Most pairs fitted at once (about 2 GB)."""

_NODES = 7
_EDGE_BIN = 40.0


@dataclass(frozen=True)
class EtasSettings:
    """What may be fitted, and within which bounds.

    ``distance_metres``: least distance (width of the same-place kernel) and bounds of the near kernel's scale are
    ``least``, ``2 x least`` up to ``most``; ``wait_days``: bounds of the exponential's scale; pairs count within
    ``reach_metres`` and ``memory_days``; ``bandwidths_metres``: background kernels over all time;
    ``recent_days``: memory of one more background kernel of the least distance, for places that change over the
    years; ``level_days``: smoothing of the city's daily level; ``most_events``: only the latest so many are
    fitted.
    """

    shape: DistanceShape = DistanceShape.GAUSSIAN
    distance_metres: tuple[float, float] = (40.0, 300.0)
    wait_days: tuple[float, float] = (1.0, 45.0)
    reach_metres: int = 750
    memory_days: int = 90
    bandwidths_metres: tuple[float, ...] = (40.0, 80.0, 160.0, 500.0, 2000.0)
    recent_days: float = 365.0
    level_days: float = 14.0
    most_events: int = 100_000
    iterations: int = 200
    tolerance: float = 5e-3

    @property
    def near_bounds(self) -> tuple[float, float]:
        """Bounds of the near kernel's scale in metres."""
        return 2 * self.distance_metres[0], self.distance_metres[1]


@dataclass(frozen=True)
class EtasProblem:
    """The data as EM sees it. ``cell`` of the table is wait x reach + ring; rows of ``table`` are incidents.

    ``inside``: share of a kernel inside the boundary, summed over parents of each age (last: older), shape
    (nodes, memory + 1), at the scales ``nodes``. ``pair_*`` include pairs of one day, which are related by rule.
    """

    settings: EtasSettings
    sums: tuple[KernelSum, ...]
    area_m2: float
    rate: FloatArray
    first: IntArray
    second: IntArray
    cell: IntArray
    table: sparse.csr_array
    turned: sparse.csr_array
    nodes: FloatArray
    inside: FloatArray

    def distance(self, metres: float) -> FloatArray:
        """Distance density of a scale."""
        return distance_density(self.settings.shape, metres, self.settings.reach_metres)

    def waits(self, days: float) -> FloatArray:
        """Wait weights of a scale."""
        return wait_weights(days, self.settings.memory_days)

    def exposure(self, metres: float, days: float) -> float:
        """Share of one follower per incident that falls inside the boundary and before the origin, summed."""
        place = np.interp(np.log(metres), np.log(self.nodes), np.arange(len(self.nodes)))
        low = min(int(place), len(self.nodes) - 2)
        part = place - low
        by_age = (1 - part) * self.inside[low] + part * self.inside[low + 1]
        return max(float(by_age @ np.cumsum(self.waits(days))), 1e-9)

    @property
    def same_day(self) -> FloatArray:
        """1 for pairs of one day, 0 for the others, shape of the pairs."""
        return (self.cell < self.settings.reach_metres).astype(np.float64)


def whole_days_before(incidents: Incidents, origin: int) -> IntArray:
    """Return how many whole days before ``origin`` the middle of each incident lies, shape ``(n,)``."""
    return (origin - 1 - (incidents.begins + incidents.ends) // 2) // DAY


def make_problem(
    incidents: Incidents, grid: Grid, origin: int, settings: EtasSettings, unit_metres: float, named: str
) -> tuple[EtasProblem, IntArray]:
    """Prepare the fit: the incidents inside the grid that were over before ``origin``, and their ages in days.

    Raises CannotForecast (``too_few_incidents``, ``history_too_short``, ``too_many_pairs``) before any fitting.
    """
    known = incidents.where(history(incidents, origin) & (grid.locate(incidents.x, incidents.y) >= 0))
    ages = whole_days_before(known, origin)
    order = np.argsort(-ages, kind="stable")[-settings.most_events :]
    ages, x, y = ages[order], known.x[order], known.y[order]
    _check(ages, named)
    first, second, metres = _pairs(x * unit_metres, y * unit_metres, ages, settings, named)
    cell = (ages[first] - ages[second]) * settings.reach_metres + metres.astype(np.int64)
    later = ages[first] > ages[second]
    size = (len(ages), (settings.memory_days + 1) * settings.reach_metres)
    ones = np.ones(int(later.sum()))
    table = sparse.csr_array((ones, (second[later], cell[later])), shape=size)
    area = grid.total_area * unit_metres**2
    level = daily_level(ages, settings.level_days)
    sums = background_sums(grid, (x, y), ages, unit_metres, settings)
    nodes, inside = _inside(grid, x, y, ages, unit_metres, settings)
    rate = level[ages] / len(level)
    turned = sparse.csr_array(table.T)
    return EtasProblem(settings, sums, area, rate, first, second, cell, table, turned, nodes, inside), ages


def background_sums(
    grid: Grid,
    places: tuple[FloatArray, FloatArray],
    ages: IntArray,
    unit_metres: float,
    settings: EtasSettings,
) -> tuple[KernelSum, ...]:
    """Return the kernels of every bandwidth over all time, then the recent ones of the least distance."""
    always = tuple(
        kernel_sum(grid, places, ages, unit_metres, bandwidth) for bandwidth in settings.bandwidths_metres
    )
    least = settings.distance_metres[0]
    return (*always, kernel_sum(grid, places, ages, unit_metres, least, settings.recent_days))


def _check(ages: IntArray, named: str) -> None:
    if len(ages) < MIN_INCIDENTS:
        raise CannotForecast(
            "too_few_incidents",
            f"Triggering cannot be fitted to {len(ages)} incidents of {named} inside the boundary; it takes "
            f"{MIN_INCIDENTS}. Use a longer time or leave the self-exciting term out.",
        )
    days = int(ages.max() - ages.min()) + 1
    if days < MIN_DAYS:
        raise CannotForecast(
            "history_too_short",
            f"The incidents of {named} span {days} days; telling triggering from place takes {MIN_DAYS}. "
            "Use a longer time or leave the self-exciting term out.",
        )


def _pairs(
    x: FloatArray, y: FloatArray, ages: IntArray, settings: EtasSettings, named: str
) -> tuple[IntArray, IntArray, FloatArray]:
    """Pairs within reach and memory, the earlier one first, and their distances in metres."""
    scaled = np.column_stack(
        [x / settings.reach_metres, y / settings.reach_metres, ages / (settings.memory_days + 0.5)]
    )
    tree = KDTree(scaled)
    number = (int(tree.count_neighbors(tree, 1.0, p=np.inf)) - len(x)) // 2
    if number > MAX_PAIRS:
        raise CannotForecast(
            "too_many_pairs",
            f"{number:,} pairs of {named} lie within {settings.reach_metres} m and {settings.memory_days} days; "
            f"at most {MAX_PAIRS:,} are fitted at once. Fit fewer events (most_events) or a shorter reach.",
        )
    pairs = np.sort(tree.query_pairs(1.0, p=np.inf, output_type="ndarray"), axis=1)
    metres = np.hypot(x[pairs[:, 0]] - x[pairs[:, 1]], y[pairs[:, 0]] - y[pairs[:, 1]])
    kept = metres < settings.reach_metres
    return pairs[kept, 0], pairs[kept, 1], metres[kept]


def _inside(
    grid: Grid, x: FloatArray, y: FloatArray, ages: IntArray, unit_metres: float, settings: EtasSettings
) -> tuple[FloatArray, FloatArray]:
    raster = make_raster(grid, unit_metres, _EDGE_BIN)
    place = raster.locate(x, y)
    nodes = np.geomspace(settings.distance_metres[0], settings.distance_metres[1], _NODES)
    clipped = np.minimum(ages, settings.memory_days)
    rows = []
    for scale in nodes:
        density = distance_density(settings.shape, scale, settings.reach_metres)
        share = mass_inside(raster.inside, density, raster.bin_metres)[place]
        rows.append(np.bincount(clipped, share, minlength=settings.memory_days + 1))
    return nodes, np.array(rows)
