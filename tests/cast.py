"""The fixed people, and the small city they work in.

Ana is an analyst and proposes; Ben supervises Central; Chloe sits on the board, which Nora chairs; Dev audits; Eve
is signed in and may do nothing. Bea supervises North, so that somebody is always in the wrong district.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Polygon

from governance.core.roles import Role
from governance.core.training import MODULES, right_answers
from governance.models import District, Jurisdiction, RoleGrant, User
from governance.selectors import scheduler_account
from governance.services.add_jurisdiction import FirstRole, Outline, Place, add_jurisdiction
from governance.services.complete_training import complete_training

PASSWORD = "lamplight-test-sign-in"
FRIDAY = datetime(2024, 6, 14, 9, 0, tzinfo=UTC)  # 05:00 in New York
POLICY: dict[str, Any] = {
    "plan_categories": ["residential_burglary"],
    "allowed_categories": [
        "residential_burglary",
        "theft_from_vehicle",
        "motor_vehicle_theft",
        "robbery",
        "vandalism",
    ],
    "publication_delay_hours": 6,
    "approval_hours": 24,
    "comment_days": 0,  # what is tested elsewhere: most tests of a policy or recipe vote at once
}


@dataclass(frozen=True)
class City:
    """A jurisdiction with its districts and people."""

    jurisdiction: Jurisdiction
    central: District
    north: District
    ana: User
    ben: User
    bea: User
    chloe: User
    nora: User
    dev: User
    eve: User
    scheduler: User


def square(west: float, south: float, east: float, north: float) -> MultiPolygon:
    """Return a rectangle in WGS84."""
    ring = ((west, south), (east, south), (east, north), (west, north), (west, south))
    return MultiPolygon(Polygon(ring), srid=4326)


def train(jurisdiction: Jurisdiction) -> None:
    """Let everybody who may vote complete her module, through the real service."""
    for grant in RoleGrant.objects.filter(jurisdiction=jurisdiction, role__in=MODULES).order_by("id"):
        complete_training(role=Role(grant.role), answers=right_answers(Role(grant.role)), by=grant.user)


def build_city(
    *,
    slug: str = "rivermark",
    replay_to: datetime | None = FRIDAY,
    policy: dict[str, Any] | None = None,
    more: Sequence[FirstRole] = (),
) -> City:
    """Make the city through the real service."""
    scheduler = scheduler_account()
    people = [
        FirstRole("ana@example.org", "Ana Analyst", Role.ANALYST, password=PASSWORD),
        FirstRole("ben@example.org", "Ben Supervisor", Role.SUPERVISOR, "central", PASSWORD),
        FirstRole("bea@example.org", "Bea Supervisor", Role.SUPERVISOR, "north", PASSWORD),
        FirstRole("chloe@example.org", "Chloe Board", Role.BOARD_MEMBER, password=PASSWORD),
        FirstRole("nora@example.org", "Nora Chair", Role.BOARD_CHAIR, password=PASSWORD),
        FirstRole("dev@example.org", "Dev Auditor", Role.AUDITOR, password=PASSWORD),
    ]
    jurisdiction = add_jurisdiction(
        place=Place(slug, "Rivermark", "demo", 32618, 1.0, "America/New_York", replay_to),
        districts=[
            Outline("central", "Central", square(-75.20, 40.00, -75.16, 40.03)),
            Outline("north", "North", square(-75.20, 40.03, -75.16, 40.06)),
        ],
        policy={**POLICY, **(policy or {})},
        recipe_digests=[],
        people=[*people, *more],
        by=scheduler,
    )
    train(jurisdiction)
    eve = User.objects.filter(email="eve@example.org").first() or User.objects.create_user(
        "eve@example.org", name="Eve Nobody", password=PASSWORD
    )
    named = {email.split("@")[0]: User.objects.get(email=email) for email in (each.email for each in people)}
    return City(
        jurisdiction=jurisdiction,
        central=District.objects.get(jurisdiction=jurisdiction, code="central"),
        north=District.objects.get(jurisdiction=jurisdiction, code="north"),
        eve=eve,
        scheduler=scheduler,
        **named,
    )
