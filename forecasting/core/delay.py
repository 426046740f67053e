"""How long incidents take to be reported, and how many of the latest are still to come.

The latest days always look quiet: what happened on them is not all reported yet. The delay is learned from pairs
(occurred, reported), of which only those reported by ``as_of`` are known. Long delays of recent incidents are
therefore missing (right truncation), and a plain histogram is too short. Looking at delays from the longest
down puts that right (reverse-time hazard: Kalbfleisch & Lawless 1989; Lawless 1994, Canadian Journal
of Statistics 22:15; the same figures as the chain ladder's).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.limits import CannotForecast
from forecasting.core.scoring import Z_95, Estimate
from forecasting.core.wording import counted, incidents_of, percent

MIN_PAIRS = 100
"""Fewest incidents with both times that a delay may be learned from."""

MIN_FULL_DAYS = 28
"""Fewest days on which every delay up to the longest could have been seen."""

LEAST_COMPLETE = 0.1
"""An age at which less than this share is reported has no factor: it would multiply noise by more than ten."""

HARDLY_SCATTERED = 1.02
"""Below this, day-to-day scatter is left to chance."""

WINDOW_COMPLETE = 0.9
"""A window is scored once this share of its incidents is reported; the others make a new score."""

MOST_NEGATIVE = 0.01
"""More rows than this share reported before they occurred: the times are wrong, not early."""


@dataclass(frozen=True)
class ReportingDelay:
    """The delay of one category, in whole days, among incidents reported within ``longest`` days.

    ``complete[d]`` (shape ``(longest + 1,)``): share reported within ``d`` days, rising to 1; ``log_error[d]``:
    standard error of its logarithm; ``scatter``: how much day-to-day delays vary beyond chance (1 = chance);
    ``pairs``: incidents behind it; ``days``: days on which they occurred.
    """

    category: str
    longest: int
    complete: FloatArray
    log_error: FloatArray
    scatter: float
    pairs: int
    days: int

    def completeness(self, age: int) -> Estimate:
        """Share of a day's incidents that is reported ``age`` days later, with its 95 % interval, in (0, 1]."""
        at = min(max(age, 0), self.longest)
        share, half = float(self.complete[at]), Z_95 * float(self.log_error[at])
        return Estimate(share, share * float(np.exp(-half)), min(1.0, share * float(np.exp(half))))

    def factor(self, age: int) -> Estimate:
        """What a count of ``age`` days ago is multiplied by to allow for late reports: ``1 / completeness``.

        1 means complete. NaN where less than ``LEAST_COMPLETE`` is reported.
        """
        share = self.completeness(age)
        if share.value < LEAST_COMPLETE:
            return Estimate(float("nan"), float("nan"), float("nan"))
        return Estimate(1 / share.value, 1 / share.high, 1 / share.low)

    def quantile(self, share: float) -> int:
        """The number of days within which at least ``share`` of incidents are reported."""
        return int(np.searchsorted(self.complete, share - 1e-12))

    def window_wait(self, days: int, share: float = WINDOW_COMPLETE) -> int:
        """Whole days to wait after a window of ``days`` until at least ``share`` of its incidents are reported.

        The last day's incidents are then ``wait`` days old, the first day's ``wait + days - 1``; each day is taken
        to hold as many. At most ``longest``.
        """
        padded = np.append(self.complete, np.ones(days))
        by_wait = np.convolve(padded, np.ones(days) / days, mode="valid")[: self.longest + 1]
        return int(np.argmax(by_wait >= share - 1e-12))


def estimate_delay(
    occurred: IntArray, reported: IntArray, as_of: int, *, category: str, longest: int = 60
) -> ReportingDelay:
    """Learn the reporting delay of one category; days are whole numbers on one calendar.

    ``occurred`` and ``reported`` have shape ``(n,)``. ``as_of`` is the last day whose reports are all in; later
    reports are left out. Delays beyond ``longest`` are outside the estimate: "complete" means within it.
    With ``N(d)`` incidents of delay ``d`` and ``M(d)`` of delay up to ``d``, both among those that occurred by
    ``as_of - d``, the hazard is ``N / M`` and ``complete(d) = prod over j > d of (1 - N(j) / M(j))``. Errors are
    Greenwood's, widened by the day-to-day scatter (Pearson), as delays of one day's incidents hang together.

    Raises CannotForecast (``too_few_incidents``, ``history_too_short``, ``bad_input``).
    """
    kept, delay = _known_pairs(occurred, reported, as_of, longest, category)
    first = int(kept.min())
    _check(len(kept), as_of - longest - first + 1, category, longest)
    triangle = _triangle(kept - first, delay, as_of - first + 1, longest)
    events, at_risk = _at_risk(triangle)
    hazard = np.divide(
        events.sum(axis=0), at_risk.sum(axis=0), where=at_risk.sum(axis=0) > 0, out=np.zeros(longest + 1)
    )
    hazard[0] = 1.0
    scatter = _scatter(events[:, 1:], at_risk[:, 1:], hazard[1:])
    stays = np.maximum(1 - hazard[1:], 1e-12)
    complete = np.append(np.cumprod(stays[::-1])[::-1], 1.0)
    parts = hazard[1:] / (np.maximum(at_risk.sum(axis=0)[1:], 1) * stays)
    error = np.append(np.sqrt(scatter * np.cumsum(parts[::-1])[::-1]), 0.0)
    return ReportingDelay(category, longest, complete, error, scatter, len(kept), as_of - first + 1)


def _known_pairs(
    occurred: IntArray, reported: IntArray, as_of: int, longest: int, category: str
) -> tuple[IntArray, IntArray]:
    if len(occurred) != len(reported):
        raise CannotForecast("bad_input", "Each incident needs a day it occurred and a day it was reported.")
    delay = reported - occurred
    early = int((delay < 0).sum())
    if early > MOST_NEGATIVE * len(delay):
        raise CannotForecast(
            "bad_input",
            f"{early:,} of {len(delay):,} {incidents_of(category)} were reported before they occurred. Check the "
            "columns and time zones of the two times in the city's profile.",
        )
    keep = (delay >= 0) & (delay <= longest) & (reported <= as_of)
    if not keep.any():
        _check(0, 0, category, longest)
    return occurred[keep].astype(np.int64), delay[keep].astype(np.int64)


def _check(pairs: int, full_days: int, category: str, longest: int) -> None:
    if pairs < MIN_PAIRS:
        raise CannotForecast(
            "too_few_incidents",
            f"{pairs} {incidents_of(category, pairs)} have both times within {longest} days of each other; at least "
            f"{MIN_PAIRS} are needed to learn how late reports come. Use a longer history or a broader category.",
        )
    if full_days < MIN_FULL_DAYS:
        raise CannotForecast(
            "history_too_short",
            f"Delays of up to {longest} days could be seen in full on {max(full_days, 0)} days; at least "
            f"{MIN_FULL_DAYS} are needed. Use a longer history or a shorter longest delay.",
        )


def _triangle(day: IntArray, delay: IntArray, days: int, longest: int) -> FloatArray:
    """Incidents by day and delay, NaN where not yet to be seen, shape ``(days, longest + 1)``."""
    flat = np.bincount(day * (longest + 1) + delay, minlength=days * (longest + 1)).astype(np.float64)
    table = flat.reshape(days, longest + 1)
    unseen = np.arange(days)[:, None] + np.arange(longest + 1) > days - 1
    table[unseen] = np.nan
    return table


def _at_risk(triangle: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Incidents of each day with just this delay and with up to this delay; 0 where not yet to be seen."""
    seen = ~np.isnan(triangle)
    events = np.where(seen, triangle, 0.0)
    return events, np.where(seen, np.cumsum(events, axis=1), 0.0)


def _scatter(events: FloatArray, at_risk: FloatArray, hazard: FloatArray) -> float:
    """Pearson's mean square of the day-by-day events around the hazard, at least 1."""
    variance = at_risk * hazard * (1 - hazard)
    used = variance > 0
    square = ((events - at_risk * hazard)[used] ** 2 / variance[used]).sum()
    freedom = int(used.sum()) - int((hazard > 0).sum())
    return max(1.0, float(square / freedom)) if freedom > 0 else 1.0


@dataclass(frozen=True)
class Nowcast:
    """Incidents of recent days once all are reported: per day (shape ``(days,)``) and in total, 95 % intervals.

    Where an age has no factor, the day's values are NaN and the total leaves the day out (``left_out`` days).
    """

    expected: FloatArray
    low: FloatArray
    high: FloatArray
    total: Estimate
    counted: int
    left_out: int


def nowcast(
    counts: IntArray, ages: IntArray, delay: ReportingDelay, rng: np.random.Generator, draws: int = 4000
) -> Nowcast:
    """Allow for late reports in the counts of recent days; ``counts`` and their ``ages`` in days: shape ``(k,)``.

    Given ``n`` reported of share ``F``, those to come are negative binomial with ``n + 1/2`` and ``F`` (a
    Poisson count under Jeffreys' prior); ``F`` is drawn around its estimate, the same deviation on all days, and
    then by a beta distribution for each day where delays scatter beyond chance.
    """
    at = np.clip(ages, 0, delay.longest)
    share, error = delay.complete[at], delay.log_error[at]
    usable = share >= LEAST_COMPLETE
    drawn = np.clip(share * np.exp(rng.standard_normal((draws, 1)) * error), LEAST_COMPLETE / 2, 1.0)
    late = np.zeros((draws, len(counts)))
    open_still = (drawn < 1) & usable
    sizes = np.broadcast_to(counts + 0.5, drawn.shape)[open_still]
    own = _own_shares(drawn[open_still], sizes, delay.scatter, rng)
    late[open_still] = rng.negative_binomial(sizes, own)
    low, high = np.quantile(counts + late, (0.025, 0.975), axis=0)
    total = (counts + late)[:, usable].sum(axis=1)
    expected = np.where(usable, counts / share, np.nan)
    lowest, highest = np.quantile(total, (0.025, 0.975))
    return Nowcast(
        expected=expected,
        low=np.where(usable, low, np.nan),
        high=np.where(usable, high, np.nan),
        total=Estimate(float(np.nansum(expected)), float(lowest), float(highest)),
        counted=int(counts[usable].sum()),
        left_out=int((~usable).sum()),
    )


def _own_shares(share: FloatArray, sizes: FloatArray, scatter: float, rng: np.random.Generator) -> FloatArray:
    """Shares of single days around ``share``, so that reported counts vary ``scatter`` times as much as by chance."""
    if scatter < HARDLY_SCATTERED:
        return share
    precision = np.maximum((sizes / share - 1) / (scatter - 1) - 1, 1.0)
    return np.clip(rng.beta(share * precision, (1 - share) * precision), LEAST_COMPLETE / 10, 1.0)


def delay_sentence(delay: ReportingDelay) -> str:
    """Say how fast reports come, how many are still to come after a week, from how many incidents that is known."""
    half, most, week = delay.quantile(0.5), delay.quantile(0.95), delay.factor(7)
    told = (
        f"Half of {incidents_of(delay.category)} are reported within {counted(half, 'day', 'days')}, 95 of 100 within "
        f"{counted(most, 'day', 'days')}. A week later {percent(delay.completeness(7).value)} % are in"
    )
    use = (
        f", so a week-old count is multiplied by {week.value:.2f} [{week.low:.2f}–{week.high:.2f}]. "
        if np.isfinite(week.value)
        else ", too few to judge a week-old count by. "
    )
    known = (
        f"Known from {delay.pairs:,} incidents reported within {delay.longest} days; later reports are not "
        "counted on."
    )
    return told + use + known
