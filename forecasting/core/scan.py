"""Where incidents cluster in space and time at once: the space-time permutation scan.

Kulldorff, Heffernan, Hartman, Assunção & Mostashari 2005 (PLoS Medicine 2:e59). A cylinder is a circle of places
times a run of days. If place and day had nothing to do with each other, a cylinder with ``c_zone`` incidents
at its places (on all days) and ``c_days`` on its days (at all places) would hold ``mu = c_zone x c_days / C`` of the
``C`` incidents. It needs no population and adjusts for what is purely spatial or purely temporal: a place
that is always busy, or a day that is busy everywhere, is no cluster. How surprising the best cylinder is, is learned
by shuffling the days among the incidents and scanning again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np

from forecasting.core.cylinders import (
    Counts,
    Cylinders,
    best_ratio,
    counts_by_day,
    cylinders_over,
    null_ratios,
    ratios_of,
    runs_of_days,
)
from forecasting.core.finding_words import NOT_A_CAUSE, figure, once_in, plain_date, probability
from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.limits import CannotForecast
from forecasting.core.wording import incidents_of
from forecasting.core.zones import make_zones

MIN_SCAN_INCIDENTS = 20
"""Fewest incidents a scan may rest on; below, shuffling has too little to shuffle."""

MAX_CYLINDERS = 30_000_000
"""Most cylinders tried; bounds memory at about 600 MB."""

MOST_CLUSTERS = 10
"""Most clusters reported."""

HARDLY_A_CLUSTER = 0.5
"""Clusters with a larger p-value are not reported."""

Alive = Literal["last_day", "any_day"]


@dataclass(frozen=True)
class ScanSettings:
    """How far and how long a cluster may reach.

    ``max_radius`` is in CRS units, ``max_days`` in days; a circle holds at most ``max_share`` of all incidents.
    ``ends``: "last_day" looks only for clusters that are still going on (the prospective scan), "any_day" at all
    runs of days. ``simulations`` shuffles give p-values no smaller than ``1 / (simulations + 1)``.
    ``stop_after``: once this many shuffles are as strong as the best cluster, the rest is spared; 0 makes all of them.
    ``looks_every_days``: how often this analysis is made, for the recurrence interval.
    """

    max_radius: float
    max_days: int
    max_share: float = 0.5
    ends: Alive = "last_day"
    simulations: int = 999
    stop_after: int = 0
    looks_every_days: float = 1.0


@dataclass(frozen=True)
class Cluster:
    """One cylinder: its centre and places (numbers of places), its days (first and last, inclusive), and how strong.

    ``ratio`` is the log likelihood ratio; ``p_value`` by rank among the shuffles, already allowing for all cylinders
    tried; ``gumbel_p_value`` from the fitted tail (Abrams, Kulldorff & Kleinman 2010), finer than the rank allows.
    ``recurrence_days``: how often a cluster this strong would appear somewhere by chance alone, from
    ``p_value``; ``gumbel_recurrence_days`` the same from the fitted tail.
    """

    centre: int
    places: tuple[int, ...]
    radius: float
    first_day: int
    last_day: int
    observed: int
    expected: float
    ratio: float
    p_value: float
    gumbel_p_value: float
    recurrence_days: float
    gumbel_recurrence_days: float


@dataclass(frozen=True)
class ScanResult:
    """Clusters without a place in common, strongest first, and the best ratio of every shuffle, shape ``(s,)``."""

    clusters: tuple[Cluster, ...]
    null_ratios: FloatArray
    incidents: int
    cylinders: int


def scan(
    place: IntArray,
    day: IntArray,
    x: FloatArray,
    y: FloatArray,
    settings: ScanSettings,
    rng: np.random.Generator,
    *,
    days: int,
) -> ScanResult:
    """Find space-time clusters and how often each would arise by chance.

    ``place`` (shape ``(n,)``) is the number of each incident's cell or area, ``day`` (shape ``(n,)``) the day it
    happened, from 0 to ``days - 1``, the last day of the analysis. ``x``, ``y`` (shape ``(m,)``) are the places'
    centres in the projected CRS. Circles are centred on places with incidents and hold every place whose centre is
    within the radius; places at the same distance enter together.

    Raises CannotForecast (``bad_input``, ``too_few_incidents``, ``history_too_short``, ``grid_too_large``).
    """
    _check(place, day, x, y, days)
    _check_settings(settings, days)
    used, where = np.unique(place, return_inverse=True)
    zones = make_zones(x[used], y[used], np.bincount(where), settings.max_radius, settings.max_share)
    table = cylinders_over(zones, day, days, settings.max_days, last_day_only=settings.ends == "last_day")
    _check_size(table)
    counts = counts_by_day(where, day, table)
    bar = best_ratio(counts, table)
    null = null_ratios(where, day, table, settings.simulations, rng, bar=bar, times=settings.stop_after)
    clusters = tuple(
        _described(each, table, used, null, settings) for each in _best_apart(counts, table, null)
    )
    return ScanResult(clusters, null, len(day), int(zones.valid.sum()) * table.run_totals.size)


def _check(place: IntArray, day: IntArray, x: FloatArray, y: FloatArray, days: int) -> None:
    if len(place) < MIN_SCAN_INCIDENTS:
        raise CannotForecast(
            "too_few_incidents",
            f"A scan for clusters needs at least {MIN_SCAN_INCIDENTS} incidents; got {len(place)}. "
            "Look at more days or at a broader category.",
        )
    if len(day) != len(place) or place.min() < 0 or place.max() >= len(x) or len(x) != len(y):
        raise CannotForecast(
            "bad_input",
            "Each incident needs a day and the number of a place that has coordinates. Leave out incidents that no "
            "place holds.",
        )
    if day.min() < 0 or day.max() >= days:
        raise CannotForecast(
            "bad_input",
            f"Days run from 0 to {days - 1}; got {int(day.min())} to {int(day.max())}. Leave out other incidents.",
        )


def _check_settings(settings: ScanSettings, days: int) -> None:
    if not (settings.max_radius > 0 and 0 < settings.max_share <= 1 and settings.simulations >= 1):
        raise CannotForecast(
            "bad_input",
            "A scan needs a radius above 0, a share of incidents up to 1, and at least one shuffle.",
        )
    if not 1 <= settings.max_days <= days // 2:
        raise CannotForecast(
            "history_too_short",
            f"Clusters of up to {settings.max_days} days are compared with at least as many other days; got {days} in "
            "all. Look at more days or at shorter clusters.",
        )


def _check_size(table: Cylinders) -> None:
    size = table.zones.members.size * table.run_totals.size
    if size > MAX_CYLINDERS:
        raise CannotForecast(
            "grid_too_large",
            f"This scan would try {size:,} cylinders at once; at most {MAX_CYLINDERS:,} fit in memory. Use larger "
            "cells, a smaller radius or shorter clusters.",
        )


def monte_carlo_p_value(ratio: float, null: FloatArray) -> float:
    """``(1 + shuffles at least as high) / (shuffles + 1)`` (Dwass 1957); ``null`` has shape ``(s,)``."""
    return float((1 + (null >= ratio * (1 - 1e-12)).sum()) / (len(null) + 1))


def gumbel_p_value(ratio: float, null: FloatArray) -> float:
    """Return the upper tail of a Gumbel distribution fitted to ``null`` (shape ``(s,)``) by its mean and deviation.

    ``1 - exp(-exp(-(r - a) / b))`` with ``b = sd x sqrt(6) / pi``, ``a = mean - 0.5772 b`` (Abrams et al. 2010).
    NaN with fewer than two shuffles or where all are alike.
    """
    spread = float(null.std(ddof=1)) * np.sqrt(6) / np.pi if len(null) > 1 else 0.0
    if not spread > 0:
        return float("nan")
    middle = float(null.mean()) - np.euler_gamma * spread
    return float(-np.expm1(-np.exp(-(ratio - middle) / spread)))


@dataclass(frozen=True)
class _Found:
    end: int
    rank: int
    centre: int
    length: int
    ratio: float
    observed: int


def _best_apart(counts: Counts, table: Cylinders, null: FloatArray) -> list[_Found]:
    """The strongest cylinders, none of which shares a place with a stronger one."""
    ratios = np.stack([ratios_of(counts, table, end) for end in range(len(table.ends))])
    answer: list[_Found] = []
    while len(answer) < MOST_CLUSTERS:
        at = np.unravel_index(int(ratios.argmax()), ratios.shape)
        ratio = float(ratios[at])
        if ratio <= 0 or monte_carlo_p_value(ratio, null) > HARDLY_A_CLUSTER:
            break
        end, rank, centre, length = (int(each) for each in at)
        places = table.zones.places(rank, centre)
        observed = int(runs_of_days(counts, table, end)[places, length].sum())
        answer.append(_Found(end, rank, centre, length, ratio, observed))
        ratios[:, table.zones.blocked(places)] = 0.0
    return answer


def _described(
    found: _Found, table: Cylinders, used: IntArray, null: FloatArray, settings: ScanSettings
) -> Cluster:
    zones, last = table.zones, int(table.ends[found.end])
    p, tail = monte_carlo_p_value(found.ratio, null), gumbel_p_value(found.ratio, null)
    return Cluster(
        centre=int(used[found.centre]),
        places=tuple(sorted(int(each) for each in used[zones.places(found.rank, found.centre)])),
        radius=float(zones.distances[found.rank, found.centre]),
        first_day=max(last - found.length - 1, 0),
        last_day=last - 1,
        observed=found.observed,
        expected=float(table.expected(found.end)[found.rank, found.centre, found.length]),
        ratio=found.ratio,
        p_value=p,
        gumbel_p_value=tail,
        recurrence_days=settings.looks_every_days / p,
        gumbel_recurrence_days=settings.looks_every_days / max(tail, 1e-12),
    )


def cluster_sentence(cluster: Cluster, *, category: str, where: str, day_zero: date, simulations: int) -> str:
    """Say what clustered, where, since when, how sure that is, and what it does not mean.

    ``where`` is the name the caller gives the cluster's places; ``day_zero`` is the date of day 0.
    """
    first, last = (day_zero + timedelta(days=day) for day in (cluster.first_day, cluster.last_day))
    times = cluster.observed / cluster.expected
    return (
        f"In {where}, {cluster.observed:,} {incidents_of(category, cluster.observed)} were recorded from "
        f"{plain_date(first)} to {plain_date(last)}, where {figure(cluster.expected)} would be usual for this "
        f"place and these days ({times:.1f} times). By chance alone, so strong a cluster would appear somewhere "
        f"{once_in(cluster.recurrence_days)} (p {probability(cluster.p_value)}, from {simulations:,} shuffles). "
        f"{NOT_A_CAUSE}"
    )
