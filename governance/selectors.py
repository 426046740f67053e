"""Questions about governance that other apps and pages ask."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db.models import Max, Q, QuerySet

from governance import clock
from governance.break_glass import (
    district_lifted,
    glass_of,
    linked_for_vote,
    may_vote_here,
    relied_for_vote,
    row_of,
)
from governance.commented import check_commented, still_commented
from governance.core.approval import (
    Ballot,
    Proposal,
    Rule,
    Verdict,
    Voter,
    check_apart,
    check_may_recuse,
    check_may_revoke,
    check_standing,
    stage_name,
    stage_of_vote,
    waits_for,
    with_override,
)
from governance.core.break_glass import REVIEW, Lowers, check_own_end, under_glass, watching
from governance.core.commenting import COMMENTED
from governance.core.holds import LIFT_KIND
from governance.core.policy import Terms, read_terms
from governance.core.recovery import KIND as RECOVERY_KIND
from governance.core.refusals import Reason, Refused
from governance.core.role_requests import KIND as ROLE_REQUEST
from governance.core.roles import ROLES, Permission, Role, roles_with
from governance.core.stages import Stage, stages_of
from governance.core.states import UNFINISHED, Deed, State, next_state
from governance.core.training import MODULES
from governance.models import (
    Area,
    ChangeRequest,
    Delegation,
    District,
    Evidence,
    Jurisdiction,
    Policy,
    RequestAct,
    RoleGrant,
    RoleRequest,
    TrainingRecord,
    User,
    Vote,
)
from governance.permissions import (
    can,
    check_any,
    districts_where,
    linked_by_district,
)

PUBLIC_EMAIL = "residents@lamplight.invalid"


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


def public_account() -> User:
    """Return the one account by which people without an account act; nobody can sign in with it."""
    user, _ = User.objects.get_or_create(
        email=PUBLIC_EMAIL,
        defaults={"name": "Residents", "is_service": True, "password": make_password(None)},
    )
    return user


def check_public(by: User) -> Role:
    """Refuse everybody but the public account: no person's account stands beside a complaint or a public comment."""
    if by.email != PUBLIC_EMAIL:
        raise Refused(
            Reason.NOT_PERMITTED,
            "What comes by a public form is filed under the one account of the public, never under a person's own.",
        )
    return Role.RESIDENT


def account(email: str | None) -> User:
    """Return the account that a command acts for: `--by EMAIL`, or the scheduler."""
    if not email:
        return scheduler_account()
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        raise Refused(Reason.NOT_FOUND, f"No account has the e-mail address {email}. Check --by.")
    return user


def delegations_of(user: User, jurisdiction: Jurisdiction) -> QuerySet[Delegation]:
    """Return what a person ever lent or was lent in a jurisdiction, newest first."""
    rows = Delegation.objects.filter(Q(giver=user) | Q(taker=user), jurisdiction=jurisdiction)
    return rows.select_related("giver", "taker", "district", "jurisdiction").order_by("-id")


def delegation_exists(number: int) -> bool:
    """Whether there is, or was, a delegation of this number."""
    return Delegation.objects.filter(pk=number).exists()


def delegations_now(jurisdiction: Jurisdiction) -> list[Delegation]:
    """Return what is lent in a jurisdiction at this moment of its clock, in one query."""
    rows = Delegation.objects.filter(
        jurisdiction=jurisdiction, revoked_at=None, until__gt=clock.now(jurisdiction)
    )
    return list(rows.select_related("giver", "taker", "district", "jurisdiction").order_by("id"))


def colleagues_of(user: User, jurisdiction: Jurisdiction) -> list[User]:
    """Return the other people who hold a role in a jurisdiction, by name."""
    grants = RoleGrant.objects.filter(jurisdiction=jurisdiction, revoked_at=None)
    people = User.objects.filter(id__in=grants.values("user_id"), is_active=True, is_service=False)
    return list(people.exclude(pk=user.pk).order_by("name", "id"))


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
    return _rule(request, read_terms(row.terms))


def _rule(request: ChangeRequest, terms: Terms) -> Rule:
    return Rule(
        stages=stages_of(terms.stages, request.kind),
        required_evidence=terms.required_evidence.get(request.kind, ()),
        blocking_verdicts=terms.blocking_verdicts,
        rationale_min_length=terms.rationale_min_length,
        override_quorum=terms.override_quorum,
    )


def rule_now(request: ChangeRequest, verdicts: Mapping[str, str] | None = None) -> Rule:
    """Return the rule of this moment: the board's stage in front where evidence failed, eased under break-glass.

    `verdicts` by kind of evidence, where the caller has read them already.
    """
    rule = with_override(rule_for(request), verdicts_on(request) if verdicts is None else verdicts)
    return under_glass(rule, glass_of(request), request.digest, clock.now(request.jurisdiction))


def verdicts_on(request: ChangeRequest) -> dict[str, str]:
    """Return what the evidence about the present revision says, by kind."""
    return {kind: row.verdict for kind, row in evidence_for(request.digest, request.jurisdiction).items()}


def proposal_of(request: ChangeRequest) -> Proposal:
    """Return the request as the approval rule sees it."""
    authors = frozenset(request.authors.values_list("id", flat=True))
    recusals = RequestAct.objects.filter(change_request=request, deed=RequestAct.Deed.RECUSAL)
    recused = frozenset(recusals.values_list("user_id", flat=True))
    return Proposal(
        State(request.state), request.digest, request.expires_at, authors, recused, _watching(request)
    )


def _watching(request: ChangeRequest) -> frozenset[int]:
    return watching(glass_of(request), request.digest, clock.now(request.jurisdiction))


def acts_on(request: ChangeRequest) -> QuerySet[RequestAct]:
    """Return what people did to a request beside voting, oldest first."""
    return RequestAct.objects.filter(change_request=request).select_related("user").order_by("id")


def voter_of(request: ChangeRequest, by: User, rule: Rule) -> Voter:
    """Return in which stages of a request a person may vote; refuse who may vote in none."""
    stages = tuple(each.name for each in rule.stages if may_vote_here(by, each.permission, request))
    if not stages:
        relied_for_vote(by, rule.stages[-1].permission, request)
    return Voter(by.pk, by.is_service, stages, linked_for_vote(by, request))


def role_of_voter(request: ChangeRequest, by: User, rule: Rule) -> Role:
    """Return the role by which a person may vote in the first stage of hers; refuse who may vote in none."""
    held = voter_of(request, by, rule).stages
    first = next(each for each in rule.stages if each.name in held)
    return relied_for_vote(by, first.permission, request).role


def check_may_vote(request: ChangeRequest, by: User) -> None:
    """Refuse, with the sentence that the vote itself would meet, who may say nothing about a request now."""
    rule, ballots = rule_now(request), ballots_on(request)
    voter = voter_of(request, by, rule)
    moment = clock.now(request.jurisdiction)
    check_standing(proposal_of(request), voter, now=moment)
    check_commented(request, moment)
    stage_of_vote(Verdict.REJECT, voter, ballots, rule, request.digest)


def check_may_take_back(request: ChangeRequest, by: User) -> Role:
    """Return the role by which an author takes her request back now; refuse everybody else."""
    check_own_end(request.kind)
    role = check_any(by, open_permissions(request.kind), request.jurisdiction, request.district)
    if not request.authors.filter(pk=by.pk).exists():
        raise Refused(
            Reason.NOT_PERMITTED,
            "Only an author takes a request back. Somebody who may vote on it rejects it instead.",
        )
    next_state(State(request.state), Deed.WITHDRAW)
    return role


def check_may_void(request: ChangeRequest, by: User) -> None:
    """Refuse who may not take back the approval that is in force now."""
    check_own_end(request.kind)
    voter = voter_of(request, by, rule_now(request))
    check_may_revoke(proposal_of(request), voter, request.digest, now=clock.now(request.jurisdiction))


def check_may_step_back(request: ChangeRequest, by: User) -> None:
    """Refuse who is not, or no longer, among the voters of what is undecided: there is nothing to step back from."""
    proposal, voter = proposal_of(request), voter_of(request, by, rule_now(request))
    check_apart(proposal, voter)
    check_may_recuse(proposal, voter, ballots_on(request))


def ballots_on(request: ChangeRequest) -> list[Ballot]:
    """Return all votes ever cast on a request, oldest first."""
    votes = votes_on(request)
    return [ballot_of(row) for row in votes if not _lent_by_glass(row, request)]


def _lent_by_glass(vote: Vote, request: ChangeRequest) -> bool:
    """Whether a vote was cast on the strength of a lifted limit that holds no more: then it counts no more."""
    row = row_of(request)
    if row is None or row.lowers != Lowers.DISTRICT or district_lifted(request):
        return False
    held = [stage.permission for stage in rule_for(request).stages if stage.name == vote.stage]
    if not held or vote.cast_at < row.opened_at:  # the board's word on a failed audit rests on no district
        return False
    return not any(may_vote_here(vote.user, each, request) for each in held)


def ballot_of(vote: Vote) -> Ballot:
    """Return a vote as the approval rule sees it."""
    return Ballot(vote.user_id, Verdict(vote.verdict), vote.digest, vote.stage, vote.on_behalf_of_id)


def standing_ballots(request: ChangeRequest, rule: Rule) -> list[Ballot]:
    """Return the votes that still count: whoever cast one holds the right of its stage today, and stands apart."""
    proposal = proposal_of(request)
    apart = proposal.authors | proposal.recused | proposal.watching
    return [
        ballot
        for vote in votes_on(request)
        if not (ballot := ballot_of(vote)).people & apart and _still_entitled(vote, ballot, request, rule)
    ]


def _still_entitled(vote: Vote, ballot: Ballot, request: ChangeRequest, rule: Rule) -> bool:
    """Whether a voter still relies on what she relied on: a role of hers, or the same person's lent role."""
    permission = {each.name: each.permission for each in rule.stages}.get(stage_name(ballot, rule))
    if permission is None:
        return False
    try:
        relied = relied_for_vote(vote.user, permission, request)
    except Refused:
        return False
    return relied.giver is None or relied.giver.pk == ballot.on_behalf_of


def evidence_for(digest: str, jurisdiction: Jurisdiction) -> dict[str, Evidence]:
    """Return the newest evidence of each kind about one digest; what another jurisdiction attached is none."""
    rows = Evidence.objects.filter(subject_digest=digest, jurisdiction=jurisdiction)
    return {row.kind: row for row in rows.order_by("id")}


def evidence_on(digests: Iterable[str], jurisdiction: Jurisdiction) -> dict[str, dict[str, Evidence]]:
    """Return digest -> the newest evidence of each kind about it, in one query; a digest without any is left out."""
    found: dict[str, dict[str, Evidence]] = {}
    rows = Evidence.objects.filter(subject_digest__in=list(digests), jurisdiction=jurisdiction)
    for row in rows.order_by("id"):
        found.setdefault(row.subject_digest, {})[row.kind] = row
    return found


def lock_request(request_id: int) -> ChangeRequest:
    """Return one request with where it belongs, its row locked until the deed commits; the maps are left out."""
    rows = ChangeRequest.objects.select_for_update(of=("self",)).select_related("jurisdiction", "district")
    return rows.defer("jurisdiction__boundary", "district__boundary").get(pk=request_id)


def request_numbered(request_id: int) -> ChangeRequest | None:
    """Return one request with where it belongs."""
    return ChangeRequest.objects.select_related("district", "jurisdiction").filter(pk=request_id).first()


def requests_in(
    jurisdiction: Jurisdiction, *states: State, kind: str | None = None
) -> QuerySet[ChangeRequest]:
    """Return the requests of a jurisdiction in the given states (all, when none is given)."""
    rows = ChangeRequest.objects.filter(jurisdiction=jurisdiction).select_related(
        "district", "jurisdiction", "break_glass"
    )
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


def roles_to_learn(user: User) -> list[Role]:
    """Return the roles of a person that have a module: her own, and those that were lent to her."""
    return list(dict.fromkeys(Role(each.role) for each in roles_or_lent(user) if Role(each.role) in MODULES))


def roles_or_lent(user: User) -> list[RoleGrant | Delegation]:
    """Return what lets a person act in a role: her own grants in force, then what is lent to her."""
    return [*roles_of(user), *lent_to(user)]


def lent_to(user: User) -> list[Delegation]:
    """Return the delegations in force that a person took, in any jurisdiction, by the clock of each."""
    rows = Delegation.objects.filter(taker=user, revoked_at=None).select_related("jurisdiction")
    return [each for each in rows.order_by("id") if each.until > clock.now(each.jurisdiction)]


def untrained_roles(user: User) -> list[Role]:
    """Return the roles in which a person may vote once she has completed their modules."""
    held = roles_to_learn(user)
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
    """Return the people who could vote on this request in its own stages, not the board that may override."""
    eligible = eligible_for(request, rule_for(request).stages)
    return list({each.pk: each for people in eligible.values() for each in people}.values())


def eligible_for(request: ChangeRequest, stages: Sequence[Stage]) -> dict[str, list[User]]:
    """Return, for each stage, the people whose own role lets them vote in it; authors and the recused may not."""
    proposal = proposal_of(request)
    apart = proposal.authors | proposal.recused | proposal.watching
    eligible = eligible_in(
        stages,
        request.jurisdiction,
        request.district,
        besides=apart,
        everywhere=district_lifted(request),
    )
    people = list(User.objects.filter(id__in=set().union(*eligible.values())).order_by("id"))
    return {name: [each for each in people if each.pk in numbers] for name, numbers in eligible.items()}


def eligible_in(
    stages: Iterable[Stage],
    jurisdiction: Jurisdiction,
    district: District | None,
    *,
    besides: Collection[int],
    everywhere: bool = False,
) -> dict[str, set[int]]:
    """Return, for each stage, the people whose own role lets them vote in it; `besides` are left out.

    `everywhere`: roles in other districts count as well.
    """
    here = RoleGrant.objects.filter(
        Q() if everywhere else Q(district=None) | Q(district=district),
        jurisdiction=jurisdiction,
        revoked_at=None,
        user__is_active=True,
        user__is_service=False,
    ).exclude(user_id__in=besides)
    held = [(Role(role), user) for role, user in here.values_list("role", "user_id")]
    return {
        each.name: {user for role, user in held if role in roles_with(each.permission)} for each in stages
    }


def board_of(jurisdiction: Jurisdiction, permission: Permission) -> list[tuple[int, bool]]:
    """Return who may decide as the board with a role of her own, by length of seat, and whether she is its chair."""
    rows = RoleGrant.objects.filter(
        jurisdiction=jurisdiction,
        role__in=roles_with(permission),
        revoked_at=None,
        user__is_active=True,
        user__is_service=False,
    )
    return [
        (user, role == Role.BOARD_CHAIR) for user, role in rows.order_by("id").values_list("user_id", "role")
    ]


def open_permissions(kind: str) -> tuple[Permission, ...]:
    """Return the permissions of which any one lets a person open, or take back, this kind of request."""
    if kind == ROLE_REQUEST:
        return Permission.MANAGE_ROLES, Permission.DECIDE_POLICY
    if kind in (LIFT_KIND, RECOVERY_KIND) or kind in COMMENTED:
        return Permission.PROPOSE, Permission.DECIDE_POLICY
    if kind == REVIEW:
        return Permission.DECIDE_PLANS, Permission.DECIDE_POLICY
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


def district_coded(jurisdiction: Jurisdiction, code: str) -> District:
    """Return a district by its code, or refuse."""
    found = District.objects.filter(jurisdiction=jurisdiction, code=code).first()
    if found is None:
        raise Refused(Reason.NOT_FOUND, f"{jurisdiction.name} has no district “{code}”.")
    return found


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


def waiting_for(jurisdiction: Jurisdiction, by: User) -> list[ChangeRequest]:
    """Return the open requests on which this person is asked for her vote now, the most urgent first."""
    now = clock.now(jurisdiction)
    rows = requests_in(jurisdiction, State.OPEN).filter(expires_at__gt=now)
    near = rows.exclude(authors=by).prefetch_related("authors")
    others = list(near.order_by("expires_at", "id"))
    terms = _terms_of(jurisdiction, others)
    early = still_commented(others, {version: each.comment_days for version, each in terms.items()}, now)
    others = [row for row in others if row.pk not in early]
    rules, cast = _rules_now(jurisdiction, others, terms), _ballots_on_all(others)
    held, proposals = _held_on(others, rules, by), _proposals(others)
    linked = linked_by_district(by, jurisdiction, {None, *(row.district_id for row in others)})
    return [
        row
        for row in others
        if waits_for(
            proposals[row.pk],
            Voter(
                by.pk,
                by.is_service,
                held[row.pk],
                linked[None if district_lifted(row) else row.district_id],
            ),
            cast[row.pk],
            rules[row.pk],
            now=now,
        )
    ]


def concerning(by: User, requests: Sequence[ChangeRequest]) -> list[ChangeRequest]:
    """Return those of one jurisdiction's requests that a person may vote on, or of which she is an author.

    The number of queries does not grow with the requests.
    """
    if not requests:
        return []
    here = requests[0].jurisdiction
    rules = _rules_now(here, requests, _terms_of(here, requests))
    held = _held_on(requests, rules, by)
    hers = set(
        by.authored_requests.filter(id__in=[each.pk for each in requests]).values_list("id", flat=True)
    )
    return [each for each in requests if held[each.pk] or each.pk in hers]


def verdicts_on_all(requests: Sequence[ChangeRequest]) -> dict[int, dict[str, str]]:
    """Return, for each of one jurisdiction's requests, the newest verdict of each kind of evidence, in one query."""
    said: dict[str, dict[str, str]] = {row.digest: {} for row in requests}
    if requests:
        here = Evidence.objects.filter(jurisdiction=requests[0].jurisdiction, subject_digest__in=said)
        for digest, kind, verdict in here.order_by("id").values_list("subject_digest", "kind", "verdict"):
            said[digest][kind] = verdict
    return {row.pk: said[row.digest] for row in requests}


def _proposals(requests: Sequence[ChangeRequest]) -> dict[int, Proposal]:
    """Return `proposal_of` many requests whose authors were read with them, in one query more."""
    recused: dict[int, set[int]] = {row.pk: set() for row in requests}
    for act in RequestAct.objects.filter(change_request_id__in=recused, deed=RequestAct.Deed.RECUSAL):
        recused[act.change_request_id].add(act.user_id)
    return {
        row.pk: Proposal(
            State(row.state),
            row.digest,
            row.expires_at,
            frozenset(each.pk for each in row.authors.all()),
            frozenset(recused[row.pk]),
            _watching(row),
        )
        for row in requests
    }


def _terms_of(jurisdiction: Jurisdiction, requests: Sequence[ChangeRequest]) -> dict[int, Terms]:
    """Return what the policy versions say that govern these requests."""
    policies = Policy.objects.filter(
        jurisdiction=jurisdiction, version__in={row.policy_version for row in requests}
    )
    return {row.version: read_terms(row.terms) for row in policies}


def _rules_now(
    jurisdiction: Jurisdiction, requests: Sequence[ChangeRequest], terms: Mapping[int, Terms]
) -> dict[int, Rule]:
    """Return `rule_now` of many requests in one query."""
    verdicts = verdicts_on_all(requests)
    return {
        row.pk: under_glass(
            with_override(_rule(row, terms[row.policy_version]), verdicts[row.pk]),
            glass_of(row),
            row.digest,
            clock.now(jurisdiction),
        )
        for row in requests
    }


def _ballots_on_all(requests: Sequence[ChangeRequest]) -> dict[int, list[Ballot]]:
    cast: dict[int, list[Ballot]] = {row.pk: [] for row in requests}
    for vote in Vote.objects.filter(change_request_id__in=cast).order_by("id"):
        cast[vote.change_request_id].append(ballot_of(vote))
    return cast | {row.pk: ballots_on(row) for row in requests if row_of(row)}


def _held_on(
    requests: Sequence[ChangeRequest], rules: Mapping[int, Rule], by: User
) -> dict[int, tuple[str, ...]]:
    """Return in which stages of each request a person may vote, asking once per permission and not per request."""
    if not requests:
        return {}
    here = requests[0].jurisdiction
    wanted = {stage.permission for rule in rules.values() for stage in rule.stages}
    hers: set[tuple[Permission, int | None]] = {(each, None) for each in wanted if can(by, each, here)}
    hers |= {(each, place.pk) for each in wanted for place in districts_where(by, each, here)}
    return {
        row.pk: tuple(
            each.name
            for each in rules[row.pk].stages
            if (each.permission, row.district_id) in hers
            or (district_lifted(row) and may_vote_here(by, each.permission, row))
        )
        for row in requests
    }


def home_jurisdiction(user: User, chosen: str = "") -> Jurisdiction | None:
    """Return the jurisdiction in which a person works: the chosen one if she has a role there, else her first."""
    grants = roles_of(user)
    here = [grant.jurisdiction for grant in grants if grant.jurisdiction.slug == chosen]
    return here[0] if here else (grants[0].jurisdiction if grants else None)
