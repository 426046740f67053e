"""Put an evaluated recipe to public comment and to the vote."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from forecasting.core.limits import as_refusal
from forecasting.core.recipe import check_features, recipe_digest, recipe_from_dict
from forecasting.core.recipe_draft import check_releasable
from forecasting.core.recipe_states import RecipeDeed, RecipeState, next_state
from forecasting.models import RecipeDraft
from forecasting.selectors.recipes import BACKTEST, Standing, standing_of
from governance.core.refusals import Reason, Refused
from governance.ledger import record
from governance.permissions import check_any
from governance.selectors import open_permissions, policy_in_force
from governance.services.open_change_request import open_change_request

if TYPE_CHECKING:
    from governance.core.policy import Terms
    from governance.models import ChangeRequest, User


@transaction.atomic
def propose_recipe(*, draft: RecipeDraft, by: User, scripted: bool = False) -> ChangeRequest:
    """Open the request about exactly this recipe, with the evidence that it rests on.

    Whoever drafted it is an author of the request, whoever proposes it another. Refused until it is evaluated and
    every kind of evidence is attached that the policy asks of a recipe. Proposed twice, it is one request. Raises
    Refused(NOT_PERMITTED | DIGEST_CHANGED | EVIDENCE_MISSING | EXPIRED | NOT_OPEN | OUTSIDE_POLICY | NOT_FOUND |
    BAD_INPUT | QUORUM_UNREACHABLE).
    """
    jurisdiction = draft.jurisdiction
    role = check_any(by, open_permissions("recipe"), jurisdiction)
    policy, standing = policy_in_force(jurisdiction), _standing(draft)
    if standing.request is not None and standing.state in (RecipeState.PROPOSED, RecipeState.APPROVED):
        return standing.request
    _check_evaluated(standing, policy.terms)
    next_state(standing.state, RecipeDeed.PROPOSE)
    with as_refusal():
        recipe = recipe_from_dict(draft.body)
        check_releasable(recipe, policy.terms.allowed_categories)
    check_features(draft.body, policy.terms.prohibited_features)
    reports = {kind: row.report_digest for kind, row in standing.evidence.items()}
    request = open_change_request(
        kind="recipe",
        jurisdiction=jurisdiction,
        district=None,
        title=f"Forecast recipe “{draft.title}”",
        digest=draft.digest,
        rests_on=list(reports.values()),
        expires_at=standing.now + timedelta(days=policy.terms.comment_days + policy.terms.decision_days),
        by=by,
        with_authors=[draft.drafted_by] if draft.drafted_by_id != by.pk else [],
        scripted=scripted,
    )
    record(
        action="recipe.proposed",
        subject_kind="recipe",
        subject=draft.digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=policy.version,
        detail={"request": request.pk, "days": policy.terms.recipe_days, **reports},
    )
    return request


def _standing(draft: RecipeDraft) -> Standing:
    """Return what is recorded about a draft. Raises Refused(DIGEST_CHANGED) where its body is not what was drafted."""
    standing = standing_of(draft.jurisdiction, draft.digest)
    if standing is None or recipe_digest(recipe_from_dict(draft.body)) != draft.digest:
        raise Refused(
            Reason.DIGEST_CHANGED,
            "This is not what was drafted and evaluated. Draft it anew; what was found out about another recipe says "
            "nothing about this one.",
        )
    return standing


def _check_evaluated(standing: Standing, terms: Terms) -> None:
    needed = (BACKTEST, *terms.required_evidence.get("recipe", ()))
    missing = [kind.replace("_", " ") for kind in needed if kind not in standing.evidence]
    if missing or standing.evaluation is None or not standing.facts.evaluated:
        raise Refused(
            Reason.EVIDENCE_MISSING,
            "Nobody is asked about a recipe without evidence, and of this one there is no "
            f"{', no '.join(missing) or 'complete evaluation'}. Order its evaluation; the schedule does it.",
        )
    if standing.now - standing.evaluation.as_of > timedelta(days=terms.recipe_days):
        raise Refused(
            Reason.EXPIRED,
            f"It was evaluated on what was known on {standing.evaluation.as_of:%d %B %Y}, more than "
            f"{terms.recipe_days} days ago. Draft it again, so that it is tried on what is known now.",
        )
