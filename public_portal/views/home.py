"""The first pages a resident sees: the cities, one city, one area."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from governance.permissions import open_to_everyone
from governance.selectors import jurisdictions
from governance.views.city import jurisdiction_or_404
from public_portal.core.answers import compared, decided
from public_portal.selectors.released import Week, area_shapes, moment_words
from public_portal.views.frame import category_context, frame


@open_to_everyone
@require_safe
def portal(request: HttpRequest) -> HttpResponse:
    """The cities on this machine; where there is one, straight to it."""
    cities = jurisdictions()
    if len(cities) == 1:
        return redirect("portal-home", cities[0].slug)
    return render(request, "public_portal/portal.html", {"jurisdictions": cities})


@open_to_everyone
@require_safe
def portal_home(request: HttpRequest, slug: str) -> HttpResponse:
    """One city: what was forecast, and the five answers."""
    jurisdiction = jurisdiction_or_404(slug)
    context = frame(request, jurisdiction) | category_context(request, jurisdiction)
    if latest := context["latest"]:
        context["decided"] = decided(plan for week in context["weeks"] for plan in week.plans)
        context["audit"] = _audit_of(latest, context["forecast"].scores["run"])
        context["released"] = moment_words(latest.release.released_at, jurisdiction)
    return render(request, "public_portal/home.html", context)


def _audit_of(week: Week, run: str) -> dict[str, str] | None:
    """Return the released audit of one forecast."""
    return next((audit for audit in week.audits if audit["digest"] == run), None)


@open_to_everyone
@require_safe
def area(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """One area: the forecast, the outcome, the plans that had places here."""
    jurisdiction = jurisdiction_or_404(slug)
    names = {shape.code: shape.name for shape in area_shapes(jurisdiction)}
    if code not in names:
        raise Http404("There is no such area.")
    context = frame(request, jurisdiction) | category_context(request, jurisdiction, area=code)
    context |= {"name": names[code], "code": code}
    if latest := context["latest"]:
        row = next((row for row in context["forecast"].areas["rows"] if row["area"] == code), None)
        if row is None:
            raise Http404("Nothing was released about this area.")
        here = [
            part
            for week in context["weeks"]
            for plan in week.plans
            for part in plan["areas"]
            if part["area"] == code
        ]
        context |= {
            "row": row,
            "sentence": compared(row, latest.incidents(context["forecast"].category)),
            "plans": here,
            "minutes": sum(part["minutes"] for part in here),
        }
    return render(request, "public_portal/area.html", context)
