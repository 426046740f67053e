"""Recipes that are tried on past windows, and put into use once people approved them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celery import shared_task
from django.core.cache import cache
from django.db import transaction

from forecasting.core.recipe import categories_read, recipe_from_dict
from forecasting.selectors.recipes import drafts_approved, evaluation_numbered, evaluations_waiting
from forecasting.services.adopt_recipe import adopt_recipe
from forecasting.services.evaluate_recipe import evaluate_recipe
from forecasting.services.seal_extract import seal_extract
from forecasting.tasks.turn import in_turn
from governance.selectors import jurisdictions
from governance.services.redeem_approval import redeem_approval

if TYPE_CHECKING:
    from forecasting.models import RecipeDraft, RecipeEvaluation
    from governance.models import Jurisdiction, User

TRIAL_SECONDS = 30 * 60  # after this long a trial that never came to an end is begun anew


@shared_task
def evaluate_drafts() -> int:
    """Ask for one trial of an ordered evaluation in every jurisdiction, the oldest first; returns how many.

    One a turn: trials take long, and where tasks run in line the schedule has other things to do between them.
    """
    return sum(_evaluate_next(jurisdiction) for jurisdiction in jurisdictions())


def _evaluate_next(jurisdiction: Jurisdiction) -> bool:
    for evaluation, category in evaluations_waiting(jurisdiction):
        if cache.add(f"trial-{evaluation.pk}-{category}", value=True, timeout=TRIAL_SECONDS):
            evaluate_one.delay(evaluation.pk, category)
            return True
    return False


@shared_task
def evaluate_one(evaluation_id: int, category: str) -> bool:
    """Try one category of a draft, on an extract of what was known when its evaluation was ordered."""
    evaluation = evaluation_numbered(evaluation_id)
    return evaluation is not None and in_turn(_tried, evaluation=evaluation, category=category)


def _tried(*, evaluation: RecipeEvaluation, category: str, by: User) -> None:
    recipe = recipe_from_dict(evaluation.draft.body)
    sealed = seal_extract(
        jurisdiction=evaluation.draft.jurisdiction,
        as_of=evaluation.as_of,
        categories=sorted(set().union(*(categories_read(recipe, each) for each in recipe.categories))),
        by=by,
    )
    evaluate_recipe(evaluation=evaluation, category=category, extract=sealed, by=by)


@shared_task
def adopt_approved_recipes() -> int:
    """Put the recipes that people approved into use; returns how many.

    An approval is used up and its recipe adopted in one transaction. What can no longer be adopted stays as it is,
    with the reason in the application log, until it expires.
    """
    return sum(
        in_turn(_adopted, draft=draft)
        for jurisdiction in jurisdictions()
        for draft in drafts_approved(jurisdiction)
    )


def _adopted(*, draft: RecipeDraft, by: User) -> None:
    with transaction.atomic():
        redeem_approval(digest=draft.digest, kind="recipe", jurisdiction=draft.jurisdiction, by=by)
        adopt_recipe(
            jurisdiction=draft.jurisdiction, name=draft.title, recipe=recipe_from_dict(draft.body), by=by
        )
