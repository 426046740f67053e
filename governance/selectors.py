"""Questions about governance that other apps and pages ask."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Q, QuerySet

from governance import clock
from governance.core.approval import Ballot, Proposal, Rule, Verdict
from governance.core.policy import Terms, read_terms
from governance.core.refusals import Reason, Refused
from governance.core.role_requests import KIND as ROLE_REQUEST
from governance.core.roles import ROLES, Permission, Role, roles_with
from governance.core.states import UNFINISHED, State
from governance.core.training import MODULES
from governance.models import (
    Area,
    ChangeRequest,
    District,
    Evidence,
    Jurisdiction,
    Policy,
    RoleGrant,
    RoleRequest,
    TrainingRecord,
    User,
    Vote,
)
from governance.permissions import can, districts_where


@dataclass(frozen=True)
class PolicyInForce:
    """A policy version and what it says."""

    version: int
    digest: str
    terms: Terms
    in_force_from: datetime


def jurisdiction_named(slug: str) -> Jurisdiction:
    """Return a jurisdiction by its slug, or refuse and name those there are."""
    found = Jurisdiction.objects.filter(slug=slug).first()
    if found is None:
        known = ", ".join(Jurisdiction.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise Refused(
            Reason.NOT_FOUND,
            f"There is no jurisdiction “{slug}” (there are: {known}). Make it with `manage.py add_jurisdiction`.",
        )
    return found


def scheduler_account() -> User:
    """Return the service account that does the scheduled work; it can never vote."""
    user = User.objects.filter(is_service=True, email="scheduler@lamplight.invalid").first()
    return user or User.objects.create_user("scheduler@lamplight.invalid", name="Scheduler", is_service=True)


def account(email: str | None) -> User:
    """Return the account that a command acts for: `--by EMAIL`, or the scheduler."""
    if not email:
        return scheduler_account()
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        raise Refused(Reason.NOT_FOUND, f"No account has the e-mail address {email}. Check --by.")
    return user


def policy_in_force(jurisdiction: Jurisdiction, at: datetime | None = None) -> PolicyInForce:
    """Return the policy that governs a moment of the jurisdiction's clock (now, unless given)."""
    moment = at or clock.now(jurisdiction)
    row = (
        Policy.objects.filter(jurisdiction=jurisdiction, in_force_from__lte=moment)
        .order_by("-version")
        .first()
    )
    if row is None:
        raise Refused(
            Reason.NOT_FOUND, f"No policy of {jurisdiction.name} is in force yet at {moment:%d %B %Y}."
        )
    return PolicyInForce(row.version, row.digest, read_terms(row.terms), row.in_force_from)


def rule_for(request: ChangeRequest) -> Rule:
    """Return what approving this request needs, under the policy version that governs it."""
    row = Policy.objects.get(jurisdiction=request.jurisdiction, version=request.policy_version)
    terms = read_terms(row.terms)
    return Rule(
        quorum=terms.quorum.get(request.kind, 2),
        required_evidence=terms.required_evidence.get(request.kind, ()),
        blocking_verdicts=terms.blocking_verdicts,
        rationale_min_length=terms.rationale_min_length,
    )


def proposal_of(request: ChangeRequest) -> Proposal:
    """Return the request as the approval rule sees it."""
    authors = frozenset(request.authors.values_list("id", flat=True))
    return Proposal(State(request.state), request.digest, request.expires_at, authors)


def ballots_on(request: ChangeRequest) -> list[Ballot]:
    """Return all votes ever cast on a request, oldest first."""
    rows = Vote.objects.filter(change_request=request).order_by("id")
    return [Ballot(row.user_id, Verdict(row.verdict), row.digest) for row in rows]


def evidence_for(digest: str, jurisdiction: Jurisdiction) -> dict[str, Evidence]:
    """Return the newest evidence of each kind about one digest; what another jurisdiction attached is none."""
    rows = Evidence.objects.filter(subject_digest=digest, jurisdiction=jurisdiction)
    return {row.kind: row for row in rows.order_by("id")}


def request_numbered(request_id: int) -> ChangeRequest | None:
    """Return one request with where it belongs."""
    return ChangeRequest.objects.select_related("district", "jurisdiction").filter(pk=request_id).first()


def requests_in(
    jurisdiction: Jurisdiction, *states: State, kind: str | None = None
) -> QuerySet[ChangeRequest]:
    """Return the requests of a jurisdiction in the given states (all, when none is given)."""
    rows = ChangeRequest.objects.filter(jurisdiction=jurisdiction).select_related("district", "jurisdiction")
    if states:
        rows = rows.filter(state__in=states)
    return rows.filter(kind=kind) if kind else rows


def digest_is_approved(jurisdiction: Jurisdiction, kind: str, digest: str) -> bool:
    """Whether people agreed to exactly this digest: by vote, or when the jurisdiction was set up."""
    if digest in jurisdiction.genesis.get(kind, []):
        return True
    return ChangeRequest.objects.filter(
        jurisdiction=jurisdiction, kind=kind, digest=digest, state__in=[State.APPROVED, State.EXECUTED]
    ).exists()


def digests_agreed_to(jurisdiction: Jurisdiction, kind: str) -> list[str]:
    """Return the digests of a kind that people agreed to: when the jurisdiction was set up, then by vote."""
    voted = requests_in(jurisdiction, State.APPROVED, State.EXECUTED, kind=kind).order_by("id")
    return [*jurisdiction.genesis.get(kind, []), *voted.values_list("digest", flat=True)]


def due_to_expire(jurisdiction: Jurisdiction) -> list[ChangeRequest]:
    """Return the unfinished requests whose time is over by the jurisdiction's clock."""
    return list(
        requests_in(jurisdiction, *UNFINISHED).filter(expires_at__lte=clock.now(jurisdiction)).order_by("id")
    )


def grants_that_vote(jurisdiction: Jurisdiction) -> list[RoleGrant]:
    """Return the grants in force of roles that vote, the oldest first."""
    rows = RoleGrant.objects.filter(jurisdiction=jurisdiction, revoked_at=None, role__in=list(MODULES))
    return list(rows.select_related("user", "district").order_by("id"))


def grants_in_force(jurisdiction: Jurisdiction) -> list[RoleGrant]:
    """Return who holds which role there, with everything that a review of it shows, in one query."""
    rows = RoleGrant.objects.filter(jurisdiction=jurisdiction, revoked_at=None, user__is_active=True)
    people = rows.select_related("user", "district", "granted_by", "change_request", "jurisdiction")
    return list(people.order_by("user__is_service", "user__name", "id"))


def accounts_in_use() -> list[User]:
    """Return the accounts of people that are in use, by name."""
    return list(User.objects.filter(is_active=True, is_service=False).order_by("name", "id"))


def trained_in(users: Iterable[User]) -> set[tuple[int, str]]:
    """Return of which people (their numbers) the present module of which role is complete."""
    rows = TrainingRecord.objects.filter(user__in=list(users)).values_list("user_id", "role", "version")
    return {(user, role) for user, role, version in rows if version == MODULES[Role(role)].version}


def untrained_roles(user: User) -> list[Role]:
    """Return the roles in which a person may vote once she has completed their modules."""
    held = dict.fromkeys(Role(each.role) for each in roles_of(user) if Role(each.role) in MODULES)
    done = trained_in([user]) if held else set()
    return [role for role in held if (user.pk, role.value) not in done]


def role_request_of(request_id: int) -> RoleRequest | None:
    """Return what a request of the kind role_grant asks for."""
    rows = RoleRequest.objects.select_related(
        "user", "asked_by", "change_request__jurisdiction", "change_request__district"
    )
    return rows.filter(change_request_id=request_id).first()


def undecided_role_requests(jurisdiction: Jurisdiction) -> list[RoleRequest]:
    """Return the role requests that wait for the board or for the schedule, the most urgent first."""
    rows = RoleRequest.objects.filter(
        change_request__jurisdiction=jurisdiction, change_request__state__in=UNFINISHED
    ).select_related("user", "asked_by", "change_request__jurisdiction")
    return list(rows.order_by("change_request__expires_at", "id"))


def grant_numbered(number: int) -> RoleGrant | None:
    """Return one role grant."""
    return RoleGrant.objects.select_related("user", "jurisdiction").filter(pk=number).first()


def account_numbered(number: int) -> User | None:
    """Return the account of a person."""
    return User.objects.filter(pk=number, is_service=False).first()


def role_requests_to_apply() -> list[int]:
    """Return the numbers of the approved role requests, the oldest first."""
    rows = RoleRequest.objects.filter(change_request__state=State.APPROVED)
    return list(rows.order_by("id").values_list("id", flat=True))


def votes_on(request: ChangeRequest) -> QuerySet[Vote]:
    """Return the votes on a request with their voters, oldest first."""
    return Vote.objects.filter(change_request=request).select_related("user").order_by("id")


def voters_for(request: ChangeRequest) -> list[User]:
    """Return the people who could vote on this request now."""
    wanted = [role.value for role in roles_with(vote_permission(request.kind))]
    grants = RoleGrant.objects.filter(
        Q(district=None) | Q(district=request.district),
        jurisdiction=request.jurisdiction,
        role__in=wanted,
        revoked_at=None,
        user__is_active=True,
        user__is_service=False,
    )
    authors = request.authors.values_list("id", flat=True)
    return list(User.objects.filter(id__in=grants.values("user_id")).exclude(id__in=authors).order_by("id"))


def vote_permission(kind: str) -> Permission:
    """Return the permission that a vote on this kind of request needs."""
    return Permission.DECIDE_PLANS if kind == "plan" else Permission.DECIDE_POLICY


def open_permissions(kind: str) -> tuple[Permission, ...]:
    """Return the permissions of which any one lets a person open this kind of request."""
    if kind == ROLE_REQUEST:
        return Permission.MANAGE_ROLES, Permission.DECIDE_POLICY
    return (Permission.PROPOSE,)


def areas_of(jurisdiction: Jurisdiction, kind: str = Area.Kind.AREA) -> list[Area]:
    """Return the named geography of one kind, in code order."""
    return list(Area.objects.filter(jurisdiction=jurisdiction, kind=kind).order_by("code"))


def newest_area(jurisdiction: Jurisdiction, kind: str) -> int:
    """Return the number of the last area imported of one kind, 0 without any: it changes with every import."""
    newest = Area.objects.filter(jurisdiction=jurisdiction, kind=kind).aggregate(newest=Max("id"))["newest"]
    return newest or 0


def jurisdiction_numbered(number: int) -> Jurisdiction:
    """Return a jurisdiction by its number."""
    return Jurisdiction.objects.get(pk=number)


def districts_of(jurisdiction: Jurisdiction) -> list[District]:
    """Return the districts in code order."""
    return list(District.objects.filter(jurisdiction=jurisdiction).order_by("code"))


def jurisdictions() -> list[Jurisdiction]:
    """Return all jurisdictions by name."""
    return list(Jurisdiction.objects.order_by("name"))


def roles_of(user: User, jurisdiction: Jurisdiction | None = None) -> list[RoleGrant]:
    """Return a person's role grants in force."""
    rows = RoleGrant.objects.filter(user=user, revoked_at=None).select_related("jurisdiction", "district")
    return list((rows.filter(jurisdiction=jurisdiction) if jurisdiction else rows).order_by("id"))


def role_title(role: str) -> str:
    """Return a role's name as people read it."""
    return ROLES[Role(role)].title


def ballots_by(user: User, requests: Iterable[ChangeRequest]) -> set[int]:
    """Return the ids of those requests on whose current revision the person has voted."""
    ids = {request.id: request.digest for request in requests}
    rows = Vote.objects.filter(user=user, change_request_id__in=ids)
    return {row.change_request_id for row in rows if row.digest == ids[row.change_request_id]}


def waiting_for(jurisdiction: Jurisdiction, by: User) -> list[ChangeRequest]:
    """Return the open requests that this person may vote on and has not, the most urgent first."""
    rows = requests_in(jurisdiction, State.OPEN).filter(expires_at__gt=clock.now(jurisdiction))
    others = list(rows.exclude(authors=by).order_by("expires_at", "id"))
    wanted = {vote_permission(row.kind) for row in others}
    hers: set[tuple[Permission, int | None]] = {
        (each, None) for each in wanted if can(by, each, jurisdiction)
    }
    hers |= {(each, here.pk) for each in wanted for here in districts_where(by, each, jurisdiction)}
    mine = [row for row in others if (vote_permission(row.kind), row.district_id) in hers]
    said = ballots_by(by, mine)
    return [row for row in mine if row.id not in said]


def home_jurisdiction(user: User, chosen: str = "") -> Jurisdiction | None:
    """Return the jurisdiction in which a person works: the chosen one if she has a role there, else her first."""
    grants = roles_of(user)
    here = [grant.jurisdiction for grant in grants if grant.jurisdiction.slug == chosen]
    return here[0] if here else (grants[0].jurisdiction if grants else None)
