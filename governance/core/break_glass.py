"""THE BREAK-GLASS RULE: what may be eased for one plan in an emergency, by whom, how long, and what never is.

Break-glass never skips an approval: somebody entitled, who is no author, still has to give it, with all its evidence,
and a hold stops it as ever. What it opens without being asked is a review by the board (NIST SP 800-53 AC-2(2), CM-5).
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

import rfc8785

from governance.core.approval import Ballot, Proposal, Rule, Verdict, Voter, check_standing
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.core.stages import OVERRIDE
from governance.core.states import State

REVIEW = "after_review"
"""The kind of the request by which the board judges a break-glass afterwards."""
BREAKABLE = frozenset({"plan"})
"""The kinds of request for which there is break-glass; every other kind keeps its quorum, always."""
LONGEST_HOURS = 4
REVIEW_DAYS = 7  # by when the board has judged it; after that the public reads that it is overdue
REVIEW_OPEN_DAYS = 366  # overdue, it can still be decided


class Lowers(StrEnum):
    """What a break-glass eases."""

    QUORUM = "quorum"
    DISTRICT = "district"


LOWERS_WORDS: Mapping[Lowers, str] = MappingProxyType(
    {
        Lowers.QUORUM: "one eligible person is enough in each stage of the plan’s own",
        Lowers.DISTRICT: "whoever decides the plans of another district may decide this one",
    }
)
OPENERS: Mapping[Lowers, tuple[Permission, ...]] = MappingProxyType(
    {
        Lowers.QUORUM: (Permission.DECIDE_PLANS,),
        Lowers.DISTRICT: (Permission.DECIDE_PLANS, Permission.DECIDE_POLICY),
    }
)
"""What is eased -> the permissions, there, of which any one lets a person open it."""


class Standing(StrEnum):
    """How far the after-review of a break-glass is."""

    WAITING = "waiting"
    OVERDUE = "overdue"
    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not_justified"


@dataclass(frozen=True)
class Glass:
    """One break-glass: what it eases, on exactly which revision (SHA-256), from when until when, and who was told."""

    lowers: Lowers
    digest: str
    opened_at: datetime
    ends_at: datetime
    told: int


def in_force(glass: Glass | None, digest: str, now: datetime) -> bool:
    """Whether a break-glass counts at this moment for this revision: it ends by the clock alone, and with an edit."""
    return glass is not None and glass.digest == digest and glass.opened_at <= now < glass.ends_at


def lifts_district(glass: Glass | None, digest: str, now: datetime) -> bool:
    """Whether people of other districts may vote on this revision at this moment."""
    return glass is not None and glass.lowers is Lowers.DISTRICT and in_force(glass, digest, now)


def under_glass(rule: Rule, glass: Glass | None, digest: str, now: datetime) -> Rule:
    """Return the rule that counts at this moment: while the quorum is lowered, one person is enough in each stage.

    No stage is left out, and the board's quorum that sets a failed audit aside is never lowered.
    """
    if glass is None or glass.lowers is not Lowers.QUORUM or not in_force(glass, digest, now):
        return rule
    stages = (each if each.name == OVERRIDE else replace(each, quorum=1) for each in rule.stages)
    return replace(rule, stages=tuple(stages))


def watching(glass: Glass | None, digest: str, now: datetime) -> frozenset[int]:
    """Return who was told and so does not vote: the second person watches, she does not take part."""
    return frozenset({glass.told}) if glass is not None and in_force(glass, digest, now) else frozenset()


def check_breakable(kind: str) -> None:
    """Refuse break-glass for everything but deployment plans."""
    if kind not in BREAKABLE:
        raise Refused(
            Reason.OUTSIDE_POLICY,
            "Break-glass is for deployment plans alone. Policies, recipes, roles, the lifting of holds, the recovery "
            "of the record and reviews keep their quorum, always. Nothing was changed.",
        )


def check_may_open(
    proposal: Proposal,
    opener: Voter,
    rule: Rule,
    cast: Sequence[Ballot],
    *,
    lowers: Lowers,
    hours: int,
    seen_digest: str,
    on_district: bool,
    now: datetime,
) -> None:
    """Refuse who may not ease this now, too long a time, and what would ease nothing or outvote a "no".

    `on_district`: the request belongs to a district. An author, whoever a delegation joins with one, and who stepped
    back never open it. Raises Refused(SERVICE_MAY_NOT_VOTE | NOT_OPEN | EXPIRED | AUTHOR_MAY_NOT_VOTE | RECUSED |
    DIGEST_CHANGED | BAD_INPUT | OUTSIDE_POLICY | TOO_LATE).
    """
    check_standing(proposal, opener, now=now)
    if seen_digest != proposal.digest:
        raise Refused(
            Reason.DIGEST_CHANGED,
            "What you saw has been changed since. Read the new revision first; nothing was eased.",
        )
    if not 1 <= hours <= LONGEST_HOURS:
        raise Refused(Reason.BAD_INPUT, f"Break-glass lasts 1 to {LONGEST_HOURS} whole hours, not {hours}.")
    _check_eases(rule, lowers, on_district=on_district)
    if any(each.digest == proposal.digest and each.verdict is Verdict.REJECT for each in cast):
        raise Refused(
            Reason.TOO_LATE,
            "Somebody has rejected this revision already. Break-glass never outvotes a no; propose anew instead.",
        )


def _check_eases(rule: Rule, lowers: Lowers, *, on_district: bool) -> None:
    own = [each for each in rule.stages if each.name != OVERRIDE]
    if lowers is Lowers.QUORUM and all(each.quorum == 1 for each in own):
        raise Refused(
            Reason.OUTSIDE_POLICY,
            "There is no quorum to lower: one person is enough already, and one there always must be.",
        )
    by_district = any(each.permission is Permission.DECIDE_PLANS for each in own)
    if lowers is Lowers.DISTRICT and not (on_district and by_district):
        raise Refused(
            Reason.OUTSIDE_POLICY, "No district limits who votes on this, so there is no limit to lift."
        )


def choose_told(board: Sequence[tuple[int, bool]], apart: Collection[int]) -> int:
    """Return who is told: the chair if she had no part in it, else the member of longest standing who had none.

    `board`: its people in the order of their seats, each with whether she is chair. `apart`: who opens it, authors,
    voters and all whom a delegation joins with them. Raises Refused(QUORUM_UNREACHABLE).
    """
    free = [(person, is_chair) for person, is_chair in board if person not in apart]
    if not free:
        raise Refused(
            Reason.QUORUM_UNREACHABLE,
            "Break-glass needs a second person who is told at once and had no part in it; the board has none. "
            "Nothing was eased.",
        )
    return next((person for person, is_chair in free if is_chair), free[0][0])


def check_own_end(kind: str) -> None:
    """Refuse to withdraw, revise or revoke an after-review: it opens by itself, and its finding stands."""
    if kind == REVIEW:
        raise Refused(
            Reason.OUTSIDE_POLICY,
            "An after-review opens by itself and ends with the board’s finding. Nobody withdraws it, edits it or "
            "takes the finding back.",
        )


def check_finding(kind: str, verdict: Verdict) -> None:
    """Refuse to send an after-review back: its author is who broke the glass, and nothing is left to edit."""
    if kind == REVIEW and verdict is Verdict.RETURN:
        raise Refused(
            Reason.OUTSIDE_POLICY,
            "An after-review finds a break-glass justified (approve) or not justified (reject); it is not returned.",
        )


def standing_of(state: State, due_at: datetime, now: datetime) -> Standing:
    """Return how far an after-review is; one that nobody decided stays overdue for ever."""
    if state in (State.APPROVED, State.EXECUTED):
        return Standing.JUSTIFIED
    if state is State.REJECTED:
        return Standing.NOT_JUSTIFIED
    return Standing.WAITING if state is State.OPEN and now < due_at else Standing.OVERDUE


@dataclass(frozen=True)
class Figures:
    """What everybody may know at once: how often, and what the reviews found; no plan, place or district."""

    opened: int
    justified: int
    not_justified: int
    waiting: int
    overdue: int

    @property
    def reviewed(self) -> int:
        """How many the board has judged."""
        return self.justified + self.not_justified


def figures(standings: Sequence[Standing]) -> Figures:
    """Count how often the glass was broken, by how far the review is."""
    return Figures(
        opened=len(standings),
        justified=standings.count(Standing.JUSTIFIED),
        not_justified=standings.count(Standing.NOT_JUSTIFIED),
        waiting=standings.count(Standing.WAITING),
        overdue=standings.count(Standing.OVERDUE),
    )


def glass_digest(*, jurisdiction: str, request: str, lowers: Lowers, hours: int, salt: str) -> str:
    """SHA-256 of what a break-glass says (canonical JSON, RFC 8785), so that its entry tells of no live plan.

    `request`: SHA-256 of the revision it is about; `salt`: 64 hex digits, drawn once for each.
    """
    said: dict[str, str | int] = {
        "hours": hours,
        "jurisdiction": jurisdiction,
        "lowers": lowers.value,
        "request": request,
        "salt": salt,
    }
    return hashlib.sha256(rfc8785.dumps(dict(said))).hexdigest()


def review_digest(glass: str) -> str:
    """SHA-256 of the request to judge the break-glass with this digest."""
    return hashlib.sha256(rfc8785.dumps({"review": glass})).hexdigest()
