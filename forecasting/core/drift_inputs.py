"""Has the data drifted: shares of areas, geocoding rate, reporting delay.

Most checks look at a table of weeks and ask whether the last weeks differ from the rest more than any other weeks,
drawn at random, would. Whole weeks are drawn because incidents of one week hang together. So a check needs
several strange weeks in the recent ones: one strange week out of four is not distinguished from a bad week.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import xlogy

from forecasting.core.drift import FALSE_ALARMS, DriftCheck
from forecasting.core.finding_words import NOT_A_VERDICT, figure, probability
from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.limits import CannotForecast
from forecasting.core.wording import percent

DRAWS = 1_999
"""Random choices of weeks behind a threshold."""

MIN_PAST = 3
"""The past must hold at least this many times as many weeks as the recent ones."""

MIN_WEEKS = 12
"""Fewest weeks altogether."""

LEAST_GEOCODING_DROP = 0.01
"""A smaller drop of the geocoding rate (one point) is no breach, however sure."""

Statistic = Callable[[FloatArray, FloatArray], FloatArray]
"""Recent and past totals, shapes ``(draws, columns)`` -> one number per draw."""


@dataclass(frozen=True)
class _Judged:
    statistic: float
    threshold: float
    p_value: float

    @property
    def breached(self) -> bool:
        return self.statistic > self.threshold and self.p_value <= FALSE_ALARMS


def check_weeks(table: FloatArray, recent: int) -> None:
    """Raise CannotForecast unless there are weeks enough, with counts from 0 up, some of them recent, some before."""
    weeks = len(table)
    needed = max(MIN_WEEKS, recent * (1 + MIN_PAST))
    if recent < 1 or weeks < needed:
        raise CannotForecast(
            "history_too_short",
            f"To judge the last {recent} weeks, at least {needed} weeks are needed; there are {weeks}. Wait, or bring "
            "in an earlier history.",
        )
    if not (np.isfinite(table).all() and (table >= 0).all()):
        raise CannotForecast(
            "bad_input", "Weekly counts are numbers from 0 up; enter 0 where nothing was counted."
        )
    if not (table[-recent:].sum() > 0 and table[:-recent].sum() > 0):
        raise CannotForecast(
            "too_few_incidents",
            "The recent weeks or the weeks before hold no incidents. Check that exports came in.",
        )


def _judge(table: FloatArray, recent: int, statistic: Statistic, rng: np.random.Generator) -> _Judged:
    """Compare the last weeks' statistic with that of weeks drawn at random from all of them."""
    check_weeks(table, recent)
    weeks = np.argsort(rng.random((DRAWS, len(table))), axis=1)[:, :recent]
    chosen = np.vstack([np.arange(len(table) - recent, len(table)), weeks])
    recents = table[chosen].sum(axis=1)
    values = statistic(recents, table.sum(axis=0) - recents)
    observed, null = float(values[0]), values[1:]
    p = float((1 + (null >= observed - 1e-12).sum()) / (DRAWS + 1))
    return _Judged(observed, float(np.quantile(null, 1 - FALSE_ALARMS)), p)


def _shares(totals: FloatArray) -> FloatArray:
    return np.asarray(totals / np.maximum(totals.sum(axis=-1, keepdims=True), 1e-12), dtype=np.float64)


def jensen_shannon(recent: FloatArray, past: FloatArray) -> FloatArray:
    """Jensen-Shannon divergence of shares in bits, along the last axis: 0 the same, 1 nothing in common (Lin 1991)."""
    p, q = _shares(recent), _shares(past)
    middle = np.maximum((p + q) / 2, 1e-300)
    return np.asarray(
        (xlogy(p, p / middle) + xlogy(q, q / middle)).sum(axis=-1) / (2 * np.log(2)), dtype=np.float64
    )


def stability_index(recent: FloatArray, past: FloatArray) -> FloatArray:
    """Population stability index ``sum (p - q) ln(p / q)`` of shares, along the last axis; half an incident is added
    to each count. By custom below 0.1 is stable and above 0.25 a shift; here its own permutations decide.
    """  # noqa: D205
    p, q = _shares(recent + 0.5), _shares(past + 0.5)
    return np.asarray(((p - q) * np.log(p / q)).sum(axis=-1), dtype=np.float64)


def share_checks(
    table: FloatArray, names: Sequence[str], recent: int, rng: np.random.Generator
) -> tuple[DriftCheck, DriftCheck]:
    """Do the areas' shares differ from before? Two checks: Jensen-Shannon divergence and stability index.

    ``table`` (shape ``(weeks, areas)``) holds incidents, oldest week first; the last ``recent`` weeks are judged.

    Raises CannotForecast (``history_too_short``, ``too_few_incidents``, ``bad_input``).
    """
    js, psi = (_judge(table, recent, each, rng) for each in (jensen_shannon, stability_index))
    now, before = _shares(table[-recent:].sum(axis=0)), _shares(table[:-recent].sum(axis=0))
    most = int(np.abs(now - before).argmax())
    told = (
        f"the largest change is {names[most]}, which held {percent(float(before[most]))} % of incidents before and "
        f"{percent(float(now[most]))} % in the last {recent} weeks"
    )
    remedy = f"Look at {names[most]} first: a boundary, a category or a source may have changed. If it is real, refit."
    return (
        _share_check("shares", "Jensen-Shannon divergence", js, told, remedy),
        _share_check("shares_psi", "Stability index", psi, told, remedy),
    )


def _share_check(
    name: Literal["shares", "shares_psi"], measure: str, judged: _Judged, told: str, remedy: str
) -> DriftCheck:
    what = (
        "Incidents are spread over the areas differently"
        if judged.breached
        else "Shares of areas are as usual"
    )
    return DriftCheck(
        name, judged.statistic, judged.threshold, judged.p_value, judged.breached,
        f"{what}: {told} ({measure} {judged.statistic:.4f}; other weeks reach {judged.threshold:.4f} in 1 of 100; "
        f"p {probability(judged.p_value)}). {NOT_A_VERDICT}",
        remedy if judged.breached else "",
    )  # fmt: skip


def geocoding_check(
    placed: IntArray, unplaced: IntArray, recent: int, rng: np.random.Generator
) -> DriftCheck:
    """Can fewer incidents be placed on the map than before? The statistic is the drop of the rate, in shares.

    ``placed`` and ``unplaced``: incidents per week with and without a usable point, shape ``(weeks,)``.

    Raises CannotForecast (``history_too_short``, ``too_few_incidents``, ``bad_input``).
    """
    table = np.column_stack([placed, unplaced]).astype(np.float64)
    judged = _judge(table, recent, lambda now, past: _shares(past)[..., 0] - _shares(now)[..., 0], rng)
    now, before = (float(_shares(part.sum(axis=0))[0]) for part in (table[-recent:], table[:-recent]))
    breached = judged.breached and judged.statistic >= LEAST_GEOCODING_DROP
    return DriftCheck(
        "geocoding", judged.statistic, max(judged.threshold, LEAST_GEOCODING_DROP), judged.p_value, breached,
        f"{percent(now)} % of the incidents of the last {recent} weeks have a place on the map, {percent(before)} % "
        f"before (p {probability(judged.p_value)}). {NOT_A_VERDICT}",
        "Compare the export's address or coordinate columns with an earlier file, and load the weeks again once the "
        "geocoder works." if breached else "",
    )  # fmt: skip


def reporting_delay_check(table: FloatArray, recent: int, rng: np.random.Generator) -> DriftCheck:
    """Do reports come later (or earlier) than before? Two-sample Kolmogorov-Smirnov distance of delays.

    ``table`` (shape ``(weeks, longest + 1)``): incidents by week of occurrence and delay in days. Each week must have
    had time for every delay in the table, so leave out weeks younger than ``longest`` days and delays beyond it;
    ``delays_by_week`` does both.

    Raises CannotForecast (``history_too_short``, ``too_few_incidents``, ``bad_input``).
    """
    judged = _judge(table, recent, _ks, rng)
    now, before = (_mean_delay(part.sum(axis=0)) for part in (table[-recent:], table[:-recent]))
    way = "later" if now > before else "earlier"
    return DriftCheck(
        "reporting_delay", judged.statistic, judged.threshold, judged.p_value, judged.breached,
        f"Incidents of the last {recent} complete weeks were reported {figure(round(now, 1))} days after they happened "
        f"on average, {figure(round(before, 1))} before (largest gap of the distributions {judged.statistic:.2f}, "
        f"{judged.threshold:.2f} is usual; p {probability(judged.p_value)}). {NOT_A_VERDICT}",
        f"Reports come {way}: ask the source why, estimate the delay again, and read the latest weeks as "
        f"{'too low' if way == 'later' else 'too high'} until then." if judged.breached else "",
    )  # fmt: skip


def _ks(recent: FloatArray, past: FloatArray) -> FloatArray:
    gap = np.cumsum(_shares(recent), axis=-1) - np.cumsum(_shares(past), axis=-1)
    return np.asarray(np.abs(gap).max(axis=-1), dtype=np.float64)


def _mean_delay(counts: FloatArray) -> float:
    return float((counts * np.arange(len(counts))).sum() / max(counts.sum(), 1))


def delays_by_week(occurred: IntArray, reported: IntArray, as_of: int, longest: int) -> FloatArray:
    """Count incidents by week and delay, shape ``(weeks, longest + 1)``, the last week ending ``longest`` days ago.

    ``occurred`` and ``reported`` (shape ``(n,)``) are whole days; ``as_of`` is the last day whose reports are all in.
    Only what is known to be complete is counted: delays up to ``longest``, weeks in which all of them could be seen.

    Raises CannotForecast (``history_too_short``) where not even one week is left.
    """
    delay = reported - occurred
    keep = (delay >= 0) & (delay <= longest) & (occurred <= as_of - longest)
    weeks = (as_of - longest - int(occurred.min()) + 1) // 7 if len(occurred) else 0
    if weeks < 1:
        raise CannotForecast(
            "history_too_short",
            f"No week is old enough for delays of {longest} days to be complete. Wait, or choose a shorter delay.",
        )
    back = (as_of - longest - occurred[keep]) // 7
    inside = back < weeks
    rows = weeks - 1 - back[inside]
    flat = np.bincount(rows * (longest + 1) + delay[keep][inside], minlength=weeks * (longest + 1))
    return flat.reshape(weeks, longest + 1).astype(np.float64)
