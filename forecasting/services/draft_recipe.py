"""Write down a recipe that may later be put to the vote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import transaction

from forecasting.core.limits import as_refusal
from forecasting.core.recipe import Recipe as RecipeBody
from forecasting.core.recipe import check_features, recipe_digest, recipe_from_dict
from forecasting.core.recipe_draft import check_releasable
from forecasting.core.recipe_states import UNFINISHED, WORDS
from forecasting.models import RecipeDraft
from forecasting.selectors.geography import city_of
from forecasting.selectors.recipes import standing_of
from governance import clock
from governance.core.approval import check_rationale, plain_text
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check
from governance.selectors import policy_in_force

if TYPE_CHECKING:
    from governance.models import Jurisdiction, User

TITLE_MAX = 80


@transaction.atomic
def draft_recipe(
    *, jurisdiction: Jurisdiction, title: str, body: Mapping[str, Any], reason: str, by: User
) -> RecipeDraft:
    """Store the draft of a recipe, bound to the SHA-256 of its canonical dict (`Recipe.to_dict`).

    What was declined, retired or has run out may be drafted again: it becomes the next version, with a digest of
    its own. Raises Refused(NOT_PERMITTED | BAD_INPUT | OUTSIDE_POLICY | NOT_FOUND | TOO_LARGE | TOO_LITTLE_DATA |
    RATIONALE_TOO_SHORT | ALREADY_DONE).
    """
    role = check(by, Permission.PROPOSE, jurisdiction)
    policy, title, reason = policy_in_force(jurisdiction), _title(title), plain_text(reason)
    check_rationale(reason, policy.terms.rationale_min_length)
    with as_refusal():
        recipe = recipe_from_dict(body)
        check_releasable(recipe, policy.terms.allowed_categories)
    check_features(recipe.to_dict(), policy.terms.prohibited_features)
    city_of(jurisdiction, recipe.cell_metres, policy.terms.shifts)  # a grid too large is refused here
    recipe = _next_version(jurisdiction, recipe)
    digest = recipe_digest(recipe)
    entry = record(
        action="recipe.drafted",
        subject_kind="recipe",
        subject=digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=policy.version,
        detail={"model": recipe.model, "categories": len(recipe.categories), "version": recipe.version},
        text=reason,
    )
    return RecipeDraft.objects.create(
        jurisdiction=jurisdiction,
        title=title,
        body=recipe.to_dict(),
        digest=digest,
        drafted_by=by,
        drafted_at=clock.now(jurisdiction),
        ledger_index=entry.index,
    )


def _title(title: str) -> str:
    title = " ".join(plain_text(title).split())
    if not 0 < len(title) <= TITLE_MAX or not title.isprintable():
        raise Refused(Reason.BAD_INPUT, f"Give the recipe a name of at most {TITLE_MAX} characters.")
    return title


def _next_version(jurisdiction: Jurisdiction, recipe: RecipeBody) -> RecipeBody:
    """Return the recipe under the first version that is not taken. Raises Refused(ALREADY_DONE) for a double."""
    known = standing_of(jurisdiction, recipe_digest(recipe))
    while known is not None:
        if known.state in UNFINISHED:
            raise Refused(
                Reason.ALREADY_DONE,
                f"Exactly this recipe is there: “{known.title}”, which {WORDS[known.state]}. Go on with that one, or "
                "change something.",
            )
        recipe = replace(recipe, version=recipe.version + 1)
        known = standing_of(jurisdiction, recipe_digest(recipe))
    return recipe
