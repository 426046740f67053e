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
from governance.log_alarms import grave, stopped
from governance.log_status import published
from governance.notices import unread_count
from governance.permissions import SEE_ACCESS, can
from governance.redress import reads_complaints, waiting_complaints
from governance.selectors import (
    home_jurisdiction,
    jurisdictions,
    policy_in_force,
    role_title,
    roles_of,
    waiting_for,
)
from public_portal.views.frame import frame as portal_frame

if TYPE_CHECKING:
    from governance.models import Jurisdiction, RoleGrant, User

WORK = (
    ("Inbox", "inbox"),
    ("Plans", "plans"),
    ("Forecasts", "runs"),
    ("Audits", "audits"),
    ("Policy", "policy"),
    ("Holds", "holds"),
    ("Record", "record"),
)
PUBLIC_FORMS = frozenset({"complain", "portal-policy", "portal-comment"})
"""Addresses of public pages that belong to the app that owns their deed; each says the city by its slug."""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the base template, for a visitor or for somebody signed in."""
    context: dict[str, Any] = {"published": published()} | _portal(request)
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return _signed_in(request, cast("User", user)) | context
    first = next(iter(jurisdictions()), None)
    context["log_alarm"] = SimpleLazyObject(grave)
    return context | ({"replay": _replay(first, None)} if first else {})


def _portal(request: HttpRequest) -> dict[str, Any]:
    """Return the portal's frame for a public form, which belongs to the app that owns the deed."""
    match = request.resolver_match
    if match is None or match.url_name not in PUBLIC_FORMS:
        return {}
    here = next((each for each in jurisdictions() if each.slug == match.kwargs["slug"]), None)
    return portal_frame(request, here) if here else {}


def _signed_in(request: HttpRequest, user: User) -> dict[str, Any]:
    here = home_jurisdiction(user, request.session.get("jurisdiction", ""))
    always: dict[str, Any] = {
        "log_alarm": SimpleLazyObject(stopped),  # a page that knows more says it itself
        "unread_notices": unread_count(user),
    }
    if here is None:
        return {"who": user.name} | always
    grants = roles_of(user, here)
    parts = [_part(grant) for grant in grants]
    counts = {"inbox": len(waiting_for(here, user)), "complaints": waiting_complaints(here, user)}
    work = WORK + ((("Complaints", "complaints"),) if reads_complaints(user, here) else ())
    return {
        "who": f"{user.name}, {', '.join(dict.fromkeys(parts))}",
        "here": here,
        "navigation": [
            {
                "label": label,
                "url": reverse(name),
                "current": request.path.startswith(reverse(name)),
                "count": counts.get(name, 0),
            }
            for label, name in (*work, *_review(grants))
        ],
        "replay": _replay(here, user),
        "policy_version": policy_in_force(here).version,
    } | always


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
