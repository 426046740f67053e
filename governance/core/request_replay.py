"""What became of each request, by the log alone: its leaves folded into states, and held against the rows.

The application may edit the tables in which requests, votes and policies stand. Their entries it cannot edit: each
leaf says which request, which revision, which digest, what was done and what came of it. So the leaves rebuild every
request's state, revision and votes, and a row that says something else is named beside the entry that contradicts it.
A reason lies beside its entry, not in these rows; `kept_beside` and the salted digests speak for it.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

import rfc8785

from .approval import DEEDS, Verdict
from .consequences import GENESIS, Leaf
from .states import TRANSITIONS, UNFINISHED, Deed, State
from .stored_entry import Fault

OPENED, REVISED, VOTED, RECUSED = "request.opened", "request.revised", "vote.cast", "voter.recused"
ADOPTED = "policy.adopted"
STEPS: Mapping[str, Deed] = MappingProxyType(
    {
        REVISED: Deed.REVISE,
        "request.expired": Deed.EXPIRE,
        "request.withdrawn": Deed.WITHDRAW,
        "approval.revoked": Deed.REVOKE,
        "approval.reached": Deed.APPROVE,  # by votes cast before the quorum was lowered
        "approval.redeemed": Deed.EXECUTE,
    }
)
"""Actions that move a request by themselves; a vote moves it only where it decides."""
ACTS = MappingProxyType(
    {"request.withdrawn": "withdrawal", "approval.revoked": "revocation", RECUSED: "recusal"}
)
"""Actions of which a row tells who did them, beside votes."""
ACTIONS = (OPENED, VOTED, RECUSED, *STEPS)
_UNFINISHED = frozenset(map(str, UNFINISHED))


class Said(NamedTuple):
    """What one person did to a request, as its entry says it and as its row says it; `entry` is the entry's number.

    `deed`: a verdict, or a word of ACTS. `actor`: the name that an entry gives its actor.
    """

    entry: int
    deed: str
    revision: int
    digest: str
    actor: str
    role: str
    stage: str = ""
    delegated: bool = False


@dataclass(slots=True)
class Request:
    """A request as the log, or its row, tells it; `entry` is the newest entry about it, -1 in a row."""

    number: int
    jurisdiction: str
    kind: str
    digest: str
    revision: int
    state: str
    policy_version: int
    entry: int = -1
    said: list[Said] = field(default_factory=list)

    def approvals(self) -> int:
        """How many approvals of the present revision it has."""
        return sum(each.deed == Verdict.APPROVE and each.digest == self.digest for each in self.said)


class Replay:
    """Folds leaves, in order, into requests. Holds only those that may still change, and what is about to be asked for.

    `lost`: entries that were taken back after a loss; the rows of their deeds are not there.
    """

    def __init__(self, lost: Sequence[range] = ()) -> None:
        self.lost = lost
        self.unfinished: dict[int, Request] = {}
        self.finished: dict[int, Request] = {}
        self.faults: deque[Fault] = deque()

    def take(self, number: int, leaf: Leaf) -> None:
        """Fold the leaf of one entry; one that does not fit what came before is named, and then believed."""
        if self.lost and any(number in each for each in self.lost):
            return
        try:
            wrong = self._opened(number, leaf) if leaf["action"] == OPENED else self._done(number, leaf)
        except (LookupError, TypeError, ValueError):
            wrong = f"does not say what an entry '{leaf.get('action')}' must"
        if wrong:
            self.faults.append(Fault(number, f"Entry {number} {wrong}."))

    def take_finished(self) -> dict[int, Request]:
        """Hand over the requests that no later entry may change, and forget them."""
        done, self.finished = self.finished, {}
        return done

    def _opened(self, number: int, leaf: Leaf) -> str | None:
        detail = leaf["detail"]
        request = Request(
            detail["request"],
            leaf["jurisdiction"],
            leaf["subject_kind"],
            leaf["subject"],
            detail["revision"],
            leaf["outcome"],
            leaf["policy_version"],
            number,
        )
        known = request.number in self.unfinished
        self.unfinished[request.number] = request
        if known or request.state != State.OPEN or request.revision != 1:
            return f"opens request {request.number}, which is there already or not new"
        return None

    def _done(self, number: int, leaf: Leaf) -> str | None:
        action, detail = leaf["action"], leaf["detail"]
        request = self.unfinished.get(detail["request"])
        if request is None:
            return f"speaks of request {detail['request']}, which by the log is not open"
        wrong = _misfit(request, leaf)
        if action == REVISED:
            request.digest, request.revision = leaf["subject"], detail["revision"]
        elif action == VOTED or action in ACTS:
            request.said.append(_said(number, leaf))
        request.state, request.entry = leaf["outcome"], number
        if request.state not in _UNFINISHED:
            self.finished[request.number] = self.unfinished.pop(request.number)
        return wrong


def _misfit(request: Request, leaf: Leaf) -> str | None:
    """How a leaf does not follow from what the log said of its request before, or None."""
    action, detail = leaf["action"], leaf["detail"]
    before, after = (
        (detail["before"], request.revision + 1) if action == REVISED else (leaf["subject"], request.revision)
    )
    if (before, detail["revision"]) != (request.digest, after):
        return f"speaks of another revision of request {request.number} than the log came to"
    if leaf["outcome"] != _outcome(request, leaf):
        came, was = leaf["outcome"], request.state
        return f"says that request {request.number} is {came} then, which does not follow from {was}"
    return None


def _outcome(request: Request, leaf: Leaf) -> str:
    """The state after a deed; where a vote leaves all open, or a person only steps back, the state before it."""
    if leaf["action"] == RECUSED or (
        leaf["action"] == VOTED and leaf["outcome"] == request.state == State.OPEN
    ):
        return request.state
    deed = DEEDS[Verdict(leaf["detail"]["verdict"])] if leaf["action"] == VOTED else STEPS[leaf["action"]]
    return TRANSITIONS.get((State(request.state), deed), "")


def _said(number: int, leaf: Leaf) -> Said:
    detail = leaf["detail"]
    return Said(
        number,
        detail["verdict"] if leaf["action"] == VOTED else ACTS[leaf["action"]],
        detail["revision"],
        leaf["subject"],
        leaf["actor"],
        leaf["role"],
        detail.get("stage", ""),
        detail.get("delegated", False),
    )


def request_faults(told: Mapping[int, Request], rows: Mapping[int, Request]) -> list[Fault]:
    """Where the rows of requests and of what was done to them say otherwise than the leaves."""
    found = [
        Fault(told[number].entry, f"The log tells of request {number}, and its row is gone from the table.")
        for number in sorted(told.keys() - rows.keys())
    ]
    for number, row in sorted(rows.items()):
        if number in told:
            found += _row_faults(told[number], row)
        else:
            found.append(
                Fault(None, f"Request {number} is in its table, and no entry says that it was opened.")
            )
    return found


def _row_faults(told: Request, row: Request) -> list[Fault]:
    found = [
        Fault(
            told.entry,
            f"Request {told.number} has the {name.replace('_', ' ')} {getattr(row, name)!s} in its table, and by the "
            f"log {getattr(told, name)!s} since entry {told.entry} or before.",
        )
        for name in ("state", "revision", "digest", "kind", "jurisdiction", "policy_version")
        if getattr(row, name) != getattr(told, name)
    ]
    return found if sorted(row.said) == told.said else [*found, *_said_faults(told, row)]


def _said_faults(told: Request, row: Request) -> list[Fault]:
    by_entry, kept = {each.entry: each for each in told.said}, dict[int, Said]()
    odd = []
    for each in row.said:
        if each.entry not in by_entry or each.entry in kept:
            words = (
                f"A row “{each.deed}” on request {told.number} names entry {each.entry}, which is not its."
            )
            odd.append(Fault(None, words))
        kept.setdefault(each.entry, each)
    found = []
    for entry, said in sorted(by_entry.items()):
        if entry not in kept:
            words = f"Entry {entry} tells of a “{said.deed}” on request {told.number}, and its row is gone."
            found.append(Fault(entry, words))
        elif kept[entry] != said:
            found.append(Fault(entry, _altered(told.number, said, kept[entry])))
    return [*found, *odd]


def _altered(number: int, said: Said, kept: Said) -> str:
    names = [name for name in Said._fields if getattr(said, name) != getattr(kept, name)]
    words = " and ".join(
        "who did it"
        if name == "actor"
        else f"the {name} {getattr(kept, name)!s} instead of {getattr(said, name)!s}"
        for name in names
    )
    return f"The row of entry {said.entry}, on request {number}, was altered: it has {words}."


# --- policies -------------------------------------------------------------------------------------------------------


class PolicyRow(NamedTuple):
    """One version of a jurisdiction's policy as its row has it; `begins` is the UTC minute from which it governs."""

    jurisdiction: str
    version: int
    digest: str
    terms: Any
    begins: str


def policy_faults(
    leaves: Iterable[Leaf], rows: Collection[PolicyRow], lost: Sequence[range] = ()
) -> list[Fault]:
    """Where a policy's rows say otherwise than the entries that founded a jurisdiction or adopted a version."""
    told = {
        (str(leaf.get("jurisdiction")), 1 if leaf["action"] == GENESIS else leaf.get("policy_version")): leaf
        for leaf in leaves
        if leaf["action"] in (GENESIS, ADOPTED) and not any(leaf["index"] in each for each in lost)
    }
    kept = {(row.jurisdiction, row.version): row for row in rows}
    found = [
        Fault(told[key]["index"], f"Policy {key[1]} of {key[0]} is in the log and no longer in its table.")
        for key in sorted(told.keys() - kept.keys(), key=str)
    ]
    for key, row in sorted(kept.items()):
        words = f"Policy {row.version} of {row.jurisdiction}"
        if key not in told:
            found.append(Fault(None, f"{words} is in its table, and no entry says that it was adopted."))
        elif wrong := _policy_fault(told[key], row):
            index = told[key]["index"]
            found.append(Fault(index, f"{words} has {wrong} than entry {index} says."))
    return found


def _policy_fault(leaf: Leaf, row: PolicyRow) -> str | None:
    detail = leaf.get("detail") or {}
    if row.digest != leaf["subject"]:
        return "another digest"
    if terms_digest(row.terms) != detail.get("terms", leaf["subject"]):
        return "other terms"
    if row.begins != detail.get("in_force_from", row.begins):
        return "another first day"
    return None


def terms_digest(terms: Any) -> str:
    """SHA-256, in hex, of a policy's terms (canonical JSON, RFC 8785); "" for what is none."""
    try:
        return hashlib.sha256(rfc8785.dumps(terms)).hexdigest()
    except rfc8785.CanonicalizationError:
        return ""
