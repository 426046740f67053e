"""What was found to be emerging, and when it was looked for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from forecasting.core.findings import STANDARD, Ground
from forecasting.core.naming import name_places
from forecasting.models import Extract, FindingRun
from forecasting.selectors.geography import city_of, named_layer
from governance.artifacts import read_artifact
from governance.selectors import districts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecasting.core.windows import ShiftHours
    from governance.models import Jurisdiction


def finding_runs(jurisdiction: Jurisdiction, category: str = "") -> QuerySet[FindingRun]:
    """Return every look, at one category if named, the newest first."""
    rows = FindingRun.objects.filter(jurisdiction=jurisdiction).select_related("jurisdiction", "extract")
    return (rows.filter(category=category) if category else rows).order_by("-id")


def latest_finding_runs(jurisdiction: Jurisdiction) -> list[FindingRun]:
    """Return the newest look at every category, in the order of their names."""
    return list(finding_runs(jurisdiction).order_by("category", "-id").distinct("category"))


def finding_run_in(extract: Extract, category: str) -> FindingRun | None:
    """Return the look at a category in an extract."""
    return FindingRun.objects.filter(extract=extract, category=category).first()


def findings_of(run: FindingRun) -> dict[str, Any]:
    """Return everything a look sealed."""
    body: dict[str, Any] = json.loads(read_artifact(run.digest))
    return body


def coarse_ground(jurisdiction: Jurisdiction, shifts: Sequence[ShiftHours]) -> Ground:
    """Return the coarse grid that findings are looked for on, its cells named after the nearest street and area."""
    city = city_of(jurisdiction, STANDARD.cell_metres, shifts)
    bare = Ground(city.grid, (), {}, city.unit_metres, city.timezone)
    names = name_places(*bare.centres, named_layer(jurisdiction, "street"), named_layer(jurisdiction, "area"))
    districts = {each.code: each.name for each in districts_of(jurisdiction)}
    return replace(bare, names=names, districts=districts)
