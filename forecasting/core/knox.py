"""Is there near repeat here? The Knox test, and the plain verdict that opens or closes a near-repeat layer.

Pairs of incidents are counted by how far apart they lie and how many days lie between them. Were times and
places independent, shuffling the times over the places would give as many close pairs (Knox 1964, The Detection
of Space-Time Interactions, Applied Statistics 13:25-29; Monte Carlo p: Besag & Diggle 1977; for crime: Johnson et
al. 2007, Space-time patterns of risk, J. Quantitative Criminology 23:201-219). The season and the trend of the
whole city are kept by every shuffle, so they cannot pass for near repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from scipy.stats import false_discovery_control

from forecasting.core.incidents import FloatArray, Incidents, IntArray
from forecasting.core.limits import CannotForecast
from forecasting.core.windows import DAY

SAME_PLACE = 0.05
"""Two incidents share a place when they lie at most this many CRS units apart: coordinates are kept in tenths."""

LEAST_RATIO = 1.2
"""An excess below a fifth is not acted upon, however sure (the custom of Ratcliffe's Near Repeat Calculator)."""

MIN_INCIDENTS = 50
"""Fewest incidents the test is run on."""

MAX_PAIRS = 20_000_000
"""Most pairs within reach that are counted at once (0.5 GB)."""

_MINUTE = 60
_AT_ONCE = 256  # shuffles counted together
_BYTE = 255  # pairs counted together
Minutes = NDArray[np.int32]


@dataclass(frozen=True)
class KnoxBands:
    """How pairs are sorted. ``metres`` and ``days`` are rising upper edges.

    In space: exactly the same place, then (same place, first edge], (first, second], ... In time:
    [0, first edge), [first, second), ... Each combination is one tested band.
    """

    metres: tuple[float, ...] = (100.0, 200.0, 400.0)
    days: tuple[float, ...] = (7.0, 14.0, 28.0)

    def __post_init__(self) -> None:
        for name, edges in (("metres", self.metres), ("days", self.days)):
            if not edges or edges[0] <= 0 or list(edges) != sorted(set(edges)):
                raise CannotForecast(
                    "bad_recipe", f"Knox bands need rising edges above 0 in {name}; got {edges}."
                )

    @property
    def shape(self) -> tuple[int, int]:
        """Space bands (the same place included) and time bands."""
        return len(self.metres) + 1, len(self.days)


class KnoxVerdict(StrEnum):
    """What the test allows."""

    NEAR_REPEAT = "near repeat"
    SAME_PLACE_ONLY = "repeats at the same place only"
    NONE = "no repeat pattern"


@dataclass(frozen=True)
class KnoxTest:
    """The outcome. Arrays have shape ``bands.shape``: row 0 is the same place, column 0 the first days.

    ``observed`` pairs; ``expected``: their mean over the permutations; ``ratio`` observed / expected (1 = as
    by chance, nan where nothing is expected); ``p``: one-sided Monte Carlo p, in (0, 1]; ``adjusted``: p with
    the false-discovery rate controlled over all bands. ``sentence`` says the verdict in plain words.
    """

    bands: KnoxBands
    incidents: int
    permutations: int
    level: float
    observed: IntArray
    expected: FloatArray
    ratio: FloatArray
    p: FloatArray
    adjusted: FloatArray
    verdict: KnoxVerdict
    sentence: str

    @property
    def may_use_near_repeat(self) -> bool:
        """Whether a near-repeat layer may be used for this category and city."""
        return self.verdict is KnoxVerdict.NEAR_REPEAT


@dataclass(frozen=True)
class _Pairs:
    """The pairs of incidents of one space band, in order of their first: shapes ``(m,)``."""

    first: IntArray
    second: IntArray


def knox_test(
    incidents: Incidents,
    bands: KnoxBands,
    *,
    unit_metres: float,
    generator: np.random.Generator,
    permutations: int = 999,
    level: float = 0.05,
    named: str = "this category",
) -> KnoxTest:
    """Test one category of one city for repeats in each band of distance and time.

    ``incidents``: n of them, CRS units of ``unit_metres`` metres; an interval of time counts as its middle.
    Pairs within the last edge are found once (k-d tree); each permutation shuffles the times over the places.
    ``p = (1 + permutations with at least as many pairs) / (1 + permutations)``, adjusted after Benjamini &
    Yekutieli (2001, Annals of Statistics 29:1165), which holds for dependent bands like these.
    Same seed, same outcome.

    Near repeat may be used when, among the nearest neighbours that are not the same place and within the first
    days, pairs are significant at ``level`` and at least ``LEAST_RATIO`` times the expected.

    Raises CannotForecast (``too_few_incidents``; ``bad_recipe`` when so few permutations are asked for that no
    band alone could ever be significant; ``too_many_pairs`` above ``MAX_PAIRS``).
    """
    _check(incidents, bands, permutations, level, named)
    pairs = _pairs_within(incidents, bands, unit_metres, named)
    minutes = ((incidents.begins + incidents.ends) // 2 - incidents.begins.min()) // _MINUTE
    observed, total, as_many = _permuted(minutes.astype(np.int32), pairs, bands, generator, permutations)
    expected = total / permutations
    ratio = np.full(bands.shape, np.nan)
    np.divide(observed, expected, out=ratio, where=expected > 0)
    p = np.asarray((1.0 + as_many) / (1.0 + permutations), dtype=np.float64)
    adjusted = np.asarray(false_discovery_control(p.ravel(), method="by"), dtype=np.float64).reshape(
        bands.shape
    )
    verdict = _verdict(adjusted, ratio, level)
    sentence = _sentence(verdict, bands, observed, expected, adjusted, named)
    return KnoxTest(
        bands, len(incidents), permutations, level, observed, expected, ratio, p, adjusted, verdict, sentence
    )


def _check(incidents: Incidents, bands: KnoxBands, permutations: int, level: float, named: str) -> None:
    if len(incidents) < MIN_INCIDENTS:
        raise CannotForecast(
            "too_few_incidents",
            f"The Knox test of {named} has {len(incidents)} incidents; it needs {MIN_INCIDENTS}. "
            "Test a longer time or leave near repeat out.",
        )
    tested = bands.shape[0] * bands.shape[1]
    strictness = tested * float((1.0 / np.arange(1, tested + 1)).sum()) / level
    if permutations + 1 < strictness:
        raise CannotForecast(
            "bad_recipe",
            f"With {tested} bands and {permutations} permutations no band alone can be significant at "
            f"{level:g}. Use at least {int(np.ceil(strictness)) - 1} permutations, or fewer bands.",
        )


def _pairs_within(
    incidents: Incidents, bands: KnoxBands, unit_metres: float, named: str
) -> tuple[_Pairs, ...]:
    """Return the pairs of each space band."""
    places = np.column_stack([incidents.x, incidents.y])
    tree = KDTree(places)
    reach = bands.metres[-1] / unit_metres
    number = (int(tree.count_neighbors(tree, reach)) - len(places)) // 2
    if number > MAX_PAIRS:
        raise CannotForecast(
            "too_many_pairs",
            f"{number:,} pairs of {named} lie within {bands.metres[-1]:g} m; at most {MAX_PAIRS:,} are counted "
            "at once. Test the latest 10,000 incidents, or narrower bands.",
        )
    found = tree.query_pairs(reach, output_type="ndarray")
    first, second = np.sort(found, axis=1).T
    order = np.lexsort((second, first))
    first, second = first[order], second[order]
    apart = np.hypot(*(places[first] - places[second]).T)
    edges = np.array([SAME_PLACE, *(edge / unit_metres for edge in bands.metres)])
    band = np.minimum(np.searchsorted(edges, apart, side="left"), len(edges) - 1)
    return tuple(_Pairs(first[band == each], second[band == each]) for each in range(len(edges)))


def _permuted(
    minutes: Minutes,
    pairs: Sequence[_Pairs],
    bands: KnoxBands,
    generator: np.random.Generator,
    permutations: int,
) -> tuple[IntArray, FloatArray, IntArray]:
    """Observed pairs, pairs summed over the permutations, and permutations with at least as many."""
    edges = np.round(np.array(bands.days) * (DAY // _MINUTE)).astype(np.int32)
    observed = _close_pairs(minutes[:, None], pairs, edges)
    total, as_many = np.zeros(bands.shape), np.zeros(bands.shape, dtype=np.int64)
    for done in range(0, permutations, _AT_ONCE):
        number = min(_AT_ONCE, permutations - done)
        shuffled = np.array([generator.permutation(minutes) for _ in range(number)])
        close = _close_pairs(np.ascontiguousarray(shuffled.T), pairs, edges)
        total += close.sum(axis=2)
        as_many += (close >= observed).sum(axis=2)
    return observed[:, :, 0], total, as_many


def _close_pairs(minutes: Minutes, pairs: Sequence[_Pairs], edges: Minutes) -> IntArray:
    """Pairs per space band, time band and column of ``minutes`` (one row an incident, one column a shuffle).

    A row is read for many shuffles at once, and few enough pairs are counted together for a byte to hold them.
    """
    found = np.zeros((len(pairs), len(edges), minutes.shape[1]), dtype=np.int64)
    for band, each in enumerate(pairs):
        for start in range(0, len(each.first), _BYTE):
            between = np.take(minutes, each.first[start : start + _BYTE], axis=0)
            between -= np.take(minutes, each.second[start : start + _BYTE], axis=0)
            np.abs(between, out=between)
            for number, edge in enumerate(edges):
                close = (between < edge).view(np.uint8)
                found[band, number] += np.add.reduce(close, axis=0, dtype=np.uint8)
    return np.diff(found, axis=1, prepend=0)


def _verdict(adjusted: FloatArray, ratio: FloatArray, level: float) -> KnoxVerdict:
    passed = (adjusted <= level) & (ratio >= LEAST_RATIO)
    if passed[1, 0]:
        return KnoxVerdict.NEAR_REPEAT
    return KnoxVerdict.SAME_PLACE_ONLY if passed[0, 0] else KnoxVerdict.NONE


def _sentence(
    verdict: KnoxVerdict,
    bands: KnoxBands,
    observed: IntArray,
    expected: FloatArray,
    adjusted: FloatArray,
    named: str,
) -> str:
    def told(row: int, where: str) -> str:
        return (
            f"{where} within {bands.days[0]:g} days: {observed[row, 0]:,} pairs, {expected[row, 0]:,.1f} expected "
            f"by chance (adjusted p {adjusted[row, 0]:.3f})"
        )

    near = told(1, f"up to {bands.metres[0]:g} m apart")
    same = told(0, "at the same place")
    if verdict is KnoxVerdict.NEAR_REPEAT:
        return f"Near repeat may be used for {named}: {near}; {same}."
    if verdict is KnoxVerdict.SAME_PLACE_ONLY:
        return f"Near repeat may not be used for {named}, only repeats at the same place: {same}; {near}."
    return f"Near repeat may not be used for {named}: {near}; {same}."
