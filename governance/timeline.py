"""The way of a request, step by step, from the entries of the record: who did what when, and where its proof is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from governance import stored_log
from governance.break_glass import row_of
from governance.core.approval import ERASED
from governance.core.canonical import EntryError, parse_leaf
from governance.core.roles import Role
from governance.core.timeline import (
    REASONED,
    Leaf,
    digest_before,
    in_order,
    is_about,
    is_delegated,
    revision_of,
    settled_words,
    step_words,
)
from governance.ledger import actor_name
from governance.models import ChangeRequest, Evidence, LedgerEntry, LedgerText, RequestAct, User, Vote
from governance.selectors import role_title


@dataclass(frozen=True)
class Step:
    """One step. `at` is by the jurisdiction's clock where a row knows it, `recorded_at` is the real time.

    `who` is a name where this database can tell whose pseudonym it is, "" otherwise; `actor` is what the leaf says.
    """

    index: int
    action: str
    actor: str
    who: str
    role: str
    in_place_of: str
    delegated: bool
    words: str
    settled: str
    outcome: str
    revision: int | None
    digest: str
    reason: str
    at: datetime | None
    recorded_at: datetime
    proved: bool


def timeline(request: ChangeRequest) -> list[Step]:
    """Return the steps of a request of any kind, oldest first.

    A step is an entry about one of its digests, of whatever revision, or evidence about what it rests on.
    """
    rows = {row.index: row for row in _entries(request)}
    leaves = in_order((index, leaf) for index, row in rows.items() if (leaf := _read(row)) is not None)
    told = [(index, leaf) for index, leaf in leaves if is_about(leaf, request.pk)]
    beside = _Beside(request, told)
    return [_step(rows[index], leaf, beside) for index, leaf in told]


def _entries(request: ChangeRequest) -> Iterable[LedgerEntry]:
    """Yield the entries about each revision, from the newest back to the first, then evidence on what it rests on."""
    here = LedgerEntry.objects.filter(jurisdiction=request.jurisdiction.slug)
    digests = [request.digest]
    for digest in digests:  # it grows meanwhile: a revision names the one before
        for row in here.filter(subject=digest):
            yield row
            before = digest_before(_read(row) or {})
            if before and before not in digests:
                digests.append(before)
    yield from here.filter(subject__in=request.rests_on, action="evidence.attached")
    if (glass := row_of(request)) is not None:  # its entry has a digest of its own
        yield from here.filter(index=glass.ledger_index)


def _read(row: LedgerEntry) -> Leaf | None:
    try:
        return parse_leaf(bytes(row.leaf))
    except EntryError:
        return None


class _Beside:
    """What the tables know about some entries, read at once: people, moments of the clock, texts, publication."""

    def __init__(self, request: ChangeRequest, told: Sequence[tuple[int, Leaf]]) -> None:
        indices = [index for index, _ in told]
        votes = Vote.objects.filter(ledger_index__in=indices).select_related("user", "on_behalf_of")
        acts = RequestAct.objects.filter(ledger_index__in=indices).select_related("user")
        evidence = Evidence.objects.filter(ledger_index__in=indices)
        texts = LedgerText.objects.filter(entry_id__in=indices)
        self.votes = {row.ledger_index: row for row in votes}
        self.acts = {row.ledger_index: row for row in acts}
        self.texts = dict(texts.values_list("entry_id", "text"))
        self.published = _published_size()
        self.authors = list(request.authors.all())
        self.named = User.objects.in_bulk({str(leaf["actor"]) for _, leaf in told}, field_name="pseudonym")
        self.moments: dict[int, datetime] = {
            **dict(evidence.values_list("ledger_index", "attached_at")),
            **{row.ledger_index: row.cast_at for row in votes},
            **{row.ledger_index: row.done_at for row in acts},
        }
        glass = row_of(request)
        self.by_action = {
            "glass.broken": glass.opened_at if glass else None,
            "request.opened": request.opened_at,
            "approval.redeemed": request.executed_at,
            "request.expired": request.expires_at,
        }

    def person(self, index: int, leaf: Leaf) -> User | None:
        """Return who did it, None where only a pseudonym is known."""
        row = self.votes.get(index) or self.acts.get(index)
        if row is not None:
            return row.user
        actor, role, subject = str(leaf["actor"]), Role(leaf["role"]), str(leaf["subject"])
        near = (each for each in self.authors if actor_name(each, role, subject) == actor)
        return self.named.get(actor) or next(near, None)

    def reason(self, index: int, leaf: Leaf) -> str:
        """Return the text beside an entry, or what stands in its place once it was erased; "" where there was none."""
        reasoned = "text" in leaf and leaf["action"] in REASONED
        return self.texts.get(index, ERASED) if reasoned else ""


def _published_size() -> int:
    newest = stored_log.last_publication()
    return newest.checkpoint.size if newest else 0


def _step(row: LedgerEntry, leaf: Leaf, beside: _Beside) -> Step:
    action, vote = str(leaf["action"]), beside.votes.get(row.index)
    person = beside.person(row.index, leaf)
    giver = vote.on_behalf_of if vote else None
    return Step(
        index=row.index,
        action=action,
        actor=str(leaf.get("actor", "")),
        who=person.name if person else "",
        role=role_title(str(leaf["role"])),
        in_place_of=giver.name if giver else "",
        delegated=is_delegated(leaf),
        words=step_words(leaf),
        settled=settled_words(leaf),
        outcome=str(leaf.get("outcome", "")),
        revision=revision_of(leaf),
        digest=str(leaf.get("subject", "")),
        reason=beside.reason(row.index, leaf),
        at=beside.moments.get(row.index) or beside.by_action.get(action),
        recorded_at=row.recorded_at,
        proved=row.index < beside.published,
    )
