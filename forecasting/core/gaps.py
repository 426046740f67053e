"""Days without any incident that are too many to be chance: a gap in the data, or a category that vanished.

If days were independent, each empty with probability ``p0``, a run of ``k`` empty days among ``n`` begins at a given
place with probability ``p0**k``, so somewhere with at most ``n p0**k`` (Boole's inequality). ``p0`` is that of a
negative binomial with the mean and scatter of the days outside long runs, which makes runs likelier than a Poisson's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.core.finding_words import plain_date, probability
from forecasting.core.incidents import IntArray
from forecasting.core.intervals import NEARLY_POISSON
from forecasting.core.limits import CannotForecast
from forecasting.core.local_days import date_of
from forecasting.core.wording import counted, incidents_of

SURE = 1e-4
"""A run less likely than this is a gap."""

LEAST_DAYS = 2
"""A single empty day is never called a gap."""

LOOK_BACK = 364
"""Days that are looked at."""

FRESH = 56
"""A gap that ended longer ago than this does not stop a forecast: the city's level is that of the last weeks."""

VANISHED = 28
"""A category without incidents for so many days up to the last one has vanished."""

_PASSES = 3


@dataclass(frozen=True)
class Gap:
    """A run of empty days, both in (days since 1970), and how likely a run this long is somewhere in the time."""

    first: int
    last: int
    p_value: float

    @property
    def days(self) -> int:
        """How many days it lasts."""
        return self.last - self.first + 1


def find_gaps(counts: IntArray, first: int) -> tuple[Gap, ...]:
    """Return the runs of empty days that are too long to be chance, in order of time.

    ``counts`` (shape ``(days,)``) are daily counts from the local day ``first`` on. What is usual is learned from the
    other days: a gap must not excuse itself.
    """
    runs = [(start, stop) for start, stop in _empty_runs(counts) if stop - start >= LEAST_DAYS]
    left = np.ones(len(counts), dtype=np.bool_)
    found: list[Gap] = []
    for _ in range(_PASSES):
        chance = _empty_chance(counts[left])
        found = []
        for start, stop in runs:
            p = min(1.0, len(counts) * chance ** (stop - start))
            if p < SURE:
                found.append(Gap(first + start, first + stop - 1, p))
                left[start:stop] = False
    return tuple(found)


def _empty_runs(counts: IntArray) -> list[tuple[int, int]]:
    """Starts and ends (exclusive) of the runs of zeros."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], counts == 0, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def _empty_chance(counts: IntArray) -> float:
    """How likely a day is empty, by the mean and scatter of these days; 1 where there is nothing to learn from."""
    mean = float(counts.mean()) if len(counts) else 0.0
    if mean <= 0 or len(counts) < VANISHED:
        return 1.0
    scatter = max((float(counts.var(ddof=1)) - mean) / mean**2, 0.0)
    if scatter < NEARLY_POISSON:
        return float(np.exp(-mean))
    return float((1 + scatter * mean) ** (-1 / scatter))


def gap_sentence(gap: Gap, category: str) -> str:
    """Say when nothing was recorded, and how likely that is."""
    return (
        f"No {incidents_of(category)} are recorded from {plain_date(date_of(gap.first))} to "
        f"{plain_date(date_of(gap.last))} ({counted(gap.days, 'day', 'days')}); by chance that happens with "
        f"probability {probability(gap.p_value)}."
    )


def check_no_gap(counts: IntArray, first: int, category: str) -> None:
    """Refuse a category that has vanished, or with a gap in the last ``FRESH`` days; arguments as in ``find_gaps``.

    Raises CannotForecast (``category_vanished``, ``gap_in_data``).
    """
    last = first + len(counts) - 1
    for gap in reversed(find_gaps(counts, first)):
        if gap.last == last and gap.days >= VANISHED:
            raise CannotForecast(
                "category_vanished",
                f"{gap_sentence(gap, category)} Check that the export still holds them under a name that the profile "
                "maps, and load what is missing; a category that really ended is taken out of the recipe.",
            )
        if gap.last > last - FRESH:
            raise CannotForecast(
                "gap_in_data",
                f"{gap_sentence(gap, category)} Load the export of these days with `manage.py ingest`; where nothing "
                f"really happened, forecasts go on {FRESH} days after the gap.",
            )
