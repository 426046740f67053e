"""Rounds of drift checks, and the fallbacks that followed from them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from forecasting.core.fallback import Ending, ending
from forecasting.models import Batch, DriftRun, Fallback, FallbackEnd, ForecastRun
from forecasting.selectors.runs import recipe_in_force, run_manifest
from governance import clock
from governance.artifacts import read_artifact
from governance.selectors import policy_in_force

if TYPE_CHECKING:
    from governance.models import Jurisdiction


def drift_runs(jurisdiction: Jurisdiction, category: str = "") -> QuerySet[DriftRun]:
    """Return every round of checks, of one category if named, the newest first."""
    rows = DriftRun.objects.filter(jurisdiction=jurisdiction).select_related("jurisdiction")
    return (rows.filter(category=category) if category else rows).order_by("-id")


def latest_drift_runs(jurisdiction: Jurisdiction) -> list[DriftRun]:
    """Return the newest round of every category, in the order of their names."""
    return list(drift_runs(jurisdiction).order_by("category", "-id").distinct("category"))


def drift_run_numbered(number: int) -> DriftRun | None:
    """Return one round of checks."""
    return DriftRun.objects.select_related("jurisdiction").filter(pk=number).first()


def checks_of(run: DriftRun) -> dict[str, Any]:
    """Return everything a round of checks sealed."""
    body: dict[str, Any] = json.loads(read_artifact(run.digest))
    return body


def fallbacks_of(jurisdiction: Jurisdiction) -> QuerySet[Fallback]:
    """Return every fallback, the newest first, each with its end if it has one."""
    rows = Fallback.objects.filter(jurisdiction=jurisdiction).select_related("end", "recipe", "jurisdiction")
    return rows.order_by("-id")


def fallback_in_force(jurisdiction: Jurisdiction, category: str) -> Fallback | None:
    """Return the fallback of a category that has begun and not ended."""
    return fallbacks_of(jurisdiction).filter(category=category, end=None).first()


def end_of(fallback: Fallback) -> FallbackEnd | None:
    """Return how a fallback ended, if it has."""
    return FallbackEnd.objects.filter(fallback=fallback).first()


def reason_to_end(fallback: Fallback) -> Ending | None:
    """Return why a fallback ends now; None while policy, recipe and the newest round of checks keep it."""
    here = fallback.jurisdiction
    newest = drift_runs(here, fallback.category).first()
    recipe = recipe_in_force(here, fallback.category, clock.now(here))
    return ending(
        demanded=policy_in_force(here).terms.fallback_on_drift,
        still_due=newest is None or newest.fallback_due,
        same_recipe=recipe is None or recipe.pk == fallback.recipe_id,
    )


def round_asking_for_fallback(jurisdiction: Jurisdiction, category: str) -> DriftRun | None:
    """Return the newest round of checks where it asks for a fallback that the policy demands and nobody began."""
    newest = drift_runs(jurisdiction, category).first()
    if newest is None or not newest.fallback_due or Fallback.objects.filter(drift_run=newest).exists():
        return None
    demanded = policy_in_force(jurisdiction).terms.fallback_on_drift
    recipe = recipe_in_force(jurisdiction, category, clock.now(jurisdiction)) if demanded else None
    return newest if recipe is not None else None


def has_news(run: DriftRun) -> bool:
    """Whether a file came in after a round of checks."""
    return Batch.objects.filter(jurisdiction=run.jurisdiction_id, ingested_at__gt=run.recorded_at).exists()


def is_by_fallback(run: ForecastRun) -> bool:
    """Whether a forecast was made by counts because something had drifted."""
    return bool(run_manifest(run).get("fallback"))
