"""Compute a sealed run again from what it rests on, and say what differs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from forecasting.core.extracts import extract_bytes
from forecasting.core.fingerprint import digest
from forecasting.core.limits import as_refusal
from forecasting.core.sealing import order_in, seal
from forecasting.intake.extract_rows import rows_known_at
from forecasting.selectors.extracts import incidents_in
from forecasting.selectors.geography import city_of, geography_digest
from forecasting.selectors.layers import layer_digests, layers_known
from forecasting.selectors.runs import run_manifest
from governance.core.policy import Shift
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check

if TYPE_CHECKING:
    from forecasting.models import ForecastRun
    from governance.models import User

SOURCES = (
    "jurisdiction",
    "category",
    "as_of",
    "extract",
    "recipe_digest",
    "geography",
    "layers",
    "policy_version",
    "fallback",
)
"""What a manifest says about where its run comes from."""


@dataclass(frozen=True)
class Compared:
    """One part of a run: its digest as it was sealed, and as it came out again."""

    part: str
    sealed: str
    again: str

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return self.sealed == self.again


@transaction.atomic
def reproduce_run(*, run: ForecastRun, by: User) -> list[Compared]:
    """Compute a run again, part by part, compare with what was sealed, and record that somebody did, with the outcome.

    Raises Refused(NOT_PERMITTED), and TOO_LITTLE_DATA, TOO_LARGE, BAD_INPUT or NOT_FOUND where a part can no longer be
    computed.
    """
    role = check(by, Permission.RUN_AUDITS, run.jurisdiction)
    compared = _computed_again(run)
    record(
        action="forecast.reproduced",
        subject_kind="forecast",
        subject=run.digest,
        by=by,
        role=role,
        jurisdiction=run.jurisdiction,
        outcome="same" if all(each.same for each in compared) else "different",
        detail={"parts": len(compared), "different": sum(not each.same for each in compared)},
    )
    return compared


def _computed_again(run: ForecastRun) -> list[Compared]:
    """Compute a run again, part by part, from its manifest, and compare.

    The extract is made anew from the rows that were known at its moment; geography and context are read as they stand
    now; the forecast is computed from the extract that was sealed. Nothing is written.
    """
    manifest, jurisdiction, extract = run_manifest(run), run.jurisdiction, run.extract
    order = order_in(manifest)
    rows = rows_known_at(jurisdiction.pk, extract.categories, extract.as_of)
    moment = extract.as_of - timedelta(days=order.recipe.reporting_delay_days)
    names = sorted(manifest.get("layers", {}))
    city = city_of(
        jurisdiction, order.recipe.cell_metres, tuple(Shift(**shift) for shift in manifest["shifts"])
    )
    sources: dict[str, Any] = {name: manifest[name] for name in SOURCES if name in manifest}
    with as_refusal():
        made = seal(order, incidents_in(extract), city, layers_known(jurisdiction, moment, names), sources)
    return [
        Compared("extract", extract.digest, digest(extract_bytes(rows))),
        Compared("geography", manifest["geography"], geography_digest(jurisdiction)),
        *(
            Compared(f"context layer {name}", manifest["layers"][name], again)
            for name, again in layer_digests(jurisdiction, moment, names).items()
        ),
        Compared("cells, with their factors", manifest["cells"], digest(made.cells_data)),
        Compared("shares of shifts", manifest["shares"], digest(made.shares_data)),
        Compared("manifest", run.manifest_digest, digest(made.manifest_data)),
    ]
