"""The rules of authority, written a second time from the issue's words: what the machine compares the code with.

Nothing here imports the code under test. A moment is a whole hour of the jurisdiction's clock: whatever ends after h
hours, made in hour n, is over in hour n + h (the seconds that a run takes only ever pass).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

WORKS = frozenset({"clock"})  # every role may step the clock of a replay
RIGHTS = {
    "analyst": WORKS | {"propose"},
    "supervisor": WORKS | {"propose", "decide_plans"},
    "board_member": WORKS | {"decide_policy"},
    "board_chair": WORKS | {"decide_policy"},
    "auditor": WORKS | {"audit"},
    "administrator": WORKS | {"manage"},
    "service": WORKS | {"propose", "audit", "manage", "execute"},
}
VOTING = frozenset({"decide_plans", "decide_policy"})
NEAR = frozenset({"propose", "decide_plans"})  # of a role on a district: in that district only
APPROVES_NOTHING = frozenset({"administrator", "service"})
UNDECIDED = frozenset({"open", "returned", "revoked"})
UNFINISHED = UNDECIDED | {"approved"}
GOVERNING = frozenset({"policy", "role_grant", "hold_lift", "after_review"})  # kinds that no hold stops
COMMENTED = frozenset(
    {"policy", "recipe"}
)  # open to public comment for a day, before which nobody votes on them
DAY = 24


@dataclass(frozen=True)
class Stage:
    """Who agrees, and how many; within one `pool` a person counts once."""

    name: str
    right: str
    quorum: int
    pool: str = "voters"


BOARD = (Stage("board", "decide_policy", 2),)
OVERRIDE = Stage("override", "decide_policy", 2, pool="override")
STAGES = {
    "plan": (Stage("supervisor", "decide_plans", 1), Stage("board", "decide_policy", 2)),
    "recipe": (Stage("review", "decide_policy", 1), Stage("board", "decide_policy", 2)),
    "policy": BOARD,
    "role_grant": BOARD,
    "hold_lift": BOARD,
    "after_review": (Stage("board", "decide_policy", 1),),
}


@dataclass
class Person:
    name: str
    number: int
    is_service: bool = False
    active: bool = True
    trained: set[str] = field(default_factory=set)


@dataclass
class Grant:
    """A role of one's own; `place`: a district's code, or "" for the whole city."""

    number: int
    person: str
    role: str
    place: str
    ended: bool = False


@dataclass
class Loan:
    number: int
    giver: str
    taker: str
    role: str
    place: str
    until: int
    ended: bool = False


@dataclass
class Vote:
    person: str
    giver: str | None
    stage: str
    verdict: str
    digest: str

    @property
    def people(self) -> set[str]:
        return {self.person} | ({self.giver} if self.giver else set())


@dataclass
class Glass:
    """One break-glass: what it eases, for which revision, until when; who opened it, and who watches."""

    lowers: str
    digest: str
    until: int
    opener: str
    told: str
    review: Request
    votes_before: int


@dataclass
class Request:
    number: int
    kind: str
    place: str
    digest: str
    expires: int
    authors: set[str]
    category: str = ""
    rests_on: tuple[str, ...] = ()
    state: str = "open"
    revision: int = 1
    recused: set[str] = field(default_factory=set)
    votes: list[Vote] = field(default_factory=list)
    wanted: tuple[str, str] | None = None  # who is to get which role
    hold: int | None = None  # which hold is to be lifted
    earlier: list[str] = field(default_factory=list)  # digests of former revisions
    glass: Glass | None = None
    vote_from: int = 0  # the hour in which the public's comment on it ends


@dataclass
class Hold:
    number: int
    scope: str
    target: str
    by: str
    lifted: bool = False


@dataclass(frozen=True)
class Relied:
    """By which role somebody may do something, and who lent it to her."""

    role: str
    giver: str | None = None


@dataclass
class Model:
    people: dict[str, Person]
    grants: list[Grant]
    hour: int = 0
    loans: list[Loan] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    audits: dict[str, str] = field(default_factory=dict)  # digest -> verdict of its newest audit

    # --- who may ------------------------------------------------------------------------------------------------

    def roles(self, who: str) -> list[Grant]:
        return [each for each in self.grants if each.person == who and not each.ended]

    def relied(self, who: str, right: str, place: str = "") -> Relied | None:
        """Own roles first, then what was lent, the oldest first; nothing for a closed account."""
        if not self.people[who].active:
            return None
        for own in self.roles(who):
            if right in RIGHTS[own.role] and reaches(own.place, right, place):
                return Relied(own.role)
        for loan in self.in_force():
            if loan.taker == who and self._lends(loan, right, place):
                return Relied(loan.role, loan.giver)
        return None

    def may(self, who: str, right: str, place: str = "") -> bool:
        return self.relied(who, right, place) is not None

    def in_force(self) -> list[Loan]:
        return [each for each in self.loans if not each.ended and self.hour < each.until]

    def _lends(self, loan: Loan, right: str, place: str) -> bool:
        still = any((own.role, own.place) == (loan.role, loan.place) for own in self.roles(loan.giver))
        return (
            right in RIGHTS[loan.role]
            and reaches(loan.place, right, place)
            and still
            and self.people[loan.giver].active
            and not (right in VOTING and self.never_votes(loan.taker))
        )

    def never_votes(self, who: str) -> bool:
        return self.people[who].is_service or any(own.role in APPROVES_NOTHING for own in self.roles(who))

    def one_with(self, who: str, place: str) -> set[str]:
        """Everybody with whom she counts as one there, through others too, herself included."""
        pairs = [{each.giver, each.taker} for each in self.in_force() if touches(each.place, place)]
        people = {who}
        for _ in pairs:
            people = people.union(*(pair for pair in pairs if people & pair))
        return people

    def may_get(self, who: str, role: str) -> bool:
        """No service, no closed account, and never both votes and accounts to manage."""
        roles = {each.role for each in self.roles(who)} | {role}
        both = roles & APPROVES_NOTHING and any(RIGHTS[each] & VOTING for each in roles)
        return self.people[who].active and not self.people[who].is_service and not both

    def holds_role(self, who: str, role: str, place: str) -> bool:
        return any((each.role, each.place) == (role, place) for each in self.roles(who))

    # --- votes --------------------------------------------------------------------------------------------------

    def stages(self, request: Request) -> tuple[Stage, ...]:
        """A plan whose audit failed needs the board's word first."""
        failed = request.kind == "plan" and self.audits.get(request.digest) == "fail"
        own = STAGES[request.kind]
        if self.is_eased(request, "quorum"):
            own = tuple(replace(each, quorum=1) for each in own)
        return (OVERRIDE, *own) if failed else own

    def is_eased(self, request: Request, lowers: str = "") -> bool:
        """Whether a break-glass counts now for what stands there now."""
        glass = request.glass
        in_force = glass is not None and glass.digest == request.digest and self.hour < glass.until
        return in_force and glass is not None and lowers in ("", glass.lowers)

    def relied_for(self, request: Request, who: str, right: str) -> Relied | None:
        """As `relied`, about a request: while its district's limit is lifted, by a role of hers in any other too."""
        if found := self.relied(who, right, request.place):
            return found
        if right not in NEAR or not self.is_eased(request, "district") or not self.people[who].active:
            return None
        return next((Relied(own.role) for own in self.roles(who) if right in RIGHTS[own.role]), None)

    def ones(self, request: Request, who: str) -> set[str]:
        """With whom she counts as one about a request."""
        return self.one_with(who, "" if self.is_eased(request, "district") else request.place)

    def counted(self, request: Request) -> list[Vote]:
        """The votes that count while it is decided: one that a lifted limit allowed, only as long as it is lifted."""
        glass = request.glass
        if glass is None or glass.lowers != "district" or self.is_eased(request, "district"):
            return request.votes
        rights = {each.name: each.right for each in STAGES[request.kind]}
        before, after = request.votes[: glass.votes_before], request.votes[glass.votes_before :]
        return before + [
            vote
            for vote in after
            if vote.stage not in rights or self.relied(vote.person, rights[vote.stage], request.place)
        ]

    def said(self, request: Request, stage: Stage, votes: Iterable[Vote]) -> list[str]:
        return [vote.verdict for vote in votes if (vote.stage, vote.digest) == (stage.name, request.digest)]

    def outcome(self, request: Request, votes: list[Vote]) -> str:
        """What these votes make of it: returned by one, rejected by a quorum, approved by all quorums."""
        said = {stage: self.said(request, stage, votes) for stage in self.stages(request)}
        if any("return" in each for each in said.values()):
            return "returned"
        if any(each.count("reject") >= stage.quorum for stage, each in said.items()):
            return "rejected"
        if all(each.count("approve") >= stage.quorum for stage, each in said.items()):
            return "approved"
        return "open"

    def waits(self, request: Request) -> Iterator[Stage]:
        """The stages that have not agreed yet, the open one first."""
        stages = list(self.stages(request))
        while (
            stages
            and self.said(request, stages[0], self.counted(request)).count("approve") >= stages[0].quorum
        ):
            stages.pop(0)
        yield from stages

    def ballot(self, request: Request, who: str, verdict: str) -> Vote | None:
        """The vote that counts if she casts it on what stands there now; None if she may not."""
        if request.state != "open" or not request.vote_from <= self.hour < request.expires:
            return None
        if self.people[who].is_service or not self.stands_apart(request, who):
            return None
        if (request.kind, verdict) == ("after_review", "return"):
            return None
        waiting = list(self.waits(request))
        hers = [stage for stage in waiting if self.is_free(request, stage, who)]
        if not hers or (verdict == "approve" and (hers[0] != waiting[0] or not self.approvable(request))):
            return None
        relied = self.relied_for(request, who, hers[0].right)
        if relied is None or relied.role not in self.people[who].trained:
            return None
        return Vote(who, relied.giver, hers[0].name, verdict, request.digest)

    def stands_apart(self, request: Request, who: str) -> bool:
        ones = self.ones(request, who)
        return not ones & (request.authors | request.recused | self.watching(request))

    def watching(self, request: Request) -> set[str]:
        return {request.glass.told} if request.glass and self.is_eased(request) else set()

    def is_free(self, request: Request, stage: Stage, who: str) -> bool:
        """Whether she holds the right of a stage, and her one voice in its pool is not used up."""
        pool = {each.name for each in self.stages(request) if each.pool == stage.pool}
        used = [
            each for each in self.counted(request) if each.digest == request.digest and each.stage in pool
        ]
        ones = self.ones(request, who)
        held = self.relied_for(request, who, stage.right)
        return held is not None and not any(vote.people & ones for vote in used)

    def approvable(self, request: Request) -> bool:
        return not self.is_held(request) and (request.kind != "plan" or request.digest in self.audits)

    def voters(self, request: Request) -> list[str]:
        """Who may approve now."""
        return [name for name in sorted(self.people) if self.ballot(request, name, "approve")]

    # --- holds and execution ------------------------------------------------------------------------------------

    def is_held(self, request: Request) -> bool:
        about = {
            ("everything", ""),
            ("category", request.category),
            ("district", request.place),
            ("plan", str(request.number)),
            *(("recipe", digest) for digest in (request.digest, *request.rests_on)),
        }
        stopped = [each for each in self.holds if not each.lifted and (each.scope, each.target) in about]
        return bool(stopped) and request.kind not in GOVERNING

    def standing(self, request: Request) -> list[Vote]:
        """The votes on what stands there now that still count: their people apart, their rights not lost."""
        rights = {each.name: each.right for each in self.stages(request)}
        apart = request.authors | request.recused | self.watching(request)
        return [
            vote
            for vote in request.votes
            if vote.digest == request.digest
            and vote.stage in rights
            and not vote.people & apart
            and self._entitled(vote, self.relied_for(request, vote.person, rights[vote.stage]))
        ]

    def _entitled(self, vote: Vote, relied: Relied | None) -> bool:
        return relied is not None and relied.giver in (None, vote.giver)

    def redeemable(self, request: Request, who: str) -> bool:
        return (
            self.may(who, "execute", request.place)
            and request.state == "approved"
            and self.hour < request.expires
            and self.approvable(request)
            and self.outcome(request, self.standing(request)) == "approved"
        )

    def quorum_of_people(self, request: Request) -> bool:
        """The safety rule alone: per stage enough approvals, by people of whom none counts twice or is an author."""
        votes = [each for each in self.standing(request) if each.verdict == "approve"]
        for stage in self.stages(request):
            mine = [each for each in votes if each.stage == stage.name]
            if len(mine) < stage.quorum:
                return False
        pools = [
            {each.name for each in self.stages(request) if each.pool == pool}
            for pool in ("voters", "override")
        ]
        return all(_disjoint([vote.people for vote in votes if vote.stage in pool]) for pool in pools)

    # --- proposing ----------------------------------------------------------------------------------------------

    def openers(self, kind: str) -> tuple[str, ...]:
        known = {"role_grant": ("manage", "decide_policy"), "hold_lift": ("propose", "decide_policy")}
        known |= dict.fromkeys(COMMENTED, ("propose", "decide_policy"))
        known["after_review"] = ("decide_plans", "decide_policy")
        return known.get(kind, ("propose",))

    # --- break-glass --------------------------------------------------------------------------------------------

    def breaker(self, request: Request, who: str, lowers: str) -> Relied | None:
        """By which role of her own, learnt, somebody may break the glass for a plan."""
        rights = ("decide_plans",) if lowers == "quorum" else ("decide_plans", "decide_policy")
        relied = next(filter(None, (self.relied(who, right, request.place) for right in rights)), None)
        if request.kind != "plan" or relied is None or relied.giver:
            return None
        return relied if relied.role in self.people[who].trained else None

    def had_a_part(self, request: Request, who: str) -> set[str]:
        """She, the authors, and whoever ever voted on it, on whichever revision, or lent the role for it."""
        return {who}.union(request.authors, *(vote.people for vote in request.votes))

    def told_of(self, request: Request, who: str) -> str | None:
        """The chair if she had no part in it, else whoever has sat on the board longest and had none."""
        apart = set().union(*(self.one_with(each, "") for each in self.had_a_part(request, who)))
        seats = [
            each
            for each in sorted(self.grants, key=lambda each: each.number)
            if "decide_policy" in RIGHTS[each.role] and not each.ended and each.person not in apart
        ]
        free = [each for each in seats if self.people[each.person].active]
        free.sort(key=lambda each: each.role != "board_chair")
        return free[0].person if free else None

    def breakable(self, request: Request, who: str, lowers: str) -> bool:
        """Whether she may ease exactly this now; the caller sees to the hours and to what she saw."""
        rejected = any(
            vote.verdict == "reject" and vote.digest == request.digest for vote in self.counted(request)
        )
        return (
            self.breaker(request, who, lowers) is not None
            and request.state == "open"
            and self.hour < request.expires
            and not self.people[who].is_service
            and self.stands_apart(request, who)
            and not rejected
            and not self.is_held(request)
            and self.told_of(request, who) is not None
            and self.reachable("after_review", request.place, self.had_a_part(request, who))
        )

    def reaches_at_once(self, request: Request, lowers: str) -> bool:
        """Whether, so eased, it is approved by the votes that stand there already."""
        glass = Glass(lowers, request.digest, self.hour + 1, "", "", request, len(request.votes))
        return self.outcome(replace(request, glass=glass), self.standing(request)) == "approved"

    def opened_by(self, kind: str, place: str, who: str) -> Relied | None:
        found = (self.relied(who, right, place) for right in self.openers(kind))
        return next((each for each in found if each), None)

    def reachable(self, kind: str, place: str, authors: set[str]) -> bool:
        """Whether people who stand apart from the authors could fill every place of every stage."""
        apart = set().union(*(self.one_with(each, place) for each in authors))
        free = [
            name
            for name, each in self.people.items()
            if each.active and not each.is_service and name not in apart
        ]
        seats = [
            {name for name in free if self._owns(name, stage.right, place)}
            for stage in STAGES[kind]
            for _ in range(stage.quorum)
        ]
        return _seatable(seats)

    def _owns(self, who: str, right: str, place: str) -> bool:
        return any(right in RIGHTS[own.role] and reaches(own.place, right, place) for own in self.roles(who))


def reaches(held: str, right: str, asked: str) -> bool:
    """Whether a role held in one place gives a right in another ("": the whole city)."""
    return held in ("", asked) or (not asked and right not in NEAR)


def touches(lent: str, asked: str) -> bool:
    return not lent or not asked or lent == asked


def _disjoint(sets: list[set[str]]) -> bool:
    return sum(map(len, sets)) == len(set().union(*sets))


def _seatable(seats: list[set[str]]) -> bool:
    if not seats:
        return True
    return any(_seatable([each - {who} for each in seats[1:]]) for who in seats[0])
