"""Has the forecast or its data drifted: skill, calibration and totals over rolling windows, and what follows.

Each check gives a statistic, the threshold it was held against, a verdict, a sentence, and on a breach what to do. A
check on a stationary city breaches in about ``FALSE_ALARMS`` of runs. Checks on the data itself (shares of
areas, geocoding, reporting delay) are in ``drift_inputs``, snap points in ``snap_points``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from forecasting.core.finding_words import NOT_A_VERDICT, figure, probability
from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.intervals import NEARLY_POISSON
from forecasting.core.limits import CannotForecast
from forecasting.core.wording import counted

FALSE_ALARMS = 0.01
"""How often one check breaches although nothing changed."""

MIN_WINDOWS = 8
"""Fewest scored windows that drift of a forecast may be judged on."""

SLACK = 0.5
"""A CUSUM ignores deviations of this many standard deviations: it is tuned to shifts of twice that (Page 1954)."""

LIMIT_PATHS = 20_000
"""Simulated series behind the limit of a CUSUM."""

CheckName = Literal[
    "skill", "calibration", "total", "shares", "shares_psi", "geocoding", "reporting_delay", "snap_points"
]


@dataclass(frozen=True)
class DriftCheck:
    """One check: breached where ``statistic`` is beyond ``threshold`` (in the direction the sentence says).

    ``p_value``: how often a statistic this extreme arises without drift. ``remedy`` is empty where nothing is breached.
    """

    name: CheckName
    statistic: float
    threshold: float
    p_value: float
    breached: bool
    sentence: str
    remedy: str = ""


@dataclass(frozen=True)
class FallbackPolicy:
    """When a policy demands the forecast by counts: any of ``any_of`` breached, or ``together`` checks at all."""

    any_of: frozenset[CheckName] = frozenset({"skill", "total"})
    together: int = 3


@dataclass(frozen=True)
class Fallback:
    """Whether to fall back to counts, the breaches that demand it, and the sentence for the ledger and the page."""

    due: bool
    because: tuple[CheckName, ...]
    sentence: str


def rolling_skill(deviance: FloatArray, reference: FloatArray, width: int) -> FloatArray:
    """Return ``1 - D / D_reference`` of every run of ``width`` windows, shape ``(windows - width + 1,)``.

    Both arrays have shape ``(windows,)``, one Poisson deviance per window, oldest first. 0 is as good as the
    reference, 1 perfect, below 0 worse.
    """
    ours, theirs = (np.convolve(each, np.ones(width), "valid") for each in (deviance, reference))
    return np.asarray(1 - ours / theirs, dtype=np.float64)


def skill_check(deviance: FloatArray, reference: FloatArray, recent: int = MIN_WINDOWS) -> DriftCheck:
    """Ask whether the forecast is worse than its baseline over the last ``recent`` windows.

    ``deviance`` and ``reference`` have shape ``(windows,)``. The statistic is the skill of those windows, the
    threshold the skill above which a one-sided paired t-test over windows finds no difference.

    Raises CannotForecast (``history_too_short``).
    """
    _check_windows(min(len(deviance), recent))
    ours, theirs = deviance[-recent:], reference[-recent:]
    worse = ours - theirs
    error = float(worse.std(ddof=1)) / np.sqrt(recent)
    skill = float(1 - ours.sum() / theirs.sum())
    margin = float(stats.t.isf(FALSE_ALARMS, recent - 1)) * error
    p = float(stats.t.sf(worse.mean() / error, recent - 1)) if error > 0 else float(worse.mean() <= 0)
    breached = bool(worse.mean() > margin)
    before = rolling_skill(deviance, reference, recent)[0]
    how = "worse than" if breached else "better than" if skill > 0 else "not clearly worse than"
    return DriftCheck(
        "skill", skill, -margin * recent / float(theirs.sum()), p, breached,
        f"Over the last {counted(recent, 'window', 'windows')} the forecast was {how} counting past reports (skill "
        f"{skill:+.3f}, where 0 is equal; {before:+.3f} over the first {recent}; p {probability(p)}). {NOT_A_VERDICT}",
        "Use the forecast by counts until the model is refitted and a backtest beats them again." if breached else "",
    )  # fmt: skip


def _check_windows(windows: int) -> None:
    if windows < MIN_WINDOWS:
        raise CannotForecast(
            "history_too_short",
            f"Drift is judged on at least {MIN_WINDOWS} scored windows; there are {windows}. Wait until more are "
            "scored, or backtest the recipe over earlier ones.",
        )


def randomised_pit(
    observed: IntArray, expected: FloatArray, dispersion: float, rng: np.random.Generator
) -> FloatArray:
    """Return ``F(c - 1) + V (F(c) - F(c - 1))`` with ``V`` uniform, shape ``(n,)``: uniform if calibrated.

    ``F`` is negative binomial with mean ``expected`` and variance ``expected + dispersion x expected**2``
    (Czado, Gneiting & Held 2009).
    """
    if dispersion < NEARLY_POISSON:
        below, upto = stats.poisson.cdf(observed - 1, expected), stats.poisson.cdf(observed, expected)
    else:
        size = 1 / dispersion
        chance = size / (size + expected)
        below, upto = stats.nbinom.cdf(observed - 1, size, chance), stats.nbinom.cdf(observed, size, chance)
    return np.asarray(below + rng.random(len(observed)) * (upto - below), dtype=np.float64)


def calibration_check(
    observed: IntArray, expected: FloatArray, dispersion: float, rng: np.random.Generator
) -> DriftCheck:
    """Do the counts fall where their predictive distributions said? Kolmogorov-Smirnov test of the randomised PIT.

    Arrays have shape ``(n,)``: totals of windows, or of districts and windows. The statistic is the largest gap between
    the shares below a predicted quantile and that quantile, 0 to 1.

    Raises CannotForecast (``history_too_short``).
    """
    _check_windows(len(observed))
    pit = randomised_pit(observed, expected, dispersion, rng)
    gap, p = (float(each) for each in stats.kstest(pit, "uniform"))
    limit, inside = (
        float(stats.kstwo.isf(FALSE_ALARMS, len(pit))),
        float(((pit > 0.05) & (pit < 0.95)).mean()),
    )
    breached = gap > limit
    return DriftCheck(
        "calibration", gap, limit, p, breached,
        f"{inside:.0%} of {len(pit):,} totals fell inside their 90 % intervals; their places in the predicted "
        f"distributions are up to {gap:.2f} off ({limit:.2f} is allowed; p {probability(p)}). {NOT_A_VERDICT}",
        "Refit, so that level and scatter are learned again; until then read the intervals as too sure." if breached
        else "",
    )  # fmt: skip


def cusum(scores: FloatArray, slack: float = SLACK) -> tuple[FloatArray, FloatArray]:
    """Return the upward and downward CUSUM of standard scores, along the last axis, shapes of ``scores``.

    ``up(t) = max(0, up(t - 1) + z(t) - slack)``, ``down(t) = max(0, down(t - 1) - z(t) - slack)`` (Page 1954).
    """
    up, down = np.zeros(scores.shape), np.zeros(scores.shape)
    high, low = np.zeros(scores.shape[:-1]), np.zeros(scores.shape[:-1])
    for step in range(scores.shape[-1]):
        high = np.maximum(0, high + scores[..., step] - slack)
        low = np.maximum(0, low - scores[..., step] - slack)
        up[..., step], down[..., step] = high, low
    return up, down


def total_check(
    observed: IntArray, expected: FloatArray, dispersion: float, rng: np.random.Generator
) -> DriftCheck:
    """Has the city's total left its forecasts, a little in every window? CUSUM of the PIT's normal scores.

    Arrays have shape ``(windows,)``, oldest first; ``dispersion`` is that of totals. The limit is the height that
    ``FALSE_ALARMS`` of quiet series of this length reach, by simulation.

    Raises CannotForecast (``history_too_short``).
    """
    _check_windows(len(observed))
    pit = np.clip(randomised_pit(observed, expected, dispersion, rng), 1e-12, 1 - 1e-12)
    up, down = cusum(np.asarray(stats.norm.ppf(pit), dtype=np.float64))
    quiet = np.maximum(*cusum(rng.standard_normal((LIMIT_PATHS, len(observed))))).max(axis=1)
    height, limit = float(max(up.max(), down.max())), float(np.quantile(quiet, 1 - FALSE_ALARMS))
    p = float((1 + (quiet >= height).sum()) / (LIMIT_PATHS + 1))
    breached = height > limit
    way = "more" if up.max() >= down.max() else "fewer"
    first = _beginning(up if way == "more" else down)
    seen, said = float(observed[first:].sum()), float(expected[first:].sum())
    windows = counted(len(observed) - first, "window", "windows")
    told = (
        f"Since {windows} ago {way} incidents were recorded than forecast: {figure(seen)} against {figure(said)}"
        if breached
        else f"Recorded totals of {len(observed)} windows stay around their forecasts"
    )
    return DriftCheck(
        "total", height, limit, p, breached,
        f"{told} (CUSUM {height:.1f}, limit {limit:.1f}; p {probability(p)}). {NOT_A_VERDICT}",
        "Check that no export is missing or doubled and that reports are not late; then refit the city's level."
        if breached else "",
    )  # fmt: skip


def _beginning(path: FloatArray) -> int:
    """The window at which the climb to the CUSUM's peak began."""
    peak = int(path.argmax())
    zeros = np.flatnonzero(path[:peak] == 0)
    return int(zeros[-1]) + 1 if len(zeros) else 0


def fallback_due(checks: Iterable[DriftCheck], policy: FallbackPolicy) -> Fallback:
    """Say whether the policy demands the forecast by counts, given these checks."""
    breached = tuple(check.name for check in checks if check.breached)
    single = tuple(name for name in breached if name in policy.any_of)
    because = breached if len(breached) >= policy.together else single
    if not because:
        told = (
            f"{counted(len(breached), 'check is', 'checks are')} breached"
            if breached
            else "No check is breached"
        )
        return Fallback(due=False, because=(), sentence=f"{told}; the policy keeps the model.")
    named = ", ".join(name.replace("_", " ") for name in because)
    return Fallback(
        due=True,
        because=because,
        sentence=f"The policy demands the forecast by counts until these are put right: {named}.",
    )
