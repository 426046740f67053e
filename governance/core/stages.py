"""Stages of a decision, as data: who votes in which, how many must agree, and where one person counts once."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from governance.core.refusals import Reason, Refused
from governance.core.roles import ROLES, VOTES, Permission, roles_with

OVERRIDE = "override"
"""Name of the stage in which the board sets a failed audit aside; a policy cannot give it to another one."""
MOST = 20  # stages of one kind, and people of one quorum
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")  # it stands in an entry of the record


class StageError(ValueError):
    """A stage that cannot be, with a sentence that says why."""


@dataclass(frozen=True)
class Stage:
    """One step of a decision: `quorum` people who hold `permission` must agree.

    Stages linked by `disjoint_from` (either way, and through others) form one group, in which a person counts once.
    """

    name: str
    permission: Permission
    quorum: int
    disjoint_from: tuple[str, ...] = ()


def board(quorum: int) -> tuple[Stage, ...]:
    """The one stage of what the board alone decides."""
    return (Stage("board", Permission.DECIDE_POLICY, quorum),)


DEFAULT_STAGES: Mapping[str, tuple[Stage, ...]] = MappingProxyType(
    {
        "plan": (Stage("supervisor", Permission.DECIDE_PLANS, 1),),
        "policy": board(2),
        "recipe": board(2),
        "after_review": board(1),
    }
)
"""Kind of request -> its stages, where a policy says nothing else."""
OTHERWISE = board(2)
"""The stages of a kind that is named nowhere."""


def stages_of(said: Mapping[str, Sequence[Stage]], kind: str) -> tuple[Stage, ...]:
    """Return the stages that a policy's word, else the defaults, give to one kind of request."""
    return tuple(said.get(kind) or DEFAULT_STAGES.get(kind, OTHERWISE))


def read_stages(data: Mapping[str, Any]) -> dict[str, tuple[Stage, ...]]:
    """Build checked stages from plain data, kind by kind; raises StageError naming the first bad one."""
    return {kind: _checked(kind, [_stage(kind, each) for each in rows]) for kind, rows in data.items()}


def write_stages(said: Mapping[str, Sequence[Stage]]) -> dict[str, list[dict[str, Any]]]:
    """Plain data of the stages, fit for JSON; `read_stages` reads it back."""
    return {
        kind: [
            {
                "name": each.name,
                "permission": each.permission.value,
                "quorum": each.quorum,
                "disjoint_from": list(each.disjoint_from),
            }
            for each in stages
        ]
        for kind, stages in said.items()
    }


def stages_of_quorums(quorums: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Stages, as plain data, of a policy adopted before there were any: a number of people per kind, in one stage."""
    return {
        kind: [row | {"quorum": quorum} for row in write_stages({kind: stages_of({}, kind)})[kind]]
        for kind, quorum in quorums.items()
    }


def _stage(kind: str, data: Mapping[str, Any]) -> Stage:
    try:
        read = {**data, "permission": Permission(data["permission"])}
        return Stage(**{**read, "disjoint_from": tuple(data.get("disjoint_from", ()))})
    except (KeyError, TypeError, ValueError) as problem:
        raise StageError(
            f"A stage of {kind} has a name, a permission, a quorum and perhaps disjoint_from: {problem}."
        ) from problem


def _checked(kind: str, stages: list[Stage]) -> tuple[Stage, ...]:
    names = [each.name for each in stages]
    if not 0 < len(stages) <= MOST or len(set(names)) < len(names) or OVERRIDE in names:
        raise StageError(
            f"A {kind} needs 1 to {MOST} stages with names of their own; none may be called “{OVERRIDE}”."
        )
    for each in stages:
        if not _NAME.fullmatch(each.name):
            raise StageError(f"Stage “{each.name}” of {kind}: a name is one word in lower case.")
        if each.permission not in VOTES:
            raise StageError(
                f"Stage “{each.name}” of {kind}: {each.permission.value} is not a right to vote."
            )
        if type(each.quorum) is not int or not 0 < each.quorum <= MOST:
            raise StageError(f"Stage “{each.name}” of {kind}: the quorum must lie between 1 and {MOST}.")
        if unknown := sorted(set(each.disjoint_from) - set(names) | set(each.disjoint_from) & {each.name}):
            raise StageError(
                f"Stage “{each.name}” of {kind} is disjoint from “{unknown[0]}”, no other stage."
            )
    return tuple(stages)


def groups(stages: Iterable[Stage]) -> dict[str, str]:
    """Name of each stage -> name of its group: stages in one group share their voters, each of whom counts once."""
    listed = list(stages)
    found = {each.name: each.name for each in listed}
    for each in listed:
        for other in each.disjoint_from:
            kept, lost = found[each.name], found[other]
            found = {name: kept if group == lost else group for name, group in found.items()}
    return found


def check_reachable(stages: Sequence[Stage], eligible: Mapping[str, Collection[int]]) -> None:
    """Refuse when too few people may vote for the stages ever to agree; says how many there are and are needed.

    `eligible`: stage -> the people who may vote in it, authors left out. Within a group of disjoint stages each
    person can fill one place only, so places and people are matched (augmenting paths).
    """
    group, taken = groups(stages), dict[tuple[str, int], tuple[str, int]]()
    for stage in stages:
        for place in range(stage.quorum):
            if not _seated((stage.name, place), set(), eligible, group, taken):
                raise Refused(Reason.QUORUM_UNREACHABLE, _too_few(stage, stages, eligible))


def _seated(
    place: tuple[str, int],
    tried: set[tuple[str, int]],
    eligible: Mapping[str, Collection[int]],
    group: Mapping[str, str],
    taken: dict[tuple[str, int], tuple[str, int]],
) -> bool:
    """Find somebody for one place, moving others to another place of theirs where that helps."""
    for person in sorted(eligible.get(place[0], ())):
        seat = (group[place[0]], person)
        if seat in tried:
            continue
        tried.add(seat)
        if seat not in taken or _seated(taken[seat], tried, eligible, group, taken):
            taken[seat] = place
            return True
    return False


def _too_few(stage: Stage, stages: Sequence[Stage], eligible: Mapping[str, Collection[int]]) -> str:
    group = groups(stages)
    alone = len(eligible.get(stage.name, ())) < stage.quorum
    shared = [stage] if alone else [each for each in stages if group[each.name] == group[stage.name]]
    people = {person for each in shared for person in eligible.get(each.name, ())}
    names = " and ".join(f"“{each.name}”" for each in shared)
    needed = sum(each.quorum for each in shared)
    who = " or ".join(ROLES[role].title.lower() for role in roles_with(stage.permission))
    return (
        f"This could never be decided: the stage {names} needs {needed} {'person' if needed == 1 else 'people'}, "
        f"and {len(people)} may vote in it who did not propose this. Let another {who} be appointed, or let somebody "
        "else propose it."
    )
