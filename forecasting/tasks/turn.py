"""How the scheduler does one deed: as itself, and so that a refusal does not hold up the others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from forecasting.selectors.runs import recipe_in_force
from governance import clock
from governance.core.holds import Subject
from governance.core.refusals import Reason, Refused
from governance.holds import check_not_held, first_time
from governance.selectors import scheduler_account

if TYPE_CHECKING:
    from governance.models import Jurisdiction, User

log = logging.getLogger("lamplight.forecasting")


def in_turn(deed: Callable[..., object], **arguments: object) -> bool:
    """Do one deed as the scheduler; one that is refused must not hold up the others."""
    try:
        deed(**arguments, by=scheduler_account())
    except Refused as refusal:
        if refusal.reason is not Reason.ON_HOLD or first_time(deed.__name__, refusal):
            log.warning("not done deed=%s reason=%s %s", deed.__name__, refusal.reason, refusal.message)
        return False
    return True


def not_held(*, jurisdiction: Jurisdiction, category: str, by: User) -> None:
    """Refuse a category whose forecast a hold stops, before an extract is sealed for nothing."""
    recipe = recipe_in_force(jurisdiction, category, clock.now(jurisdiction))
    check_not_held(jurisdiction, Subject(frozenset({recipe.digest} if recipe else ()), category=category))
