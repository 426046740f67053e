"""Compute a forecast for looking at: nothing is issued, nothing may be deployed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from forecasting.core.fingerprint import digest, table_bytes
from forecasting.core.limits import as_refusal
from forecasting.core.manifest import listed, seed_for
from forecasting.core.pipeline import Forecast, make_forecast
from forecasting.core.recipe import Recipe, categories_read, check_features, check_stage, standard_recipe
from forecasting.core.run_tables import Columns, cell_columns
from forecasting.core.taxonomy import check_may_forecast
from forecasting.core.training import City, surfaces_for
from forecasting.core.windows import Window, days_later
from forecasting.selectors.extracts import known_incidents
from forecasting.selectors.geography import city_of
from forecasting.selectors.profiles import reporting_delay
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check
from governance.selectors import policy_in_force

if TYPE_CHECKING:
    from governance.models import Jurisdiction, User


@dataclass(frozen=True)
class Exploration:
    """A forecast with what it was computed on; ``columns`` are those of a sealed run."""

    forecast: Forecast
    city: City
    recipe: Recipe
    columns: Columns
    digest: str


@transaction.atomic
def explore_forecast(
    *,
    jurisdiction: Jurisdiction,
    category: str,
    as_of: datetime,
    horizon_days: int,
    cell_metres: float,
    flag_square_metres: float | None,
    model: str,
    by: User,
) -> Exploration:
    """Forecast the ``horizon_days`` local days from ``as_of`` with what was known then.

    Flags ``flag_square_metres``, or the policy's share of the city. The record keeps that somebody looked, and
    the digest of what they saw. Raises Refused(NOT_PERMITTED | NOT_FOUND | OUTSIDE_POLICY | TOO_EARLY |
    TOO_LITTLE_DATA | TOO_LARGE | BAD_INPUT).
    """
    role = check(by, Permission.SEE_FORECASTS, jurisdiction)
    in_force = policy_in_force(jurisdiction)
    policy = in_force.terms
    check_may_forecast(category, policy.allowed_categories)
    _check_time(jurisdiction, category, as_of)
    city = city_of(jurisdiction, cell_metres, policy.shifts)
    start = int(as_of.timestamp())
    with as_refusal():
        window = Window(start, days_later(start, horizon_days, jurisdiction.timezone))
        recipe = standard_recipe(
            model,
            (category,),
            related=policy.allowed_categories,
            cell_metres=cell_metres,
            horizon_days=horizon_days,
            reporting_delay_days=reporting_delay(jurisdiction).total_seconds() / 86_400,
        )
        check_stage(recipe.to_dict())
        check_features(recipe.to_dict(), policy.prohibited_features)
        incidents = known_incidents(jurisdiction, categories_read(recipe, category), as_of)
        surfaces = surfaces_for(incidents, city, recipe, category)
        flag_area = (
            policy.flag_share * city.grid.total_area
            if flag_square_metres is None
            else flag_square_metres / city.unit_metres**2
        )
        seed = seed_for(jurisdiction.slug, category, str(start))
        forecast = make_forecast(surfaces, city, recipe, window, flag_area=flag_area, seed=seed)
    columns = cell_columns(forecast, city.grid)
    seen = digest(table_bytes(columns))
    record(
        action="forecast.explored",
        subject_kind="forecast",
        subject=seen,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=in_force.version,
        detail={"category": category, "model": model, "horizon_days": horizon_days},
    )
    return Exploration(forecast, city, recipe, columns, seen)


def _check_time(jurisdiction: Jurisdiction, category: str, as_of: datetime) -> None:
    moment = clock.now(jurisdiction)
    if as_of > moment:
        raise Refused(
            Reason.TOO_EARLY,
            f"{listed([category]).capitalize()} as of {as_of:%d %B %Y %H:%M} UTC lies ahead: it is "
            f"{moment:%d %B %Y %H:%M} in {jurisdiction.name}. Choose an earlier --as-of.",
        )
