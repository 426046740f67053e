"""What waits for this person, what she has already said, and what was decided lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from governance import clock, selectors
from governance.after_reviews import glass_line
from governance.break_glass import told_of
from governance.core.roles import ROLES
from governance.core.spoken import spoken_deadline, spoken_moment, spoken_remaining
from governance.core.states import State
from governance.core.verdicts import verdict_words
from governance.redress import waiting_complaints

if TYPE_CHECKING:
    from typing import Any

    from governance.models import ChangeRequest, Jurisdiction, User

LATELY = 8
SOON = timedelta(hours=12)
"""What expires within this time is marked."""
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
        "ledger_recovery": "Recovery of the log",
        "after_review": "Review of a break-glass",
    }
)


@dataclass(frozen=True)
class Item:
    """One request as a line of the inbox; `left` says how long there is still to decide."""

    request: ChangeRequest
    kind: str
    page: str
    deadline: str
    left: str
    soon: bool
    decided: str
    evidence: str


def inbox_context(jurisdiction: Jurisdiction, by: User) -> dict[str, Any]:
    """Return what the inbox of a person in a jurisdiction shows; the number of queries does not grow with it."""
    waiting = selectors.waiting_for(jurisdiction, by)
    decided = selectors.requests_in(jurisdiction).exclude(state=State.OPEN).order_by("-decided_at", "-id")
    elsewhere = selectors.requests_in(jurisdiction, State.OPEN).exclude(id__in=[each.id for each in waiting])
    returned = selectors.requests_in(jurisdiction, State.RETURNED, State.REVOKED).filter(authors=by)
    return {
        "jurisdiction": jurisdiction,
        "waiting": _items(waiting),
        "yours": _items(list(returned.order_by("expires_at", "id"))),
        "elsewhere": _items(selectors.concerning(by, list(elsewhere.order_by("expires_at", "id")))),
        "decided": _items(selectors.concerning(by, list(decided[: LATELY * 4]))[:LATELY]),
        "told": [glass_line(each) for each in told_of(by, jurisdiction)],
        "untrained": [ROLES[role].title for role in selectors.untrained_roles(by)],
        "complaints": waiting_complaints(jurisdiction, by),
    }


def _items(requests: Sequence[ChangeRequest]) -> list[Item]:
    verdicts = selectors.verdicts_on_all(requests)
    return [_item(request, verdicts[request.pk]) for request in requests]


def _item(request: ChangeRequest, verdicts: Mapping[str, str]) -> Item:
    here = request.jurisdiction
    moment = clock.now(here)
    left = request.expires_at - moment
    said = [verdict_words(each).lower() for each in verdicts.values()]
    return Item(
        request=request,
        kind=KINDS.get(request.kind, request.kind.replace("_", " ").capitalize()),
        page=PAGES.get(request.kind, "request"),
        deadline=spoken_deadline(clock.local(request.expires_at, here), clock.local(moment, here)),
        left=spoken_remaining(left),
        soon=left < SOON,
        decided=spoken_moment(clock.local(request.decided_at, here)) if request.decided_at else "",
        evidence=", ".join(said),
    )
