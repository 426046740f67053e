"""Scenarios: the ground they start from, and which were simulated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import shapely
from django.db.models import QuerySet

from forecasting.core.assumptions import Ground
from forecasting.core.incidents import BoolArray
from forecasting.models import ForecastRun, ScenarioRun
from forecasting.selectors.geography import Shapes, all_on_plane
from forecasting.selectors.runs import run_cells, run_manifest
from governance.artifacts import read_artifact
from governance.selectors import districts_of

if TYPE_CHECKING:
    from governance.models import Jurisdiction

SEAM_METRES = 30.0
"""Districts this near each other touch: their lines are seldom drawn twice in the same way."""


def newest_runs(jurisdiction: Jurisdiction) -> list[ForecastRun]:
    """Return the latest forecast of each category: what a scenario may start from."""
    rows = ForecastRun.objects.filter(jurisdiction=jurisdiction)
    return list(rows.order_by("category", "-window_start").distinct("category"))


def district_names(jurisdiction: Jurisdiction) -> dict[str, str]:
    """Return each district's name by its code; a name that two share gets its code too."""
    found = {each.code: each.name for each in districts_of(jurisdiction)}
    names = list(found.values())
    return {code: name if names.count(name) == 1 else f"{name} ({code})" for code, name in found.items()}


def ground_of(run: ForecastRun, names: Mapping[str, str], reported_share: float) -> Ground:
    """Return a run's forecast by district, with an assumed share of incidents reported in all of them."""
    by_district = run_cells(run).group_by("district").agg(pl.col("expected").sum())
    expected = dict(zip(by_district["district"], by_district["expected"], strict=True))
    shapes = all_on_plane(run.jurisdiction, [each.boundary for each in districts_of(run.jurisdiction)])
    return Ground(
        areas=tuple(names.values()),
        recorded=np.array([expected.get(code, 0.0) for code in names], dtype=np.float64),
        reported_share=np.full(len(names), reported_share),
        neighbours=touching(shapes, SEAM_METRES / run.jurisdiction.unit_metres),
        dispersion=float(run_manifest(run)["dispersion"].get("district", 0.0)),
    )


def touching(shapes: Shapes, seam: float) -> BoolArray:
    """Return which shapes lie within ``seam`` (CRS units) of each other, shape ``(n, n)``; none of itself."""
    near = np.zeros((len(shapes), len(shapes)), dtype=np.bool_)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=seam)
    near[one, other] = one != other
    return near | near.T


def scenarios_of(jurisdiction: Jurisdiction) -> QuerySet[ScenarioRun]:
    """Return what was simulated in a jurisdiction, the newest first."""
    return ScenarioRun.objects.filter(jurisdiction=jurisdiction).select_related("run").order_by("-id")


def scenario_numbered(number: int) -> ScenarioRun | None:
    """Return one simulation."""
    return ScenarioRun.objects.select_related("jurisdiction", "run").filter(pk=number).first()


def scenario_on(run: ForecastRun, digest: str) -> ScenarioRun | None:
    """Return the simulation on a run that had exactly this result."""
    return ScenarioRun.objects.filter(run=run, digest=digest).first()


def result_of(scenario: ScenarioRun) -> dict[str, Any]:
    """Return everything a simulation gave, as it was kept."""
    body: dict[str, Any] = json.loads(read_artifact(scenario.digest))
    return body
