"""Which counted series are unusual on their last day, with false discoveries controlled and a sentence for each.

A series is dates and counts, of an area, of a category, of a whole city, of frauds or footfall alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from forecasting.core.false_discovery import DEFAULT_LEVEL, benjamini_yekutieli, found
from forecasting.core.finding_words import NOT_A_CAUSE, figure, how_sure, plain_date
from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.limits import CannotForecast
from forecasting.core.surveillance import LIMITS, STANDARD_RULE, Z_LIMIT, EarsRule, day_z, ears, ears_p_values

TESTS = ("C1", "C2", "C3", "Z")
"""What each series is tested by, in this order."""


@dataclass(frozen=True)
class CountedSeries:
    """A series as people know it: what is counted ("frauds"), where ("Harbour"), its first day, one count a day.

    ``counts`` has shape ``(days,)``, whole numbers.
    """

    what: str
    where: str
    first: date
    counts: IntArray

    @property
    def last(self) -> date:
        """The last day counted."""
        return self.first + timedelta(days=len(self.counts) - 1)


@dataclass(frozen=True)
class Anomaly:
    """One series' last day: which test spoke, its score and limit, and its p-value, own and adjusted for all tests."""

    series: CountedSeries
    test: str
    score: float
    limit: float
    p_value: float
    adjusted: float
    sentence: str


def find_anomalies(
    series: Sequence[CountedSeries], rng: np.random.Generator, level: float = DEFAULT_LEVEL
) -> tuple[Anomaly, ...]:
    """Return which series are unusually high on their last day, the surest first.

    Every series is tested four times (C1, C2, C3, and Z of the last day); p-values of all of them are adjusted
    together, for any dependence (Benjamini & Yekutieli 2001). A series is reported once, by its surest test, and
    only if that test is also above its customary limit. Series must be equally long.

    Raises CannotForecast (``history_too_short``, ``bad_input``).
    """
    if len({len(each.counts) for each in series}) != 1:
        raise CannotForecast(
            "bad_input", "Series are judged together only where they cover the same number of days."
        )
    scores, p_values = _tested(np.stack([each.counts for each in series]).astype(np.float64), rng)
    kept = np.where(scores > np.array((*LIMITS, Z_LIMIT)), benjamini_yekutieli(p_values), np.nan)
    rows = np.flatnonzero(found(kept, level).any(axis=1))
    rows = rows[np.argsort(np.nanmin(kept[rows], axis=1), kind="stable")]
    return tuple(
        _anomaly(series[row], scores[row], p_values[row], kept[row], len(series)) for row in map(int, rows)
    )


def _tested(counts: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Scores and p-values of the last day, in the order of ``TESTS``, shape ``(series, 4)``.

    Where none of C1, C2, C3 is above its limit, nothing can be reported of them and their p-values are taken as 1: that
    makes the others' adjusted values larger, if anything, and spares nearly all simulations.
    """
    z, z_p = day_z(counts)
    made = ears(counts)
    scores = np.stack([made.c1[:, -1], made.c2[:, -1], made.c3[:, -1], z], axis=1)
    p_values = np.column_stack([np.ones((len(counts), 3)), z_p])
    alarmed = np.flatnonzero((scores[:, :3] > np.array(LIMITS)).any(axis=1))
    if len(alarmed):
        p_values[alarmed, :3] = ears_p_values(counts[alarmed], rng)
    return scores, p_values


def _anomaly(
    series: CountedSeries, scores: FloatArray, p_values: FloatArray, adjusted: FloatArray, looked: int
) -> Anomaly:
    best = int(np.nanargmin(adjusted))
    test, limit, sure = TESTS[best], (*LIMITS, Z_LIMIT)[best], float(adjusted[best])
    told = anomaly_sentence(series, test, sure, looked)
    return Anomaly(series, test, float(scores[best]), limit, float(p_values[best]), sure, told)


def anomaly_sentence(
    series: CountedSeries, test: str, adjusted: float, looked: int, rule: EarsRule = STANDARD_RULE
) -> str:
    """Say what was counted, where and when, what is usual, how sure that is, and what it does not mean.

    ``looked`` is how many series were judged together.
    """
    before, judged_by = _compared_with(series, test, rule)
    days = 3 if test == "C3" else 1
    seen = int(series.counts[-days:].sum())
    when = (
        f"in the three days up to {plain_date(series.last)}" if days == 3 else f"on {plain_date(series.last)}"
    )
    usual = figure(days * float(before.mean()))
    return (
        f"In {series.where}, {seen:,} {series.what} were counted {when}; about {usual} would be usual, judged by "
        f"{judged_by}. {how_sure(adjusted, looked)} {NOT_A_CAUSE}"
    )


def _compared_with(series: CountedSeries, test: str, rule: EarsRule) -> tuple[IntArray, str]:
    """The counts that say what is usual, and what they are called."""
    if test == "Z":
        return series.counts[:-1], f"the {len(series.counts) - 1} days before"
    lag = 0 if test == "C1" else rule.lag
    before = series.counts[-1 - lag - rule.baseline : -1 - lag]
    return before, f"the {rule.baseline} days before" + (f", less the last {lag}" if lag else "")


def z_sentence(*, what: str, where: str, now: float, past: float, periods: int, since: date, adjusted: float,
               looked: int) -> str:  # fmt: skip
    """Say how a period since ``since`` compares with the mean ``past`` of ``periods`` earlier ones, by Poisson Z."""
    change = "more than" if now > past else "fewer than" if now < past else "as many as"
    return (
        f"In {where}, {figure(now)} {what} were counted since {plain_date(since)}, {change} the usual {figure(past)} "
        f"of the {periods} periods before. {how_sure(adjusted, looked)} {NOT_A_CAUSE}"
    )
