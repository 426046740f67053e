"""THE HOLD RULE: what one member of the board can stop alone, and which deeds a hold stops.

A hold stops what is done from now on: forecasting, proposing, approving and carrying out. It stops neither what
looks back (scoring, closing, auditing, publishing) nor what the board itself decides, else a hold on everything
could never be lifted.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import rfc8785

LIFT_KIND = "hold_lift"
LIFT_DAYS = 14  # a request to lift that the board does not decide by then expires, and may be made anew
GOVERNING = frozenset({LIFT_KIND, "policy", "role_grant", "publication", "ledger_recovery", "after_review"})
"""Kinds of request that no hold stops: how the board governs, and what the public is told."""
LONGEST_LIVE = timedelta(days=9)
"""How long after a moment something may be live of which one knew then: half a day of lead, a week's window, and a
shift that begins at its end."""


class Scope(StrEnum):
    """How much a hold stops."""

    PLAN = "plan"
    DISTRICT = "district"
    CATEGORY = "category"
    RECIPE = "recipe"
    EVERYTHING = "everything"


LIVE_SCOPES = frozenset({Scope.PLAN, Scope.DISTRICT})
"""Scopes whose target would name a live plan or its district: it is a salted digest until the delay is over."""


@dataclass(frozen=True)
class Stop:
    """One hold in force. `target`: a request's number, a district's code, a category, a recipe's SHA-256, or ""."""

    number: int
    scope: Scope
    target: str


@dataclass(frozen=True)
class Subject:
    """What a deed is about, as far as it is about one: "" and an empty set where it is not."""

    recipes: frozenset[str] = frozenset()  # SHA-256 in hex
    plan: str = ""  # number of its change request
    category: str = ""
    district: str = ""  # its code


def covers(stop: Stop, subject: Subject) -> bool:
    """Whether a hold stops a deed about this subject."""
    if stop.scope is Scope.EVERYTHING:
        return True
    if stop.scope is Scope.RECIPE:
        return stop.target in subject.recipes
    named = {
        Scope.PLAN: subject.plan,
        Scope.DISTRICT: subject.district,
        Scope.CATEGORY: subject.category,
    }[stop.scope]
    return bool(named) and stop.target == named


def holds_on(stops: Sequence[Stop], subject: Subject) -> tuple[Stop, ...]:
    """Return the holds that stop a deed about this subject, in the order given."""
    return tuple(stop for stop in stops if covers(stop, subject))


def is_stoppable(kind: str) -> bool:
    """Whether a hold can stop the approval of this kind of request; a kind nobody thought of can be stopped."""
    return kind not in GOVERNING


def scope_words(scope: Scope) -> str:
    """Return what is stopped, without naming which: fit for everybody at any time."""
    return {
        Scope.PLAN: "one plan",
        Scope.DISTRICT: "one district",
        Scope.CATEGORY: "one category",
        Scope.RECIPE: "one recipe",
        Scope.EVERYTHING: "everything",
    }[scope]


def refusal_sentence(stops: Sequence[Stop]) -> str:
    """Say why a deed is not done and what would change it; names no place and no person."""
    first = stops[0]
    others = f" (and {len(stops) - 1} more)" if len(stops) > 1 else ""
    return (
        f"Hold {first.number} on {scope_words(first.scope)}{others} stops this. A member of the board placed it with "
        "a reason; the board’s quorum lifts it. Nothing was done; see the page of holds."
    )


def hold_digest(*, jurisdiction: str, scope: Scope, target: str, salt: str) -> str:
    """SHA-256 of what a hold says (canonical JSON, RFC 8785). `salt`: 64 hex digits, drawn once for each hold."""
    said = {"jurisdiction": jurisdiction, "salt": salt, "scope": scope.value, "target": target}
    return hashlib.sha256(rfc8785.dumps(said)).hexdigest()


def lift_digest(hold: str, attempt: int) -> str:
    """SHA-256 of a request to lift the hold with this digest; `attempt` counts such requests from 1."""
    return hashlib.sha256(rfc8785.dumps({"attempt": attempt, "lift": hold})).hexdigest()


def public_from(placed_at: datetime, delay: timedelta) -> datetime:
    """First moment at which a hold's reason, and which plan or district it stops, may be public.

    Whatever was live when it was placed is over by then, and the policy's `delay` has passed. Raises ValueError for
    a negative delay.
    """
    if delay < timedelta(0):
        raise ValueError("a negative delay would publish a live plan")
    return placed_at + LONGEST_LIVE + delay
