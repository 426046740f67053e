"""What is emerging in one category: clusters, unusual days, changing places and near repeat, judged together.

Three families of tests look for findings: the space-time permutation scan (``scan``), EARS and Poisson Z of
each district's last day (``anomalies``), and Getis-Ord Gi* with Mann-Kendall of each place's year (``emerging``).
Within a family the false-discovery rate is controlled as its module says, at ``level / (families x categories)``: then
of all findings of all families and categories together at most ``level`` are expected to be chance, however the
families depend on each other (the expected share of false findings in a union is at most the sum of the parts').
The Knox test is no finding of a place; it says whether near repeat may be used at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from forecasting.core.anomalies import CountedSeries, find_anomalies
from forecasting.core.emerging import (
    CLASSES,
    Emerging,
    EmergingSettings,
    emerging_sentence,
    find_emerging,
    neighbours_within,
)
from forecasting.core.finding_words import once_in, plain_date, probability
from forecasting.core.findings import STANDARD, Family, Finding, Findings, Ground, Looking
from forecasting.core.grid import Grid
from forecasting.core.incidents import Incidents, IntArray
from forecasting.core.knox import KnoxBands, knox_test
from forecasting.core.limits import CannotForecast
from forecasting.core.local_days import daily_counts, date_of, local_days
from forecasting.core.scan import Cluster, ScanSettings, cluster_sentence, scan
from forecasting.core.wording import incidents_of

FAMILIES = ("clusters", "days", "places")
"""The families of tests that share the level."""

STEPS, STEP_DAYS = 13, 28
"""A place's year: so many steps of so many days."""

LEAST_TOLD = 5
"""A place is told as a finding only where it and its surroundings hold so many incidents: Gi* is no normal number where
counts are tiny, and a count below this is hidden in public too."""

RISING = ("new hot spot", "consecutive hot spot", "intensifying hot spot")
"""The classes that are told as findings; the others stand in the table of classes and on the map."""


@dataclass(frozen=True)
class _Scene:
    """One category's incidents on the ground: cell (-1: outside) and local day of each, and the last whole day."""

    category: str
    ground: Ground
    how: Looking
    incidents: Incidents
    cell: IntArray
    day: IntArray
    last: int
    level: float


def look_at(
    incidents: Incidents,
    ground: Ground,
    category: str,
    *,
    last_day: int,
    categories: int,
    rng: np.random.Generator,
    how: Looking = STANDARD,
) -> Findings:
    """Look for everything that is emerging in one category.

    ``incidents``: those known; ``last_day``: the last local day (since 1970) whose reports are in; ``categories``: how
    many categories are looked at and share the level. A family that cannot be judged (too few incidents, too
    short a history) says so in its sentence and finds nothing.

    Raises CannotForecast (``too_few_incidents``) where there is no incident at all.
    """
    if not len(incidents):
        raise CannotForecast(
            "too_few_incidents",
            f"No {incidents_of(category)} are known, so nothing can be emerging. Bring data in first.",
        )
    level = how.level / (len(FAMILIES) * max(categories, 1))
    day = local_days(incidents.begins, ground.timezone)
    cell = ground.grid.locate(incidents.x, incidents.y)
    scene = _Scene(category, ground, how, incidents, cell, day, last_day, level)
    clusters = _judged("clusters", lambda: _clusters(scene, rng))
    days = _judged("days", lambda: _days(scene, rng))
    classes: dict[str, tuple[tuple[int, int], ...]] = {}
    places = _judged("places", lambda: _places(scene, classes))
    near = _near_repeat(scene, rng)
    return Findings(category, date_of(last_day), level, (clusters, days, places), classes, near)


def _judged(name: str, look: Callable[[], Family]) -> Family:
    try:
        return look()
    except CannotForecast as problem:
        return Family(name, f"Not judged. {problem.message}")


# --- clusters ---------------------------------------------------------------------------------------------------


def _clusters(scene: _Scene, rng: np.random.Generator) -> Family:
    how, ground = scene.how, scene.ground
    first = scene.last - how.scan_days + 1
    inside = (scene.cell >= 0) & (scene.day >= first) & (scene.day <= scene.last)
    unit = ground.unit_metres
    settings = ScanSettings(
        max_radius=how.max_radius_metres / unit,
        max_days=how.max_days,
        # With fewer, no p could fall below the level.
        simulations=max(how.simulations, ceil(1 / scene.level)),
        stop_after=how.stop_after,
        looks_every_days=how.looks_every_days,
    )
    made = scan(
        scene.cell[inside],
        scene.day[inside] - first,
        *ground.centres,
        settings,
        rng,
        days=how.scan_days,
    )
    found = tuple(
        _as_finding(each, scene, first, len(made.null_ratios))
        for each in made.clusters
        if each.p_value <= scene.level
    )
    strongest = made.clusters[0] if made.clusters else None
    said = (
        f"{made.incidents:,} incidents of {how.scan_days} days were scanned for clusters that are still going on; "
        f"{made.cylinders:,} circles and stretches of days were tried."
    )
    if strongest is not None and not found:
        said += (
            f" The strongest would appear by chance {once_in(strongest.recurrence_days)} "
            f"(p {probability(strongest.p_value)}), which is no finding."
        )
    return Family("clusters", said, found)


def _as_finding(cluster: Cluster, scene: _Scene, first: int, simulations: int) -> Finding:
    ground = scene.ground
    where = f"and around {ground.names[cluster.centre]}"
    told = cluster_sentence(
        cluster,
        category=scene.category,
        where=where,
        day_zero=date_of(first),
        simulations=simulations,
    )
    return Finding(
        kind="cluster",
        label="cluster",
        where=ground.names[cluster.centre],
        cells=_cells(ground.grid, np.array(cluster.places)),
        district=str(ground.grid.district[cluster.centre]),
        first=date_of(first + cluster.first_day).isoformat(),
        last=date_of(first + cluster.last_day).isoformat(),
        observed=float(cluster.observed),
        expected=cluster.expected,
        p_value=cluster.p_value,
        adjusted=cluster.p_value,
        recurrence_days=cluster.recurrence_days,
        sentence=told,
    )


def _cells(grid: Grid, index: IntArray) -> tuple[tuple[int, int], ...]:
    return tuple((int(grid.columns[each]), int(grid.rows[each])) for each in index)


# --- unusual days -----------------------------------------------------------------------------------------------


def _days(scene: _Scene, rng: np.random.Generator) -> Family:
    how, ground = scene.how, scene.ground
    first = scene.last - how.series_days + 1
    owner = np.where(scene.cell >= 0, ground.grid.district[np.maximum(scene.cell, 0)], "")
    series = {
        code: CountedSeries(
            incidents_of(scene.category),
            name,
            date_of(first),
            daily_counts(scene.day[owner == code], first, scene.last),
        )
        for code, name in ground.districts.items()
    }
    if not series:
        raise CannotForecast("bad_input", "There are no districts to compare. Import them first.")
    codes = {id(each): code for code, each in series.items()}
    found = tuple(
        Finding(
            kind="day",
            label=f"unusual day ({each.test})",
            where=each.series.where,
            cells=(),
            district=codes[id(each.series)],
            first=each.series.last.isoformat(),
            last=each.series.last.isoformat(),
            observed=float(each.series.counts[-1]),
            expected=float(each.series.counts[:-1].mean()),
            p_value=each.p_value,
            adjusted=each.adjusted,
            recurrence_days=None,
            sentence=each.sentence,
        )
        for each in find_anomalies(list(series.values()), rng, scene.level)
    )
    said = (
        f"{plain_date(date_of(scene.last))} was compared with the {how.series_days - 1} days before in "
        f"{len(series):,} districts, by EARS C1 to C3 and Poisson Z."
    )
    return Family("days", said, found)


# --- changing places --------------------------------------------------------------------------------------------


def _places(scene: _Scene, classes: dict[str, tuple[tuple[int, int], ...]]) -> Family:
    grid, how = scene.ground.grid, scene.how
    first = scene.last - STEPS * STEP_DAYS + 1
    inside = (scene.cell >= 0) & (scene.day >= first) & (scene.day <= scene.last)
    step = (scene.day[inside] - first) // STEP_DAYS
    flat = np.bincount(step * len(grid) + scene.cell[inside], minlength=STEPS * len(grid))
    counts = flat.reshape(STEPS, len(grid)).astype(np.float64)
    near = neighbours_within(*scene.ground.centres, how.near_metres / scene.ground.unit_metres)
    made = find_emerging(counts, near, EmergingSettings(level=scene.level, trend_level=scene.level))
    for code in np.unique(made.code[made.code > 0]):
        classes[CLASSES[int(code)]] = _cells(grid, np.flatnonzero(made.code == code))
    held = np.asarray(near @ counts[-2:].sum(axis=0), dtype=np.float64)  # what the last Gi* was computed from
    rising = np.flatnonzero(
        np.isin(made.code, [CLASSES.index(name) for name in RISING]) & (held >= LEAST_TOLD)
    )
    order = rising[np.lexsort((-made.z[-1, rising], made.code[rising]))]
    usual = np.asarray(near.sum(axis=1), dtype=np.float64) * float(counts[-2:].mean()) * 2
    found = tuple(
        _place(scene, made, int(cell), (float(held[cell]), float(usual[cell])), first) for cell in order
    )
    said = (
        f"{len(grid):,} places of {how.cell_metres:g} m were compared with the rest of the city in {STEPS} steps of "
        f"{STEP_DAYS} days; {sum(len(each) for each in classes.values()):,} stand out in some way."
    )
    return Family("places", said, found)


def _place(scene: _Scene, made: Emerging, cell: int, counted: tuple[float, float], first: int) -> Finding:
    """Tell one place; ``counted``: incidents of it and its surroundings in the last two steps, and as many as usual."""
    since = made.hot_since(cell)
    begun = date_of(first + STEP_DAYS * (since if since is not None else STEPS - 1))
    name = scene.ground.names[cell]
    told = emerging_sentence(
        made,
        cell,
        what=incidents_of(scene.category),
        where=name,
        step="four-week step",
        since=plain_date(begun),
        level=scene.how.level,
    )
    return Finding(
        kind="place",
        label=made.class_of(cell),
        where=name,
        cells=_cells(scene.ground.grid, np.array([cell])),
        district=str(scene.ground.grid.district[cell]),
        first=begun.isoformat(),
        last=date_of(scene.last).isoformat(),
        observed=counted[0],
        expected=counted[1],
        p_value=float(made.adjusted[-1, cell]),
        adjusted=float(made.adjusted[-1, cell]),
        recurrence_days=None,
        sentence=told,
    )


# --- near repeat ------------------------------------------------------------------------------------------------


def _near_repeat(scene: _Scene, rng: np.random.Generator) -> dict[str, Any]:
    """The Knox verdict on the latest incidents, as plain data."""
    known = np.flatnonzero(scene.day <= scene.last)
    latest = known[np.argsort(scene.incidents.begins[known], kind="stable")][-scene.how.knox_latest :]
    mask = np.zeros(len(scene.incidents), dtype=np.bool_)
    mask[latest] = True
    try:
        test = knox_test(
            scene.incidents.where(mask),
            KnoxBands(),
            unit_metres=scene.ground.unit_metres,
            generator=rng,
            named=incidents_of(scene.category),
        )
    except CannotForecast as problem:
        return {
            "verdict": "not judged",
            "may_use": False,
            "incidents": int(mask.sum()),
            "sentence": problem.message,
        }
    return {
        "verdict": test.verdict.value,
        "may_use": test.may_use_near_repeat,
        "incidents": test.incidents,
        "permutations": test.permutations,
        "sentence": test.sentence,
    }
