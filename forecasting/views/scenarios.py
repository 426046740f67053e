"""Pages of scenarios: ask what would follow, and read one result side by side with its base."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from forecasting.forms import read_scenario
from forecasting.selectors.runs import run_numbered
from forecasting.selectors.scenarios import scenario_numbered
from forecasting.services.simulate_scenario import simulate_scenario
from forecasting.views.scenario_page import scenario_context, scenarios_context
from governance.core.refusals import Reason, Refused, status_code
from governance.core.roles import Permission
from governance.permissions import check, open_to_signed_in
from governance.selectors import home_jurisdiction

if TYPE_CHECKING:
    from forecasting.models import ForecastRun
    from governance.models import Jurisdiction, User


@open_to_signed_in
@require_http_methods(["GET", "POST"])
def scenario_list(request: HttpRequest) -> HttpResponse:
    """The form and what was simulated; sent, a simulation, or the form again with the reason and what was typed."""
    by = cast("User", request.user)
    here = home_jurisdiction(by, request.session.get("jurisdiction", ""))
    if here is None:
        return render(request, "governance/no_role.html")
    check(by, Permission.SEE_FORECASTS, here)
    if request.method == "GET":
        return render(request, "forecasting/scenarios.html", scenarios_context(here))
    patrols = request.POST.getlist("patrol")
    try:
        made = simulate_scenario(
            run=_base(request.POST.get("run", ""), here), asked=read_scenario(request.POST, patrols), by=by
        )
    except Refused as refusal:
        context = scenarios_context(here, request.POST.dict(), patrols) | {"refusal": refusal}
        return render(request, "forecasting/scenarios.html", context, status=status_code(refusal.reason))
    messages.success(request, "Simulated and in the record. It is not a forecast, and nothing reads it.")
    return redirect("scenario", number=made.pk)


def _base(number: str, here: Jurisdiction) -> ForecastRun:
    run = run_numbered(int(number)) if number.isascii() and number.isdigit() and len(number) < 16 else None
    if run is None or run.jurisdiction_id != here.pk:
        raise Refused(
            Reason.BAD_INPUT, "Choose the forecast that the scenario starts from. Nothing was simulated."
        )
    return run


@open_to_signed_in
@require_GET
def scenario(request: HttpRequest, number: int) -> HttpResponse:
    """One result: base and scenario side by side, with everything it rests on."""
    found = scenario_numbered(number)
    if found is None:
        raise Http404("There is no such scenario.")
    check(cast("User", request.user), Permission.SEE_FORECASTS, found.jurisdiction)
    return render(request, "forecasting/scenario.html", scenario_context(found))
