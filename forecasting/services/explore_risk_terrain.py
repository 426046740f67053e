"""Learn what stands near goes with how many times the incidents: for looking at; nothing is issued."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import transaction

from forecasting.core.features import Surfaces
from forecasting.core.fingerprint import digest
from forecasting.core.limits import as_refusal
from forecasting.core.manifest import canonical_bytes, listed, seed_for
from forecasting.core.risk_terrain import RiskFactor, RiskTerrain, fit_risk_terrain
from forecasting.core.risk_terrain_model import SPAN_DAYS
from forecasting.core.taxonomy import check_may_forecast
from forecasting.core.windows import DAY
from forecasting.selectors.extracts import known_incidents
from forecasting.selectors.geography import city_of
from forecasting.selectors.layers import layer_digests, layer_names, layers_known
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check
from governance.selectors import policy_in_force

if TYPE_CHECKING:
    from governance.models import Jurisdiction, User


@transaction.atomic
def explore_risk_terrain(
    *,
    jurisdiction: Jurisdiction,
    category: str,
    as_of: datetime,
    cell_metres: float,
    days: int = SPAN_DAYS,
    by: User,
) -> dict[str, Any]:
    """Return the relative risk of each factor with its interval, fit for JSON.

    Learned from the incidents of ``days`` before ``as_of`` and the layers, as both were known then. The record keeps
    that somebody looked, and the digest of what they saw. Raises Refused(NOT_PERMITTED | NOT_FOUND | OUTSIDE_POLICY |
    TOO_EARLY | TOO_LITTLE_DATA | TOO_LARGE | BAD_INPUT).
    """
    role = check(by, Permission.SEE_FORECASTS, jurisdiction)
    in_force = policy_in_force(jurisdiction)
    policy = in_force.terms
    check_may_forecast(category, policy.allowed_categories)
    _check_time(jurisdiction, category, as_of)
    city, end = city_of(jurisdiction, cell_metres, policy.shifts), int(as_of.timestamp())
    names = layer_names(jurisdiction, as_of, policy.prohibited_features)
    with as_refusal():
        incidents = known_incidents(jurisdiction, {category}, as_of)[category]
        terrain = fit_risk_terrain(
            Surfaces(city.grid, incidents, (), city.unit_metres).counts(end - days * DAY, end),
            city.grid,
            layers_known(jurisdiction, as_of, names),
            unit_metres=city.unit_metres,
            generator=np.random.default_rng(seed_for(jurisdiction.slug, category, str(end))),
        )
    figures = {
        "jurisdiction": jurisdiction.slug,
        "category": category,
        "as_of": as_of.isoformat(),
        "days": days,
        "cell_metres": cell_metres,
        "layers": layer_digests(jurisdiction, as_of, names),
        **_told(terrain),
    }
    record(
        action="terrain.explored",
        subject_kind="terrain",
        subject=digest(canonical_bytes(figures)),
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=in_force.version,
        detail={"category": category, "days": days, "layers": len(names), "factors": len(terrain.factors)},
    )
    return figures


def _told(terrain: RiskTerrain) -> dict[str, Any]:
    return {
        "incidents": terrain.incidents,
        "cells": terrain.cells,
        "base": _figure(terrain.base),
        "dispersion": _figure(terrain.dispersion),
        "considered": terrain.considered,
        "useful": terrain.useful,
        "factors": [_factor(each) for each in terrain.factors],
    }


def _factor(factor: RiskFactor) -> dict[str, Any]:
    return {
        **asdict(factor.what),
        "how": factor.what.how.value,
        "risk": _figure(factor.risk.value),
        "low": _figure(factor.risk.low),
        "high": _figure(factor.risk.high),
        "cells": factor.cells,
        "incidents": factor.incidents,
        "sentence": factor.sentence,
    }


def _figure(value: float) -> float:
    return float(f"{value:.6g}")


def _check_time(jurisdiction: Jurisdiction, category: str, as_of: datetime) -> None:
    moment = clock.now(jurisdiction)
    if as_of > moment:
        raise Refused(
            Reason.TOO_EARLY,
            f"{listed([category]).capitalize()} as of {as_of:%d %B %Y %H:%M} UTC lies ahead: it is "
            f"{moment:%d %B %Y %H:%M} in {jurisdiction.name}. Choose an earlier --as-of.",
        )
