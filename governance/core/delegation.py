"""Lending a role for a time: to whom, how long, and what never can be lent."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.core.refusals import Reason, Refused
from governance.core.roles import ROLES, VOTES, Permission, Role

LONGEST = timedelta(days=31)
NEVER_VOTE = frozenset({Role.ADMINISTRATOR, Role.SERVICE})


@dataclass(frozen=True)
class Account:
    """A person as the rule sees her: her number, whether she is active or a service, the roles she holds there."""

    person: int
    is_active: bool
    is_service: bool
    roles: frozenset[Role]


def check_delegation(giver: Account, taker: Account, role: Role, *, until: datetime, now: datetime) -> None:
    """Refuse to lend what one does not hold oneself, for too long, or to somebody who may not take it.

    A delegate holds a lent role and not her own, so she cannot pass it on; the taker must have a role of her own
    in the jurisdiction, so that nobody makes herself a second person.
    """
    held = role in giver.roles and giver.is_active and not giver.is_service
    if not held or role in NEVER_VOTE:
        raise Refused(
            Reason.NOT_PERMITTED,
            f"You do not hold the role {ROLES[role].title.lower()} there yourself, or it is not one to be lent.",
        )
    if not may_take(taker, ROLES[role].permissions) or giver.person == taker.person or not taker.roles:
        raise Refused(
            Reason.OUTSIDE_POLICY,
            "This person cannot stand in for you: it must be somebody else, with an open account and a role of her "
            "own here; an administrator or a service account never votes.",
        )
    if not now < until <= now + LONGEST:
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"A role is lent until a moment that is still to come, {LONGEST.days} days ahead at most.",
        )


def may_take(taker: Account, permissions: Collection[Permission]) -> bool:
    """Whether somebody may act with these permissions in another's place: no service or administrator ever votes."""
    votes = bool(set(permissions) & VOTES)
    return taker.is_active and not taker.is_service and not (votes and taker.roles & NEVER_VOTE)


def joined(person: int, pairs: Iterable[tuple[int, int]]) -> frozenset[int]:
    """Return everybody whom delegations join with a person, through others too; she is none of them.

    `pairs`: who lent and who took. Through others, since whoever takes the place of an author's delegate would
    otherwise vote where that delegate herself may not.
    """
    rest, circle = set(pairs), {person}
    while near := {pair for pair in rest if circle & set(pair)}:
        rest -= near
        circle |= {each for pair in near for each in pair}
    return frozenset(circle - {person})
