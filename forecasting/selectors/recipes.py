"""Recipes and drafts of them: what is recorded about each, and where each one stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from forecasting.core.recipe_states import Facts, RecipeState, state_of
from forecasting.models import (
    Fallback,
    ForecastRun,
    Recipe,
    RecipeDraft,
    RecipeEvaluation,
    RecipeRetirement,
    RecipeTrial,
    Scorecard,
)
from forecasting.selectors.drift import is_by_fallback
from governance import clock
from governance.core.states import State
from governance.selectors import evidence_on, requests_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from governance.models import ChangeRequest, Evidence, Jurisdiction

BACKTEST, DISPARITY = "recipe_backtest", "recipe_disparity"
"""Kinds of evidence about a recipe: of its evaluation, and of the audit of the places it flags."""


@dataclass(frozen=True)
class Standing:
    """Everything recorded about one digest in one jurisdiction; ``now`` is the jurisdiction's clock."""

    jurisdiction: Jurisdiction
    digest: str
    now: datetime
    draft: RecipeDraft | None = None
    recipe: Recipe | None = None
    trials: Sequence[RecipeTrial] = ()
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    request: ChangeRequest | None = None

    @property
    def body(self) -> Mapping[str, Any]:
        """The recipe's canonical dict."""
        row = self.recipe or self.draft
        return row.body if row else {}

    @property
    def title(self) -> str:
        """What it is called."""
        return self.draft.title if self.draft else self.recipe.name if self.recipe else ""

    @property
    def categories(self) -> list[str]:
        """What it is about."""
        return sorted(self.body.get("categories", ()))

    @property
    def evaluation(self) -> RecipeEvaluation | None:
        """The order to try it, if there is one."""
        return getattr(self.draft, "evaluation", None)

    @property
    def retirement(self) -> RecipeRetirement | None:
        """Its early end, if it came to that."""
        return getattr(self.recipe, "retirement", None)

    @property
    def facts(self) -> Facts:
        """What its state follows from."""
        done = {trial.category for trial in self.trials}
        return Facts(
            ordered=self.evaluation is not None,
            evaluated=bool(done) and done >= set(self.categories),
            audited=DISPARITY in self.evidence,
            request=State(self.request.state) if self.request else None,
            adopted=self.recipe is not None,
            lapsed=self.recipe is not None and self.recipe.valid_until <= self.now,
            retired=self.retirement is not None,
        )

    @property
    def state(self) -> RecipeState:
        """Where it stands."""
        return state_of(self.facts)


def standings_in(jurisdiction: Jurisdiction, digest: str = "") -> list[Standing]:
    """Return every recipe and draft, the newest first, or the one of a digest, in six queries."""
    only = Q(digest=digest) if digest else Q()
    drafts = {row.digest: row for row in _drafts(jurisdiction).filter(only)}
    recipes = {row.digest: row for row in _recipes(jurisdiction).filter(only)}
    digests = [*drafts, *(each for each in recipes if each not in drafts)]
    requests = {
        row.digest: row for row in requests_in(jurisdiction, kind="recipe").filter(only).order_by("id")
    }
    evidence = evidence_on(digests, jurisdiction)
    trials: dict[str, list[RecipeTrial]] = {}
    for trial in RecipeTrial.objects.filter(evaluation__draft__in=list(drafts.values())).select_related(
        "evaluation__draft", "extract"
    ):
        trials.setdefault(trial.evaluation.draft.digest, []).append(trial)
    now = clock.now(jurisdiction)
    return [
        Standing(
            jurisdiction,
            each,
            now,
            drafts.get(each),
            recipes.get(each),
            trials.get(each, ()),
            evidence.get(each, {}),
            requests.get(each),
        )
        for each in digests
    ]


def _drafts(jurisdiction: Jurisdiction) -> Any:
    rows = RecipeDraft.objects.filter(jurisdiction=jurisdiction)
    return rows.select_related("drafted_by", "evaluation", "evaluation__ordered_by").order_by("-id")


def _recipes(jurisdiction: Jurisdiction) -> Any:
    rows = Recipe.objects.filter(jurisdiction=jurisdiction)
    return rows.select_related("retirement", "retirement__retired_by").order_by("-id")


def standing_of(jurisdiction: Jurisdiction, digest: str) -> Standing | None:
    """Return what is recorded about one digest; None where nothing is, or where the text names no digest at all."""
    if not (
        digest.isascii() and digest.isalnum()
    ):  # PostgreSQL takes no NUL, and all of them without a digest
        return None
    found = standings_in(jurisdiction, digest)
    return found[0] if found else None


def is_retired(recipe: Recipe) -> bool:
    """Whether a recipe came to an early end."""
    return RecipeRetirement.objects.filter(recipe=recipe).exists()


def recipes_in_force(jurisdiction: Jurisdiction) -> dict[str, Recipe]:
    """Return category -> the recipe that its forecasts use now: the newest that is valid and was not retired."""
    now = clock.now(jurisdiction)
    rows = Recipe.objects.filter(jurisdiction=jurisdiction, valid_until__gt=now, retirement=None)
    return {category: row for row in rows.order_by("id") for category in row.body.get("categories", ())}


def categories_in_force(jurisdiction: Jurisdiction) -> dict[str, int]:
    """Return category -> number of the recipe that its forecasts use now."""
    return {category: row.pk for category, row in recipes_in_force(jurisdiction).items()}


def evaluations_waiting(jurisdiction: Jurisdiction) -> list[tuple[RecipeEvaluation, str]]:
    """Return (evaluation, category) for every trial that was ordered and is not done, the oldest first."""
    rows = RecipeEvaluation.objects.filter(draft__jurisdiction=jurisdiction).select_related(
        "draft__jurisdiction"
    )
    done = set(RecipeTrial.objects.filter(evaluation__in=rows).values_list("evaluation_id", "category"))
    return [
        (row, category)
        for row in rows.order_by("id")
        for category in row.draft.body["categories"]
        if (row.pk, category) not in done
    ]


def evaluation_numbered(number: int) -> RecipeEvaluation | None:
    """Return one evaluation with its draft."""
    return RecipeEvaluation.objects.select_related("draft__jurisdiction").filter(pk=number).first()


def drafts_approved(jurisdiction: Jurisdiction) -> list[RecipeDraft]:
    """Return the drafts whose request is approved and waits to be carried out, in the order of the decisions."""
    approved = requests_in(jurisdiction, State.APPROVED, kind="recipe").order_by("decided_at", "id")
    drafts = {row.digest: row for row in RecipeDraft.objects.filter(jurisdiction=jurisdiction)}
    return [drafts[each.digest] for each in approved if each.digest in drafts]


def standings_evaluated(jurisdiction: Jurisdiction) -> list[Standing]:
    """Return the drafts whose evaluation is complete, the oldest first: what an audit can look at."""
    return [each for each in reversed(standings_in(jurisdiction)) if each.facts.evaluated]


def scores_of_recipe(recipe: Recipe) -> list[Scorecard]:
    """Return the newest score of every scored run that a recipe made itself, the oldest window first."""
    own = {run.pk for run in runs_of_recipe(recipe)}
    rows = Scorecard.objects.filter(run__in=own).select_related("run").order_by("run__window_start", "id")
    return list({row.run_id: row for row in rows}.values())


def runs_of_recipe(recipe: Recipe) -> list[ForecastRun]:
    """Return every run that a recipe made itself, the latest window first; none by counts in its stead."""
    rows = ForecastRun.objects.filter(recipe=recipe).select_related("extract").order_by("-window_start")
    stood_in = Fallback.objects.filter(recipe=recipe).exists()
    return [run for run in rows if not (stood_in and is_by_fallback(run))]
