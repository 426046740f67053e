"""What the pages of holds say, and the banner on whatever a hold stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.core.roles import Permission
from governance.core.states import State
from governance.holds import (
    hold_line,
    hold_lines,
    holds_in_force,
    holds_of,
    lift_requests,
    open_lift_request,
)
from governance.permissions import can
from governance.selectors import (
    digests_agreed_to,
    districts_of,
    policy_in_force,
    requests_in,
)

if TYPE_CHECKING:
    from governance.models import Hold, Jurisdiction, User

PLANS_OFFERED = 40


@dataclass(frozen=True)
class Choice:
    """One thing that can be put on hold; `value` as the form sends it."""

    value: str
    label: str


def holds_context(jurisdiction: Jurisdiction, by: User, chosen: str = "") -> dict[str, Any]:
    """Return what the page of holds shows; with the form for members of the board."""
    rows = list(holds_of(jurisdiction))
    lines = hold_lines(jurisdiction, rows, by)
    may_place = can(by, Permission.DECIDE_POLICY, jurisdiction)
    return {
        "jurisdiction": jurisdiction,
        "in_force": [line for line in lines if line.lift is None],
        "lifted": [line for line in lines if line.lift is not None],
        "may_place": may_place,
        "choices": choices(jurisdiction) if may_place else [],
        "chosen": chosen,
        "seen": rows[0].pk if rows else 0,
        "least": policy_in_force(jurisdiction).terms.rationale_min_length,
    }


def choices(jurisdiction: Jurisdiction) -> list[tuple[str, list[Choice]]]:
    """Return what can be put on hold and is not, group by group."""
    held = {f"{each.scope}:{each.target}" for each in holds_in_force(jurisdiction)}
    plans = requests_in(jurisdiction, kind="plan").exclude(state__in=[State.REJECTED, State.EXPIRED])
    terms = policy_in_force(jurisdiction).terms
    groups = [
        ("The whole city", [Choice("everything:", f"Everything in {jurisdiction.name}")]),
        ("A category", [Choice(f"category:{each}", _words(each)) for each in terms.allowed_categories]),
        ("A district", [Choice(f"district:{each.code}", each.name) for each in districts_of(jurisdiction)]),
        (
            "A recipe",
            [
                Choice(f"recipe:{each}", f"Recipe {each[:12]}…")
                for each in digests_agreed_to(jurisdiction, "recipe")
            ],
        ),
        (
            "A plan",
            [
                Choice(f"plan:{each.pk}", f"Plan {each.pk}: {each.title}, {each.state}")
                for each in plans.order_by("-id")[:PLANS_OFFERED]
            ],
        ),
    ]
    free = [(name, [each for each in some if each.value not in held]) for name, some in groups]
    return [(name, some) for name, some in free if some]


def hold_context(hold: Hold, by: User) -> dict[str, Any]:
    """Return what the page of one hold shows."""
    line = hold_line(hold, by)
    asked = open_lift_request(hold) if line.lift is None else None
    return {
        "jurisdiction": hold.jurisdiction,
        "line": line,
        "asked": asked,
        "requests": [each for each in lift_requests(hold) if each != asked],
        "may_ask": line.lift is None and not by.is_service and _may_ask(hold, by),
        "least": policy_in_force(hold.jurisdiction).terms.rationale_min_length,
    }


def _may_ask(hold: Hold, by: User) -> bool:
    return any(can(by, each, hold.jurisdiction) for each in (Permission.PROPOSE, Permission.DECIDE_POLICY))


def _words(category: str) -> str:
    return category.replace("_", " ").capitalize()
