"""Ask for a draft to be tried on past windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from forecasting.core.recipe import recipe_digest, recipe_from_dict
from forecasting.models import RecipeDraft, RecipeEvaluation
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check
from governance.selectors import policy_in_force

if TYPE_CHECKING:
    from governance.models import User

WINDOWS = 13


@transaction.atomic
def order_evaluation(*, draft: RecipeDraft, by: User) -> RecipeEvaluation:
    """Order the bake-off of a draft on the windows that end at what is known now; the schedule carries it out.

    Ordered twice, it is one evaluation. Raises Refused(NOT_PERMITTED | DIGEST_CHANGED).
    """
    jurisdiction = draft.jurisdiction
    role = check(by, Permission.RUN_FORECASTS, jurisdiction)
    if recipe_digest(recipe_from_dict(draft.body)) != draft.digest:
        raise Refused(Reason.DIGEST_CHANGED, "This is not what was drafted. Draft it anew, and order that.")
    known = RecipeEvaluation.objects.filter(draft=draft).first()
    if known is not None:
        return known
    entry = record(
        action="recipe.evaluation_ordered",
        subject_kind="recipe",
        subject=draft.digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=policy_in_force(jurisdiction).version,
        detail={"windows": WINDOWS},
    )
    return RecipeEvaluation.objects.create(
        draft=draft,
        ordered_by=by,
        as_of=clock.now(jurisdiction),
        windows=WINDOWS,
        ledger_index=entry.index,
    )
