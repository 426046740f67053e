"""The one question: may this person do that here? Sole reader and writer of guardian."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.contrib.auth.models import Permission as StoredPermission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.cache import never_cache
from guardian.core import ObjectPermissionChecker
from guardian.models import GroupObjectPermission

from governance import clock
from governance.core.delegation import Account, joined, may_take
from governance.core.refusals import Reason, Refused
from governance.core.roles import PERMISSION_LABELS, ROLES, Permission, Role, roles_with
from governance.core.training import module_for
from governance.models import (
    ChangeRequest,
    Delegation,
    District,
    Jurisdiction,
    RoleGrant,
    TrainingRecord,
    User,
)

P = ParamSpec("P")
R = TypeVar("R")
Links = dict[int | None, frozenset[int]]

ON_DISTRICT = frozenset({Permission.DECIDE_PLANS, Permission.PROPOSE, Permission.SEE_PLANS})
SEE_ACCESS = (Permission.MANAGE_ROLES, Permission.DECIDE_POLICY, Permission.RUN_AUDITS)
"""Any of these opens the review of who may do what."""
SIGNED_IN_AT = "signed_in_at"
CONFIRM_AFTER = 5 * 60
"""Seconds after which a decision asks for the password again (NIST SP 800-63B, ASVS 7.5.3)."""
_CHECKERS: ContextVar[dict[int, ObjectPermissionChecker] | None] = ContextVar("checkers", default=None)


@dataclass(frozen=True)
class Relied:
    """What a permission rests on: a role, and whose it is where it was lent."""

    role: Role
    giver: User | None = None


def check(
    by: object, permission: Permission, jurisdiction: Jurisdiction, district: District | None = None
) -> Role:
    """Return the role relied on, or refuse with the reason. The default is no.

    A permission held on the jurisdiction holds in all its districts; one held on a district holds only there.
    Both guardian's permission and a role grant in force must say yes, for the person herself, or for somebody who
    has lent her the role there and then.
    """
    return relied_on(by, (permission,), jurisdiction, district).role


def check_any(
    by: object,
    permissions: Sequence[Permission],
    jurisdiction: Jurisdiction,
    district: District | None = None,
) -> Role:
    """Return the role relied on for the first of several permissions that is held, as `check` does for one."""
    return relied_on(by, permissions, jurisdiction, district).role


def relied_on(
    by: object,
    permissions: Sequence[Permission],
    jurisdiction: Jurisdiction,
    district: District | None = None,
) -> Relied:
    """Return what the first permission that is held rests on; a person's own role comes before a lent one."""
    for permission in permissions:
        if isinstance(by, User) and (found := _relied(by, permission, jurisdiction, district)):
            return found
    roles = dict.fromkeys(role for permission in permissions for role in roles_with(permission))
    who = " or ".join(ROLES[role].title.lower() for role in roles)
    # The district is not named: whoever may not see a live plan would learn from the refusal where it is.
    where = f"that district of {jurisdiction.name}" if district else jurisdiction.name
    raise Refused(
        Reason.NOT_PERMITTED,
        f"To {' or '.join(PERMISSION_LABELS[each] for each in permissions)} in {where} one needs the role {who}. "
        "Sign in with such an account, or ask an administrator who holds it.",
    )


def _relied(
    by: User, permission: Permission, jurisdiction: Jurisdiction, district: District | None
) -> Relied | None:
    if own := _own_role(by, permission, jurisdiction, district):
        return Relied(own)
    lent = delegations_to(by, jurisdiction, district) if by.is_active else []
    found = next((each for each in lent if _lends(each, permission, district)), None)
    return Relied(Role(found.role), found.giver) if found else None


def _own_role(
    by: User, permission: Permission, jurisdiction: Jurisdiction, district: District | None
) -> Role | None:
    if not by.is_active or not _held(by, permission, jurisdiction, district):
        return None
    held = (Role(grant.role) for grant in _grants(by, jurisdiction, district))
    return next((role for role in held if permission in ROLES[role].permissions), None)


def own_role_somewhere(by: User, permission: Permission, jurisdiction: Jurisdiction) -> Role | None:
    """Return a person's own role that carries a permission in any district of a jurisdiction; a lent one is none."""
    near = [
        each for each in _grants(by, jurisdiction, None) if permission in ROLES[Role(each.role)].permissions
    ]
    held = (_own_role(by, permission, jurisdiction, each.district) for each in near)
    return next((role for role in held if role), None)


def delegations_to(
    taker: User, jurisdiction: Jurisdiction, district: District | None = None
) -> list[Delegation]:
    """Return the delegations that are in force for whoever takes them, in one district or anywhere."""
    rows = _in_force(jurisdiction, district).filter(taker=taker)
    return list(rows.select_related("giver", "taker", "jurisdiction", "district"))


def linked_with(by: User, jurisdiction: Jurisdiction, district: District | None) -> frozenset[int]:
    """Return the people with whom a person counts as one there: whom delegations join with her, through others too."""
    return joined(by.pk, _in_force(jurisdiction, district).values_list("giver_id", "taker_id"))


def linked_by_district(by: User, jurisdiction: Jurisdiction, districts: Iterable[int | None]) -> Links:
    """Return `linked_with` for many districts at once, None for what concerns no district, in one query."""
    rows = list(_in_force(jurisdiction, None).values_list("giver_id", "taker_id", "district_id"))
    return {
        place: joined(
            by.pk,
            [(giver, taker) for giver, taker, where in rows if None in (place, where) or where == place],
        )
        for place in districts
    }


def _in_force(jurisdiction: Jurisdiction, district: District | None) -> QuerySet[Delegation]:
    here = Q(district=None) | Q(district=district) if district else Q()
    moment = clock.now(jurisdiction)
    return Delegation.objects.filter(
        here, jurisdiction=jurisdiction, revoked_at=None, until__gt=moment
    ).order_by("id")


def _lends(lent: Delegation, permission: Permission, district: District | None) -> bool:
    """Whether a delegation gives a permission there: its giver holds it herself, and the taker may.

    What a role gives near its district alone it lends there alone, whatever else its giver is.
    """
    elsewhere = permission in ON_DISTRICT and lent.district_id and lent.district != district
    if elsewhere or permission not in ROLES[Role(lent.role)].permissions:
        return False
    taker = account_in(lent.taker, lent.jurisdiction, None)
    giver = account_in(lent.giver, lent.jurisdiction, lent.district, exactly=True)
    if Role(lent.role) not in giver.roles or not may_take(taker, {permission}):
        return False
    return lent.giver.is_active and _held(lent.giver, permission, lent.jurisdiction, district)


def account_in(
    user: User, jurisdiction: Jurisdiction, district: District | None, *, exactly: bool = False
) -> Account:
    """Return a person with the roles of her own in a jurisdiction; `exactly`: granted on just that container."""
    place = district.pk if district else None
    grants = [each for each in _grants(user, jurisdiction, None) if not exactly or each.district_id == place]
    return Account(user.pk, user.is_active, user.is_service, frozenset(Role(each.role) for each in grants))


def check_trained(by: User, role: Role) -> None:
    """Refuse a vote by somebody who has not completed the module of the role she votes with."""
    version = module_for(role).version
    if not TrainingRecord.objects.filter(user=by, role=role, version=version).exists():
        raise Refused(
            Reason.NOT_TRAINED,
            f"Before the first vote as {ROLES[role].title.lower()} one completes a short module, about five minutes. "
            "It is at /training/; your vote was not recorded.",
        )


def can(
    by: object, permission: Permission, jurisdiction: Jurisdiction, district: District | None = None
) -> bool:
    """Whether `check` would pass."""
    try:
        check(by, permission, jurisdiction, district)
    except Refused:
        return False
    return True


def _held(by: User, permission: Permission, jurisdiction: Jurisdiction, district: District | None) -> bool:
    checker = _checker(by)
    if checker.has_perm(permission.value, jurisdiction):
        return True
    return district is not None and bool(checker.has_perm(permission.value, district))


def _checker(by: User) -> ObjectPermissionChecker:
    """Return guardian's checker of a person: within one request the same one, which asks the database once."""
    kept = _CHECKERS.get()
    if kept is None:
        return ObjectPermissionChecker(by)
    if by.pk not in kept:
        kept[by.pk] = ObjectPermissionChecker(by)
    return kept[by.pk]


def one_checker_per_request(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Middleware: what guardian has read is kept for this request and forgotten after it."""

    def answer(request: HttpRequest) -> HttpResponse:
        token = _CHECKERS.set({})
        try:
            return get_response(request)
        finally:
            _CHECKERS.reset(token)

    return answer


def pages_of_a_session_are_not_kept(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Middleware: what was drawn for somebody with a session stays nowhere, a refusal or a public page neither.

    Each of them says who is signed in and what waits for her. No database is asked, since none may answer.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        known = settings.SESSION_COOKIE_NAME in request.COOKIES and request.session.accessed
        if known and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    return answer


@contextmanager
def one_look() -> Iterator[None]:
    """Keep what guardian has read for as long as this lasts: a deed asks about one person more than once."""
    token = _CHECKERS.set({}) if _CHECKERS.get() is None else None
    try:
        yield
    finally:
        if token is not None:
            _CHECKERS.reset(token)


def _forget_checkers() -> None:
    kept = _CHECKERS.get()
    if kept is not None:
        kept.clear()


def _grants(by: User, jurisdiction: Jurisdiction, district: District | None) -> list[RoleGrant]:
    here = Q(district=None) | Q(district=district) if district else Q()
    return list(
        RoleGrant.objects.filter(here, user=by, jurisdiction=jurisdiction, revoked_at=None).order_by("id")
    )


def districts_where(by: object, permission: Permission, jurisdiction: Jurisdiction) -> list[District]:
    """Return the districts of a jurisdiction in which a person holds a permission.

    `check` decides; her grants only say where asking can be of use, since a city may have dozens of districts.
    """
    if not isinstance(by, User):
        return []
    grants: list[RoleGrant | Delegation] = list(_grants(by, jurisdiction, None))
    grants += delegations_to(by, jurisdiction)
    near = {each.district_id for each in grants if permission in ROLES[Role(each.role)].permissions}
    if None in near and can(by, permission, jurisdiction):
        return list(jurisdiction.districts.all())
    some = [each for each in jurisdiction.districts.all() if None in near or each.pk in near]
    return [each for each in some if can(by, permission, jurisdiction, each)]


def give_role(
    user: User,
    role: Role,
    jurisdiction: Jurisdiction,
    district: District | None,
    *,
    by: User,
    change_request: ChangeRequest | None = None,
) -> RoleGrant:
    """Write a role grant and make it effective: the one way in which a role is given.

    Called by the services that grant roles and nowhere else; it decides and records nothing.
    """
    grant = RoleGrant.objects.create(
        user=user,
        role=role,
        jurisdiction=jurisdiction,
        district=district,
        granted_by=by,
        change_request=change_request,
    )
    put_in_role(user, role, jurisdiction, district)
    return grant


def put_in_role(user: User, role: Role, jurisdiction: Jurisdiction, district: District | None) -> None:
    """Give the group of a role on its container the role's permissions, and put the account into it.

    Called by the services that grant roles and nowhere else; it decides nothing.
    """
    where = f"{jurisdiction.slug}/{district.code}" if district else jurisdiction.slug
    group, created = Group.objects.get_or_create(name=f"{role.value}@{where}")
    if created:
        held = ROLES[role].permissions
        near = held & ON_DISTRICT if district else frozenset()
        _permit(group, held - near, jurisdiction)
        if district:
            _permit(group, near, district)
    user.groups.add(group)
    _forget_checkers()


def _permit(group: Group, permissions: Iterable[Permission], container: Jurisdiction | District) -> None:
    """Give a new group its permissions on a container, in one statement: a city has roles in every district."""
    kind, names = ContentType.objects.get_for_model(container), {each.value for each in permissions}
    known = StoredPermission.objects.filter(content_type=kind, codename__in=names)
    made = GroupObjectPermission.objects.bulk_create(
        GroupObjectPermission(permission=each, content_type=kind, object_pk=container.pk, group=group)
        for each in known
    )
    if len(made) < len(names):
        raise LookupError(f"the database lacks permissions among {sorted(names)}; migrate it first")


def take_out_of_role(user: User, role: Role, jurisdiction: Jurisdiction, district: District | None) -> None:
    """Remove the account from the role's group."""
    where = f"{jurisdiction.slug}/{district.code}" if district else jurisdiction.slug
    user.groups.remove(*Group.objects.filter(name=f"{role.value}@{where}"))
    _forget_checkers()


def mark_sign_in(request: HttpRequest) -> None:
    """Note in the session that the password was given just now."""
    request.session[SIGNED_IN_AT] = int(time.time())


def signed_in_lately(request: HttpRequest) -> bool:
    """Whether the password was given in this session within the last five minutes; without a mark it was not."""
    age = time.time() - float(request.session.get(SIGNED_IN_AT, 0))
    return 0 <= age < CONFIRM_AFTER


def check_signed_in_lately(request: HttpRequest) -> None:
    """Refuse a decision in a session whose password was given too long ago."""
    if not signed_in_lately(request):
        raise Refused(
            Reason.SIGN_IN_AGAIN,
            "A decision needs a sign-in of the last five minutes. Sign in again and send it once more; nothing was "
            "recorded.",
        )


def open_to_everyone(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a page as public. Every address carries such a mark; a test finds those that do not."""
    view.access = "everyone"  # type: ignore[attr-defined]
    return view


def open_to_signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a page as needing an account; what the account may see there is for `check` to say.

    Nobody in between keeps it, and the next person at the same screen does not find it behind "back".
    """
    guarded = never_cache(login_required(view))  # type: ignore[type-var]
    guarded.access = "signed in"  # type: ignore[attr-defined]
    return guarded
