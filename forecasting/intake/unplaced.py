"""Incidents that could not be placed on the map: refused for want of a point, and when they happened."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from django.db.models import Max

from forecasting.core.incidents import IntArray
from forecasting.core.ingestion import REASON, RefusalReason, when_and_what
from forecasting.core.local_days import local_days
from forecasting.intake.batches import refused_rows
from forecasting.models import Batch
from forecasting.selectors.profiles import profile_named

if TYPE_CHECKING:
    from governance.models import Jurisdiction

Unplaced = Mapping[str, IntArray]
"""Category -> local days (since 1970) of its incidents without a usable point, shape ``(n,)``."""


def unplaced_days(jurisdiction: Jurisdiction) -> Unplaced | None:
    """Return when incidents without a point happened, by category; None where the profile keeps too little to say.

    Exports overlap, and a refused row has no identity: of several files that name the same category and day, the
    one with the most counts.
    """
    newest = Batch.objects.filter(jurisdiction=jurisdiction).aggregate(newest=Max("id"))["newest"]
    return _read(jurisdiction.pk, jurisdiction.profile, jurisdiction.timezone, newest or 0)


@lru_cache(maxsize=4)
def _read(jurisdiction_id: int, profile_name: str, timezone: str, _newest: int) -> Unplaced | None:
    profile = profile_named(profile_name)
    if (
        when_and_what(pl.DataFrame(schema=dict.fromkeys((REASON, *profile.columns_read), pl.String)), profile)
        is None
    ):
        return None
    batches = Batch.objects.filter(
        jurisdiction_id=jurisdiction_id, refusals__has_key=RefusalReason.MISSING_POINT.value
    )
    most: dict[tuple[str, int], int] = {}
    for batch in batches.order_by("id"):
        rows = when_and_what(refused_rows(batch), profile)
        if rows is None:
            continue
        rows = rows.filter(pl.col(REASON) == RefusalReason.MISSING_POINT.value)
        days = local_days(rows["occurred_from"].dt.epoch("s").to_numpy().astype(np.int64), timezone)
        counted = pl.DataFrame({"category": rows["category"], "day": days}).group_by("category", "day").len()
        for category, day, count in counted.iter_rows():
            most[category, day] = max(count, most.get((category, day), 0))
    found: dict[str, list[int]] = {}
    for (category, day), count in sorted(most.items()):
        found.setdefault(category, []).extend([day] * count)
    return {category: np.array(days, dtype=np.int64) for category, days in found.items()}
