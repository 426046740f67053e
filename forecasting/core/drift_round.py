"""One round of drift checks of one category: all checks that the data allow, and whether counts are to take over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from scipy import stats

from forecasting.core.drift import (
    CheckName,
    DriftCheck,
    Fallback,
    FallbackPolicy,
    calibration_check,
    fallback_due,
    skill_check,
    total_check,
)
from forecasting.core.drift_inputs import (
    delays_by_week,
    geocoding_check,
    reporting_delay_check,
    share_checks,
)
from forecasting.core.fingerprint import round_significant
from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.limits import CannotForecast
from forecasting.core.local_days import daily_counts
from forecasting.core.snap_points import snap_point_check

WEEKS, RECENT = 52, 4
"""Weeks of incidents that are looked at, and how many of them are judged."""

LONGEST_DELAY = 28
"""Reports later than this many days are left out of the check of delays."""


@dataclass(frozen=True)
class Scored:
    """Scored windows, oldest first, shape ``(windows,)`` each.

    ``observed`` and ``expected`` totals of all of them with the ``low`` and ``high`` ends of their intervals, whose
    nominal probability is ``level`` (0 to 1, as each recipe says); ``deviance`` and ``reference`` (of counting past
    reports) of those that the recipe in force forecast, shapes ``(own,)``.
    """

    observed: IntArray
    expected: FloatArray
    low: FloatArray
    high: FloatArray
    level: FloatArray
    deviance: FloatArray
    reference: FloatArray

    @property
    def dispersion(self) -> float:
        """Variance of a total beyond Poisson, as ``variance = m + dispersion x m**2``, read off the intervals."""
        if not len(self.expected):
            return 0.0
        reach = stats.norm.ppf((1 + self.level) / 2)
        variance = ((self.high - self.low) / (2 * reach)) ** 2
        return float(np.maximum((variance - self.expected) / self.expected**2, 0.0).mean())


@dataclass(frozen=True)
class Reports:
    """The incidents known of about a year, shape ``(n,)`` each, and the weeks they are counted in.

    ``x``, ``y``: tenths of a CRS unit; ``occurred``, ``reported``: local days since 1970; ``area``: index of the area
    in ``areas``, -1 for none. ``unplaced``: local days of incidents without a point, None where that is not known.
    ``last``: the last whole day. ``has_reported``: whether the export says when an incident was reported.
    """

    x: IntArray
    y: IntArray
    occurred: IntArray
    reported: IntArray
    area: IntArray
    areas: Sequence[str]
    unplaced: IntArray | None
    last: int
    has_reported: bool = True

    @property
    def first(self) -> int:
        """The first day of the first week."""
        return self.last - 7 * WEEKS + 1

    def weeks(self, days: IntArray) -> IntArray:
        """Count days by week, oldest first, shape ``(weeks,)``; weeks before the first incident are left out."""
        counts = daily_counts(days, self.first, self.last).reshape(WEEKS, 7).sum(axis=1)
        return np.asarray(counts[self.begun :], dtype=np.int64)

    @property
    def begun(self) -> int:
        """The first week whose Monday to Sunday may hold incidents: that of the first one known."""
        inside = self.occurred[(self.occurred >= self.first) & (self.occurred <= self.last)]
        return int(inside.min() - self.first) // 7 if len(inside) else 0


@dataclass(frozen=True)
class Unjudged:
    """A check that could not be made, and why."""

    name: str
    sentence: str


@dataclass(frozen=True)
class DriftRound:
    """All checks of one category up to the local day ``until``."""

    until: date
    checks: tuple[DriftCheck, ...]
    unjudged: tuple[Unjudged, ...]
    fallback: Fallback

    @property
    def breached(self) -> tuple[CheckName, ...]:
        """The names of the checks that are breached."""
        return tuple(check.name for check in self.checks if check.breached)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, fit for canonical JSON; figures carry six significant digits."""
        return {
            "until": self.until.isoformat(),
            "checks": [
                {name: _plain(value) for name, value in asdict(check).items()} for check in self.checks
            ],
            "unjudged": [asdict(each) for each in self.unjudged],
            "fallback": {
                "due": self.fallback.due,
                "because": list(self.fallback.because),
                "sentence": self.fallback.sentence,
            },
        }


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return float(round_significant(np.array(value))) if np.isfinite(value) else None
    return value


def check_all(
    reports: Reports,
    scored: Scored,
    until: date,
    rng: np.random.Generator,
    policy: FallbackPolicy | None = None,
) -> DriftRound:
    """Make every check that the data allow; one that they do not allow says why instead."""
    tries: tuple[tuple[str, Callable[[], tuple[DriftCheck, ...]]], ...] = (
        ("skill", lambda: (skill_check(scored.deviance, scored.reference),)),
        (
            "calibration",
            lambda: (calibration_check(scored.observed, scored.expected, scored.dispersion, rng),),
        ),
        ("total", lambda: (total_check(scored.observed, scored.expected, scored.dispersion, rng),)),
        ("shares", lambda: share_checks(_by_area(reports), reports.areas, RECENT, rng)),
        ("geocoding", lambda: (_geocoding(reports, rng),)),
        ("reporting_delay", lambda: (_delay(reports, rng),)),
        ("snap_points", lambda: (_snaps(reports),)),
    )
    checks: list[DriftCheck] = []
    unjudged: list[Unjudged] = []
    for name, make in tries:
        try:
            checks.extend(make())
        except CannotForecast as problem:
            unjudged.append(Unjudged(name, problem.message))
    return DriftRound(until, tuple(checks), tuple(unjudged), fallback_due(checks, policy or FallbackPolicy()))


def _inside(reports: Reports) -> tuple[Any, IntArray]:
    """Which incidents lie in the weeks looked at, and the week of each of those, from 0."""
    inside = (reports.occurred >= reports.first) & (reports.occurred <= reports.last)
    return inside, (reports.occurred[inside] - reports.first) // 7 - reports.begun


def _by_area(reports: Reports) -> FloatArray:
    inside, week = _inside(reports)
    area, count = reports.area[inside], len(reports.areas)
    if count < 2:
        raise CannotForecast("bad_input", "Shares need at least two areas. Import districts first.")
    known = area >= 0
    flat = np.bincount(week[known] * count + area[known], minlength=(WEEKS - reports.begun) * count)
    return flat.reshape(-1, count).astype(np.float64)


def _geocoding(reports: Reports, rng: np.random.Generator) -> DriftCheck:
    if reports.unplaced is None:
        raise CannotForecast(
            "bad_input",
            "The profile keeps neither date nor category of a refused row, so nobody can say when incidents without a "
            "place happened. Name these columns under kept_in_refusals.",
        )
    return geocoding_check(reports.weeks(reports.occurred), reports.weeks(reports.unplaced), RECENT, rng)


def _delay(reports: Reports, rng: np.random.Generator) -> DriftCheck:
    if not reports.has_reported:
        raise CannotForecast(
            "bad_input",
            "The export does not say when an incident was reported, so its delay cannot be watched. Name the column "
            "under [time.reported] of the profile if there is one.",
        )
    table = delays_by_week(reports.occurred, reports.reported, reports.last, LONGEST_DELAY)
    return reporting_delay_check(table[-WEEKS:], RECENT, rng)


def _snaps(reports: Reports) -> DriftCheck:
    inside, week = _inside(reports)
    return snap_point_check(reports.x[inside], reports.y[inside], week, RECENT)
