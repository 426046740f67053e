"""End forecasts by counts in one category: nothing asks for them any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from forecasting.models import Fallback, FallbackEnd
from forecasting.selectors.drift import end_of, reason_to_end
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check
from governance.selectors import policy_in_force

if TYPE_CHECKING:
    from governance.models import User


@transaction.atomic
def end_fallback(*, fallback: Fallback, by: User) -> FallbackEnd:
    """Let the approved recipe take over again, if policy, recipe and the newest round of checks say so.

    Ended twice, it is one end. Raises Refused(NOT_PERMITTED | TOO_EARLY).
    """
    jurisdiction = fallback.jurisdiction
    role = check(by, Permission.RUN_FORECASTS, jurisdiction)
    known = end_of(fallback)
    if known is not None:
        return known
    moment, policy = clock.now(jurisdiction), policy_in_force(jurisdiction)
    because = reason_to_end(fallback)
    if because is None:
        raise Refused(
            Reason.TOO_EARLY,
            "The policy demands this fallback, and the newest round of drift checks still asks for it. It ends when a "
            "later round is clean, another recipe is adopted, or a policy leaves the choice to people.",
        )
    entry = record(
        action="fallback.ended",
        subject_kind="recipe",
        subject=fallback.digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=policy.version,
        detail={"category": fallback.category, "because": because, "started": fallback.ledger_index},
    )
    return FallbackEnd.objects.create(
        fallback=fallback, because=because, ended_at=moment, ledger_index=entry.index
    )
