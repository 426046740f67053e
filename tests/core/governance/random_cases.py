"""Random matters for two judges: drawn near the line between yes and no, so that each is reached about as often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from governance.core.approval import Ballot, Proposal, Rule, Verdict
from governance.core.holds import Scope, Stop
from governance.core.roles import ROLES, Permission, Role
from governance.core.stages import Stage
from governance.core.states import State

NOW = datetime(2024, 6, 14, 20, 40, tzinfo=UTC)
SEEN, OLD = "a" * 64, "b" * 64
PEOPLE = range(1, 7)
AUTHOR, SERVICE = 1, 7
ASKED = ("vote", "vote", "vote", "execute", "execute", "revoke", "recuse")
PLANS, POLICY = Permission.DECIDE_PLANS, Permission.DECIDE_POLICY
STAGES: tuple[tuple[Stage, ...], ...] = (
    (Stage("supervisor", PLANS, 1),),
    (Stage("supervisor", PLANS, 2),),
    (Stage("board", POLICY, 2),),
    (Stage("supervisor", PLANS, 1), Stage("board", POLICY, 1)),
    (Stage("supervisor", PLANS, 1), Stage("board", POLICY, 1, ("supervisor",))),
    (Stage("board", POLICY, 1, ("chiefs",)), Stage("chiefs", POLICY, 1)),
    (Stage("one", PLANS, 1, ("two",)), Stage("two", POLICY, 1), Stage("three", PLANS, 1, ("two",))),
    (Stage("one", POLICY, 1), Stage("two", PLANS, 1), Stage("three", POLICY, 1, ("one", "two"))),
)
VOTERS = (Role.SUPERVISOR, Role.SUPERVISOR, Role.BOARD_MEMBER, Role.BOARD_MEMBER, Role.BOARD_CHAIR)
REASONS = ("x" * 25, "x" * 25, "x" * 25, "x" * 20, "x" * 19, "x" * 4_000, "x" * 4_001, "x" * 30 + "\x07",
           "x" * 10 + "\u200b" * 20, "x" * 10 + " " * 20)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Who somebody is today. `borrowed`: (giver, role), from people who lent her theirs."""

    number: int
    roles: frozenset[Role]
    borrowed: frozenset[tuple[int, Role]] = frozenset()
    linked: frozenset[int] = frozenset()
    is_service: bool = False
    is_active: bool = True


@dataclass(frozen=True)
class Case:
    """One question about one request: `asked` by `who`, at NOW."""

    asked: str
    who: Person
    people: tuple[Person, ...]
    proposal: Proposal
    rule: Rule
    ballots: tuple[Ballot, ...]
    evidence: dict[str, str]
    verdict: Verdict
    seen: str
    rationale: str
    kind: str
    district: str
    category: str
    rests_on: str
    stops: tuple[Stop, ...]


def drawn_case(random: Random) -> Case:
    """Draw one matter. Most of it is as it should be; a few things, drawn too, are not."""
    asked = random.choice(ASKED)
    stages = random.choice(STAGES)
    people = _people(random)
    evidence = _evidence(random)
    rule = Rule(stages, ("disparity", "quality")[: random.choice((0, 1, 2))], ("fail",), 20)
    ballots = _ballots(random, people, stages, enough=asked in ("execute", "revoke"))
    wanted = State.APPROVED if asked in ("execute", "revoke") else State.OPEN
    state = wanted if random.random() < 0.96 else random.choice(list(State))
    proposal = Proposal(
        state,
        SEEN,
        NOW + random.choice([timedelta(hours=4)] * 26 + [timedelta(0), -timedelta(hours=1)]),
        frozenset({AUTHOR} | ({random.choice(PEOPLE)} if random.random() < 0.1 else set())),
        frozenset({random.choice(PEOPLE)} if random.random() < 0.12 else ()),
    )
    return Case(
        asked=asked,
        who=_who(random, asked, people, stages, ballots),
        people=people,
        proposal=proposal,
        rule=rule,
        ballots=ballots,
        evidence=evidence,
        verdict=random.choice([Verdict.APPROVE] * 4 + [Verdict.RETURN, Verdict.REJECT]),
        seen=SEEN if random.random() < 0.95 else OLD,
        rationale=random.choice(REASONS) if random.random() < 0.3 else "x" * 25,
        kind=random.choice(("plan", "recipe", "policy", "hold_lift")),
        district=random.choice(("", "central")),
        category=random.choice(("", "robbery")),
        rests_on=random.choice(("", "c" * 64)),
        stops=_stops(random),
    )


def _people(random: Random) -> tuple[Person, ...]:
    people = [Person(number, frozenset({random.choice(VOTERS)})) for number in PEOPLE]
    for at, person in enumerate(people):
        roles, active = person.roles, random.random() > 0.03
        if random.random() < 0.15:
            roles = random.choice(
                (frozenset({Role.ANALYST}), frozenset({Role.SUPERVISOR, Role.BOARD_MEMBER}))
            )
        people[at] = Person(person.number, roles, is_active=active)
    if random.random() < 0.35:
        _lend(random, people)
    return (*people, Person(SERVICE, frozenset({Role.SERVICE}), is_service=True))


def _lend(random: Random, people: list[Person]) -> None:
    giver, taker = random.sample(range(len(people)), 2)
    one, other = people[giver], people[taker]
    lent = frozenset({(one.number, role) for role in one.roles}) if one.is_active else frozenset()
    people[giver] = Person(
        one.number, one.roles, one.borrowed, frozenset({other.number}), is_active=one.is_active
    )
    people[taker] = Person(
        other.number, other.roles, lent, frozenset({one.number}), is_active=other.is_active
    )


def _who(
    random: Random, asked: str, people: Sequence[Person], stages: Sequence[Stage], ballots: Sequence[Ballot]
) -> Person:
    """Mostly somebody who may; else anybody, or a service account with a role that votes."""
    chance = random.random()
    if asked == "execute":
        return people[-1] if chance < 0.93 else random.choice(people)
    if chance < 0.05:
        return Person(SERVICE, frozenset({Role.SERVICE, Role.SUPERVISOR, Role.BOARD_MEMBER}), is_service=True)
    said = {person for ballot in ballots for person in ballot.people}
    others = [each for each in people if each.number not in (AUTHOR, SERVICE)]
    if asked == "recuse":
        voted = [each for each in others if each.number in said]
        return random.choice(voted if voted and chance < 0.6 else others)
    rights = {role for role in Role for stage in stages if stage.permission in ROLES[role].permissions}
    fit = [each for each in others if each.roles & rights]
    fresh = fit if asked == "revoke" else [each for each in fit if each.number not in said]
    return random.choice(fresh) if fresh and chance < 0.9 else random.choice(people)


def _evidence(random: Random) -> dict[str, str]:
    drawn = {
        kind: random.choice(["pass"] * 11 + ["insufficient", "fail", ""]) for kind in ("disparity", "quality")
    }
    return {kind: verdict for kind, verdict in drawn.items() if verdict}


def _ballots(
    random: Random, people: Sequence[Person], stages: Sequence[Stage], *, enough: bool
) -> tuple[Ballot, ...]:
    """Votes as they may have been cast: first in order, with as many as are needed or fewer, then stray ones."""
    board = [Stage("override", POLICY, 2)] if random.random() < 0.15 else []
    fair: list[Ballot] = []
    for stage in (*board, *stages):
        fair += [_ballot(random, people, stage, fair) for _ in range(stage.quorum)]
    fewer = random.randint(0, len(fair) - 1 + (random.random() < 0.1))
    kept = fair if enough and random.random() < 0.9 else fair[:fewer]
    names = [each.name for each in stages] + ["override", "gone", ""]
    stray = [
        Ballot(
            random.choice(PEOPLE),
            random.choice(list(Verdict)),
            random.choice((SEEN, OLD)),
            random.choice(names),
        )
        for _ in range(random.choice((0, 0, 0, 0, 0, 1, 2)))
    ]
    drawn = [*kept, *stray]
    if random.random() < 0.1:
        random.shuffle(drawn)
    return tuple(drawn)


def _ballot(random: Random, people: Sequence[Person], stage: Stage, before: Sequence[Ballot]) -> Ballot:
    """An approval by somebody who holds the right and has mostly not voted; perhaps in another's place."""
    fit = {role for role in Role if stage.permission in ROLES[role].permissions}
    able = [each.number for each in people if each.roles & fit and each.number != AUTHOR] or list(PEOPLE)
    borrowers = [(each.number, giver) for each in people for giver, role in each.borrowed if role in fit]
    if borrowers and random.random() < 0.5:
        person, giver = random.choice(borrowers)
        return Ballot(person, Verdict.APPROVE, SEEN, stage.name, giver)
    verdict = Verdict.APPROVE if random.random() < 0.95 else random.choice(list(Verdict))
    said = {person for ballot in before for person in ballot.people}
    fresh = [each for each in able if each not in said]
    person = random.choice(fresh if fresh and random.random() < 0.9 else able)
    return Ballot(person, verdict, SEEN, stage.name)


def _stops(random: Random) -> tuple[Stop, ...]:
    if random.random() < 0.88:
        return ()
    return (
        random.choice(
            (
                Stop(1, Scope.EVERYTHING, ""),
                Stop(1, Scope.DISTRICT, random.choice(("central", "north"))),
                Stop(1, Scope.CATEGORY, random.choice(("robbery", "vandalism"))),
                Stop(1, Scope.PLAN, random.choice(("40", "41"))),
                Stop(1, Scope.RECIPE, random.choice((SEEN, OLD, "c" * 64))),
            )
        ),
    )
