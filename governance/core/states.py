"""States of a change request, as data: which deed leads where, and who acts next."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from governance.core.refusals import Reason, Refused


class State(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    EXECUTED = "executed"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


class Deed(StrEnum):
    """What moves a request from state to state."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    REVISE = "revise"
    EXPIRE = "expire"
    EXECUTE = "execute"
    WITHDRAW = "withdraw"
    REVOKE = "revoke"


class Owner(StrEnum):
    """Who has to act in a state; nobody acts in a final one."""

    REVIEWER = "reviewer"
    AUTHOR = "author"
    SCHEDULER = "scheduler"
    NOBODY = "nobody"


OWNERS: Mapping[State, Owner] = MappingProxyType(
    {
        State.OPEN: Owner.REVIEWER,
        State.RETURNED: Owner.AUTHOR,
        State.APPROVED: Owner.SCHEDULER,
        State.REJECTED: Owner.NOBODY,
        State.EXPIRED: Owner.NOBODY,
        State.EXECUTED: Owner.NOBODY,
        State.WITHDRAWN: Owner.NOBODY,
        State.REVOKED: Owner.AUTHOR,
    }
)

TRANSITIONS: Mapping[tuple[State, Deed], State] = MappingProxyType(
    {
        (State.OPEN, Deed.APPROVE): State.APPROVED,
        (State.OPEN, Deed.RETURN): State.RETURNED,
        (State.OPEN, Deed.REJECT): State.REJECTED,
        (State.OPEN, Deed.REVISE): State.OPEN,
        (State.OPEN, Deed.EXPIRE): State.EXPIRED,
        (State.RETURNED, Deed.REVISE): State.OPEN,
        (State.RETURNED, Deed.EXPIRE): State.EXPIRED,
        (State.APPROVED, Deed.REVISE): State.OPEN,
        (State.APPROVED, Deed.EXPIRE): State.EXPIRED,
        (State.APPROVED, Deed.EXECUTE): State.EXECUTED,
        (State.APPROVED, Deed.REVOKE): State.REVOKED,
        (State.REVOKED, Deed.REVISE): State.OPEN,
        (State.REVOKED, Deed.EXPIRE): State.EXPIRED,
        (State.OPEN, Deed.WITHDRAW): State.WITHDRAWN,
        (State.RETURNED, Deed.WITHDRAW): State.WITHDRAWN,
        (State.APPROVED, Deed.WITHDRAW): State.WITHDRAWN,
        (State.REVOKED, Deed.WITHDRAW): State.WITHDRAWN,
    }
)

STATE_WORDS: Mapping[State, str] = MappingProxyType(
    {
        State.OPEN: "waits for a decision",
        State.RETURNED: "was returned to its author",
        State.APPROVED: "is approved",
        State.REJECTED: "was rejected",
        State.EXPIRED: "expired",
        State.EXECUTED: "was carried out",
        State.WITHDRAWN: "was withdrawn by an author",
        State.REVOKED: "was approved, and the approval was taken back",
    }
)
"""Where a request stands, in the words that follow "this request" on every page."""

UNDECIDED: tuple[State, ...] = (State.OPEN, State.RETURNED, State.REVOKED)
UNFINISHED: tuple[State, ...] = (*UNDECIDED, State.APPROVED)


def next_state(state: State, deed: Deed) -> State:
    """State after a deed; a deed the table does not allow is refused."""
    try:
        return TRANSITIONS[state, deed]
    except KeyError:
        raise Refused(
            Reason.NOT_OPEN,
            f"This request is {state.value}; one cannot {deed.value} it any more. Nothing was changed.",
        ) from None


def drawn() -> str:
    """The table as text: each state with who acts in it, and below it where each deed leads."""
    lines: list[str] = []
    for state, owner in OWNERS.items():
        waits = "final" if owner is Owner.NOBODY else f"the {owner.value} acts"
        lines.append(f"{state.value} ({waits})")
        ways = [(deed, after) for (before, deed), after in TRANSITIONS.items() if before is state]
        lines += [
            f"  {'└─' if number == len(ways) else '├─'} {deed.value} → {after.value}"
            for number, (deed, after) in enumerate(ways, 1)
        ]
    return "\n".join(lines)
