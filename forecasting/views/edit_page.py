"""What the page for editing a plan shows: every place with its fields, and the effect of an edit before it is saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasting.candidates import as_places, budget_of, candidates_for, places_at
from forecasting.core.limits import CannotForecast
from forecasting.core.plan_body import Place, PlanBody
from forecasting.core.plan_edit import PlaceEdit, adds, changed_body, differences
from forecasting.core.prevention import OPTIONS, Option
from forecasting.core.wording import percent, shortened
from forecasting.forms import field_key, read_added, read_edits
from forecasting.selectors.plans import body_of
from forecasting.views.plan_page import headline
from governance import selectors
from governance.core.drawing import reading
from governance.core.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecasting.models import Plan
    from governance.core.policy import Terms


SUGGESTED = 6  # places that the page offers to add


@dataclass(frozen=True)
class Line:
    """One place with what the form holds for it now."""

    place: Place
    key: str
    expected: str
    edit: PlaceEdit
    options: Sequence[Option]


@dataclass(frozen=True)
class Suggestion:
    """A place that could be added: the most expected incidents among those the plan leaves out."""

    place: Place
    key: str
    expected: str
    ticked: bool


def edit_context(plan: Plan, sent: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the form as it stands (`sent`: as it was last sent) and what saving it would do."""
    body = body_of(plan)
    terms = selectors.policy_in_force(plan.jurisdiction, plan.change_request.opened_at).terms
    context: dict[str, Any] = {
        "plan": plan,
        "body": body,
        "jurisdiction": plan.jurisdiction,
        "title": headline(plan, body),
        "digest": shortened(plan.digest),
        "next_revision": plan.revision + 1,
        "cap": terms.dosage_cap_minutes,
        "lines": _lines(body, [_unchanged(place) for place in body.places]),
        "suggestions": suggestions(plan, body, terms, ()),
    }
    if sent is None:
        return context
    try:
        edits, added = read_edits(sent, body), read_added(sent)
        fresh = places_at(plan, added, terms) if added else ()
    except Refused as refusal:
        return context | {"refusal": refusal}
    context |= {"lines": _lines(body, edits), "suggestions": suggestions(plan, body, terms, added)}
    return context | _effect(body, edits, fresh, terms)


def suggestions(
    plan: Plan, body: PlanBody, terms: Terms, ticked: Sequence[tuple[int, int]]
) -> list[Suggestion]:
    """Return the next places that the plan does not hold, the most expected incidents first."""
    try:
        found = candidates_for(plan.run, plan.district.code, plan.starts_at)
    except (Refused, CannotForecast):
        return []  # a plan whose run cannot be read in full can still be edited, only not added to
    held = {(place.column, place.row) for place in body.places}
    cells = zip(found.cells["column"], found.cells["row"], strict=True)
    order = np.argsort(-found.expected, kind="stable")
    keys = list(cells)
    chosen = [i for i in order.tolist() if keys[i] not in held][:SUGGESTED]
    places = as_places(found, np.array(chosen, dtype=np.int64), budget_of(terms)) if chosen else ()
    return [
        Suggestion(place, field_key(place), reading(place.expected), (place.column, place.row) in ticked)
        for place in places
    ]


def _effect(
    body: PlanBody, edits: Sequence[PlaceEdit], fresh: Sequence[Place], terms: Terms
) -> dict[str, Any]:
    """What saving would do, or the refusal that it would meet."""
    try:
        after = changed_body(body, edits, fresh, terms=terms)
    except Refused as refusal:
        return {"refusal": refusal}
    effect = {
        "said": differences(body, after),
        "adds": adds(body, after),
        "rows": [
            ("Places", len(body.places), len(after.places)),
            ("Officer hours", f"{body.hours:.1f}", f"{after.hours:.1f}"),
            ("Share of expected incidents covered", _covered(body), _covered(after)),
        ],
    }
    return {"effect": effect}


def _covered(body: PlanBody) -> str:
    value, low, high = (percent(share) for share in body.covered)
    return f"{value} % [{low}–{high}]"


def _lines(body: PlanBody, edits: Sequence[PlaceEdit]) -> list[Line]:
    options = sorted(OPTIONS.values(), key=lambda option: option.softness)
    return [
        Line(place, field_key(place), reading(place.expected), edit, options)
        for place, edit in zip(body.places, edits, strict=True)
    ]


def _unchanged(place: Place) -> PlaceEdit:
    return PlaceEdit(
        place.column, place.row, keep=True, option=place.option, visits=place.visits, minutes=place.minutes
    )
