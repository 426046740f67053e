"""Set up a jurisdiction: the genesis of its roles, its policy and its recipes."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import rfc8785
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Polygon
from django.db import transaction
from django.utils import timezone

from governance.core.genesis_and_roles import account_digest, roles_digest
from governance.core.policy import PolicyError, read_terms, write_terms
from governance.core.refusals import Reason, Refused
from governance.core.roles import ROLES, Role
from governance.ledger import record
from governance.models import District, Jurisdiction, Policy, RoleGrant, User
from governance.permissions import give_role


@dataclass(frozen=True)
class Outline:
    """One police district as it comes from a file: WGS84 geometry."""

    code: str
    name: str
    geometry: GEOSGeometry


@dataclass(frozen=True)
class FirstRole:
    """A role that a person holds from the first day; `district` is a district's code or empty."""

    email: str
    name: str
    role: Role
    district: str = ""
    password: str | None = None


@dataclass(frozen=True)
class Place:
    """What a jurisdiction is called and how it is measured."""

    slug: str
    name: str
    profile: str
    srid: int
    unit_metres: float
    timezone: str
    replay_to: datetime | None = None


@transaction.atomic
def add_jurisdiction(
    *,
    place: Place,
    districts: Sequence[Outline],
    policy: Mapping[str, Any],
    recipe_digests: Sequence[str],
    people: Sequence[FirstRole],
    by: User,
) -> Jurisdiction:
    """Create a jurisdiction with its districts, first policy, first recipes and first roles.

    One *genesis* entry says so in the record; every later change needs votes. Only a service account, that
    is, somebody at the machine's command line, can do it.
    Raises Refused(NOT_PERMITTED | ALREADY_DONE | BAD_INPUT).
    """
    _check(place, districts, by)
    terms = _read(policy)
    terms_digest = hashlib.sha256(rfc8785.dumps(terms)).hexdigest()
    jurisdiction = Jurisdiction.objects.create(
        slug=place.slug,
        name=place.name,
        profile=place.profile,
        srid=place.srid,
        unit_metres=place.unit_metres,
        timezone=place.timezone,
        boundary=_union([outline.geometry for outline in districts]),
        is_replay=place.replay_to is not None,
        clock_offset=place.replay_to - timezone.now() if place.replay_to else timedelta(),
        genesis={"policy": [terms_digest], "recipe": list(recipe_digests)},
    )
    rows = District.objects.bulk_create(
        District(jurisdiction=jurisdiction, code=each.code, name=each.name, boundary=_multi(each.geometry))
        for each in districts
    )
    start = timezone.now() + jurisdiction.clock_offset - timedelta(days=3660)
    Policy.objects.create(
        jurisdiction=jurisdiction, version=1, terms=terms, digest=terms_digest, in_force_from=start
    )
    by_code = {row.code: row for row in rows}
    grants = [
        _grant(first, jurisdiction, by_code, by)
        for first in [FirstRole(by.email, by.name, Role.SERVICE), *people]
    ]
    entry = record(
        action="jurisdiction.genesis",
        subject_kind="policy",
        subject=terms_digest,
        by=by,
        role=Role.SERVICE,
        jurisdiction=jurisdiction,
        policy_version=1,
        detail={
            "districts": len(rows),
            "people": len(people),
            "recipes": len(recipe_digests),
            "recipes_digest": hashlib.sha256("".join(recipe_digests).encode()).hexdigest(),
            "roles_digest": roles_digest(
                (account_digest(each.user.pseudonym), each.role, each.district.code if each.district else "")
                for each in grants
            ),
            "replay": jurisdiction.is_replay,
            "clock_offset_seconds": int(jurisdiction.clock_offset.total_seconds()),
        },
    )
    RoleGrant.objects.filter(jurisdiction=jurisdiction).update(ledger_index=entry.index)
    return jurisdiction


def _check(place: Place, districts: Sequence[Outline], by: User) -> None:
    if not by.is_service:
        raise Refused(
            Reason.NOT_PERMITTED, "A jurisdiction is set up on the command line, not by an account."
        )
    if Jurisdiction.objects.filter(slug=place.slug).exists():
        raise Refused(
            Reason.ALREADY_DONE, f"The jurisdiction “{place.slug}” exists already; nothing was changed."
        )
    if not districts:
        raise Refused(
            Reason.BAD_INPUT, "The districts file holds no polygon, so there is nowhere to plan for."
        )


def _read(policy: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return write_terms(read_terms(policy))
    except PolicyError as problem:
        raise Refused(Reason.BAD_INPUT, f"The first policy cannot be adopted: {problem}") from problem


def _grant(
    first: FirstRole, jurisdiction: Jurisdiction, districts: Mapping[str, District], by: User
) -> RoleGrant:
    if first.district and first.district not in districts:
        raise Refused(
            Reason.BAD_INPUT,
            f"{first.email} is to have a role in district “{first.district}”, which is not among {sorted(districts)}.",
        )
    if ROLES[first.role].on_district and not first.district:
        raise Refused(
            Reason.BAD_INPUT, f"{ROLES[first.role].title} is a district's role: name one for {first.email}."
        )
    user = User.objects.filter(email=first.email.lower()).first() or User.objects.create_user(
        first.email, name=first.name, password=first.password
    )
    return give_role(user, first.role, jurisdiction, districts.get(first.district), by=by)


def _multi(geometry: GEOSGeometry) -> MultiPolygon:
    if isinstance(geometry, Polygon):
        return MultiPolygon(geometry, srid=4326)
    if isinstance(geometry, MultiPolygon):
        return geometry
    raise Refused(Reason.BAD_INPUT, f"A district must be a polygon, not a {geometry.geom_type}.")


def _union(geometries: Sequence[GEOSGeometry]) -> MultiPolygon:
    merged = MultiPolygon([part for each in geometries for part in _multi(each)], srid=4326)
    return _multi(merged.unary_union)
