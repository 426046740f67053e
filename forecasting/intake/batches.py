"""Questions about files that came in."""

import io

import polars as pl
from django.db.models import QuerySet

from forecasting.core.profiles import REFUSAL_COLUMNS
from forecasting.models import Batch
from governance.artifacts import read_artifact
from governance.core.refusals import Reason, Refused

_SHORTEST = 6  # digits of a digest that may stand for it


def batch_named(name: str) -> Batch:
    """The batch with this number, or whose file's SHA-256 begins like this. Raises Refused(NOT_FOUND)."""
    batches = Batch.objects.select_related("jurisdiction")
    numbered = (
        batches.filter(pk=int(name)) if name.isdecimal() and len(name) < 3 * _SHORTEST else batches.none()
    )
    found = numbered.first()
    if found is None and len(name) >= _SHORTEST:
        found = batches.filter(digest__startswith=name.lower()).first()
    if found is None:
        raise Refused(
            Reason.NOT_FOUND,
            f"There is no batch {name}. `manage.py ingest` prints each batch's number; the first {_SHORTEST} digits of "
            "its file's SHA-256 do as well.",
        )
    return found


def batches_of(jurisdiction_id: int) -> QuerySet[Batch]:
    """The files of a jurisdiction, newest first."""
    return Batch.objects.filter(jurisdiction_id=jurisdiction_id).order_by("-id")


def refused_rows(batch: Batch) -> pl.DataFrame:
    """The refused rows of a batch: row number, reason, and the columns that its profile allowed."""
    if not batch.refusals_digest:
        return pl.DataFrame(schema={REFUSAL_COLUMNS[0]: pl.Int64, REFUSAL_COLUMNS[1]: pl.String})
    return pl.read_parquet(io.BytesIO(read_artifact(batch.refusals_digest)))
