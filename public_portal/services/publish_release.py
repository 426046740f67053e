"""Release what may be public about one closed window: treated once, on the way in."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import rfc8785
from django.db import transaction

from forecasting.core.score_words import hits_sentence, pool_hits
from forecasting.core.scorecard import public_figures
from forecasting.core.wording import incidents_of
from forecasting.selectors.drift import is_by_fallback
from forecasting.selectors.scores import scorecards_of
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check
from governance.redress import complaint_figures
from governance.selectors import policy_in_force
from public_portal.core.area_table import area_table, shares_of
from public_portal.core.complaint_table import complaint_table
from public_portal.core.privacy import RULE
from public_portal.models import PublishedTable, Release
from public_portal.selectors.released import shown_totals
from public_portal.sources import (
    ClosedWindow,
    area_figures,
    audit_report,
    closed_windows,
    decision,
    outcome_of,
)

if TYPE_CHECKING:
    from datetime import datetime

    from forecasting.models import ForecastRun, Scorecard
    from governance.models import Jurisdiction, User
    from governance.selectors import PolicyInForce

Kind = PublishedTable.Kind
Table = tuple[Kind, str, dict[str, Any]]


@transaction.atomic
def publish_release(*, jurisdiction: Jurisdiction, window_start: datetime, by: User) -> Release:
    """Copy the window's figures into the portal's tables, after coarsening, delay and suppression.

    One release a window: asked again, the one there is is returned. Raises Refused(NOT_PERMITTED | TOO_EARLY).
    """
    role = check(by, Permission.PUBLISH, jurisdiction)
    known = Release.objects.filter(jurisdiction=jurisdiction, window_start=window_start).first()
    if known is not None:
        return known
    moment = clock.now(jurisdiction)
    policy = policy_in_force(jurisdiction)
    window = _closed(jurisdiction, window_start, moment, policy)
    tables = _tables(jurisdiction, window, policy)
    digests = [hashlib.sha256(rfc8785.dumps(body)).hexdigest() for _, _, body in tables]
    digest = hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()
    entry = record(
        action="release.published",
        subject_kind="release",
        subject=digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=policy.version,
        detail={"tables": len(tables), "rule": RULE, "suppress_below": policy.terms.suppress_below},
    )
    release = Release.objects.create(
        jurisdiction=jurisdiction,
        window_start=window.start,
        window_end=window.end,
        rule=RULE,
        suppress_below=policy.terms.suppress_below,
        policy_version=policy.version,
        digest=digest,
        released_at=moment,
        ledger_index=entry.index,
    )
    PublishedTable.objects.bulk_create(
        PublishedTable(release=release, kind=kind, category=category, body=body, digest=each)
        for (kind, category, body), each in zip(tables, digests, strict=True)
    )
    return release


def _closed(
    jurisdiction: Jurisdiction, window_start: datetime, moment: datetime, policy: PolicyInForce
) -> ClosedWindow:
    delay = timedelta(hours=policy.terms.publication_delay_hours)
    for window in closed_windows(jurisdiction, moment, delay):
        if window.start == window_start:
            return window
    raise Refused(
        Reason.TOO_EARLY,
        f"Nothing about the window from {window_start:%d %B %Y %H:%M} UTC may be public yet: it must be over for "
        f"{policy.terms.publication_delay_hours} hours and every forecast of it scored.",
    )


def _tables(jurisdiction: Jurisdiction, window: ClosedWindow, policy: PolicyInForce) -> list[Table]:
    decisions = [decision(plan) for plan in window.plans]
    subjects = [run.digest for run, _ in window.runs] + [plan.digest for plan in window.plans]
    audits = [report for digest in subjects if (report := audit_report(digest)) is not None]
    tables: list[Table] = [(Kind.SUMMARY, "", _summary(window, policy, decisions))]
    for run, card in window.runs:
        areas = _areas(run, card, policy)
        shown = areas["observed"] is not None
        tables.append((Kind.AREAS, run.category, areas))
        tables.append((Kind.SCORES, run.category, _scores(jurisdiction, run, card, total_shown=shown)))
    tables.append((Kind.AUDITS, "", {"audits": audits}))
    tables.append((Kind.DECISIONS, "", {"plans": decisions, "outcome": _outcome(window, policy)}))
    tables.append((Kind.COMPLAINTS, "", _complaints(jurisdiction, policy)))
    return tables


def _complaints(jurisdiction: Jurisdiction, policy: PolicyInForce) -> dict[str, Any]:
    """All complaints so far, as they stand at the release."""
    return {
        "at": clock.now(jurisdiction).isoformat(timespec="minutes"),
        "deadline_days": policy.terms.complaint_days,
        "rule": RULE,
        "suppress_below": policy.terms.suppress_below,
        **complaint_table(complaint_figures(jurisdiction), policy.terms.suppress_below),
    }


def _summary(window: ClosedWindow, policy: PolicyInForce, decisions: list[dict[str, Any]]) -> dict[str, Any]:
    states = [each["state"] for each in decisions]
    return {
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "categories": [run.category for run, _ in window.runs],
        "incidents": {run.category: incidents_of(run.category) for run, _ in window.runs},
        "plan_categories": list(policy.terms.plan_categories),
        "police_discovered": [run.category for run, _ in window.runs if run.police_discovered],
        "plans": {state: states.count(state) for state in sorted(set(states))},
        "edited": sum(each["revision"] > 1 for each in decisions),
        "policy": {
            "version": policy.version,
            "digest": policy.digest,
            "flag_share": policy.terms.flag_share,
            "disparity_ratio_max": policy.terms.disparity_ratio_max,
            "minimum_residents": policy.terms.minimum_residents,
            "publication_delay_hours": policy.terms.publication_delay_hours,
            "suppress_below": policy.terms.suppress_below,
        },
    }


def _areas(run: ForecastRun, card: Scorecard, policy: PolicyInForce) -> dict[str, Any]:
    return {
        "category": run.category,
        "incidents": incidents_of(run.category),
        "rule": RULE,
        "suppress_below": policy.terms.suppress_below,
        "expected": round(run.total, 1),
        "low": round(run.total_low),
        "high": round(run.total_high),
        "baseline": round(run.baseline_total, 1),
        **area_table(area_figures(run, card), policy.terms.suppress_below),
    }


def _scores(
    jurisdiction: Jurisdiction, run: ForecastRun, card: Scorecard, *, total_shown: bool
) -> dict[str, Any]:
    """Figures of one window, and of all windows up to it.

    A window whose total is hidden counts in neither: its score would tell the total, and so would the
    difference of two sums.
    """
    counted = shown_totals(jurisdiction, run.category, run.window_start) | (
        {run.window_start} if total_shown else set()
    )
    so_far = [each for each in scorecards_of(jurisdiction, run.category) if each.run.window_start in counted]
    pooled = pool_hits(each.figures for each in so_far)
    words = incidents_of(run.category)
    return {
        "category": run.category,
        "incidents": words,
        "standing": card.standing,
        "figures": public_figures(card.figures) if total_shown else None,
        "pooled": {
            "windows": pooled.windows,
            "n": pooled.n,
            "total": pooled.total,
            "baseline_n": pooled.baseline_n,
            "area_share": pooled.area_share,
            "sentence": hits_sentence(pooled, words),
        }
        if pooled.total
        else None,
        "run": run.digest,
        "recipe": run.recipe.digest,
        **({"by_counts": True} if is_by_fallback(run) else {}),
        "extract": run.extract.digest,
        "forecast_entry": run.ledger_index,
        "score_entry": card.ledger_index,
    }


def _outcome(window: ClosedWindow, policy: PolicyInForce) -> dict[str, int | None] | None:
    found = outcome_of(window.plans)
    return None if found is None else shares_of(*found, policy.terms.suppress_below)
