"""Begin forecasts by counts in one category, because something drifted and the policy demands it then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from forecasting.core.fallback import fallback_recipe
from forecasting.core.recipe import check_features, recipe_digest, recipe_from_dict
from forecasting.models import DriftRun, Fallback
from forecasting.selectors.drift import drift_runs, fallback_in_force
from forecasting.selectors.runs import recipe_in_force
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check
from governance.selectors import policy_in_force

if TYPE_CHECKING:
    from governance.models import User


@transaction.atomic
def start_fallback(*, drift_run: DriftRun, by: User) -> Fallback:
    """Let the next forecasts of a category be made by counts; the round of checks that asks for it says why.

    The recipe by counts follows from the approved one (`fallback_recipe`); its approval is the policy version in
    force, which demands the fallback, together with that recipe's own. Begun twice, it is one fallback. Raises
    Refused(NOT_PERMITTED | OUTSIDE_POLICY | NOT_APPROVED | TOO_LATE).
    """
    jurisdiction, category = drift_run.jurisdiction, drift_run.category
    role = check(by, Permission.RUN_FORECASTS, jurisdiction)
    known = fallback_in_force(jurisdiction, category)
    if known is not None:
        return known
    moment, policy = clock.now(jurisdiction), policy_in_force(jurisdiction)
    if not policy.terms.fallback_on_drift:
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"Policy {policy.version} leaves it to people what to do about drift. Propose a policy that demands the "
            "forecast by counts, or a recipe that copes.",
        )
    newest = drift_runs(jurisdiction, category).first()
    if newest is None or newest.pk != drift_run.pk or not drift_run.fallback_due:
        raise Refused(
            Reason.TOO_LATE,
            "This round of checks is not the newest, or asks for no fallback. Check drift again first.",
        )
    recipe = recipe_in_force(jurisdiction, category, moment)
    if recipe is None:
        raise Refused(
            Reason.NOT_APPROVED,
            f"No recipe for {category.replace('_', ' ')} is in force, so there is nothing to fall back from.",
        )
    body = fallback_recipe(recipe_from_dict(recipe.body))
    check_features(body.to_dict(), policy.terms.prohibited_features)
    digest = recipe_digest(body)
    entry = record(
        action="fallback.started",
        subject_kind="recipe",
        subject=digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=policy.version,
        detail={"category": category, "recipe": recipe.digest, "drift": drift_run.digest},
    )
    return Fallback.objects.create(
        jurisdiction=jurisdiction,
        category=category,
        drift_run=drift_run,
        recipe=recipe,
        body=body.to_dict(),
        digest=digest,
        policy_version=policy.version,
        started_at=moment,
        ledger_index=entry.index,
    )
