"""End the use of a recipe before its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from forecasting.core.recipe_states import RecipeDeed, next_state
from forecasting.models import Recipe, RecipeRetirement
from forecasting.selectors.recipes import standing_of
from governance import clock
from governance.core.approval import check_rationale, plain_text
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check_any
from governance.selectors import policy_in_force

if TYPE_CHECKING:
    from governance.models import User


@transaction.atomic
def retire_recipe(*, recipe: Recipe, reason: str, by: User) -> RecipeRetirement:
    """Let no forecast use a recipe any more, from now on; forecasts that it made stay and are scored.

    Whoever runs forecasts, or votes on recipes, may do it alone: it only takes away. Retired twice, it is one
    retirement. Raises Refused(NOT_PERMITTED | NOT_FOUND | NOT_OPEN | RATIONALE_TOO_SHORT).
    """
    jurisdiction = recipe.jurisdiction
    role = check_any(by, (Permission.RUN_FORECASTS, Permission.DECIDE_POLICY), jurisdiction)
    known = RecipeRetirement.objects.filter(recipe=recipe).first()
    if known is not None:
        return known
    standing = standing_of(jurisdiction, recipe.digest)
    if standing is None:
        raise Refused(Reason.NOT_FOUND, f"There is no recipe {recipe.digest[:12]}… in {jurisdiction.name}.")
    next_state(standing.state, RecipeDeed.RETIRE)
    policy, reason = policy_in_force(jurisdiction), plain_text(reason)
    check_rationale(reason, policy.terms.rationale_min_length)
    entry = record(
        action="recipe.retired",
        subject_kind="recipe",
        subject=recipe.digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=policy.version,
        text=reason,
    )
    return RecipeRetirement.objects.create(
        recipe=recipe,
        retired_by=by,
        role=role,
        retired_at=clock.now(jurisdiction),
        ledger_index=entry.index,
    )
