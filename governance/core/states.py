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


class Deed(StrEnum):
    """What moves a request from state to state."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    REVISE = "revise"
    EXPIRE = "expire"
    EXECUTE = "execute"


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
    }
)

UNDECIDED: tuple[State, ...] = (State.OPEN, State.RETURNED)
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
