"""Every measure that predictions and residents by area allow, for each way of ordering equal counts.

A measure takes `draws.Draws` (d cities of n areas with k groups) and returns (d, k); formulas, meaning of 0 and 1 and
sources stand at the functions of `association`, `bands`, `benefit`, `dosage` and `targeting` put together here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from audits.core import association, bands, benefit, dosage, targeting
from audits.core.draws import Draws
from audits.core.external_words import ALIKE, BY_ID, INCLUSIVE, REVERSED
from audits.core.groups import GroupTable
from audits.core.rates import ratio_or_nan

Floats = NDArray[np.float64]
Measure = Callable[[Draws], Floats]
Path = tuple[str, ...]

TOPS = {"top_5_percent": 0.05, "top_10_percent": 0.10}


@dataclass(frozen=True)
class Vendor:
    """What a vendor predicted, by area. `predictions`, `incidents`: (n,); `margins`: (n, k), census margins at 90 %.

    Raises ValueError where a shape disagrees, a number is negative or unknown, or there is no prediction at all.
    """

    table: GroupTable
    predictions: Floats
    incidents: Floats | None = None
    margins: Floats | None = None

    def __post_init__(self) -> None:
        for name, values in (("predictions", self.predictions), ("incidents", self.incidents)):
            if values is not None and (values.shape != self.table.residents.shape or not (values >= 0).all()):
                raise ValueError(f"{name} must be numbers, 0 or more, one for each of the areas")
        if not self.table.everybody > 0:
            raise ValueError("nobody lives in any area, so there is nobody to compare")
        if not self.predictions.sum() > 0:
            raise ValueError("there is no prediction in any area, so there is nothing to audit")


def measures(vendor: Vendor) -> dict[Path, Measure]:
    """Return every measure that the inputs allow, by where it stands in the answer."""
    found: dict[Path, Measure] = {}
    targeted = vendor.predictions[:, None]
    ordered = orders(vendor)
    for rule, order in ordered.items():
        found["spearman", rule] = partial(association.rank_correlation, order=order)
    for rule in (*ordered, INCLUSIVE):
        for band in bands.BANDS:
            belongs = _remembered(_banded(vendor, rule, band))
            found["lift", rule, band] = _of_band(bands.composition_lift, belongs)
            found["band_share", rule, band] = _of_band(bands.band_share, belongs)
    reversed_order = bands.ranked_by_id_reversed(vendor.predictions, vendor.table.areas)
    found["spearman", REVERSED] = partial(association.rank_correlation, order=reversed_order)
    found["above_median_share",] = partial(bands.above_median_share, targeted=targeted)
    found["below_median_share",] = partial(bands.below_median_share, targeted=targeted)
    found |= _tops(vendor) | _deciles(vendor) | _per_resident(vendor)
    return found if vendor.incidents is None else found | _given_incidents(vendor, vendor.incidents)


def neutral(path: Path) -> float | None:
    """Return the value that means no effect: 0 for lifts, differences and correlations, 1 for ratios; else None."""
    if "ratio" in path or "ratio_to" in path or "conditional_ratio" in path or "index" in path:
        return 1.0
    return 0.0 if {"lift", "difference", "spearman"} & set(path) else None


def orders(vendor: Vendor) -> dict[str, bands.Order]:
    """Return the areas from most to fewest predictions, equal counts ranked alike and by area id."""
    return {
        ALIKE: bands.ranked_alike(vendor.predictions),
        BY_ID: bands.ranked_by_id(vendor.predictions, vendor.table.areas),
    }


def _of_band(measure: Callable[[Draws, Floats], Floats], belongs: Measure) -> Measure:
    return lambda draws: measure(draws, belongs(draws))


def _banded(vendor: Vendor, rule: str, band: str) -> Measure:
    """Who belongs to a band, by the rule of a tie."""
    if rule == INCLUSIVE:
        order = bands.ranked_by_id(vendor.predictions, vendor.table.areas)
        return lambda draws: bands.members(
            draws.taken, order, bands.inclusive_band(draws.taken, band, vendor.predictions)
        )
    order = orders(vendor)[rule]
    return lambda draws: bands.members(draws.taken, order, bands.exact_band(draws.taken, band))


def _remembered(belongs: Measure) -> Measure:
    """Keep the last answer, because several measures ask for the same band of the same draws in a row."""
    last: list[tuple[Draws, Floats]] = []

    def answer(draws: Draws) -> Floats:
        if not last or last[0][0] is not draws:
            last[:] = [(draws, belongs(draws))]
        return last[0][1]

    return answer


def topped(order: bands.Order, part: float) -> Measure:
    """Return who belongs to the most targeted part of the areas, 0 to 1, and at least one area."""
    return lambda draws: bands.members(draws.taken, order, bands.exact_band(draws.taken, "most", part))


def _tops(vendor: Vendor) -> dict[Path, Measure]:
    found: dict[Path, Measure] = {}
    for name, part in TOPS.items():
        for rule, order in orders(vendor).items():
            belongs = _remembered(topped(order, part))
            found[name, rule, "rate"] = _of_band(bands.band_rate, belongs)
            found[name, rule, "ratio"] = _of_band(ratio_overall, belongs)
            found[name, rule, "difference"] = _of_band(_difference_overall, belongs)
            for column, other in enumerate(vendor.table.groups):
                found[name, rule, "ratio_to", other] = _of_band(partial(_ratio_to, column=column), belongs)
    return found


def _deciles(vendor: Vendor) -> dict[Path, Measure]:
    found: dict[Path, Measure] = {}
    for number in range(1, 11):
        for rule, order in orders(vendor).items():
            found["deciles", rule, str(number)] = _of_band(bands.band_share, _in_decile(order, number))
        found["deciles", "between_quantiles", str(number)] = _of_band(
            bands.band_share, _between(vendor.predictions, number)
        )
    return found


def _in_decile(order: bands.Order, number: int) -> Measure:
    return lambda draws: bands.members(draws.taken, order, bands.decile(draws.taken, number))


def _between(predictions: Floats, number: int) -> Measure:
    return lambda draws: bands.between_quantiles(draws.taken, predictions, number)


def _per_resident(vendor: Vendor) -> dict[Path, Measure]:
    counts = vendor.predictions
    return {
        ("predictions", "per_1000_residents"): lambda draws: (
            1000 * dosage.minutes_per_resident(draws, counts)
        ),
        ("predictions", "share"): lambda draws: dosage.exposure_share(draws, counts),
        ("predictions", "index"): lambda draws: dosage.exposure_index(draws, counts),
    }


def _given_incidents(vendor: Vendor, incidents: Floats) -> dict[Path, Measure]:
    recorded, targeted = incidents[:, None], vendor.predictions[:, None]
    found: dict[Path, Measure] = {
        ("given_incidents", "predictions_per_incident"): lambda draws: dosage.minutes_per_incident(
            draws, vendor.predictions, recorded
        ),
        ("given_incidents", "spearman"): lambda draws: association.spearman_given(draws, targeted, recorded),
    }
    for name, part in TOPS.items():
        flags = bands.members(
            np.ones((1, incidents.size)),
            orders(vendor)[ALIKE],
            bands.exact_band(np.ones((1, incidents.size)), "most", part),
        ).T
        for measure in (benefit.equal_benefit, targeting.conditional_ratio):
            found["given_incidents", name, measure.__name__] = partial(
                measure, flagged=flags, recorded=recorded
            )
    return found


def ratio_overall(draws: Draws, belongs: Floats) -> Floats:
    """Rate of each group in a band over that of all residents, (d, k); 1: alike; NaN where nobody lives there."""
    return ratio_or_nan(bands.band_rate(draws, belongs), bands.overall_band_rate(draws, belongs))


def _difference_overall(draws: Draws, belongs: Floats) -> Floats:
    return bands.band_rate(draws, belongs) - bands.overall_band_rate(draws, belongs)


def _ratio_to(draws: Draws, belongs: Floats, *, column: int) -> Floats:
    rates = bands.band_rate(draws, belongs)
    return ratio_or_nan(rates, rates[:, column : column + 1])
