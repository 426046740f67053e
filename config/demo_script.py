"""What the demo decided before its visitor came, through the real services and marked as scripted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from audits.tasks import audit_one
from forecasting.core.plan_edit import PlaceEdit
from forecasting.core.recipe import recipe_from_dict
from forecasting.core.recipe_draft import drafted_recipe
from forecasting.selectors.plans import body_of, plan_of
from forecasting.selectors.recipes import standings_in
from forecasting.services.draft_recipe import draft_recipe
from forecasting.services.edit_plan import edit_plan
from forecasting.services.order_evaluation import order_evaluation
from forecasting.services.propose_recipe import propose_recipe
from forecasting.tasks import evaluate_one
from governance.core.approval import Verdict
from governance.core.refusals import Refused
from governance.core.roles import Role
from governance.core.states import State
from governance.core.training import right_answers
from governance.selectors import grants_that_vote, policy_in_force, requests_in, voters_for
from governance.services.cast_vote import cast_vote
from governance.services.complete_training import complete_training

if TYPE_CHECKING:
    from forecasting.models import Plan
    from governance.models import Jurisdiction, User


@dataclass(frozen=True)
class Line:
    """One scripted decision: what is said and why; `shorten` drops the last place first."""

    verdict: Verdict
    rationale: str
    shorten: bool = False


LINES = (
    Line(
        Verdict.APPROVE,
        "These are the blocks residents reported most in the last month; outreach goes first.",
    ),
    Line(
        Verdict.APPROVE, "I dropped the last place: the housing office works there this week.", shorten=True
    ),
    Line(Verdict.REJECT, "Two of my crews are at the festival tonight; nobody could keep these visits."),
    Line(
        Verdict.APPROVE, "It agrees with the last two weeks’ reports and keeps every stop below 15 minutes."
    ),
    Line(Verdict.APPROVE, "The first four places repeat last week’s; outreach letters went out before."),
    Line(Verdict.REJECT, "Most of these places were visited three nights running; I want the outcome first."),
)
RECIPE_TITLE, RECIPE_TERM, RECIPE_DAYS = "Blend with a longer memory", "recent", 90.0
RECIPE_WHY = "A month of few reports moved the ranking more than it should; a longer half-life is steadier."
BLOCKED = (
    "The audit does not pass for this plan, so it cannot be approved, and I will not send anybody without it."
)


def complete_training_of_all(jurisdiction: Jurisdiction) -> int:
    """Let everybody who votes read her module and answer its questions, as each would on its page."""
    grants = grants_that_vote(jurisdiction)
    for grant in grants:
        role = Role(grant.role)
        complete_training(role=role, answers=right_answers(role), by=grant.user)
    return len(grants)


def decide_all(jurisdiction: Jurisdiction, *, week: int) -> int:
    """Let each district's supervisor decide her waiting plan by the script; returns how many were decided."""
    waiting = list(requests_in(jurisdiction, State.OPEN, kind="plan").order_by("id"))
    for number, request in enumerate(waiting):
        voters = voters_for(request)
        plan = plan_of(request.pk)
        if voters and plan is not None:
            _decide(plan, LINES[(number + week) % len(LINES)], voters[0])
    return len(waiting)


def _decide(plan: Plan, line: Line, by: User) -> None:
    vote = {"change_request_id": plan.change_request_id, "seen_digest": plan.digest, "by": by}
    try:
        cast_vote(verdict=line.verdict, rationale=line.rationale, **vote)  # type: ignore[arg-type]
    except Refused:
        cast_vote(verdict=Verdict.REJECT, rationale=BLOCKED, **vote)  # type: ignore[arg-type]


def propose_a_recipe(jurisdiction: Jurisdiction, by: User) -> bool:
    """Let an analyst draft, try and propose a recipe, so that the board finds one to decide; once, both or neither.

    It is about one category, and quick to try: the demo must not wait for it.
    """
    if standings_in(jurisdiction)[0].draft is not None:
        return False
    terms = policy_in_force(jurisdiction).terms
    used = recipe_from_dict(standings_in(jurisdiction)[0].body)
    recipe = drafted_recipe(
        used.model,
        terms.plan_categories,
        related=used.categories,
        changes={"cell_metres": used.cell_metres, "reporting_delay_days": used.reporting_delay_days},
        half_lives={RECIPE_TERM: RECIPE_DAYS},
    )
    with transaction.atomic():
        draft = draft_recipe(
            jurisdiction=jurisdiction, title=RECIPE_TITLE, body=recipe.to_dict(), reason=RECIPE_WHY, by=by
        )
        evaluation = order_evaluation(draft=draft, by=by)
        for category in recipe.categories:
            evaluate_one(evaluation.pk, category)
        audit_one("recipe", draft.digest, jurisdiction)
        propose_recipe(draft=draft, by=by, scripted=True)
    return True


def shorten(plan: Plan, by: User) -> None:
    """Drop the last place of a plan: an edit that only takes away."""
    body = body_of(plan)
    last = len(body.places)
    edits = [
        PlaceEdit(
            each.column,
            each.row,
            keep=each.number != last,
            option=each.option,
            visits=each.visits,
            minutes=each.minutes,
        )
        for each in body.places
    ]
    edit_plan(plan_id=plan.pk, seen_digest=plan.digest, edits=edits, by=by)


def shorten_some(jurisdiction: Jurisdiction, *, week: int) -> int:
    """Make the script's edits; each needs its own audit before it can be approved."""
    waiting = list(requests_in(jurisdiction, State.OPEN, kind="plan").order_by("id"))
    edited = 0
    for number, request in enumerate(waiting):
        voters, plan = voters_for(request), plan_of(request.pk)
        if LINES[(number + week) % len(LINES)].shorten and voters and plan is not None:
            shorten(plan, voters[0])
            edited += 1
    return edited
