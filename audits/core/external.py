"""Anybody's predictions through the same audit: what a vendor's counts by area say of the groups who live there.

The input is three columns by area: residents by group, number of predictions, and incidents where they are known.
Every figure comes with an area-cluster bootstrap interval at 95 % (`resampling`), and every figure that depends on
how equal counts are ordered is stated for each order (`bands`): equal counts ranked alike, by area id, and, for the
three bands, by area id with windows that count both of their ends.

    spearman              rank correlation of predictions and the group's share of an area's residents (`association`)
    lift                  composition of the most, median and least targeted 5 % of areas over the city's, less 1
    deciles               the group's share of the residents of each tenth of areas, 1 = least targeted
    above_median_share    share of the group's residents in areas with more predictions than the median area
    top_5 and top_10      the most targeted 5 % and 10 % of areas taken as flagged: targeting rate, its ratio and
                          difference to residents overall, and to each other group
    per resident          predictions shared out by residents, as minutes of patrol are (`dosage`)
    given incidents       the same beside recorded incidents, where these were given

An area counts as one, however many live there, wherever areas are ranked; rates weigh by residents.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from audits.core import bands
from audits.core.comparison import rounded
from audits.core.disparity import Disparity
from audits.core.draws import Draws, WholeCity, drawn_cities, whole_city
from audits.core.evidence import Floors, what_is_missing
from audits.core.external_measures import (
    TOPS,
    Measure,
    Path,
    Vendor,
    measures,
    neutral,
    orders,
    ratio_overall,
    topped,
)
from audits.core.external_words import ALIKE, DEFINITIONS, not_available
from audits.core.groups import EVERYBODY, GroupTable
from audits.core.margins import bounds, smallest_effect
from audits.core.resampling import DRAWS, LEVEL, Interval, percentile_interval
from audits.core.verdict import Judgement, Standard, Wording, judge

Floats = NDArray[np.float64]

FORMAT = "lamplight-external-audit/1"


def audit_predictions(
    vendor: Vendor, *, seed: int, standard: Standard, draws: int = DRAWS
) -> tuple[dict[str, Any], Judgement]:
    """Return everything the inputs allow as plain values for JSON, and the verdict on the most targeted 5 %.

    Numbers have 6 significant digits, None where nothing can be said; each has its interval, the share of draws in
    which it exists, and `insufficient` with the reason where there is too little evidence. `standard` holds the
    disparity ratio that is held against, and the least residents of a group. Same input and seed, same answer.
    """
    table = vendor.table
    drawn = drawn_cities(table, np.random.default_rng(seed), draws=draws, margins=vendor.margins)
    floors = Floors(residents=standard.minimum_residents, areas=standard.minimum_areas)
    whole = whole_city(table)
    groups: list[dict[str, Any]] = [
        {
            "group": name,
            "residents": rounded(float(table.totals[column])),
            "share_of_residents": rounded(float(table.totals[column] / table.everybody)),
        }
        for column, name in enumerate(table.groups)
    ]
    asked = measures(vendor)
    spreads = _in_every_draw(asked, drawn)
    for path, measure in asked.items():
        values, spread = measure(whole)[0], spreads[path]
        smallest = _smallest_effect(vendor, measure, values, neutral(path))
        for column, entry in enumerate(groups):
            interval = percentile_interval(spread[:, column])
            reason = _reason(table, column, float(values[column]), interval, floors)
            plain = _plain(float(values[column]), interval, reason)
            _put(
                entry,
                path,
                plain if smallest is None else plain | {"conservative": rounded(smallest[column])},
            )
    judgement = _judgement(vendor, whole, drawn, standard)
    for entry, verdict in zip(groups, judgement.groups, strict=True):
        entry["verdict"] = {"verdict": verdict.verdict.value, "sentence": verdict.sentence}
    return _answer(vendor, groups, judgement, standard, seed, draws), judgement


def _in_every_draw(asked: dict[Path, Measure], drawn: Draws) -> dict[Path, Floats]:
    """Every measure of every draw, (draws, k), part by part: bands are then found once for all who ask for them."""
    found: dict[Path, list[Floats]] = {path: [] for path in asked}
    for part in drawn.parts():
        for path, measure in asked.items():
            found[path].append(measure(part))
    return {path: np.vstack(parts) for path, parts in found.items()}


def _smallest_effect(
    vendor: Vendor, measure: Measure, values: Floats, no_effect: float | None
) -> Floats | None:
    """The effect closest to none within the census margins, (k,); None without margins or a neutral value."""
    if vendor.margins is None or no_effect is None:
        return None
    whole = whole_city(vendor.table)
    ends = [
        measure(WholeCity(whole.taken, counts, whole.residents))[0]
        for counts in bounds(vendor.table, vendor.margins)
    ]
    return smallest_effect(np.vstack([values, *ends]), no_effect)


def _reason(table: GroupTable, column: int, value: float, interval: Interval, floors: Floors) -> str:
    found = {
        "residents": float(table.totals[column]),
        "areas": float(np.count_nonzero(table.counts[:, column])),
    }
    return what_is_missing(table.groups[column], ("residents", "areas"), found, value, interval, floors)


def _plain(value: float, interval: Interval, reason: str) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "value": rounded(value),
        "low": rounded(interval.low),
        "high": rounded(interval.high),
        "defined": rounded(interval.defined),
    }
    return plain | {"insufficient": reason} if reason else plain


def _put(entry: dict[str, Any], path: Path, value: dict[str, Any]) -> None:
    for step in path[:-1]:
        entry = entry.setdefault(step, {})
    entry[path[-1]] = value


def _judgement(vendor: Vendor, whole: Draws, drawn: Draws, standard: Standard) -> Judgement:
    """The verdict on the most targeted 5 % of areas, equal counts ranked alike."""
    table, belongs = vendor.table, topped(orders(vendor)[ALIKE], TOPS["top_5_percent"])
    inside = belongs(whole)
    rates = bands.band_rate(whole, inside)[0]
    overall = float(bands.overall_band_rate(whole, inside)[0, 0])
    ratios, spread = ratio_overall(whole, inside)[0], ratio_overall(drawn, belongs(drawn))
    measured = [
        Disparity(
            name,
            float(table.totals[column]),
            int(np.count_nonzero(table.counts[:, column])),
            float(rates[column]),
            overall,
            float(ratios[column]),
            float(rates[column]) - overall,
        )
        for column, name in enumerate(table.groups)
    ]
    intervals = [percentile_interval(spread[:, column]) for column in range(len(table.groups))]
    return judge(measured, intervals, standard, Wording(places="the most targeted 5 % of areas"))


def _answer(
    vendor: Vendor,
    groups: list[dict[str, Any]],
    judgement: Judgement,
    standard: Standard,
    seed: int,
    draws: int,
) -> dict[str, Any]:
    n = len(vendor.table.areas)
    most, least = float(vendor.predictions.max()), float(vendor.predictions.min())
    return {
        "format": FORMAT,
        "verdict": judgement.verdict.value,
        "sentence": judgement.sentence,
        "areas": {
            "number": n,
            "without_residents": int((vendor.table.residents == 0).sum()),
            "in_a_band": int(max(np.rint(bands.BAND * n), 1)),
            "in_the_top_10_percent": int(max(np.rint(0.1 * n), 1)),
            "at_the_lowest_count": int((vendor.predictions == least).sum()),
        },
        "residents": rounded(vendor.table.everybody),
        "reference": EVERYBODY,
        "predictions": {"total": rounded(float(vendor.predictions.sum())), "most": most, "least": least},
        "incidents": None if vendor.incidents is None else rounded(float(vendor.incidents.sum())),
        "interval": {
            "method": "area_cluster_bootstrap",
            "level": LEVEL,
            "draws": draws,
            "seed": seed,
            "census_margins": vendor.margins is not None,
        },
        "standard": {"ratio_max": standard.ratio_max, "minimum_residents": standard.minimum_residents},
        "definitions": DEFINITIONS,
        "not_available": not_available(
            incidents=vendor.incidents is not None, margins=vendor.margins is not None
        ),
        "groups": groups,
    }
