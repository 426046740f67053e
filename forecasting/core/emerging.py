"""Which places are hot, since when, and which way they go: Getis-Ord Gi* in space-time, Mann-Kendall, classes.

Counts per cell and time step -> Gi* per cell and step (Ord & Getis 1995) -> which are hot or cold, with the false
discovery rate controlled over all of them -> the trend of each cell (Mann 1945, Kendall 1975) -> one
of the classes of emerging hot spot analysis (Esri). Implementations differ in what they call a neighbour in time, so
it is fixed here: the neighbours of a cell at step ``t`` are the cells within a distance, itself among
them, at ``t`` and at the ``lag`` steps before it, never after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats
from scipy.spatial import cKDTree

from forecasting.core.false_discovery import DEFAULT_LEVEL, benjamini_hochberg, benjamini_yekutieli, found
from forecasting.core.finding_words import NOT_A_CAUSE
from forecasting.core.incidents import BoolArray, FloatArray, IntArray
from forecasting.core.limits import CannotForecast
from forecasting.core.wording import in_words

MIN_STEPS = 10
"""Fewest time steps that a history can be classified on."""

MIN_CELLS = 30
"""Fewest cells that Gi* may be taken as normal on."""

OFTEN = 0.9
"""A place that is hot in this share of the steps is persistently so."""

HOT = (
    "new", "consecutive", "intensifying", "persistent", "diminishing", "sporadic", "oscillating", "historical",
)  # fmt: skip
CLASSES = ("none", *(f"{name} hot spot" for name in HOT), *(f"{name} cold spot" for name in HOT))
"""What a cell can be; its code is its place in this list."""

Reference = Literal["steps", "cube"]
Dependence = Literal["any", "positive"]


@dataclass(frozen=True)
class EmergingSettings:
    """``lag`` earlier steps count as neighbours in time. Levels: of hot and cold (false discovery), and of a trend.

    ``reference``: what a neighbourhood is compared with: "steps", all cells at the same steps, so that hot
    means hot *within the city at that time*; or "cube", all cells at all steps, so that a month in which the
    whole city rises is hot everywhere. ``dependence``: "positive" adjusts by Benjamini-Hochberg, "any" by
    Benjamini-Yekutieli.
    """

    lag: int = 1
    reference: Reference = "steps"
    level: float = DEFAULT_LEVEL
    trend_level: float = DEFAULT_LEVEL
    dependence: Dependence = "any"


@dataclass(frozen=True)
class Emerging:
    """Per cell and step: ``z`` (Gi*) and ``adjusted`` p-values, ``hot``, ``cold``, shape ``(steps, cells)``.

    Per cell (shape ``(cells,)``): Mann-Kendall ``trend`` (its Z) with its ``trend_p``, and ``code`` in ``CLASSES``.
    """

    z: FloatArray
    adjusted: FloatArray
    hot: BoolArray
    cold: BoolArray
    trend: FloatArray
    trend_p: FloatArray
    code: IntArray

    def class_of(self, cell: int) -> str:
        """What a cell is, in words."""
        return CLASSES[int(self.code[cell])]

    def hot_since(self, cell: int) -> int | None:
        """The step at which the cell's last unbroken run of hot steps began, None where the last step is not hot."""
        run = int(_final_run(self.hot)[cell])
        return len(self.hot) - run if run else None


def neighbours_within(x: FloatArray, y: FloatArray, distance: float) -> sparse.csr_array:
    """Return who is near whom, itself included: a matrix of 0 and 1, shape ``(cells, cells)``.

    ``x``, ``y`` (shape ``(cells,)``) are centres and ``distance`` a length, in units of the projected CRS.
    """
    pairs = cKDTree(np.column_stack([x, y])).query_pairs(distance * (1 + 1e-9), output_type="ndarray")
    own = np.arange(len(x))
    rows = np.concatenate([own, pairs[:, 0], pairs[:, 1]])
    columns = np.concatenate([own, pairs[:, 1], pairs[:, 0]])
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(x), len(x)))


def gi_star(counts: FloatArray, near: sparse.csr_array, lag: int, reference: Reference) -> FloatArray:
    """Return Gi* as a Z-score per step and cell, shape ``(steps, cells)``.

    ``G = (sum_near - mean x W) / (s x sqrt((n W - W**2) / (n - 1)))`` with ``W`` neighbours, and ``mean``, ``s``
    (over ``n``) and ``n`` of the reference set (Ord & Getis 1995, equation 14, weights 0 and 1). The
    first ``lag`` steps have as many steps before them as there are. 0 where the reference set is all alike.
    """
    sums = np.asarray((near @ counts.T).T, dtype=np.float64)
    size = np.asarray(near.sum(axis=1), dtype=np.float64)
    answer = np.zeros(counts.shape)
    for step in range(len(counts)):
        first = max(0, step - lag)
        others = counts[first : step + 1] if reference == "steps" else counts
        neighbours = size * (step + 1 - first)
        n, spread = others.size, float(others.std())
        if spread > 0:
            beyond = sums[first : step + 1].sum(axis=0) - float(others.mean()) * neighbours
            answer[step] = beyond / (spread * np.sqrt((n * neighbours - neighbours**2) / (n - 1)))
    return answer


def mann_kendall(series: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the Mann-Kendall Z of every column's trend and its two-sided p-value, shapes ``(columns,)``.

    ``series`` has shape ``(steps, columns)``. ``S = sum sign(later - earlier)`` over all pairs, its variance
    corrected for ties, and 1 taken off ``|S|`` for continuity (Kendall 1975). A constant column has Z 0, p 1.
    """
    steps, columns = series.shape
    score = np.zeros(columns)
    for gap in range(1, steps):
        score += np.sign(series[gap:] - series[:-gap]).sum(axis=0)
    variance = (steps * (steps - 1) * (2 * steps + 5) - _ties(series)) / 18
    z = np.zeros(columns)
    varies = variance > 1e-9
    z[varies] = (np.sign(score) * np.maximum(np.abs(score) - 1, 0))[varies] / np.sqrt(variance[varies])
    return z, np.asarray(2 * stats.norm.sf(np.abs(z)), dtype=np.float64)


def _ties(series: FloatArray) -> FloatArray:
    """Sum of ``t (t - 1) (2 t + 5)`` over the groups of ``t`` equal values of every column.

    As each value belongs to a group of ``t``, that is the sum of ``(t - 1) (2 t + 5)`` over values.
    """
    group = np.zeros(series.shape)
    for step in range(len(series)):
        group[step] = (series == series[step]).sum(axis=0)
    return np.asarray(((group - 1) * (2 * group + 5)).sum(axis=0), dtype=np.float64)


def find_emerging(counts: FloatArray, near: sparse.csr_array, settings: EmergingSettings) -> Emerging:
    """Classify every cell by its history; ``counts`` has shape ``(steps, cells)``, steps of equal length in order.

    ``near`` comes from ``neighbours_within``. The trend is that of Gi* *without* neighbours in time: with them,
    following steps share their counts, and Mann-Kendall would see trends where there are none. Only places that
    are often hot or cold are asked for a trend, and the false discovery rate is controlled over them.

    Raises CannotForecast (``history_too_short``, ``too_few_cells``, ``too_few_incidents``, ``bad_input``).
    """
    _check(counts, near)
    z = gi_star(counts, near, settings.lag, settings.reference)
    adjust = benjamini_yekutieli if settings.dependence == "any" else benjamini_hochberg
    adjusted = adjust(2 * stats.norm.sf(np.abs(z)))
    significant = found(adjusted, settings.level)
    hot, cold = significant & (z > 0), significant & (z < 0)
    trend, trend_p = mann_kendall(gi_star(counts, near, 0, settings.reference))
    asked = (hot.mean(axis=0) >= OFTEN) | (cold.mean(axis=0) >= OFTEN)
    sure = found(adjust(np.where(asked, trend_p, np.nan)), settings.trend_level)
    rising = np.where(sure, np.sign(trend), 0.0)
    code = classify(hot, cold, rising)
    return Emerging(z, adjusted, hot, cold, trend, trend_p, code)


def _check(counts: FloatArray, near: sparse.csr_array) -> None:
    steps, cells = counts.shape
    if steps < MIN_STEPS:
        raise CannotForecast(
            "history_too_short",
            f"At least {MIN_STEPS} time steps are needed to say how a place develops; got {steps}. Choose shorter "
            "steps or bring in a longer history.",
        )
    if cells < MIN_CELLS or near.shape != (cells, cells):
        raise CannotForecast(
            "too_few_cells",
            f"At least {MIN_CELLS} cells, each with its neighbours, are needed to call one of them hot; got {cells}. "
            "Choose smaller cells.",
        )
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise CannotForecast("bad_input", "Counts are numbers from 0 up; enter 0 where nothing was counted.")
    if not counts.any():
        raise CannotForecast(
            "too_few_incidents", "There are no incidents in any cell. Check the category and the dates."
        )


def classify(hot: BoolArray, cold: BoolArray, rising: FloatArray) -> IntArray:
    """Return each cell's code in ``CLASSES``, shape ``(cells,)``.

    ``hot``, ``cold``: shape ``(steps, cells)``; ``rising``: 1, 0 or -1 per cell, the sign of a significant trend
    of Gi* (up = hotter). Where no hot class applies, the same rules are asked of ``cold``, with the trend
    turned round. A cell that was ever both hot and cold is *oscillating* towards what it is at the last
    step, and none where it is neither then.
    """
    code = _hot_codes(hot, cold, rising)
    cold_code = _hot_codes(cold, hot, -rising)
    return np.where(code > 0, code, np.where(cold_code > 0, cold_code + len(HOT), 0)).astype(np.int64)


def _hot_codes(hot: BoolArray, cold: BoolArray, rising: FloatArray) -> IntArray:
    """1 to 8 in the order of ``HOT``, 0 for none; the first rule that holds decides."""
    often, last, times = hot.mean(axis=0) >= OFTEN, hot[-1], hot.sum(axis=0)
    only_hot = (times > 0) & ~cold.any(axis=0)
    one_run = last & (_final_run(hot) == times) & ~often
    rules: list[NDArray[np.bool_]] = [
        only_hot & one_run & (times == 1),
        only_hot & one_run,
        often & last & (rising > 0),
        often & last & (rising == 0),
        often & last & (rising < 0),
        only_hot & ~often,
        last & ~often & cold.any(axis=0),
        often & ~last,
    ]
    return np.select(rules, list(range(1, len(rules) + 1)), 0).astype(np.int64)


def _final_run(flags: BoolArray) -> IntArray:
    """How many steps in a row, up to the last, are true in every column."""
    return np.asarray(np.logical_and.accumulate(flags[::-1], axis=0).sum(axis=0), dtype=np.int64)


MEANINGS = {
    "new": "stands out for the first time in the latest step",
    "consecutive": "stands out in an unbroken run up to the latest step, and never before",
    "intensifying": "stands out in nearly every step, more and more",
    "persistent": "stands out in nearly every step, neither more nor less",
    "diminishing": "stands out in nearly every step, less and less",
    "sporadic": "stands out on and off",
    "oscillating": "stands out now, and was the opposite before",
    "historical": "stood out in nearly every step, but not in the latest one",
}
"""What each class says of a place, hot or cold."""


def emerging_sentence(
    found_here: Emerging, cell: int, *, what: str, where: str, step: str, since: str, level: float
) -> str:
    """Say what a place is, how often and since when, how sure that is, and what it does not mean.

    ``what``: "thefts of vehicles"; ``where``: the place's name; ``step``: "week" or "month"; ``since``: the
    name of the step in ``hot_since``, "" where there is none; ``level``: the false discovery rate asked for.
    """
    named = found_here.class_of(cell)
    if named == "none":
        return f"{where} does not stand out in {what}."
    kind, heat = named.split(" ", 1)
    flags = found_here.hot if heat == "hot spot" else found_here.cold
    times, steps = int(flags[:, cell].sum()), len(flags)
    much = "more" if heat == "hot spot" else "fewer"
    started = f", now since {since}" if since else ""
    return (
        f"{where} is a {named} of {what}: it {MEANINGS[kind]}. With its surroundings it had clearly {much} than "
        f"the rest of the city in {in_words(times)} of {in_words(steps)} {step}s{started}. Of all places and {step}s "
        f"marked this way, at most {level:.0%} are expected to be chance. {NOT_A_CAUSE}"
    )
