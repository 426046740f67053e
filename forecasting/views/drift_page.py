"""What the page of drift says: every check of every category, and since when forecasts go by counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecasting.core.finding_words import probability
from forecasting.core.wording import counted, incidents_of, shortened
from forecasting.selectors.drift import checks_of, fallbacks_of, latest_drift_runs
from governance import clock
from governance.core.spoken import spoken_date, spoken_moment
from governance.selectors import policy_in_force

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecasting.models import DriftRun, Fallback
    from governance.models import Jurisdiction

NAMES = {
    "skill": "Skill against counts",
    "calibration": "Calibration",
    "total": "City total (CUSUM)",
    "shares": "Shares of districts",
    "shares_psi": "Shares, stability index",
    "geocoding": "Geocoding rate",
    "reporting_delay": "Reporting delay",
    "snap_points": "Snap points",
}
ENDED = {
    "clean": "a later round of checks was clean",
    "policy": "the policy leaves it to people",
    "recipe": "another recipe was adopted",
}
PAST = 20


@dataclass(frozen=True)
class Check:
    """One check as the table shows it."""

    name: str
    statistic: str
    threshold: str
    chance: str
    verdict: str
    breached: bool
    sentence: str
    remedy: str


@dataclass(frozen=True)
class Section:
    """One category: its newest round of checks, and whether forecasts go by counts."""

    run: DriftRun
    title: str
    lead: str
    checked: str
    checks: tuple[Check, ...]
    unjudged: tuple[tuple[str, str], ...]
    asks: str
    fallback: Fallback | None
    since: str
    digest: str


def drift_context(jurisdiction: Jurisdiction) -> dict[str, Any]:
    """Return everything the page of drift shows."""
    fallbacks = list(fallbacks_of(jurisdiction)[: PAST * 5])
    running = {each.category: each for each in fallbacks if not hasattr(each, "end")}
    sections = [_section(run, running.get(run.category)) for run in latest_drift_runs(jurisdiction)]
    sections.sort(key=lambda each: -len(each.run.breached))
    policy = policy_in_force(jurisdiction)
    return {
        "jurisdiction": jurisdiction,
        "sections": sections,
        "breached": [each for each in sections if each.run.breached],
        "demanded": policy.terms.fallback_on_drift,
        "policy": policy.version,
        "past": [_ended(each) for each in fallbacks if hasattr(each, "end")][:PAST],
    }


def _section(run: DriftRun, fallback: Fallback | None) -> Section:
    body, here, words = checks_of(run), run.jurisdiction, incidents_of(run.category)
    return Section(
        run=run,
        title=words.capitalize(),
        lead=_lead(len(run.breached), len(body["checks"])),
        checked=spoken_moment(clock.local(run.as_of, here)),
        checks=tuple(_check(each) for each in body["checks"]),
        unjudged=tuple(
            (NAMES.get(each["name"], each["name"]), each["sentence"]) for each in body["unjudged"]
        ),
        asks=body["fallback"]["sentence"] if body["fallback"]["due"] else "",
        fallback=fallback,
        since=spoken_date(clock.local(fallback.started_at, here)) if fallback else "",
        digest=shortened(run.digest),
    )


def _lead(breached: int, checks: int) -> str:
    if not checks:
        return "Nothing can be judged yet."
    if not breached:
        return f"{counted(checks, 'check', 'checks')} made, none breached.".capitalize()
    return f"{counted(breached, 'check', 'checks')} of {counted(checks, 'check', 'checks')} breached.".capitalize()


def _check(made: Mapping[str, Any]) -> Check:
    return Check(
        name=NAMES.get(made["name"], made["name"]),
        statistic=_figure(made["statistic"]),
        threshold=_figure(made["threshold"]),
        chance=probability(made["p_value"]) if made["p_value"] is not None else "–",
        verdict="Breached" if made["breached"] else "In order",
        breached=made["breached"],
        sentence=made["sentence"],
        remedy=made["remedy"],
    )


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:,.3g}".replace("-", "−")


def _ended(fallback: Fallback) -> dict[str, Any]:
    here = fallback.jurisdiction
    return {
        "category": incidents_of(fallback.category).capitalize(),
        "began": spoken_date(clock.local(fallback.started_at, here)),
        "ended": spoken_date(clock.local(fallback.end.ended_at, here)),
        "because": ENDED[fallback.end.because],
        "entries": (fallback.ledger_index, fallback.end.ledger_index),
    }
