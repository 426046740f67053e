"""What the pages about policies say, from rows: versions, differences, drafts, comments, what comes next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from governance import clock, policy_making, selectors
from governance.commented import comment_closes, comment_days, draft_of
from governance.core.commenting import COMMENT_MAX, COMMENT_MIN, COMMENTED
from governance.core.policy import Terms, read_terms, write_terms
from governance.core.policy_differences import Difference, policy_differences
from governance.core.policy_form import terms_as_text
from governance.core.policy_terms import PARTS, TERMS, TermWords, in_words
from governance.core.roles import VOTES, Role
from governance.core.spoken import spoken_date, spoken_moment
from governance.core.states import STATE_WORDS, UNDECIDED, UNFINISHED, State
from governance.models import LedgerEntry
from governance.permissions import can
from governance.views.deciding import Said, deciding_context, said_about
from governance.views.evidence import evidence_lines
from governance.views.way import Station, WayStep, way_steps

if TYPE_CHECKING:
    from governance.models import ChangeRequest, Jurisdiction, Policy, PolicyDraft, RequestAct, User, Vote
    from governance.policy_making import Comment

STATES = {**STATE_WORDS, State.EXECUTED: "was adopted"}
BY_NAME = frozenset({Role.BOARD_MEMBER.value, Role.BOARD_CHAIR.value})
"""Roles whose holders appear in public by name; everybody else by role and pseudonym."""
VOTERS = " or ".join(sorted(VOTES))
"""The permissions that a stage may ask for, as they are written in the form."""


@dataclass(frozen=True)
class TermLine:
    """One term of a policy as a reader meets it."""

    name: str
    words: TermWords
    said: str

    @property
    def part(self) -> str:
        """The heading of the part of the policy that it begins, if it does."""
        return PARTS.get(self.name, "")

    @property
    def lines(self) -> list[str]:
        """What it says, one kind of request or one shift to a line."""
        return self.said.split("; ") if self.words.shape in ("shifts", "stages", "lists") else [self.said]


@dataclass(frozen=True)
class Field:
    """One term of a policy as somebody edits it."""

    name: str
    words: TermWords
    text: str

    @property
    def part(self) -> str:
        """The heading of the part of the policy that it begins, if it does."""
        return PARTS.get(self.name, "")

    @property
    def rows(self) -> int:
        """Lines that the field shows: what is there and one more, so that nothing hides behind a scroll bar."""
        return min(len(self.text.splitlines()) + 1, 14)

    @property
    def is_number(self) -> bool:
        """Whether one line is enough for it."""
        return self.words.shape in ("number", "decimal", "share")

    @property
    def between(self) -> str:
        """The lowest and the highest value, as the field counts."""
        scale = 100 if self.words.shape == "share" else 1
        return f"{self.words.low * scale:,.10g} to {self.words.high * scale:,.10g}"

    @property
    def hint(self) -> str:
        """How the field is filled in."""
        return {
            "share": f"Per cent {self.words.unit}",
            "words": "One name a line, in small letters with underscores",
            "sentences": "One sentence a line",
            "shifts": "One shift a line: its name, the hour it begins, the hour it ends",
            "stages": f"One stage a line: kind of request, a colon, its name, who ({VOTERS}), how many people",
            "lists": "One kind of request a line, a colon, and names with commas between",
            "choice": "Write yes or no",
        }.get(self.words.shape, self.words.unit.capitalize())


@dataclass(frozen=True)
class Version:
    """One adopted version with what it changed in the one before."""

    row: Policy
    differences: tuple[Difference, ...]
    since: str
    state: str
    entry: int | None


def term_lines(terms: Terms) -> list[TermLine]:
    """Return a policy in words, in the order of the table."""
    data = write_terms(terms)
    return [TermLine(name, words, in_words(name, data[name])) for name, words in TERMS.items()]


def term_fields(text: dict[str, str]) -> list[Field]:
    """Return the fields of the form."""
    return [Field(name, words, text.get(name, "")) for name, words in TERMS.items()]


def versions(jurisdiction: Jurisdiction) -> list[Version]:
    """Return all versions, the newest first."""
    rows = policy_making.versions_of(jurisdiction)
    in_force = selectors.policy_in_force(jurisdiction).version
    entries = _entries_about([row.digest for row in rows], jurisdiction)
    before = {row.version: read_terms(row.terms) for row in rows}
    return [
        Version(
            row,
            policy_differences(before[row.version - 1], before[row.version])
            if row.version - 1 in before
            else (),
            spoken_date(clock.local(row.in_force_from, jurisdiction)),
            _standing(row.version, in_force),
            entries.get(row.digest),
        )
        for row in rows
    ]


def _standing(version: int, in_force: int) -> str:
    if version == in_force:
        return "in force"
    return "adopted, not yet in force" if version > in_force else "replaced"


def _entries_about(digests: list[str], jurisdiction: Jurisdiction) -> dict[str, int]:
    rows = LedgerEntry.objects.filter(
        jurisdiction=jurisdiction.slug,
        subject__in=digests,
        action__in=("policy.adopted", "jurisdiction.genesis"),
    )
    return dict(rows.order_by("index").values_list("subject", "index"))


def policy_context(jurisdiction: Jurisdiction) -> dict[str, Any]:
    """Return the versions, the one in force in words, and what is in the making."""
    in_force = selectors.policy_in_force(jurisdiction)
    return {
        "jurisdiction": jurisdiction,
        "in_force": in_force,
        "since": spoken_date(clock.local(in_force.in_force_from, jurisdiction)),
        "is_first": in_force.version == 1,
        "terms": term_lines(in_force.terms),
        "versions": versions(jurisdiction),
        "making": [request_summary(each) for each in policy_making.in_the_making(jurisdiction)],
    }


def compared(jurisdiction: Jurisdiction, old: str, new: str) -> dict[str, Any]:
    """Return the differences between two versions that were asked for; nothing unless both are there."""
    known = {str(row.version): row for row in policy_making.versions_of(jurisdiction)}
    if old not in known or new not in known:
        return {}
    said = policy_differences(read_terms(known[old].terms), read_terms(known[new].terms))
    return {"compared": {"old": old, "new": new, "differences": said}}


def request_summary(change: ChangeRequest) -> dict[str, Any]:
    """Return one request about a policy or recipe with its differences, comments and moments."""
    here, draft = change.jurisdiction, draft_of(change)
    closes, now = comment_closes(change), clock.now(here)
    comments = policy_making.comments_on(change)
    return {
        "change": change,
        "draft": draft,
        "what": "Policy" if change.kind == "policy" else "Forecast recipe",
        "differences": policy_making.differences_of(draft) if draft else (),
        "reason": policy_making.said_at([draft.ledger_index])[draft.ledger_index] if draft else None,
        "first_day": spoken_date(clock.local(draft.in_force_from, here)) if draft else "",
        "days": comment_days(change),
        "closes": spoken_moment(clock.local(closes, here)),
        "takes_comments": change.state == State.OPEN and now < closes,
        "comments": [comment_line(each, here) for each in comments],
        "unanswered": [each.row.pk for each in comments if each.answer is None],
        "void": _void(change, draft),
        "comment_min": COMMENT_MIN,
        "comment_max": COMMENT_MAX,
    }


def _void(change: ChangeRequest, draft: PolicyDraft | None) -> str:
    if draft is None or State(change.state) not in UNFINISHED:
        return ""
    newest = policy_making.newest_version(change.jurisdiction).version
    if draft.based_on == newest:
        return ""
    return (
        f"This draft changes policy {draft.based_on}, but policy {newest} has been adopted since. It can no longer be "
        "adopted; it has to be edited or proposed anew."
    )


def comment_line(comment: Comment, jurisdiction: Jurisdiction) -> dict[str, Any]:
    """Return one comment with its answer as pages show them."""
    answer = comment.answer
    return {
        "row": comment.row,
        "said": comment.said,
        "when": spoken_moment(clock.local(comment.row.commented_at, jurisdiction)),
        "answer": answer,
        "answer_said": comment.answer_said,
        "answered": spoken_moment(clock.local(answer.answered_at, jurisdiction)) if answer else "",
        "who": public_name(answer.user, answer.role) if answer else "",
        "role": selectors.role_title(answer.role) if answer else "",
    }


def public_name(user: User, role: str) -> str:
    """Return how somebody appears in public: board members by name, everybody else by pseudonym."""
    return user.name if role in BY_NAME else user.pseudonym


def request_context(change: ChangeRequest, by: User) -> dict[str, Any]:
    """Return everything the decision page of a policy or recipe shows to this person."""
    here = change.jurisdiction
    summary = request_summary(change)
    draft = summary["draft"]
    drafts = may_propose(by, here)
    return summary | {
        **deciding_context(change, by),
        "form_url": reverse("policy-decide", args=[change.pk]),
        "terms": term_lines(policy_making.terms_of_draft(draft)) if draft else [],
        "state": STATES[State(change.state)],
        "may_answer": drafts and not by.is_service and State(change.state) in UNDECIDED,
        "may_edit": drafts and draft is not None and State(change.state) in UNDECIDED,
        "steps": steps(change, summary),
        "evidence": evidence_lines([change.digest], here),
    }


def said_in_public(change: ChangeRequest) -> list[Said]:
    """Return what people did about a decided request and why, each under the name that is public."""
    rows: list[Vote | RequestAct] = [*selectors.votes_on(change), *selectors.acts_on(change)]
    names = {each.ledger_index: public_name(each.user, each.role) for each in rows}
    return [replace(each, who=names[each.entry]) for each in said_about(change)]


def steps(change: ChangeRequest, summary: dict[str, Any]) -> list[WayStep]:
    """Return the way of a request from its proposal to the day it governs: what is done, what is next, when."""
    draft = summary["draft"]
    now, closes, executed = clock.now(change.jurisdiction), comment_closes(change), change.executed_at
    way = [
        Station("Proposed", draft.proposed_at if draft else change.opened_at, done=True),
        Station(f"Open to public comment for {summary['days']} days", closes, now >= closes),
        Station("Every comment answered", None, now >= closes and not summary["unanswered"]),
        Station("Decided by vote", change.decided_at or change.expires_at, change.decided_at is not None),
        Station("Adopted by the schedule, usually within a minute", executed, executed is not None),
    ]
    if draft:
        begins: datetime = draft.in_force_from
        governs = executed is not None and now >= begins
        way.append(Station("In force, for what happens from then on", begins, governs, word="from"))
    return way_steps(way, change.jurisdiction)


def form_context(
    jurisdiction: Jurisdiction, change: ChangeRequest | None, sent: dict[str, str] | None
) -> dict[str, Any]:
    """Return the form for a new draft, or for an edit of the one that a request puts to the vote."""
    newest, draft = (
        policy_making.newest_version(jurisdiction),
        draft_of(change) if change else None,
    )
    shown = terms_as_text(
        write_terms(policy_making.terms_of_draft(draft) if draft else read_terms(newest.terms))
    )
    day = clock.local(draft.in_force_from, jurisdiction) if draft else _first_day(jurisdiction)
    return {
        "jurisdiction": jurisdiction,
        "change": change,
        "newest": newest,
        "fields": term_fields(shown | (sent or {})),
        "in_force_from": (sent or {}).get("in_force_from", f"{day:%Y-%m-%d}"),
        "reason": (sent or {}).get("reason", ""),
        "comment_days": selectors.policy_in_force(jurisdiction).terms.comment_days,
        "rationale_min_length": selectors.policy_in_force(jurisdiction).terms.rationale_min_length,
    }


def _first_day(jurisdiction: Jurisdiction) -> datetime:
    """Return a day that leaves time for the comment and a week for the votes."""
    days = selectors.policy_in_force(jurisdiction).terms.comment_days + 7
    return clock.local(clock.now(jurisdiction) + timedelta(days=days), jurisdiction)


def may_propose(by: User, jurisdiction: Jurisdiction) -> bool:
    """Whether somebody may draft a policy here."""
    return any(can(by, each, jurisdiction) for each in selectors.open_permissions("policy"))


def is_commented(change: ChangeRequest) -> bool:
    """Whether a request has a page here."""
    return change.kind in COMMENTED
