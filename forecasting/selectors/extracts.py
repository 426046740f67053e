"""The incidents that the engine reads: from a sealed extract, or as they were known at a moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection
from django.db.models import Count, Q
from numpy.typing import NDArray

from forecasting.core.extracts import read_extract
from forecasting.core.incidents import Incidents, incidents_from_extract
from forecasting.models import Extract, Incident
from governance.artifacts import read_artifact

if TYPE_CHECKING:
    from forecasting.models import ForecastRun
    from governance.models import Jurisdiction


def extract_numbered(extract_id: int) -> Extract | None:
    """Return one sealed extract."""
    return Extract.objects.filter(pk=extract_id).first()


def incidents_in(extract: Extract) -> dict[str, Incidents]:
    """Return the incidents of a sealed extract by category, in the extract's order."""
    table = read_extract(read_artifact(extract.digest))
    return {
        str(category): _incidents(
            *(rows[name].to_numpy() for name in ("x", "y", "occurred_from", "occurred_to"))
        )
        for (category,), rows in table.group_by("category", maintain_order=True)
    }


def known_incidents(
    jurisdiction: Jurisdiction, categories: Collection[str], as_of: datetime
) -> dict[str, Incidents]:
    """Return the incidents that were known at a moment by category, in the order of an extract."""
    query = """
        SELECT x, y, extract(epoch FROM occurred_from)::bigint, extract(epoch FROM occurred_to)::bigint
        FROM forecasting_incident
        WHERE jurisdiction_id = %s AND category = %s AND known_at <= %s
          AND (superseded_at IS NULL OR superseded_at > %s)
        ORDER BY occurred_from, occurred_to, x, y
    """
    found = {}
    for category in sorted(categories):
        with connection.cursor() as cursor:
            cursor.execute(query, [jurisdiction.pk, category, as_of, as_of])
            rows = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 4)
        found[category] = _incidents(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3])
    return found


def known_in_window(run: ForecastRun, as_of: datetime) -> Incidents:
    """Return the incidents of a run's category that may belong to its window, as they were known at a moment."""
    rows = Incident.objects.filter(
        Q(superseded_at=None) | Q(superseded_at__gt=as_of),
        jurisdiction_id=run.jurisdiction_id,
        category=run.category,
        known_at__lte=as_of,
        occurred_from__lt=run.window_end,
        occurred_to__gte=run.window_start,
    ).values_list("x", "y", "occurred_from", "occurred_to")
    found = [(x, y, int(start.timestamp()), int(end.timestamp())) for x, y, start, end in rows]
    table = np.array(found, dtype=np.int64).reshape(-1, 4)
    return _incidents(table[:, 0], table[:, 1], table[:, 2], table[:, 3])


def _incidents(x: NDArray[Any], y: NDArray[Any], start: NDArray[Any], end: NDArray[Any]) -> Incidents:
    return incidents_from_extract(
        x.astype(np.int32), y.astype(np.int32), start.astype(np.int64), end.astype(np.int64)
    )


def known_counts(jurisdiction: Jurisdiction, as_of: datetime) -> dict[str, int]:
    """Return how many incidents of each category were known at a moment."""
    known = Q(superseded_at=None) | Q(superseded_at__gt=as_of)
    rows = Incident.objects.filter(known, jurisdiction=jurisdiction, known_at__lte=as_of)
    return dict(rows.values_list("category").annotate(Count("id")).order_by("category"))
