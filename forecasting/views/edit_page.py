"""What the page for editing a plan shows: every place with its fields, and the effect of an edit before it is saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecasting.core.plan_body import Place, PlaceEdit, PlanBody, adds, differences
from forecasting.core.prevention import OPTIONS, Option
from forecasting.core.wording import percent, shortened
from forecasting.forms import field_key, read_edits
from forecasting.selectors import body_of
from forecasting.services.edit_plan import changed_body
from forecasting.views.plan_page import headline
from governance import selectors
from governance.core.drawing import reading
from governance.core.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecasting.models import Plan


@dataclass(frozen=True)
class Line:
    """One place with what the form holds for it now."""

    place: Place
    key: str
    expected: str
    edit: PlaceEdit
    options: Sequence[Option]


def edit_context(plan: Plan, sent: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the form as it stands (`sent`: as it was last sent) and what saving it would do."""
    body = body_of(plan)
    terms = selectors.policy_in_force(plan.jurisdiction).terms
    context: dict[str, Any] = {
        "plan": plan,
        "body": body,
        "jurisdiction": plan.jurisdiction,
        "title": headline(plan, body),
        "digest": shortened(plan.digest),
        "next_revision": plan.revision + 1,
        "cap": terms.dosage_cap_minutes,
    }
    try:
        edits = [_unchanged(place) for place in body.places] if sent is None else read_edits(sent, body)
    except Refused as refusal:
        return context | {"lines": _lines(body, [_unchanged(p) for p in body.places]), "refusal": refusal}
    return (
        context
        | {"lines": _lines(body, edits)}
        | (_effect(body, edits, terms.dosage_cap_minutes) if sent else {})
    )


def _effect(body: PlanBody, edits: Sequence[PlaceEdit], cap: int) -> dict[str, Any]:
    """What saving would do, or the refusal that it would meet."""
    try:
        after = changed_body(body, edits, cap_minutes=cap)
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
