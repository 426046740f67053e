"""Who can do what, where, since when and on whose word; and one request for a role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from governance import clock, selectors
from governance.core.approval import ERASED
from governance.core.refusals import Refused
from governance.core.role_requests import check_can_be_granted, votes
from governance.core.roles import PERMISSION_LABELS, ROLES, Permission, Role
from governance.core.spoken import spoken_deadline, spoken_moment
from governance.core.states import State
from governance.core.training import MODULES
from governance.permissions import can
from governance.stored_log import kept_text
from governance.views.deciding import deciding_context

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from governance.models import Delegation, Jurisdiction, RoleGrant, RoleRequest, User

CSV_HEAD = (
    "person", "account", "role", "district", "may", "votes", "since", "on_whose_word", "entry", "last_sign_in",
    "training", "in_place_of", "until",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One role of one person, in words."""

    grant: RoleGrant
    title: str
    where: str
    may: tuple[str, ...]
    votes: bool
    word: str
    training: str


def access_lines(jurisdiction: Jurisdiction) -> list[Line]:
    """Return all roles in force in a jurisdiction; the number of queries does not grow with them."""
    grants = selectors.grants_in_force(jurisdiction)
    trained = selectors.trained_in({grant.user for grant in grants})
    return [_line(grant, trained) for grant in grants]


def _line(grant: RoleGrant, trained: set[tuple[int, str]]) -> Line:
    role = Role(grant.role)
    done = (grant.user_id, grant.role) in trained
    return Line(
        grant=grant,
        title=ROLES[role].title,
        where=grant.district.name if grant.district else "everywhere",
        may=tuple(PERMISSION_LABELS[each] for each in Permission if each in ROLES[role].permissions),
        votes=votes(role),
        word=_word(grant),
        training=_training(role, done=done),
    )


def _training(role: Role, *, done: bool) -> str:
    if role not in MODULES:
        return "none needed"
    return "completed" if done else "not completed: no vote yet"


def _word(grant: RoleGrant) -> str:
    if grant.change_request is not None:
        return "the board’s vote"
    if grant.granted_by is None or grant.granted_by.is_service:
        return "the first day" if grant.granted_by else "nobody known"
    return grant.granted_by.name


def access_context(jurisdiction: Jurisdiction, by: User) -> dict[str, Any]:
    """Return what the access review shows to this person."""
    lines = access_lines(jurisdiction)
    manages = can(by, Permission.MANAGE_ROLES, jurisdiction)
    held = {line.grant.user_id for line in lines}
    people = selectors.accounts_in_use()
    voters = {line.grant.user_id for line in lines if line.votes and not line.grant.user.is_service}
    return {
        "jurisdiction": jurisdiction,
        "lines": lines,
        "people_count": len({line.grant.user_id for line in lines if not line.grant.user.is_service}),
        "voter_count": len(voters),
        "lent": [_lent(each) for each in selectors.delegations_now(jurisdiction)],
        "pending": [_pending(asked) for asked in selectors.undecided_role_requests(jurisdiction)],
        "roleless": [each for each in people if each.pk not in held],
        "manages": manages,
        "may_ask": manages or can(by, Permission.DECIDE_POLICY, jurisdiction),
        "people": people,
        "roles": [(role.value, ROLES[role].title, votes(role)) for role in _choices(manages=manages)],
        "districts": selectors.districts_of(jurisdiction),
        "reason_min_length": selectors.policy_in_force(jurisdiction).terms.rationale_min_length,
    }


def _choices(*, manages: bool) -> Iterable[Role]:
    """Yield the roles that a person may ask for or, as an administrator, give."""
    for role in Role:
        if votes(role) or (manages and _can_be_granted(role)):
            yield role


def _can_be_granted(role: Role) -> bool:
    try:
        check_can_be_granted(role)
    except Refused:
        return False
    return True


def _pending(asked: RoleRequest) -> dict[str, Any]:
    request = asked.change_request
    here = request.jurisdiction
    return {
        "asked": asked,
        "title": request.title,
        "state": "waits for the board" if request.state == State.OPEN else request.state,
        "until": spoken_deadline(clock.local(request.expires_at, here), clock.local(clock.now(here), here)),
    }


def _lent(row: Delegation) -> dict[str, Any]:
    return {
        "row": row,
        "title": ROLES[Role(row.role)].title,
        "where": row.district.name if row.district else "everywhere",
        "until": spoken_moment(clock.local(row.until, row.jurisdiction)),
    }


def csv_rows(jurisdiction: Jurisdiction) -> list[tuple[str, ...]]:
    """Return the access review as rows of text, under `CSV_HEAD`: roles, then lent roles; moments in UTC.

    `until` is by the jurisdiction's clock, as the delegation says it.
    """
    lent = selectors.delegations_now(jurisdiction)
    trained = selectors.trained_in({each.taker for each in lent})
    return [
        *(_csv_row(line) for line in access_lines(jurisdiction)),
        *(_csv_lent(each, trained) for each in lent),
    ]


def _csv_row(line: Line) -> tuple[str, ...]:
    return (
        line.grant.user.name,
        line.grant.user.pseudonym,
        line.grant.role,
        line.grant.district.code if line.grant.district else "",
        "; ".join(line.may),
        "yes" if line.votes else "no",
        f"{line.grant.granted_at:%Y-%m-%dT%H:%MZ}",
        line.word,
        "" if line.grant.ledger_index is None else str(line.grant.ledger_index),
        _last_sign_in(line.grant.user),
        line.training,
        "",
        "",
    )


def _csv_lent(row: Delegation, trained: set[tuple[int, str]]) -> tuple[str, ...]:
    role = Role(row.role)
    return (
        row.taker.name,
        row.taker.pseudonym,
        row.role,
        row.district.code if row.district else "",
        "; ".join(PERMISSION_LABELS[each] for each in Permission if each in ROLES[role].permissions),
        "yes" if votes(role) else "no",
        f"{row.given_at:%Y-%m-%dT%H:%MZ}",
        row.giver.name,
        str(row.ledger_index),
        _last_sign_in(row.taker),
        _training(role, done=(row.taker_id, row.role) in trained),
        f"{row.giver.name} ({row.giver.pseudonym})",
        f"{row.until:%Y-%m-%dT%H:%MZ}",
    )


def _last_sign_in(user: User) -> str:
    return f"{user.last_login:%Y-%m-%dT%H:%MZ}" if user.last_login else ""


def role_request_context(asked: RoleRequest, by: User) -> dict[str, Any]:
    """Return what the decision page of a role request shows."""
    request = asked.change_request
    here, role = request.jurisdiction, Role(asked.role)
    kept = kept_text(asked.ledger_index)
    held = selectors.roles_of(asked.user)
    return {
        "asked": asked,
        "title": ROLES[role].title,
        "sentence": ROLES[role].sentence,
        "may": [PERMISSION_LABELS[each] for each in Permission if each in ROLES[role].permissions],
        "where": request.district.name if request.district else f"all of {here.name}",
        "reason": kept[1] if kept else ERASED,
        "held": [(selectors.role_title(each.role), each) for each in held],
        "form_url": reverse("role-decide", args=[request.pk]),
        **deciding_context(request, by),
    }
