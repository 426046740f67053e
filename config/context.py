"""What every page shows: whose clock it is, who is signed in, how far the record goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from config.replay import next_step
from governance import clock
from governance.core.roles import ROLES, Permission, Role
from governance.core.spoken import spoken_moment
from governance.log_alarms import stopped
from governance.permissions import SEE_ACCESS, can
from governance.selectors import (
    home_jurisdiction,
    jurisdictions,
    policy_in_force,
    role_title,
    roles_of,
    waiting_for,
)
from governance.stored_log import last_publication

if TYPE_CHECKING:
    from governance.models import Jurisdiction, RoleGrant, User

WORK = (
    ("Inbox", "inbox"),
    ("Plans", "plans"),
    ("Forecasts", "runs"),
    ("Audits", "audits"),
    ("Record", "record"),
)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the base template, for a visitor or for somebody signed in."""
    context: dict[str, Any] = {"last_publication": last_publication()}
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return context | _signed_in(request, cast("User", user))
    first = next(iter(jurisdictions()), None)
    return context | ({"replay": _replay(first, None)} if first else {})


def _signed_in(request: HttpRequest, user: User) -> dict[str, Any]:
    here = home_jurisdiction(user, request.session.get("jurisdiction", ""))
    alarm = {"log_alarm": SimpleLazyObject(stopped)}  # a page that knows more says it itself
    if here is None:
        return {"who": user.name} | alarm
    grants = roles_of(user, here)
    parts = [_part(grant) for grant in grants]
    waiting = len(waiting_for(here, user))
    return {
        "who": f"{user.name}, {', '.join(dict.fromkeys(parts))}",
        "here": here,
        "navigation": [
            {
                "label": label,
                "url": reverse(name),
                "current": request.path.startswith(reverse(name)),
                "count": waiting if name == "inbox" else 0,
            }
            for label, name in (*WORK, *_review(grants))
        ],
        "replay": _replay(here, user),
        "policy_version": policy_in_force(here).version,
    } | alarm


def _review(grants: list[RoleGrant]) -> tuple[tuple[str, str], ...]:
    """The access review, for those whose role opens it."""
    held = {each for grant in grants for each in ROLES[Role(grant.role)].permissions}
    return (("Access", "access"),) if held & set(SEE_ACCESS) else ()


def _part(grant: RoleGrant) -> str:
    title = role_title(grant.role)
    return f"{title} · {grant.district.name}" if grant.district else title


def _replay(jurisdiction: Jurisdiction, user: User | None) -> dict[str, str] | None:
    if not jurisdiction.is_replay:
        return None
    step = next_step(jurisdiction) if user and can(user, Permission.ADVANCE_CLOCK, jurisdiction) else None
    made_up = jurisdiction.profile == "demo"
    return {
        "what": "a made-up city" if made_up else f"past data of {jurisdiction.name}",
        "now_text": spoken_moment(clock.local(clock.now(jurisdiction), jurisdiction)),
        "next_text": spoken_moment(clock.local(step.decide_at, jurisdiction)) if step else "",
    }
