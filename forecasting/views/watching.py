"""Pages about what is emerging, what has drifted, and how good the data are."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from forecasting.views.drift_page import drift_context
from forecasting.views.emerging_page import emerging_context
from forecasting.views.here import city_read
from forecasting.views.quality_page import quality_context
from governance.core.roles import Permission
from governance.permissions import open_to_signed_in


@open_to_signed_in
@require_safe
def emerging_page(request: HttpRequest) -> HttpResponse:
    """What is emerging, by category."""
    here = city_read(request)
    return render(request, "forecasting/emerging.html", emerging_context(here) if here else {})


@open_to_signed_in
@require_safe
def drift_page(request: HttpRequest) -> HttpResponse:
    """Every drift check of every category."""
    here = city_read(request)
    return render(request, "forecasting/drift.html", drift_context(here) if here else {})


@open_to_signed_in
@require_safe
def quality_page(request: HttpRequest) -> HttpResponse:
    """How good the data are; open to whoever brings them in, too."""
    here = city_read(request, Permission.MANAGE_DATA)
    return render(request, "forecasting/data_quality.html", quality_context(here) if here else {})
