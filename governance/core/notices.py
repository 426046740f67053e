"""THE NOTICE RULE: who is told what, in which words, and when something is told as urgent.

A notice may leave the house as an e-mail, so nothing in its words can name a place, a district, a person or what
somebody wrote: they are built from closed lists, a number and a moment, and whatever else is asked for says
"a request".
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from governance.core.break_glass import REVIEW
from governance.core.roles import ROLES, Permission, Role

LAST_SHARE = 0.25
LAST_DAY = timedelta(hours=24)
"""What waits is told again in the last quarter of its time, and never earlier than a day before its end: a plan of
tonight leaves its supervisor some hours, a policy open for a month does not cry for a week."""
TOLD_WITHIN = timedelta(days=14)
"""What was settled longer ago is no news: a log that is set up late does not tell of years."""


class Occasion(StrEnum):
    """Why somebody is told something."""

    VOTE_WAITS = "vote_waits"
    VOTE_EXPIRES = "vote_expires"
    SETTLED = "settled"
    HOLD_PLACED = "hold_placed"
    HOLD_LIFTED = "hold_lifted"
    BREAK_GLASS = "break_glass"
    REVIEW_OPEN = "review_open"
    REVIEW_DUE = "review_due"
    COMPLAINT_WAITS = "complaint_waits"
    COMPLAINT_DUE = "complaint_due"
    ROLE_GRANTED = "role_granted"
    LOG_ALARM = "log_alarm"
    DRIFT = "drift"


PASSING = frozenset(
    {
        Occasion.VOTE_WAITS,
        Occasion.VOTE_EXPIRES,
        Occasion.REVIEW_OPEN,
        Occasion.REVIEW_DUE,
        Occasion.COMPLAINT_WAITS,
        Occasion.COMPLAINT_DUE,
    }
)
"""Occasions that end when somebody has acted: their notices need no reading any more."""
HOLDS = frozenset({Occasion.HOLD_PLACED, Occasion.HOLD_LIFTED})
GLASS = frozenset({Occasion.BREAK_GLASS, Occasion.REVIEW_OPEN, Occasion.REVIEW_DUE})

AUDIENCE: Mapping[Occasion, tuple[Permission, ...]] = MappingProxyType(
    {
        Occasion.HOLD_PLACED: (Permission.DECIDE_POLICY, Permission.DECIDE_PLANS, Permission.PROPOSE),
        Occasion.HOLD_LIFTED: (Permission.DECIDE_POLICY, Permission.DECIDE_PLANS, Permission.PROPOSE),
        Occasion.BREAK_GLASS: (Permission.DECIDE_POLICY, Permission.RUN_AUDITS),
        Occasion.LOG_ALARM: (Permission.MANAGE_ROLES, Permission.DECIDE_POLICY, Permission.RUN_AUDITS),
        Occasion.DRIFT: (Permission.PROPOSE,),
    }
)
"""Occasions that everybody is told of who holds any one of these permissions; the others concern named people."""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "plan": "a deployment plan",
        "policy": "a policy",
        "recipe": "a forecast recipe",
        "role_grant": "a role",
        "hold_lift": "the lifting of a hold",
        "publication": "a publication",
        "ledger_recovery": "a recovery of the record",
        REVIEW: "the review after a break-glass",
    }
)
SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "plan": "one plan",
        "district": "one district",
        "category": "one category",
        "recipe": "one recipe",
        "everything": "everything",
    }
)
TROUBLES: Mapping[str, str] = MappingProxyType(
    {
        "behind": "more was published than the database holds, so every deed is refused",
        "unsound": "the last full verification failed",
        "unsigned": "it is not being signed",
        "unpublished": "it is signed but not published",
        "altered": "a published file does not hold what the record gives",
        "late": "nobody signs or publishes it",
    }
)
OUTCOMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "approved": ("was approved", "The schedule carries it out; until then the approval can be revoked."),
        "rejected": ("was rejected", "The reasons stand on its page."),
        "returned": ("came back to you", "Revise or withdraw it; what nobody does expires."),
        "expired": ("expired", "Nothing can be done under it any more; propose anew if it is still wanted."),
        "withdrawn": ("was withdrawn", "An author took it back; the reason stands on its page."),
        "revoked": ("lost its approval", "Revise or withdraw it; the reason stands on its page."),
    }
)
"""Outcome -> what happened to the request, and what its author does next."""


@dataclass(frozen=True)
class About:
    """What a notice is about. `kind`: of request, a hold's scope, a role or a trouble; `until`: a moment in words."""

    kind: str = ""
    number: int = 0
    outcome: str = ""
    until: str = ""


@dataclass(frozen=True)
class Words:
    """A notice as people read it; the title is also the subject of its e-mail."""

    title: str
    sentence: str


@dataclass(frozen=True)
class Listener:
    """Somebody who may be told something."""

    person: int
    is_service: bool
    is_active: bool
    wants_mail: bool
    on_board: bool


def told(
    occasion: Occasion, listeners: Iterable[Listener], *, besides: Collection[int] = ()
) -> dict[int, bool]:
    """Return whom to tell, and whether by e-mail too; never a service, a closed account or who did it herself."""
    return {
        each.person: each.wants_mail or is_duty(occasion, on_board=each.on_board)
        for each in listeners
        if each.is_active and not each.is_service and each.person not in besides
    }


def is_duty(occasion: Occasion, *, on_board: bool) -> bool:
    """Whether somebody cannot choose to be spared the e-mail: break-glass, and holds for the board."""
    return occasion in GLASS or (on_board and occasion in HOLDS)


def is_soon_over(begun_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Whether what waits is in the last part of its time, and not over."""
    return ends_at - min((ends_at - begun_at) * LAST_SHARE, LAST_DAY) <= now < ends_at


def words_of(occasion: Occasion, about: About) -> Words:
    """Say a notice; what is not on a list of this module is not said."""
    return _SPEAK[occasion](about)


def letter(words: Words, *, link: str, is_replay: bool, by_duty: bool) -> str:
    """Return the text of an e-mail: what waits, until when, and a link that asks for a sign-in."""
    replay = "This is a replay of past data; nothing in it is live.\n\n" if is_replay else ""
    why = (
        "This e-mail belongs to your role and cannot be switched off."
        if by_duty
        else "You can choose on the page of notices to be told there alone."
    )
    return (
        f"{words.sentence}\n\nRead it after signing in:\n{link}\n\n{replay}{why}\n"
        "No place, person or reason ever stands in an e-mail from Lamplight.\n"
    )


def _request(about: About) -> str:
    known = KINDS.get(about.kind)
    return f"Request {about.number}" + (f", {known}," if known else "")


def _kind(about: About) -> str:
    return KINDS.get(about.kind, "a request")


def _until(about: About) -> str:
    return f" until {about.until}" if about.until else ""


def _vote_waits(about: About) -> Words:
    return Words(
        f"Your vote is asked for on {_kind(about)}",
        f"{_request(about)} waits for your vote{_until(about)}. What nobody decides by then expires.",
    )


def _vote_expires(about: About) -> Words:
    return Words(
        f"Soon over: your vote on {_kind(about)}",
        f"{_request(about)} still waits for your vote{_until(about)}, and then expires undecided.",
    )


def _settled(about: About) -> Words:
    happened, then = OUTCOMES.get(about.outcome, ("was decided", "The reasons stand on its page."))
    return Words(
        f"What you proposed {happened}: {_kind(about)}",
        f"{_request(about)} {happened}. {then}",
    )


def _scope(about: About) -> str:
    return SCOPES.get(about.kind, "something")


def _hold_placed(about: About) -> Words:
    return Words(
        f"A hold was placed on {_scope(about)}",
        f"Hold {about.number} stops {_scope(about)} from now on. A member of the board placed it; the board’s quorum "
        "lifts it.",
    )


def _hold_lifted(about: About) -> Words:
    return Words(
        f"A hold on {_scope(about)} was lifted",
        f"The board lifted hold {about.number}. What it stopped goes on at its next step.",
    )


def _break_glass(about: About) -> Words:
    return Words(
        "Break-glass was used",
        f"Break-glass was used on request {about.number} and counts{_until(about)}. It skips no approval and overrides "
        "no hold; read the reason, and place a hold if it has to stop.",
    )


def _review_open(about: About) -> Words:
    return Words(
        "A break-glass waits for its review",
        f"What was done under break-glass waits for your review{_until(about)}, as request {about.number}.",
    )


def _review_due(about: About) -> Words:
    return Words(
        "Soon due: the review of a break-glass",
        f"What was done under break-glass, request {about.number}, is not judged yet. It is to be judged"
        f"{_until(about)}; after that the public reads that it is overdue.",
    )


def _complaint_waits(about: About) -> Words:
    return Words(
        "A complaint waits for an answer",
        f"Complaint {about.number} was routed to you and others who had no part in what it is about. It is to be "
        f"answered{_until(about)}.",
    )


def _complaint_due(about: About) -> Words:
    return Words(
        "Soon due: the answer to a complaint",
        f"Complaint {about.number} has no answer yet. It is to be answered{_until(about)}.",
    )


def _role_granted(about: About) -> Words:
    title = ROLES[Role(about.kind)].title if about.kind in list(Role) else "A role"
    return Words(
        f"You were given a role: {title}",
        f"{title} is one of your roles from now on. A role that votes has a short module to complete first.",
    )


def _log_alarm(about: About) -> Words:
    trouble = TROUBLES.get(about.kind, "something is wrong with it")
    return Words("The public record needs attention", f"The public record needs attention: {trouble}.")


def _drift(about: About) -> Words:
    return Words(
        "A forecast or its data may have drifted",
        f"Round {about.number} of the drift checks found a breach that was not there before. Read which one, what to "
        "do about it, and whether forecasts by counts take over.",
    )


_SPEAK = MappingProxyType(
    {
        Occasion.VOTE_WAITS: _vote_waits,
        Occasion.VOTE_EXPIRES: _vote_expires,
        Occasion.SETTLED: _settled,
        Occasion.HOLD_PLACED: _hold_placed,
        Occasion.HOLD_LIFTED: _hold_lifted,
        Occasion.BREAK_GLASS: _break_glass,
        Occasion.REVIEW_OPEN: _review_open,
        Occasion.REVIEW_DUE: _review_due,
        Occasion.COMPLAINT_WAITS: _complaint_waits,
        Occasion.COMPLAINT_DUE: _complaint_due,
        Occasion.ROLE_GRANTED: _role_granted,
        Occasion.LOG_ALARM: _log_alarm,
        Occasion.DRIFT: _drift,
    }
)
