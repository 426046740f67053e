"""The second judge of the approval rule: Cedar policies, asked one question after another.

Nothing here decides: what is asked of `second_judge.cedar` are yes-or-no questions about one ballot, one stage or one
person, and between them lists are kept and ballots tallied. A policy that cannot be evaluated is an error, not a "no".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from cedarpy import Entities, PolicySet, is_authorized

POLICIES = PolicySet.from_str((Path(__file__).parent / "second_judge.cedar").read_text())
OVERRIDE, NOWHERE, NOBODY = "override", "none", "nobody"
MADE_OF = {  # an action -> the wider ones it belongs to
    "approve": ["vote"],
    "return": ["vote"],
    "reject": ["vote"],
    "see_record": ["read_record"],
    "advance_clock": ["read_record"],
    "see_forecasts": ["insight"],
    "see_plans": ["insight"],
    "see_audits": ["insight"],
    "manage_data": ["scheduled_work"],
    "run_forecasts": ["scheduled_work"],
    "propose": ["scheduled_work"],
    "execute_plans": ["scheduled_work"],
    "run_audits": ["scheduled_work"],
    "publish": ["scheduled_work"],
    "manage_roles": ["scheduled_work"],
}
Json = dict[str, Any]


@dataclass(frozen=True)
class Human:
    """A person as Cedar sees her. `linked`: with whom she counts as one; `lent`: roles somebody lent her."""

    name: str
    roles: frozenset[str]
    lent: frozenset[str] = frozenset()
    linked: frozenset[str] = frozenset()
    is_service: bool = False
    is_active: bool = True


@dataclass(frozen=True)
class Step:
    """A stage as Cedar sees it."""

    name: str
    right: str
    quorum: int
    apart: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paper:
    """A ballot as Cedar sees it; `giver` is NOBODY where she voted in her own place."""

    person: str
    verdict: str
    digest: str
    stage: str
    giver: str = NOBODY


@dataclass(frozen=True)
class Matter:
    """A request, its stages and the ballots on it, oldest first; with the facts of the moment in `context`."""

    request: Mapping[str, Any]
    steps: tuple[Step, ...]
    override: Step
    papers: tuple[Paper, ...]
    people: tuple[Human, ...]
    context: Mapping[str, Any]
    lent_by: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Tally:
    """What ballots come to: what has been said in each stage, and whose vote it was."""

    approvals: Mapping[str, int]
    rejections: Mapping[str, int]
    returned: bool


def uid(kind: str, name: str) -> Json:
    """Name an entity where a request does."""
    return {"type": kind, "id": name}


def ref(kind: str, name: str) -> Json:
    """Name an entity inside an attribute."""
    return {"__entity": uid(kind, name)}


def refs(kind: str, names: Iterable[str]) -> list[Json]:
    return [ref(kind, name) for name in sorted(names)]


def asked(
    entities: Entities, who: Json, what: str, about: Json, context: Json
) -> tuple[bool, frozenset[str]]:
    """Ask Cedar; return whether it is allowed and the names of the policies that forbade it."""
    answer = is_authorized(
        {"principal": who, "action": uid("Action", what), "resource": about, "context": context},
        POLICIES,
        entities,
    )
    assert not answer.diagnostics.errors, answer.diagnostics.errors
    told = answer.diagnostics.id_annotations_by_reason
    return answer.allowed, frozenset() if answer.allowed else frozenset(map(str, told.values()))


class SecondJudge:
    """Everything that Cedar has to say about one matter."""

    def __init__(self, matter: Matter) -> None:
        self.matter = matter
        self.about = uid("Request", "this")
        self.entities = Entities.from_json_str(json.dumps(_entities(matter)))
        aside = self._says("set_aside", uid("Person", NOBODY), self.about, dict(matter.context))
        self.steps = (matter.override, *matter.steps) if aside else matter.steps
        self.here = [each for each in matter.papers if "another_revision" not in self._counts(each, set())[1]]
        self.tally = self._tally(matter.papers)

    def vote(self, who: Human, verdict: str) -> tuple[bool, frozenset[str]]:
        """May she say this, and if not, why not."""
        return self._asked(verdict, who, self._about_voting(who))

    def revoke(self, who: Human) -> tuple[bool, frozenset[str]]:
        """May she take an approval back."""
        return self._asked("revoke", who, self._about_voting(who))

    def recuse(self, who: Human) -> tuple[bool, frozenset[str]]:
        """May she step back."""
        return self._asked("recuse", who, {"voters": refs("Person", {each.person for each in self.here})})

    def execute(self, who: Human) -> tuple[bool, frozenset[str]]:
        """May an approval be acted on."""
        tally = self._tally([each for each in self.matter.papers if self._stands(each)])
        overridden = any(self._agreed(step, tally) for step in self.steps if step.name == OVERRIDE)
        more = {"agreed": self._verdict(tally) == "approve", "overridden": overridden}
        return self._asked("execute", who, {**self.matter.context, **more})

    def verdict(self) -> tuple[str, str]:
        """What all ballots decide ("": nothing yet), and the stage that is open then ("": none)."""
        decided = self._verdict(self.tally)
        return decided, "" if decided else self._open(self.tally)

    def _about_voting(self, who: Human) -> Json:
        mine = [each for each in self.steps if holds(who, each)]
        free = [each for each in mine if not self._has_voted(who, each)]
        now_open = self._open(self.tally)
        names = [each.name for each in self.steps]
        coming = names[names.index(now_open) :] if now_open else []
        hers = next((each.name for each in free if each.name in coming), "")
        overridden = any(self._agreed(step, self.tally) for step in self.steps if step.name == OVERRIDE)
        return {
            **self.matter.context,
            "mine": refs("Stage", (each.name for each in mine)),
            "free": refs("Stage", (each.name for each in free)),
            "coming": refs("Stage", coming),
            "open": ref("Stage", now_open or NOWHERE),
            "settled": self._verdict(self.tally) != "",
            "overridden": overridden or hers == OVERRIDE,
        }

    def _asked(self, what: str, who: Human, context: Json) -> tuple[bool, frozenset[str]]:
        return asked(self.entities, uid("Person", who.name), what, self.about, context)

    def _says(self, what: str, who: Json, about: Json, context: Json) -> bool:
        return asked(self.entities, who, what, about, context)[0]

    def _has_voted(self, who: Human, step: Step) -> bool:
        """Whether her one vote, in this stage or one that shares its voters, is cast on this revision."""
        voted = {
            person
            for paper in self.here
            if self._stage(paper) in sharing(self.steps, step.name)
            for person in (paper.person, paper.giver)
        }
        return self._says(
            "have_voted",
            uid("Person", who.name),
            uid("Stage", step.name),
            {"voted": refs("Person", voted - {NOBODY})},
        )

    def _stage(self, paper: Paper) -> str:
        """A ballot from before there were stages was cast in the request's own first."""
        return paper.stage or self.matter.steps[0].name

    def _counts(self, paper: Paper, counted: set[str]) -> tuple[bool, frozenset[str]]:
        context = {
            "stages": refs("Stage", (each.name for each in self.steps)),
            "stage": ref("Stage", self._stage(paper)),
            "counted": refs("Person", counted),
        }
        number = str(self.matter.papers.index(paper))
        return asked(self.entities, uid("Ballot", number), "count", self.about, context)

    def _tally(self, papers: Sequence[Paper]) -> Tally:
        counted: dict[str, set[str]] = {each.name: set() for each in self.steps}
        said: list[tuple[str, str]] = []
        for paper in papers:
            stage = self._stage(paper)
            if self._counts(paper, counted.get(stage, set()))[0]:
                said.append((stage, paper.verdict))
                for each in sharing(self.steps, stage):
                    counted[each] |= {paper.person, paper.giver} - {NOBODY}
        return Tally(
            {each.name: said.count((each.name, "approve")) for each in self.steps},
            {each.name: said.count((each.name, "reject")) for each in self.steps},
            any(verdict == "return" for _, verdict in said),
        )

    def _agreed(self, step: Step, tally: Tally) -> bool:
        return reaches("agree", "approvals", tally.approvals[step.name], step)

    def _refused(self, step: Step, tally: Tally) -> bool:
        return reaches("refuse", "rejections", tally.rejections[step.name], step)

    def _open(self, tally: Tally) -> str:
        return next((each.name for each in self.steps if not self._agreed(each, tally)), "")

    def _verdict(self, tally: Tally) -> str:
        if tally.returned:
            return "return"
        if any(self._refused(each, tally) for each in self.steps):
            return "reject"
        return "" if self._open(tally) else "approve"

    def _stands(self, paper: Paper) -> bool:
        step = next((each for each in self.steps if each.name == self._stage(paper)), None)
        if step is None:
            return False
        context = {
            "giver": ref("Person", paper.giver),
            "lent_by": refs("Person", self.matter.lent_by.get(paper.person, ())),
            "apart": [*self.matter.request["authors"], *self.matter.request["recused"]],
        }
        return self._says("stand", uid("Person", paper.person), uid("Stage", step.name), context)


def may(role: str, action: str) -> bool:
    """Whether the table of roles, as Cedar knows it, gives a role a permission."""
    person = Human("she", frozenset({role}))
    entities = Entities.from_json_str(json.dumps([_person(person), *_actions()]))
    return asked(entities, uid("Person", "she"), action, uid("Place", "city"), {})[0]


@cache
def reaches(what: str, said: str, count: int, step: Step) -> bool:
    """Whether so many ballots of one kind are what a stage needs."""
    entities = Entities.from_json_str(json.dumps([_stage(step)]))
    return asked(entities, uid("Person", NOBODY), what, uid("Stage", step.name), {said: count})[0]


@cache
def holds(who: Human, step: Step) -> bool:
    """Whether a person holds the right to vote in a stage."""
    entities = Entities.from_json_str(json.dumps([_stage(step), _person(who)]))
    return asked(entities, uid("Person", who.name), "hold_right", uid("Stage", step.name), {})[0]


@cache
def sharing(steps: tuple[Step, ...], name: str) -> frozenset[str]:
    """The stages whose voters one stage shares, itself among them."""
    entities = Entities.from_json_str(json.dumps([*map(_stage, steps), _stage(Step(NOWHERE, "", 1))]))
    own = [each.name for each in steps if each.name != OVERRIDE]
    through = {letter: ref("Stage", own[at] if at < len(own) else NOWHERE) for at, letter in enumerate("abc")}
    ways = [(uid("Stage", name), uid("Stage", each.name)) for each in steps]
    return frozenset(
        str(other["id"]) for one, other in ways if asked(entities, one, "share_voters", other, through)[0]
    )


def _entities(matter: Matter) -> list[Json]:
    nobody = Human(NOBODY, frozenset())
    stages = (matter.override, *matter.steps, Step(NOWHERE, "", 1))
    return [
        {"uid": uid("Request", "this"), "attrs": dict(matter.request), "parents": []},
        *map(_stage, stages),
        *map(_person, (*matter.people, nobody)),
        *(_ballot(number, paper) for number, paper in enumerate(matter.papers)),
        *_actions(),
    ]


def _person(person: Human) -> Json:
    attrs = {
        "is_service": person.is_service,
        "is_active": person.is_active,
        "lent": refs("Role", person.lent),
        "people": refs("Person", {person.name, *person.linked}),
    }
    parents = [uid("Role", role) for role in sorted(person.roles)]
    return {"uid": uid("Person", person.name), "attrs": attrs, "parents": parents}


def _stage(step: Step) -> Json:
    attrs = {"right": step.right, "quorum": step.quorum, "apart": refs("Stage", step.apart)}
    return {"uid": uid("Stage", step.name), "attrs": attrs, "parents": []}


def _ballot(number: int, paper: Paper) -> Json:
    attrs = {"digest": paper.digest, "people": refs("Person", {paper.person, paper.giver} - {NOBODY})}
    return {"uid": uid("Ballot", str(number)), "attrs": attrs, "parents": []}


def _actions() -> list[Json]:
    return [
        {"uid": uid("Action", name), "attrs": {}, "parents": [uid("Action", wider) for wider in parents]}
        for name, parents in MADE_OF.items()
    ]
