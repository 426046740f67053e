"""The way of a recipe from a draft to its retirement, as data: who acts in each state, and where each deed leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from governance.core.refusals import Reason, Refused
from governance.core.states import UNDECIDED
from governance.core.states import State as RequestState


class RecipeState(StrEnum):
    """Where a recipe stands. It is read from what is recorded about the recipe, and stored nowhere."""

    DRAFT = "draft"
    EVALUATING = "evaluating"
    EVALUATED = "evaluated"
    AUDITED = "audited"
    PROPOSED = "proposed"
    APPROVED = "approved"
    DECLINED = "declined"
    ACTIVE = "active"
    LAPSED = "lapsed"
    RETIRED = "retired"


class RecipeDeed(StrEnum):
    """What moves a recipe from state to state."""

    ORDER = "order its evaluation"
    EVALUATE = "evaluate"
    AUDIT = "audit"
    PROPOSE = "propose"
    APPROVE = "approve"
    DECLINE = "decline"
    ADOPT = "adopt"
    LAPSE = "let its time run out"
    RETIRE = "retire"


class Actor(StrEnum):
    """Who has to act in a state; nobody acts in a final one."""

    ANALYST = "analyst"
    SCHEDULER = "scheduler"
    AUDITS = "audits"
    BOARD = "board"
    NOBODY = "nobody"


OWNERS: Mapping[RecipeState, Actor] = MappingProxyType(
    {
        RecipeState.DRAFT: Actor.ANALYST,
        RecipeState.EVALUATING: Actor.SCHEDULER,
        RecipeState.EVALUATED: Actor.AUDITS,
        RecipeState.AUDITED: Actor.ANALYST,
        RecipeState.PROPOSED: Actor.BOARD,
        RecipeState.APPROVED: Actor.SCHEDULER,
        RecipeState.DECLINED: Actor.NOBODY,
        RecipeState.ACTIVE: Actor.ANALYST,
        RecipeState.LAPSED: Actor.NOBODY,
        RecipeState.RETIRED: Actor.NOBODY,
    }
)

TRANSITIONS: Mapping[tuple[RecipeState, RecipeDeed], RecipeState] = MappingProxyType(
    {
        (RecipeState.DRAFT, RecipeDeed.ORDER): RecipeState.EVALUATING,
        (RecipeState.EVALUATING, RecipeDeed.EVALUATE): RecipeState.EVALUATED,
        (RecipeState.EVALUATED, RecipeDeed.AUDIT): RecipeState.AUDITED,
        # Where the policy asks for no audit of a recipe, people may be asked without one.
        (RecipeState.EVALUATED, RecipeDeed.PROPOSE): RecipeState.PROPOSED,
        (RecipeState.AUDITED, RecipeDeed.PROPOSE): RecipeState.PROPOSED,
        (RecipeState.PROPOSED, RecipeDeed.APPROVE): RecipeState.APPROVED,
        (RecipeState.PROPOSED, RecipeDeed.DECLINE): RecipeState.DECLINED,
        (RecipeState.APPROVED, RecipeDeed.ADOPT): RecipeState.ACTIVE,
        (RecipeState.APPROVED, RecipeDeed.DECLINE): RecipeState.DECLINED,
        (RecipeState.ACTIVE, RecipeDeed.LAPSE): RecipeState.LAPSED,
        (RecipeState.ACTIVE, RecipeDeed.RETIRE): RecipeState.RETIRED,
    }
)

WORDS: Mapping[RecipeState, str] = MappingProxyType(
    {
        RecipeState.DRAFT: "is a draft that nobody has evaluated",
        RecipeState.EVALUATING: "is being evaluated on past windows",
        RecipeState.EVALUATED: "is evaluated, and not audited yet",
        RecipeState.AUDITED: "is evaluated and audited, and not proposed yet",
        RecipeState.PROPOSED: "is put to the vote",
        RecipeState.APPROVED: "is approved; the schedule puts it into use",
        RecipeState.DECLINED: "was put to the vote and not adopted",
        RecipeState.ACTIVE: "is approved and in use",
        RecipeState.LAPSED: "was approved, and its time has run out",
        RecipeState.RETIRED: "was retired early",
    }
)
"""Where a recipe stands, in the words that follow "this recipe"."""

PATH: tuple[tuple[RecipeState, str], ...] = (
    (RecipeState.DRAFT, "Drafted by an analyst"),
    (RecipeState.EVALUATED, "Evaluated on past windows beside its rivals"),
    (RecipeState.AUDITED, "Audited: who lives in the places it flags"),
    (RecipeState.PROPOSED, "Put to public comment and to the vote"),
    (RecipeState.APPROVED, "Approved for a limited time"),
    (RecipeState.ACTIVE, "In use for forecasts"),
    (RecipeState.RETIRED, "Retired, or its time has run out"),
)
"""The stations of a recipe's way as a page draws them."""
_REACHED: Mapping[RecipeState, RecipeState] = MappingProxyType(
    {
        RecipeState.EVALUATING: RecipeState.DRAFT,
        RecipeState.DECLINED: RecipeState.PROPOSED,
        RecipeState.LAPSED: RecipeState.RETIRED,
    }
)
"""States beside the path -> the station of it that was reached last."""
UNFINISHED = frozenset(
    {
        RecipeState.DRAFT,
        RecipeState.EVALUATING,
        RecipeState.EVALUATED,
        RecipeState.AUDITED,
        RecipeState.PROPOSED,
        RecipeState.APPROVED,
        RecipeState.ACTIVE,
    }
)
"""States in which drafting the same once more would only make a double."""


@dataclass(frozen=True)
class Facts:
    """What is recorded about one recipe.

    ``ordered``: its evaluation was asked for; ``evaluated``: it is complete; ``audited``: an audit of it is
    attached; ``request``: state of the request about it, None where nobody was asked; ``adopted``, ``lapsed``,
    ``retired``: it was put into use, its time is over by the jurisdiction's clock, it was retired early.
    """

    ordered: bool = False
    evaluated: bool = False
    audited: bool = False
    request: RequestState | None = None
    adopted: bool = False
    lapsed: bool = False
    retired: bool = False


def state_of(facts: Facts) -> RecipeState:
    """Return where a recipe stands; what came last decides."""
    if facts.adopted:
        return _in_use(facts)
    if facts.request is not None:
        return _asked(facts.request)
    if facts.evaluated:
        return RecipeState.AUDITED if facts.audited else RecipeState.EVALUATED
    return RecipeState.EVALUATING if facts.ordered else RecipeState.DRAFT


def _in_use(facts: Facts) -> RecipeState:
    if facts.retired:
        return RecipeState.RETIRED
    return RecipeState.LAPSED if facts.lapsed else RecipeState.ACTIVE


def _asked(request: RequestState) -> RecipeState:
    if request in UNDECIDED:
        return RecipeState.PROPOSED
    approved = request in (RequestState.APPROVED, RequestState.EXECUTED)
    return RecipeState.APPROVED if approved else RecipeState.DECLINED


def next_state(state: RecipeState, deed: RecipeDeed) -> RecipeState:
    """Return the state after a deed. Raises Refused(NOT_OPEN) for one that the table does not allow."""
    try:
        return TRANSITIONS[state, deed]
    except KeyError:
        raise Refused(
            Reason.NOT_OPEN, f"This recipe {WORDS[state]}; one cannot {deed.value} now. Nothing was changed."
        ) from None


def stations(facts: Facts) -> list[tuple[str, bool, bool]]:
    """Return the path as (words, whether it is behind the recipe, whether the recipe stands there).

    A recipe that was adopted without an evaluation (at genesis) has skipped the stations before.
    """
    state = state_of(facts)
    at = [station for station, _ in PATH].index(_REACHED.get(state, state))
    skipped = {RecipeState.EVALUATED: not facts.evaluated, RecipeState.AUDITED: not facts.audited}
    return [
        (words, number < at and not skipped.get(station, False), number == at)
        for number, (station, words) in enumerate(PATH)
    ]


def drawn() -> str:
    """Return the table as text: each state with who acts in it, and below it where each deed leads."""
    lines: list[str] = []
    for state, owner in OWNERS.items():
        waits = "final" if owner is Actor.NOBODY else f"{owner.value} acts"
        lines.append(f"{state.value} ({waits})")
        ways = [(deed, after) for (before, deed), after in TRANSITIONS.items() if before is state]
        lines += [
            f"  {'└─' if number == len(ways) else '├─'} {deed.value} → {after.value}"
            for number, (deed, after) in enumerate(ways, 1)
        ]
    return "\n".join(lines)
