"""Issue one category's forecast for one window, sealed before the window opens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from forecasting.core.gaps import LOOK_BACK, check_no_gap
from forecasting.core.grid import Grid
from forecasting.core.incidents import Incidents
from forecasting.core.limits import as_refusal
from forecasting.core.local_days import daily_counts, local_days
from forecasting.core.manifest import listed, seed_for
from forecasting.core.recipe import Recipe as RecipeBody
from forecasting.core.recipe import check_features, check_stage, layers_read, recipe_from_dict
from forecasting.core.sealing import Order, Sealed, seal
from forecasting.core.taxonomy import DISCOVERED_KINDS
from forecasting.core.windows import Window
from forecasting.models import Extract, ForecastRun, Recipe
from forecasting.selectors.drift import fallback_in_force
from forecasting.selectors.extracts import incidents_in
from forecasting.selectors.geography import city_of, geography_digest
from forecasting.selectors.layers import check_layers_allowed, layer_digests, layers_known
from forecasting.selectors.recipes import is_retired
from forecasting.selectors.reports import last_day_known
from forecasting.selectors.runs import run_for
from governance import clock
from governance.artifacts import store_artifact
from governance.core.holds import Subject
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.holds import check_not_held
from governance.ledger import record
from governance.permissions import check
from governance.selectors import PolicyInForce, digest_is_approved, policy_in_force

if TYPE_CHECKING:
    from governance.models import Jurisdiction, User

PARQUET = "application/vnd.apache.parquet"


@transaction.atomic
def issue_forecast(
    *,
    jurisdiction: Jurisdiction,
    recipe: Recipe,
    extract: Extract,
    category: str,
    window_start: datetime,
    window_end: datetime,
    by: User,
) -> ForecastRun:
    """Compute and seal the forecast of a window that has not opened yet, from an extract that is not newer.

    Issued again for the same jurisdiction, category and window, the run there is is returned and nothing is
    written. Times are aware; the jurisdiction's clock decides what is too late. Raises Refused(NOT_PERMITTED |
    OUTSIDE_POLICY | NOT_APPROVED | EXPIRED | TOO_LATE | BAD_INPUT | TOO_LITTLE_DATA | TOO_LARGE | ON_HOLD).
    """
    role = check(by, Permission.RUN_FORECASTS, jurisdiction)
    known = run_for(jurisdiction, category, window_start)
    if known is not None:
        return known
    moment, policy = clock.now(jurisdiction), policy_in_force(jurisdiction)
    _check_time(moment, window_start)
    _check_category(category, recipe, extract, policy)
    _check_recipe(jurisdiction, recipe, moment)
    _check_extract(jurisdiction, extract, moment)
    subject = Subject(frozenset({recipe.digest}), category=category)
    check_not_held(jurisdiction, subject)
    window = Window(int(window_start.timestamp()), int(window_end.timestamp()))
    made, grid = _compute(jurisdiction, recipe, extract, category, window, policy)
    sealed = store_artifact(made.manifest_data, "application/json", name=f"manifest of {category}")
    entry = record(
        action="forecast.issued",
        subject_kind="forecast",
        subject=sealed.digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=policy.version,
        detail={
            "category": category,
            "window_start": _minute(window_start),
            "window_end": _minute(window_end),
            **{name: str(made.manifest[name]) for name in ("extract", "cells", "shares")},
            "recipe": recipe.digest,
            **({"fallback": str(made.manifest["fallback"])} if "fallback" in made.manifest else {}),
        },
    )
    check_not_held(jurisdiction, subject)  # once more, with the log locked: computing took long
    _check_not_retired(recipe)
    return ForecastRun.objects.create(
        jurisdiction=jurisdiction,
        recipe=recipe,
        extract=extract,
        category=category,
        police_discovered=category in DISCOVERED_KINDS,
        as_of=extract.as_of,
        window_start=window_start,
        window_end=window_end,
        cell=grid.cell,
        origin_x=grid.origin_x,
        origin_y=grid.origin_y,
        digest=sealed.digest,
        cells_digest=store_artifact(made.cells_data, PARQUET, name=f"cells of {category}").digest,
        shares_digest=store_artifact(made.shares_data, PARQUET, name=f"shares of {category}").digest,
        manifest_digest=sealed.digest,
        base=made.forecast.base,
        total=made.forecast.total,
        total_low=made.manifest["total_low"],
        total_high=made.manifest["total_high"],
        baseline_total=float(made.forecast.baseline.sum()),
        seed=made.manifest["seed"],
        policy_version=policy.version,
        ledger_index=entry.index,
        issued_at=moment,
    )


def _compute(
    jurisdiction: Jurisdiction,
    recipe: Recipe,
    extract: Extract,
    category: str,
    window: Window,
    policy: PolicyInForce,
) -> tuple[Sealed, Grid]:
    body, by_counts = _recipe_to_use(jurisdiction, recipe, category, policy)
    check_features(
        body.to_dict(), policy.terms.prohibited_features
    )  # what stands in is bound like what was approved
    city = city_of(jurisdiction, body.cell_metres, policy.terms.shifts)
    # Context counts as known when incidents of the same moment would be.
    moment = extract.as_of - timedelta(days=body.reporting_delay_days)
    looked_at = layers_read(body)
    check_layers_allowed(jurisdiction, moment, looked_at, policy.terms.prohibited_features)
    order = Order(
        category,
        body,
        window,
        int(extract.as_of.timestamp()),
        policy.terms.flag_share * city.grid.total_area,
        seed_for(jurisdiction.slug, category, str(window.start)),
    )
    sources = {
        "jurisdiction": jurisdiction.slug,
        "category": category,
        "as_of": extract.as_of.isoformat(),
        "extract": extract.digest,
        "recipe_digest": recipe.digest,
        "geography": geography_digest(jurisdiction),
        "layers": layer_digests(jurisdiction, moment, looked_at),
        "policy_version": policy.version,
        **by_counts,
    }
    incidents = incidents_in(extract)
    with as_refusal():
        _check_whole(jurisdiction, incidents, extract, category)
        made = seal(order, incidents, city, layers_known(jurisdiction, moment, looked_at), sources)
    return made, city.grid


def _check_whole(
    jurisdiction: Jurisdiction, incidents: Mapping[str, Incidents], extract: Extract, category: str
) -> None:
    """Refuse, before any work is done, a category that vanished or a fresh gap in its data."""
    last = last_day_known(jurisdiction, extract.as_of)
    own = incidents.get(category)
    if own is not None and len(own):
        days = local_days(own.begins, jurisdiction.timezone)
        first = max(last - LOOK_BACK + 1, int(days.min()))
        if first <= last:
            check_no_gap(daily_counts(days, first, last), first, category)


def _recipe_to_use(
    jurisdiction: Jurisdiction, recipe: Recipe, category: str, policy: PolicyInForce
) -> tuple[RecipeBody, dict[str, str]]:
    """The approved recipe, or the one by counts while a fallback that the policy demands stands in for it."""
    fallback = fallback_in_force(jurisdiction, category)
    if fallback is None or fallback.recipe_id != recipe.pk or not policy.terms.fallback_on_drift:
        return recipe_from_dict(recipe.body), {}
    return recipe_from_dict(fallback.body), {"fallback": fallback.digest}


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def _check_time(moment: datetime, window_start: datetime) -> None:
    if moment > window_start:
        raise Refused(
            Reason.TOO_LATE,
            f"The window opened at {window_start:%d %B %Y %H:%M} UTC and it is {moment:%d %B %Y %H:%M}; a forecast "
            "must be sealed before. Issue the next window's, or look back with `manage.py backtest`.",
        )


def _check_category(category: str, recipe: Recipe, extract: Extract, policy: PolicyInForce) -> None:
    if category not in policy.terms.allowed_categories:
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"Policy {policy.version} does not allow forecasts of {listed([category])}; it allows "
            f"{listed(policy.terms.allowed_categories)}. Propose a policy that does, or choose one of these.",
        )
    check_stage(recipe.body)
    check_features(recipe.body, policy.terms.prohibited_features)
    if category not in recipe.body["categories"]:
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"The recipe “{recipe.name}” is approved for {listed(recipe.body['categories'])}, not for "
            f"{listed([category])}. Propose a recipe that covers it.",
        )
    read = {term.get("category") for term in recipe.body["terms"]} - {"", None}
    if foreign := sorted(read - set(policy.terms.allowed_categories)):
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"The recipe “{recipe.name}” looks at incidents of {listed(foreign)}, which policy {policy.version} does "
            "not allow in a forecast. Propose a recipe without them.",
        )
    if category not in extract.categories:
        raise Refused(
            Reason.BAD_INPUT,
            f"The extract {extract.digest[:12]}… holds {listed(extract.categories)}, not {listed([category])}. "
            "Seal one that does.",
        )


def _check_recipe(jurisdiction: Jurisdiction, recipe: Recipe, moment: datetime) -> None:
    if recipe.jurisdiction_id != jurisdiction.pk or not digest_is_approved(
        jurisdiction, "recipe", recipe.digest
    ):
        raise Refused(
            Reason.NOT_APPROVED,
            f"Nobody in {jurisdiction.name} approved the recipe {recipe.digest[:12]}…, so no forecast may use it.",
        )
    if recipe.valid_until <= moment:
        raise Refused(
            Reason.EXPIRED,
            f"The recipe “{recipe.name}” was approved until {recipe.valid_until:%d %B %Y}. Propose it again, or a "
            "better one.",
        )
    _check_not_retired(recipe)


def _check_not_retired(recipe: Recipe) -> None:
    if is_retired(recipe):
        raise Refused(
            Reason.NOT_APPROVED,
            f"The recipe “{recipe.name}” was retired, so no forecast may use it. Use another one, or propose a better "
            "one.",
        )


def _check_extract(jurisdiction: Jurisdiction, extract: Extract, moment: datetime) -> None:
    if extract.jurisdiction_id != jurisdiction.pk or extract.as_of > moment:
        raise Refused(
            Reason.BAD_INPUT,
            f"The extract {extract.digest[:12]}… belongs to another city or to a later moment than "
            f"{moment:%d %B %Y %H:%M} UTC. Seal one of {jurisdiction.name} as of now.",
        )
