"""The page of scores: how the forecasts of a category turned out, window after window."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from forecasting.views.score_page import scores_context
from governance.core.roles import Permission
from governance.permissions import check, open_to_signed_in
from governance.selectors import home_jurisdiction

if TYPE_CHECKING:
    from governance.models import User


@open_to_signed_in
@require_GET
def score_list(request: HttpRequest) -> HttpResponse:
    """Scores over time of one category, the latest window first."""
    by = cast("User", request.user)
    here = home_jurisdiction(by, request.session.get("jurisdiction", ""))
    if here is None:
        return render(request, "governance/no_role.html")
    check(by, Permission.SEE_FORECASTS, here)
    return render(request, "forecasting/scores.html", scores_context(here, request.GET.get("category", "")))
