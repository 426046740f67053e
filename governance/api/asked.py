"""What a request asks about: who asks, which jurisdiction, which filters. Nothing else is read from an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from drf_spectacular.utils import OpenApiParameter

from governance.core.refusals import Reason, Refused
from governance.permissions import check, districts_where
from governance.selectors import home_jurisdiction, jurisdiction_named, jurisdictions

if TYPE_CHECKING:
    from collections.abc import Collection

    from rest_framework.request import Request

    from governance.core.roles import Permission
    from governance.models import District, Jurisdiction, User

_SLUG = re.compile(r"[A-Za-z0-9_-]{1,50}")
JURISDICTION = OpenApiParameter(
    "jurisdiction", str, description="Its slug. Left out: the jurisdiction in which the account works."
)


def person(request: Request) -> User:
    """Return who is signed in; the endpoint's permission classes let nobody else pass."""
    return cast("User", request.user)


def jurisdiction_asked(request: Request, permission: Permission) -> Jurisdiction | None:
    """Return the jurisdiction asked about, else the one in which the person works; None where there is none at all.

    A person without any role is refused what `permission` permits, as on the pages.
    """
    if slug := request.query_params.get("jurisdiction", ""):
        return slug_named(slug)
    here = home_jurisdiction(person(request), request.session.get("jurisdiction", ""))
    if here is None:
        for each in jurisdictions():
            check(person(request), permission, each)
    return here


def permitted_jurisdiction(request: Request, permission: Permission) -> Jurisdiction | None:
    """Return the jurisdiction asked about, in all of which the person holds the permission."""
    here = jurisdiction_asked(request, permission)
    if here is not None:
        check(person(request), permission, here)
    return here


def permitted_districts(by: User, permission: Permission, jurisdiction: Jurisdiction) -> list[District]:
    """Return the districts in which a person holds a permission; refuse who holds it in none."""
    districts = districts_where(by, permission, jurisdiction)
    if not districts:
        check(by, permission, jurisdiction)
    return districts


def slug_named(slug: str) -> Jurisdiction:
    """Return a jurisdiction by what an address says."""
    if not _SLUG.fullmatch(slug):
        raise Refused(
            Reason.BAD_INPUT, "A jurisdiction's slug has letters, digits, hyphens and underscores only."
        )
    return jurisdiction_named(slug)


def word_asked(request: Request, name: str, known: Collection[str]) -> str:
    """Return a filter's value, "" where it is left out; refuse a word that is not on the list."""
    word = request.query_params.get(name, "")
    if word and word not in known:
        raise Refused(Reason.BAD_INPUT, f"“{name}” is one of: {', '.join(known)}.")
    return word
