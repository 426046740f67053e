"""Put an approved recipe into use."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from forecasting.core.recipe import Recipe as RecipeBody
from forecasting.core.recipe import check_features, check_stage, recipe_digest
from forecasting.models import Recipe
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check
from governance.selectors import digest_is_approved, policy_in_force

if TYPE_CHECKING:
    from governance.models import Jurisdiction, User


@transaction.atomic
def adopt_recipe(*, jurisdiction: Jurisdiction, name: str, recipe: RecipeBody, by: User) -> Recipe:
    """Store a recipe that people agreed to (by vote, or at genesis), valid for the days the policy gives.

    Adopted twice, it is one recipe. Raises Refused(NOT_PERMITTED | NOT_APPROVED | OUTSIDE_POLICY).
    """
    role = check(by, Permission.RUN_FORECASTS, jurisdiction)
    digest = recipe_digest(recipe)
    known = Recipe.objects.filter(jurisdiction=jurisdiction, digest=digest).first()
    if known is not None:
        return known
    if not digest_is_approved(jurisdiction, "recipe", digest):
        raise Refused(
            Reason.NOT_APPROVED, f"Nobody approved the recipe {digest[:12]}…, so no forecast may use it."
        )
    policy = policy_in_force(jurisdiction)
    check_stage(recipe.to_dict())
    check_features(recipe.to_dict(), policy.terms.prohibited_features)
    adopted = Recipe.objects.create(
        jurisdiction=jurisdiction,
        name=name,
        body=recipe.to_dict(),
        digest=digest,
        valid_until=clock.now(jurisdiction) + timedelta(days=policy.terms.recipe_days),
    )
    record(
        action="recipe.adopted",
        subject_kind="recipe",
        subject=digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=policy.version,
        detail={"days": policy.terms.recipe_days},
    )
    return adopted
