"""The way of a request, told from the entries of the record alone: which belong to it, and what each says in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from governance.core.break_glass import REVIEW
from governance.core.verdicts import REVIEW_WORDS, deed_words, verdict_words

Leaf = Mapping[str, Any]

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "request.opened": "opened the request",
        "request.withdrawn": deed_words("withdrawal"),
        "approval.revoked": deed_words("revocation"),
        "voter.recused": deed_words("recusal"),
        "request.expired": "recorded that its time is over, undecided or not carried out",
        "approval.redeemed": "carried it out: every check of the rule was made once more",
        "role.requested": "asked for the role",
        "hold.lift_requested": "asked to lift the hold",
        "audit.run": "ran the audit",
        "plan.proposed": "drew up the plan",
        "plan.edited": "edited the plan",
        "plan.executed": "issued the briefing sheet",
        "plan.closed": "closed the plan’s journal",
        "policy.proposed": "wrote the draft",
        "policy.adopted": "put the policy in force",
        "recipe.drafted": "drafted the recipe",
        "recipe.evaluation_ordered": "asked for its evaluation on past windows",
        "recipe.tried": "tried it on past windows of one category",
        "recipe.proposed": "proposed the recipe",
        "recipe.adopted": "put the recipe in force",
        "recipe.retired": "retired the recipe",
        "comment.left": "commented in public",
        "comments.answered": "answered public comments",
        "recovery.proposed": "proposed to recover the log",
        "log.recovered": "took the missing entries back; the log goes on",
    }
)
"""Action of an entry -> the words that follow the name of whoever did it."""
REASONED = frozenset(
    {
        "vote.cast",
        "request.withdrawn",
        "approval.revoked",
        "voter.recused",
        "evidence.attached",
        "role.requested",
        "hold.lift_requested",
        "glass.broken",
        "recovery.proposed",
        "recipe.drafted",
        "recipe.retired",
    }
)
"""Actions beside whose entries a reason, or the sentence of an audit, is kept; other texts have forms of their own."""
SETTLED: Mapping[str, str] = MappingProxyType(
    {
        "approved": "With that it is approved.",
        "rejected": "With that it is rejected.",
        "returned": "With that it is returned to its author.",
    }
)
"""State of a request after a vote -> the sentence that says what the vote settled."""


def is_about(leaf: Leaf, request: int) -> bool:
    """Whether an entry about one of a request's digests is about this request: it names no other one."""
    named = detail_of(leaf).get("request")
    return named is None or named == request


def digest_before(leaf: Leaf) -> str:
    """Return the digest that a revision replaced, "" for every other entry."""
    said = detail_of(leaf).get("before")
    return said if leaf.get("action") == "request.revised" and isinstance(said, str) else ""


def step_words(leaf: Leaf) -> str:
    """Return what somebody did, as words that follow her name."""
    action, detail = str(leaf.get("action", "")), detail_of(leaf)
    if action == "vote.cast" and leaf.get("subject_kind") == REVIEW:
        return REVIEW_WORDS.get(str(detail.get("verdict")), "voted")
    if action == "vote.cast":
        return deed_words(str(detail.get("verdict", "")), str(detail.get("stage", "")))
    if action == "request.revised":
        return f"made revision {detail.get('revision')}; votes on the one before count no more"
    if action == "evidence.attached":
        kind = str(leaf.get("subject_kind", "")).replace("_", " ")
        return f"attached the evidence “{kind}”: {verdict_words(str(leaf.get('outcome', ''))).lower()}"
    if action == "glass.broken":
        return f"{deed_words('break_glass')} for {detail.get('hours')} h"
    return SENTENCES.get(action, f"did “{action.replace('.', ' ').replace('_', ' ')}”")


def settled_words(leaf: Leaf) -> str:
    """Return what a vote settled, "" where others still have to vote and for what is no vote."""
    return SETTLED.get(str(leaf.get("outcome", "")), "") if leaf.get("action") == "vote.cast" else ""


def is_delegated(leaf: Leaf) -> bool:
    """Whether a vote was cast in another person's place."""
    return detail_of(leaf).get("delegated") is True


def revision_of(leaf: Leaf) -> int | None:
    """Return the revision that an entry speaks of, None where it speaks of none."""
    said = detail_of(leaf).get("revision")
    return said if type(said) is int else None


def detail_of(leaf: Leaf) -> Leaf:
    """Return an entry's details, none where it has none."""
    detail = leaf.get("detail")
    return detail if isinstance(detail, Mapping) else {}


def in_order(leaves: Iterable[tuple[int, Leaf]]) -> list[tuple[int, Leaf]]:
    """Return entries by their numbers, each once."""
    return sorted(dict(leaves).items())
