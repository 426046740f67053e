"""Seal an extract: exactly what was known at a moment, as one file named by its digest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from forecasting.core.extracts import extract_bytes
from forecasting.core.taxonomy import TAXONOMY
from forecasting.intake.extract_rows import rows_known_at
from forecasting.models import Extract
from forecasting.selectors.scores import runs_to_score
from governance import clock
from governance.artifacts import store_artifact
from governance.core.holds import Subject
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.holds import check_not_held
from governance.ledger import record
from governance.permissions import check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.models import Jurisdiction, User


@transaction.atomic
def seal_extract(
    *, jurisdiction: Jurisdiction, as_of: datetime, categories: Sequence[str], by: User
) -> Extract:
    """Keep the incidents of these categories that were known at `as_of`, and nothing learned later.

    Known: known_at <= as_of, and not superseded by then. Sealing the same knowledge again returns the same
    extract and changes nothing; where later files brought older rows, it makes a second one. Raises
    Refused(NOT_PERMITTED | BAD_INPUT | TOO_EARLY | TOO_LITTLE_DATA | ON_HOLD).
    """
    role = check(by, Permission.RUN_FORECASTS, jurisdiction)
    names = sorted(set(categories))
    _check_request(jurisdiction, as_of, names)
    as_of = as_of.astimezone(UTC)
    _check_holds(jurisdiction, names)
    rows = rows_known_at(jurisdiction.pk, names, as_of)
    if rows.is_empty():
        raise Refused(
            Reason.TOO_LITTLE_DATA,
            f"{jurisdiction.name} knew no incident of {', '.join(names)} at {as_of:%Y-%m-%d %H:%M} UTC. Bring data "
            "in with `manage.py ingest`, or choose a later moment.",
        )
    data = extract_bytes(rows)
    artifact = store_artifact(
        data, "application/vnd.apache.parquet", name=f"extract {as_of:%Y-%m-%d}.parquet"
    )
    same = Extract.objects.filter(
        jurisdiction=jurisdiction, as_of=as_of, categories=names, digest=artifact.digest
    ).first()
    if same is not None:
        return same
    extract = Extract.objects.create(
        jurisdiction=jurisdiction, as_of=as_of, categories=names, digest=artifact.digest, rows=len(rows)
    )
    record(
        action="extract.sealed",
        subject_kind="extract",
        subject=artifact.digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        detail={"rows": len(rows), "categories": len(names), "as_of": f"{as_of:%Y-%m-%dT%H:%MZ}"},
    )
    _check_holds(jurisdiction, names)  # once more, with the log locked
    return extract


def _check_holds(jurisdiction: Jurisdiction, names: list[str]) -> None:
    """Refuse a category on hold, unless a forecast of it waits for its score: every forecast is scored."""
    waiting = {run.category for run in runs_to_score(jurisdiction, clock.now(jurisdiction))}
    for name in names:
        if name not in waiting:
            check_not_held(jurisdiction, Subject(category=name))


def _check_request(jurisdiction: Jurisdiction, as_of: datetime, names: list[str]) -> None:
    unknown = [name for name in names if name not in TAXONOMY]
    if unknown or not names:
        raise Refused(
            Reason.BAD_INPUT,
            f"{', '.join(unknown) or 'No category'} cannot be sealed; the categories are {', '.join(TAXONOMY)}.",
        )
    if as_of.tzinfo is None:
        raise Refused(Reason.BAD_INPUT, "The moment of an extract needs a time zone; write it in UTC.")
    present = clock.now(jurisdiction)
    if as_of > present:
        raise Refused(
            Reason.TOO_EARLY,
            f"In {jurisdiction.name} it is {present:%Y-%m-%d %H:%M} UTC; nobody can know what is known at "
            f"{as_of:%Y-%m-%d %H:%M}. Choose an earlier moment, or step the replay first.",
        )
