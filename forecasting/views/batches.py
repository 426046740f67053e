"""Refused rows of a batch, to download."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from forecasting.core.refusal_list import safe_csv
from forecasting.intake.batches import batch_named, refused_rows
from governance.core.roles import Permission
from governance.permissions import check, open_to_signed_in

if TYPE_CHECKING:
    from governance.models import User


@open_to_signed_in
@require_GET
def refusals_file(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The refused rows as CSV: row number, reason, and the columns that the profile allows."""
    batch = batch_named(str(batch_id))
    check(cast("User", request.user), Permission.MANAGE_DATA, batch.jurisdiction)
    response = HttpResponse(safe_csv(refused_rows(batch)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refusals-of-batch-{batch.pk}.csv"'
    return response
