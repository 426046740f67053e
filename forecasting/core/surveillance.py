"""Is today unusual for this series: EARS C1, C2, C3 and Wheeler's Poisson Z on any counted series.

Series are judged together, and told in sentences, in ``anomalies``.

Sources. EARS: Hutwagner, Thompson, Seeman & Treadwell 2003 (Journal of Urban Health 80, supplement 1), in the
closed form of Fricker, Hegler & Dunfee 2008 (Statistics in Medicine 27:3407), which agrees with the documentation of
`earsC` in the R package surveillance. From memory, not checked against the 2003 paper: the limits 3, 3 and 2 (`earsC`
uses 3.09, 3.09 and 1.96), and that the paper's C3 leaves out an earlier day that was itself an alarm; the closed form
does not. Poisson Z: Wheeler 2016 (Police Quarterly 19:3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from forecasting.core.incidents import BoolArray, FloatArray
from forecasting.core.intervals import NEARLY_POISSON
from forecasting.core.limits import CannotForecast

LIMITS = (3.0, 3.0, 2.0)
"""C1, C2 and C3 raise an alarm above these."""

Z_LIMIT = 3.0
"""|Z| above this is worth a look: about 3 in 1,000 quiet comparisons (Wheeler 2016 uses 3, or 4 for many areas)."""

LEAST_SPREAD = 0.5
"""A baseline of equal counts has no spread; then, and below this, this many incidents stand in for it.

The value that the documentation of `earsC` reports as Burkom's advice for sparse counts.
"""

MIN_DAYS = 28
"""Fewest days of a series behind a p-value: its own usual level and scatter are learned from them."""

QUIET_HISTORIES = 9_999
"""Simulated quiet histories behind a p-value of C1, C2 or C3."""


@dataclass(frozen=True)
class EarsRule:
    """``baseline`` days before the day tested; C2 and C3 leave ``lag`` days between the two; least spread."""

    baseline: int = 7
    lag: int = 2
    least_spread: float = LEAST_SPREAD

    @property
    def first_day(self) -> int:
        """The first day on which all three are defined, counted from 0."""
        return self.baseline + self.lag + 2


@dataclass(frozen=True)
class EarsScores:
    """C1, C2 and C3 of every day, each of the counts' shape, NaN where the baseline is not complete."""

    c1: FloatArray
    c2: FloatArray
    c3: FloatArray

    def alarms(self) -> tuple[BoolArray, BoolArray, BoolArray]:
        """Which days are above ``LIMITS``."""
        c1, c2, c3 = (
            np.asarray(np.nan_to_num(score, nan=-np.inf) > limit, dtype=np.bool_)
            for score, limit in zip((self.c1, self.c2, self.c3), LIMITS, strict=True)
        )
        return c1, c2, c3


STANDARD_RULE = EarsRule()


def ears(counts: FloatArray, rule: EarsRule = STANDARD_RULE) -> EarsScores:
    """Compute C1, C2 and C3 of daily counts, shape ``(..., days)``, the last axis in order of time.

    ``C1(t) = (x(t) - m) / s`` with ``m`` and ``s`` the mean and the standard deviation (over ``baseline - 1``) of
    days ``t - 7 .. t - 1``; ``C2(t)`` the same of days ``t - 9 .. t - 3``; ``C3(t) = max(0, C2(t) - 1) +
    max(0, C2(t - 1) - 1) + max(0, C2(t - 2) - 1)``. ``s`` is never below ``least_spread``.

    Raises CannotForecast (``history_too_short``, ``bad_input``).
    """
    check_counts(counts, rule.first_day + 1)
    c1, c2 = _standardised(counts, rule, 0), _standardised(counts, rule, rule.lag)
    above = np.maximum(c2 - 1, 0)
    c3 = np.full(counts.shape, np.nan)
    c3[..., 2:] = above[..., 2:] + above[..., 1:-1] + above[..., :-2]
    return EarsScores(c1, c2, c3)


def check_counts(counts: FloatArray, needed: int) -> None:
    """Raise CannotForecast unless counts are at least ``needed`` days long and whole, finite and not below 0."""
    if counts.shape[-1] < needed:
        raise CannotForecast(
            "history_too_short",
            f"A series needs at least {needed} days to be judged; got {counts.shape[-1]}. Bring in earlier days, "
            "with 0 where nothing was counted.",
        )
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise CannotForecast(
            "bad_input", "Counts are numbers from 0 up. Enter 0 for a day on which nothing was counted."
        )


def _standardised(counts: FloatArray, rule: EarsRule, lag: int) -> FloatArray:
    windows = np.lib.stride_tricks.sliding_window_view(counts, rule.baseline, axis=-1)
    behind = rule.baseline + lag
    before = windows[..., : counts.shape[-1] - behind, :]
    spread = np.maximum(before.std(axis=-1, ddof=1), rule.least_spread)
    score = np.full(counts.shape, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        score[..., behind:] = (counts[..., behind:] - before.mean(axis=-1)) / spread
    return score


def poisson_z(now: FloatArray, past: FloatArray) -> FloatArray:
    """``2 x (sqrt(now) - sqrt(past))``: counts of a period beside the usual count of such a period (Wheeler 2016).

    Shapes broadcast. 0 is no change; about standard normal when ``past`` is well known, whatever the level.
    """
    return np.asarray(2 * (np.sqrt(now) - np.sqrt(past)), dtype=np.float64)


def poisson_z_p_value(z: FloatArray, past_periods: int) -> FloatArray:
    """Two-sided p-value of ``poisson_z`` where ``past`` is the mean of ``past_periods`` counts.

    Each root of a Poisson count has variance about 1/4, so Z has variance ``1 + 1 / past_periods``.
    """
    return np.asarray(2 * stats.norm.sf(np.abs(z) / np.sqrt(1 + 1 / past_periods)), dtype=np.float64)


def ears_p_values(counts: FloatArray, rng: np.random.Generator, rule: EarsRule = STANDARD_RULE) -> FloatArray:
    """Return p-values of C1, C2 and C3 on the last day of each series, shape ``(series, 3)``.

    ``counts`` (shape ``(series, days)``). Each is the share of simulated quiet histories, negative binomial
    with the mean and scatter of the series' own earlier days, whose score is at least as high. Quiet means no
    trend, no season and no day of the week: where those are strong, give weekly counts.

    Raises CannotForecast (``history_too_short``, ``bad_input``).
    """
    check_counts(counts, MIN_DAYS)
    scores = ears(counts, rule)
    observed = np.stack([scores.c1[:, -1], scores.c2[:, -1], scores.c3[:, -1]], axis=1)
    return np.stack([_shares_above(row, counts[i, :-1], rng, rule) for i, row in enumerate(observed)])


def _shares_above(
    observed: FloatArray, history: FloatArray, rng: np.random.Generator, rule: EarsRule
) -> FloatArray:
    mean, spread = (float(each) for each in _usual(history))
    shape = (QUIET_HISTORIES, rule.first_day + 1)
    level = mean if spread < NEARLY_POISSON else mean * rng.gamma(1 / spread, spread, shape)
    quiet = ears(rng.poisson(level, shape).astype(np.float64), rule)
    null = np.stack([quiet.c1[:, -1], quiet.c2[:, -1], quiet.c3[:, -1]], axis=1)
    return np.asarray((1 + (null >= observed - 1e-9).sum(axis=0)) / (QUIET_HISTORIES + 1), dtype=np.float64)


def day_z(counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return Poisson Z of each series' last day beside the mean of all days before, and its p-value for a rise.

    ``counts`` (shape ``(series, days)``) -> two arrays of shape ``(series,)``. The p-value is not Z's normal one, which
    is too small where counts are few or scatter: it is the chance of at least that count under a negative
    binomial with the earlier days' mean and scatter, allowing for the mean being learned from them.

    Raises CannotForecast (``history_too_short``, ``bad_input``).
    """
    check_counts(counts, MIN_DAYS)
    history, now = counts[:, :-1], counts[:, -1]
    mean, spread = _usual(history)
    size = 1 / (spread + 1 / (history.shape[1] * mean))
    p = stats.nbinom.sf(now - 1, size, size / (size + mean))
    return poisson_z(now, history.mean(axis=1)), np.asarray(p, dtype=np.float64)


def _usual(history: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and scatter beyond Poisson (variance ``m + scatter x m**2``) along the last axis; half a count at least."""
    days = history.shape[-1]
    mean = np.maximum(history.mean(axis=-1), 1 / (2 * days))
    spread = np.maximum((history.var(axis=-1, ddof=1) - mean) / mean**2, 0.0)
    return np.asarray(mean, dtype=np.float64), np.asarray(spread, dtype=np.float64)
