"""Areas in the order of their predictions, and the bands cut from it (rows 3 and 4).

**The order.** Areas stand from most to fewest predictions. Vendors' counts tie often, and a tie has no order of
its own, so every band can be cut in two ways, and both are always stated:

    alike       areas with equal counts are ranked alike: where the edge of a band runs through them, each belongs
                to the band by the same fraction. This is the average over all orders of the tie.
    by area id  equal counts stand in the order of their ids (as text, smaller id = more targeted), which is what
                sorted tables do by themselves; figures published from such tables repeat only in this order.

**The bands.** With n areas and w = round(0.05 n), halves to even, at least 1:

    exact       most: the first w places; least: the last w; median: w places from floor((n - w) / 2) on
    inclusive   both ends of a window count, as in the published code of Sankin et al. (The Markup, 2021):
                most: the first w + 1; median: 2 floor(w / 2) + 1 places round floor(n / 2) counted from the
                end; least: the last w + 1, but where more than w areas share the lowest count, the first w + 1 of
                those

All functions work on `draws.Draws`: an area taken twice stands in the order twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audits.core.draws import Draws
from audits.core.rates import ratio_or_nan

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BAND = 0.05
BANDS = ("most", "median", "least")


@dataclass(frozen=True)
class Order:
    """Areas from most to fewest predictions. `places`: (n,) area numbers. `starts`: where each tie begins."""

    places: Integers
    starts: Integers


def ranked_alike(predictions: Floats) -> Order:
    """Order areas by predictions, shape (n,), with equal counts as one tie."""
    places = np.argsort(-predictions, kind="stable")
    return Order(places, np.flatnonzero(np.diff(predictions[places], prepend=np.inf)))


def ranked_by_id(predictions: Floats, ids: tuple[str, ...]) -> Order:
    """Order areas by predictions, shape (n,), equal counts by id as text, so that every area is its own tie."""
    places = np.lexsort((np.asarray(ids, dtype=np.str_), -predictions))
    return Order(places, np.arange(places.size))


def ranked_by_id_reversed(predictions: Floats, ids: tuple[str, ...]) -> Order:
    """The opposite order of equal counts, larger id = more targeted: how much an arbitrary order matters."""
    _, number = np.unique(np.asarray(ids, dtype=np.str_), return_inverse=True)
    return Order(np.lexsort((-number, -predictions)), np.arange(predictions.size))


def exact_band(taken: Floats, band: str, part: float = BAND) -> tuple[Floats, Floats]:
    """Return the places [start, stop) of a band in each draw, each (d, 1), from the most targeted end.

    `band`: most, median or least. `part`: its width as a share of areas, in (0, 1]. Raises KeyError otherwise.
    """
    n = taken.sum(axis=1, keepdims=True)
    w = np.maximum(np.rint(part * n), 1.0)
    start = {"most": 0 * n, "median": np.floor((n - w) / 2), "least": n - w}[band]
    return start, start + w


def inclusive_band(taken: Floats, band: str, predictions: Floats) -> tuple[Floats, Floats]:
    """Return the places of a band whose window counts both of its ends, each (d, 1); see the module.

    `predictions`: (n,). Raises KeyError for an unknown band.
    """
    n = taken.sum(axis=1, keepdims=True)
    w = np.rint(BAND * n)
    lowest = np.where(taken > 0, predictions, np.inf).min(axis=1, keepdims=True)
    tied = (taken * (predictions == lowest)).sum(axis=1, keepdims=True)
    half, middle = np.floor(w / 2), np.floor(n / 2)
    begin = np.where(tied > w, n - tied, n - 1 - w)
    start = {"most": 0 * n, "median": n - middle - half, "least": begin}[band]
    stop = {"most": w + 1, "median": n - middle + half + 1, "least": begin + w + 1}[band]
    return np.maximum(start, 0.0), np.minimum(stop, n)


def decile(taken: Floats, number: int) -> tuple[Floats, Floats]:
    """Return the places of a tenth of the areas in each draw, each (d, 1); 1 is the least targeted, 10 the most.

    Where n is no multiple of ten, the area on an edge counts in both tenths by its parts.
    """
    n = taken.sum(axis=1, keepdims=True)
    return n * (10 - number) / 10, n * (11 - number) / 10


def between_quantiles(taken: Floats, predictions: Floats, number: int) -> Floats:
    """Areas whose count lies strictly between two deciles of the counts, 1 or 0, shape (d, n).

    `number` 1: below the first decile; 10: above the ninth. Areas exactly at a decile belong to none, as in the
    published code of The Markup, so a tenth can be empty where many counts are equal.
    """
    chosen = np.ones(taken.shape, dtype=np.bool_)
    if number > 1:
        chosen = chosen & (predictions > drawn_quantile(taken, predictions, (number - 1) / 10))
    if number < 10:
        chosen = chosen & (predictions < drawn_quantile(taken, predictions, number / 10))
    return chosen.astype(np.float64)


def members(taken: Floats, order: Order, places: tuple[Floats, Floats]) -> Floats:
    """By which part, 0 to 1, each area (with all its copies) belongs to the places [start, stop), shape (d, n)."""
    standing = taken[:, order.places]
    size = np.add.reduceat(standing, order.starts, axis=1)
    end = np.cumsum(size, axis=1)
    inside = np.clip(np.minimum(end, places[1]) - np.maximum(end - size, places[0]), 0, None)
    part = np.divide(inside, size, out=np.zeros_like(inside), where=size > 0)
    repeats = np.diff(order.starts, append=order.places.size)
    belongs = np.empty_like(standing)
    belongs[:, order.places] = np.repeat(part, repeats, axis=1)
    return belongs


def band_share(draws: Draws, belongs: Floats) -> Floats:
    """Share of a band's residents who belong to the group, (d, k): sum_B N_ig / sum_B N_i; NaN where nobody lives.

    `belongs`: `members` of the band, (d, n).
    """
    return ratio_or_nan(draws.people(belongs), draws.everybody(belongs))


def composition_lift(draws: Draws, belongs: Floats) -> Floats:
    """(share of the band's residents in the group) / (share of all residents in the group) - 1, (d, k).

    -1: nobody of the group lives in the band; 0: as everywhere; 0.285: its share is 28.5 % higher there. NaN
    where nobody lives in the band or the group has no residents. `belongs`: `members` of the band. Source: lift
    of Sankin et al. (The Markup, 2021).
    """
    everywhere = ratio_or_nan(draws.group_totals, draws.overall_total)
    return ratio_or_nan(band_share(draws, belongs), everywhere) - 1


def band_rate(draws: Draws, belongs: Floats) -> Floats:
    """Share of the group's residents who live in the band, (d, k): sum_B N_ig / N_g; 0 none, 1 all."""
    return ratio_or_nan(draws.people(belongs), draws.group_totals)


def overall_band_rate(draws: Draws, belongs: Floats) -> Floats:
    """Share of all residents who live in the band, each counted once, (d, 1)."""
    return ratio_or_nan(draws.everybody(belongs), draws.overall_total)


def lift_in_band(draws: Draws, targeted: Floats, *, band: str) -> Floats:
    """`composition_lift` of the most, median or least targeted 5 % of areas, equal counts ranked alike.

    `targeted`: (n, T) predictions or flags, summed over windows.
    """
    places = exact_band(draws.taken, band)
    return composition_lift(draws, members(draws.taken, ranked_alike(targeted.sum(axis=1)), places))


def above_median_share(draws: Draws, targeted: Floats) -> Floats:
    """Share of the group's residents in areas with more predictions than the median area, (d, k).

    sum over n_i > median(n) of N_ig / N_g, 0 to 1; over 0.5: a majority lives in areas targeted more than the
    median. The median is that of areas, not of residents, the mean of the two middle ones where n is even, and
    an area at the median is not above it. `targeted`: (n, T), summed over windows. Source: The Markup (2021).
    """
    count = targeted.sum(axis=1)
    above = (count > drawn_quantile(draws.taken, count, 0.5)).astype(np.float64)
    return draws.resident_mean(above, np.ones(count.size))


def below_median_share(draws: Draws, targeted: Floats) -> Floats:
    """Share of the group's residents in areas with fewer predictions than the median area, (d, k).

    With `above_median_share` it adds up to 1 less the share living in areas exactly at the median.
    """
    count = targeted.sum(axis=1)
    below = (count < drawn_quantile(draws.taken, count, 0.5)).astype(np.float64)
    return draws.resident_mean(below, np.ones(count.size))


def drawn_quantile(taken: Floats, values: Floats, part: float) -> Floats:
    """Quantile of the values over areas as often as they were taken, (d, 1).

    Linear between order statistics (type 7 of Hyndman and Fan, 1996): `part` 0.5 is the usual median.
    """
    order = np.argsort(values, kind="stable")
    ordered, end = values[order], np.cumsum(taken[:, order], axis=1)
    place = (end[:, -1:] - 1) * part
    below = np.floor(place + 1e-9)
    lower = ordered[(end > below).argmax(axis=1)][:, None]
    upper = ordered[(end > np.minimum(below + 1, end[:, -1:] - 1)).argmax(axis=1)][:, None]
    between = np.maximum(place - below, 0.0)
    return np.asarray(lower * (1 - between) + upper * between, dtype=np.float64)
