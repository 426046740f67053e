"""Pages of forecasts: the list, one run beside its baseline, and the same cells to explore."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from forecasting.selectors.runs import run_numbered, runs_of, subject_of_run
from forecasting.views.explore_page import explore_context
from forecasting.views.run_page import run_context
from governance.core.roles import Permission
from governance.holds import hold_banner
from governance.permissions import can, check, open_to_signed_in
from governance.selectors import jurisdictions

if TYPE_CHECKING:
    from forecasting.models import ForecastRun
    from governance.models import User


@open_to_signed_in
@require_GET
def run_list(request: HttpRequest) -> HttpResponse:
    """Forecasts of the jurisdictions that this person may see, the latest window first."""
    seen = [each for each in jurisdictions() if can(request.user, Permission.SEE_FORECASTS, each)]
    runs = [
        run for jurisdiction in seen for run in runs_of(jurisdiction).prefetch_related("scorecards")[:200]
    ]
    return render(request, "forecasting/runs.html", {"runs": runs})


def _visible(request: HttpRequest, run_id: int) -> ForecastRun:
    run = run_numbered(run_id)
    if run is None:
        raise Http404("There is no such forecast.")
    check(cast("User", request.user), Permission.SEE_FORECASTS, run.jurisdiction)
    return run


@open_to_signed_in
@require_GET
def run_page(request: HttpRequest, run_id: int) -> HttpResponse:
    """One forecast: map, ranked places, factors, interval, baseline and score."""
    run = _visible(request, run_id)
    holds = hold_banner(run.jurisdiction, subject_of_run(run), cast("User", request.user))
    return render(request, "forecasting/run.html", run_context(run) | {"holds": holds})


@open_to_signed_in
@require_GET
def explore_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """The same cells in Plotly, for zooming and asking."""
    return render(request, "forecasting/explore.html", explore_context(_visible(request, run_id)))
