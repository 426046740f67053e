"""Simulate a scenario beside the forecast it starts from: what follows from stated assumptions, never a forecast."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.db import transaction

from forecasting.core.limits import as_refusal
from forecasting.core.manifest import canonical_bytes
from forecasting.core.scenario import simulate
from forecasting.core.scenario_request import (
    SEEDS,
    ScenarioRequest,
    changes_of,
    scenario_body,
    scenario_of,
)
from forecasting.core.wording import incidents_of
from forecasting.models import ForecastRun, ScenarioRun
from forecasting.selectors.scenarios import district_names, ground_of, scenario_on
from governance import clock
from governance.artifacts import store_artifact
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check
from governance.selectors import policy_in_force

if TYPE_CHECKING:
    from governance.models import User


@transaction.atomic
def simulate_scenario(*, run: ForecastRun, asked: ScenarioRequest, by: User) -> ScenarioRun:
    """Simulate what was asked, over the districts and the window of a forecast, and keep assumptions and figures.

    Nothing in production reads the result. The same question about the same forecast again returns what there is and
    changes nothing. Raises Refused(NOT_PERMITTED | BAD_INPUT).
    """
    here = run.jurisdiction
    role = check(by, Permission.SEE_FORECASTS, here)
    names = district_names(here)
    days = max(1, round((run.window_end - run.window_start).total_seconds() / 86_400))
    with as_refusal():
        changes = changes_of(asked, names, days)
        ground = ground_of(run, names, asked.reported_share)
        comparison = simulate(ground, [scenario_of(changes)], asked.seeds)
    sources = {
        "jurisdiction": here.slug,
        "category": run.category,
        "run": run.digest,
        "window": {"start": run.window_start.isoformat(), "end": run.window_end.isoformat(), "days": days},
    }
    data = canonical_bytes(scenario_body(comparison, asked, sources, incidents_of(run.category)))
    digest = hashlib.sha256(data).hexdigest()
    known = scenario_on(run, digest)
    if known is not None:
        return known
    store_artifact(data, "application/json", name=f"scenario of {run.category}")
    entry = record(
        action="scenario.simulated",
        subject_kind="scenario",
        subject=digest,
        by=by,
        role=role,
        jurisdiction=here,
        policy_version=policy_in_force(here).version,
        detail={"category": run.category, "run": run.digest, "seed": asked.seed, "seeds": SEEDS},
    )
    return ScenarioRun.objects.create(
        jurisdiction=here,
        run=run,
        asked=asked.to_dict(),
        seed=asked.seed,
        digest=digest,
        simulated_at=clock.now(here),
        ledger_index=entry.index,
    )
