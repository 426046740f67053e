"""What the demo decided before its visitor came, through the real services and marked as scripted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecasting.core.plan_edit import PlaceEdit
from forecasting.selectors.plans import body_of, plan_of
from forecasting.services.edit_plan import edit_plan
from governance.core.approval import Verdict
from governance.core.refusals import Refused
from governance.core.roles import Role
from governance.core.states import State
from governance.core.training import right_answers
from governance.selectors import grants_that_vote, requests_in, voters_for
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
