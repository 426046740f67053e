"""The inbox: what waits for whoever is signed in."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from governance.models import User
from governance.permissions import open_to_signed_in
from governance.selectors import home_jurisdiction
from governance.views.inbox_page import inbox_context


@open_to_signed_in
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """What waits for this person in her jurisdiction; without a role nothing can."""
    by = cast("User", request.user)
    jurisdiction = home_jurisdiction(by, request.session.get("jurisdiction", ""))
    if jurisdiction is None:
        return render(request, "governance/no_role.html")
    return render(request, "governance/inbox.html", inbox_context(jurisdiction, by))
