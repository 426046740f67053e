"""The one place where somebody is told at once that the glass was broken, beside what her inbox shows by itself."""

import logging

from governance.core.notices import Occasion
from governance.models import BreakGlass
from governance.telling import tell_now

log = logging.getLogger("lamplight.governance")


def tell_second_person(opened: BreakGlass) -> None:
    """Tell the second person, inside the deed's own transaction; the words name no place, no plan and no person.

    Her inbox shows it from the row itself (`break_glass.told_of`); an e-mail follows the commit, whatever she chose.
    The rest of the board is told of the review as of any request that waits for its votes.
    """
    request = opened.change_request
    tell_now(
        Occasion.BREAK_GLASS,
        jurisdiction=request.jurisdiction,
        subject=f"break-glass {opened.pk}",
        kind=request.kind,
        number=request.pk,
        due_at=opened.ends_at,
        by=opened.opened_by,
        people=[opened.told],
    )
    log.warning(
        "told person=%s about=break_glass number=%s review=%s",
        opened.told.pseudonym,
        opened.pk,
        opened.review_id,
    )
