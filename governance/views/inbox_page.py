"""What waits for this person, what she has already said, and what was decided lately."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from governance import clock, selectors
from governance.after_reviews import glass_line
from governance.break_glass import told_of
from governance.core.roles import ROLES
from governance.core.spoken import spoken_deadline, spoken_moment
from governance.core.states import State
from governance.core.verdicts import verdict_words
from governance.permissions import can

if TYPE_CHECKING:
    from typing import Any

    from governance.models import ChangeRequest, Jurisdiction, User

LATELY = 8
PAGES: Mapping[str, str] = MappingProxyType(
    {"plan": "plan", "policy": "policy-request", "recipe": "policy-request", "role_grant": "role-request"}
)
"""Kind of request -> name of the address of its own page; every other kind is decided on the common one."""
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "plan": "Deployment plan",
        "policy": "Policy",
        "recipe": "Forecast recipe",
        "role_grant": "Role",
        "hold_lift": "Lifting of a hold",
        "after_review": "Review of a break-glass",
    }
)


@dataclass(frozen=True)
class Item:
    """One request as a line of the inbox."""

    request: ChangeRequest
    kind: str
    page: str
    deadline: str
    decided: str
    evidence: str


def inbox_context(jurisdiction: Jurisdiction, by: User) -> dict[str, Any]:
    """Return what the inbox of a person in a jurisdiction shows."""
    waiting = selectors.waiting_for(jurisdiction, by)
    decided = selectors.requests_in(jurisdiction).exclude(state=State.OPEN).order_by("-decided_at", "-id")
    mine = [each for each in decided[: LATELY * 4] if _concerns(each, by)][:LATELY]
    elsewhere = selectors.requests_in(jurisdiction, State.OPEN).exclude(id__in=[each.id for each in waiting])
    return {
        "jurisdiction": jurisdiction,
        "waiting": _items(waiting),
        "elsewhere": _items(each for each in elsewhere.order_by("expires_at") if _concerns(each, by)),
        "decided": _items(mine),
        "told": [glass_line(each) for each in told_of(by, jurisdiction)],
        "untrained": [ROLES[role].title for role in selectors.untrained_roles(by)],
    }


def _may_vote(request: ChangeRequest, by: User) -> bool:
    stages = selectors.rule_now(request).stages
    return any(can(by, each.permission, request.jurisdiction, request.district) for each in stages)


def _concerns(request: ChangeRequest, by: User) -> bool:
    """A request that she may vote on, or of which she is an author."""
    return _may_vote(request, by) or request.authors.filter(pk=by.pk).exists()


def _items(requests: Iterable[ChangeRequest]) -> list[Item]:
    return [_item(request) for request in requests]


def _item(request: ChangeRequest) -> Item:
    here = request.jurisdiction
    now = clock.local(clock.now(here), here)
    evidence = selectors.evidence_for(request.digest, here)
    said = [verdict_words(row.verdict).lower() for row in evidence.values()]
    return Item(
        request=request,
        kind=KINDS.get(request.kind, request.kind.replace("_", " ").capitalize()),
        page=PAGES.get(request.kind, "request"),
        deadline=spoken_deadline(clock.local(request.expires_at, here), now),
        decided=spoken_moment(clock.local(request.decided_at, here)) if request.decided_at else "",
        evidence=", ".join(said) or ("not there yet" if request.kind == "plan" else "none is asked for"),
    )
