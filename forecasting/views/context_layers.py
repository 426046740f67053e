"""The page of registered context: what is known about places and days, since when, and from whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from forecasting.core.context_subjects import SUBJECTS
from forecasting.selectors.layers import context_of
from governance import clock
from governance.core.roles import Permission
from governance.permissions import can, check_any, open_to_signed_in
from governance.selectors import home_jurisdiction

if TYPE_CHECKING:
    from forecasting.models import ContextLayer
    from governance.models import Jurisdiction, User

SEEN_BY = (Permission.SEE_FORECASTS, Permission.MANAGE_DATA)


@open_to_signed_in
@require_GET
def context_list(request: HttpRequest) -> HttpResponse:
    """Every version of every layer and series, with what is visible now."""
    by = cast("User", request.user)
    jurisdiction = home_jurisdiction(by, request.session.get("jurisdiction", ""))
    if jurisdiction is None:
        return render(request, "governance/no_role.html")
    check_any(by, SEEN_BY, jurisdiction)
    return render(request, "forecasting/context.html", list_context(jurisdiction, by))


def list_context(jurisdiction: Jurisdiction, by: User) -> dict[str, Any]:
    """Return what the page shows: one line per version, the newest of each name first."""
    moment = clock.now(jurisdiction)
    rows = list(context_of(jurisdiction))
    visible: dict[str, ContextLayer] = {}
    for row in rows:
        if row.as_of <= moment:
            visible.setdefault(row.layer_name, row)
    return {
        "jurisdiction": jurisdiction,
        "lines": [
            {
                "layer": row,
                "about": SUBJECTS[row.subject].title if row.subject in SUBJECTS else row.subject,
                "visible": visible.get(row.layer_name) is row,
            }
            for row in rows
        ],
        "count": len(visible),
        "may_add": can(by, Permission.MANAGE_DATA, jurisdiction),
        "subjects": [(name, subject.title) for name, subject in SUBJECTS.items()],
    }
