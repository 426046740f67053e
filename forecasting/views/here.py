"""In which city somebody reads the pages about watching, and whether she may."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from governance.core.roles import Permission
from governance.permissions import can, check
from governance.selectors import home_jurisdiction, jurisdictions

if TYPE_CHECKING:
    from django.http import HttpRequest

    from governance.models import Jurisdiction, User


def city_read(request: HttpRequest, *also: Permission) -> Jurisdiction | None:
    """Return the city in which this person works, where she may see forecasts or holds one of `also`.

    None where there is no city at all. Raises Refused(NOT_PERMITTED).
    """
    by = cast("User", request.user)
    here = home_jurisdiction(by, request.session.get("jurisdiction", ""))
    for each in [here] if here else jurisdictions():
        if not any(can(by, permission, each) for permission in also):
            check(by, Permission.SEE_FORECASTS, each)
    return here
