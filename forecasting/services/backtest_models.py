"""Backtest models on past windows, beside the baseline; the record keeps that somebody looked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from forecasting.core.backtest import Forecaster, Progress, backtest_figures, run_backtest
from forecasting.core.features import Surfaces
from forecasting.core.fingerprint import digest
from forecasting.core.incidents import FloatArray
from forecasting.core.intervals import Dispersion
from forecasting.core.layers import Layer
from forecasting.core.limits import as_refusal
from forecasting.core.manifest import canonical_bytes, seed_for
from forecasting.core.recipe import BASELINE, Recipe, categories_read, check_features, standard_recipe
from forecasting.core.risk_terrain_model import RISK_TERRAIN, terrain_forecast
from forecasting.core.taxonomy import check_may_forecast
from forecasting.core.training import City
from forecasting.core.windows import Window, rolling_windows
from forecasting.selectors.extracts import known_incidents
from forecasting.selectors.geography import city_of
from forecasting.selectors.layers import layer_names, layers_known
from forecasting.selectors.profiles import reporting_delay
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check
from governance.selectors import policy_in_force

if TYPE_CHECKING:
    from governance.models import Jurisdiction, User


@transaction.atomic
def backtest_models(
    *,
    jurisdiction: Jurisdiction,
    category: str,
    first: datetime,
    windows: int,
    horizon_days: int,
    cell_metres: float,
    models: Sequence[str],
    progress: Progress,
    by: User,
) -> dict[str, Any]:
    """Score models on ``windows`` adjoining windows of ``horizon_days`` local days from ``first``.

    At each origin a model sees the incidents over by then, less the typical reporting delay, in their present
    state of correction. The baseline (all-history counts) always runs along. Returns pooled figures with
    intervals, fit for JSON. Raises Refused(NOT_PERMITTED | NOT_FOUND | OUTSIDE_POLICY | TOO_EARLY |
    TOO_LITTLE_DATA | TOO_LARGE | BAD_INPUT).
    """
    role = check(by, Permission.SEE_FORECASTS, jurisdiction)
    moment, delay = clock.now(jurisdiction), reporting_delay(jurisdiction)
    in_force = policy_in_force(jurisdiction)
    policy = in_force.terms
    check_may_forecast(category, policy.allowed_categories)
    if windows < 1 or horizon_days < 1:
        raise Refused(Reason.BAD_INPUT, "A backtest needs at least one window of at least one day.")
    spans = rolling_windows(int(first.timestamp()), horizon_days, windows, jurisdiction.timezone)
    _check_end(jurisdiction, spans[-1].end, moment.timestamp() - delay.total_seconds())
    city = city_of(jurisdiction, cell_metres, policy.shifts)
    with as_refusal():
        recipes = {
            model: standard_recipe(
                model,
                (category,),
                related=policy.allowed_categories,
                cell_metres=cell_metres,
                horizon_days=horizon_days,
                reporting_delay_days=delay.total_seconds() / 86_400,
            )
            for model in dict.fromkeys((*models, BASELINE))
            if model != RISK_TERRAIN
        }
        for each in recipes.values():
            check_features(each.to_dict(), policy.prohibited_features)
        seed = seed_for(jurisdiction.slug, category, "backtest", str(spans[0].start))
        read = set().union(*(categories_read(recipe, category) for recipe in recipes.values()))
        incidents = known_incidents(jurisdiction, read, moment)
        others = _without_recipe(jurisdiction, city, recipes[BASELINE], policy.prohibited_features, seed)
        others = {name: each for name, each in others.items() if name in models}
        made = run_backtest(
            incidents, city, category, recipes, spans, seed=seed, progress=progress, others=others
        )
    figures = {
        "jurisdiction": jurisdiction.slug,
        "category": category,
        "first": first.isoformat(),
        "windows": windows,
        "horizon_days": horizon_days,
        "cell_metres": cell_metres,
        "cells": len(city.grid),
        "baseline": BASELINE,
        "models": backtest_figures(made),
    }
    record(
        action="backtest.run",
        subject_kind="backtest",
        subject=digest(canonical_bytes(figures)),
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=in_force.version,
        detail={
            "category": category,
            "windows": windows,
            "horizon_days": horizon_days,
            "models": len(recipes) + len(others),
        },
    )
    return figures


def _without_recipe(
    jurisdiction: Jurisdiction, city: City, recipe: Recipe, prohibited: Sequence[str], seed: int
) -> dict[str, Forecaster]:
    """Return the models that are no recipe: the risk terrain, over the layers that the policy does not prohibit."""

    def layers_at(moment: int) -> dict[str, Layer]:
        known = datetime.fromtimestamp(moment, UTC)
        return layers_known(jurisdiction, known, layer_names(jurisdiction, known, prohibited))

    def terrain(surfaces: Surfaces, window: Window) -> tuple[FloatArray, Dispersion]:
        made = terrain_forecast(surfaces, city, recipe, window, layers_at, seed=seed)
        return made.expected, made.dispersion

    return {RISK_TERRAIN: terrain}


def _check_end(jurisdiction: Jurisdiction, end: int, known_until: float) -> None:
    if end > known_until:
        days = -(-(end - known_until) // 86_400)
        raise Refused(
            Reason.TOO_EARLY,
            f"The last window ends {days:.0f} days after what is known in {jurisdiction.name} by now. Start earlier "
            "(--from) or take fewer windows (--windows).",
        )
