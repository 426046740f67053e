"""Breaking the glass for a plan."""

from typing import Any

from governance.core.break_glass import Lowers
from governance.models import BreakGlass, ChangeRequest, User
from governance.services.open_break_glass import open_break_glass
from tests.cast import City
from tests.factories.board import WHY


def glass_form(
    request: ChangeRequest, by: User, lowers: Lowers = Lowers.QUORUM, hours: int = 2
) -> dict[str, Any]:
    """Return what the form sends."""
    said = {"change_request_id": request.pk, "lowers": lowers, "hours": hours, "reason": WHY}
    return {**said, "seen_digest": request.digest, "by": by}


def break_glass(
    city: City,
    request: ChangeRequest,
    lowers: Lowers = Lowers.QUORUM,
    *,
    hours: int = 2,
    by: User | None = None,
) -> BreakGlass:
    """Let Ben ease the decision of a plan of Central."""
    return open_break_glass(**glass_form(request, by or city.ben, lowers, hours))
