"""What every page of a request shares: how far its decision is, who said what, what one may do, and its one form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from governance import clock, selectors
from governance.after_reviews import glass_line, openings_for, outlived
from governance.break_glass import row_of
from governance.core.approval import Verdict, agreed, decide, stage_name
from governance.core.break_glass import LONGEST_HOURS, LOWERS_WORDS, REVIEW
from governance.core.refusals import Refused, status_code
from governance.core.roles import ROLES, roles_with
from governance.core.spoken import spoken_deadline, spoken_moment
from governance.core.stages import OVERRIDE
from governance.core.states import OWNERS, STATE_WORDS, Owner, State
from governance.core.verdicts import REVIEW_WORDS, deed_words
from governance.forms import read_lowers, read_number
from governance.models import BreakGlass, RequestAct
from governance.permissions import can
from governance.services.cast_vote import cast_vote
from governance.services.open_break_glass import open_break_glass
from governance.services.recuse import recuse
from governance.services.revoke_approval import revoke_approval
from governance.services.withdraw_change_request import withdraw_change_request
from governance.timeline import timeline

if TYPE_CHECKING:
    from governance.core.approval import Rule
    from governance.models import ChangeRequest, User, Vote

BREAK_GLASS = "break_glass"
"""What the form that breaks the glass calls its deed."""
DONE = {
    RequestAct.Deed.WITHDRAWAL: "The request is withdrawn. That, and your reason, are in the record.",
    RequestAct.Deed.REVOCATION: "The approval is taken back. That, and your reason, are in the record.",
    RequestAct.Deed.RECUSAL: "You have stepped back; others decide. That, and your reason, are in the record.",
}


@dataclass(frozen=True)
class StageLine:
    """One stage of a decision, as a page tells it; `is_open` while it is this one that decides.

    `roles`: who may vote in it by role; `people`: who could by name; `yes`: who has agreed to the present revision.
    """

    name: str
    quorum: int
    agreed: int
    is_open: bool
    roles: str
    people: tuple[str, ...]
    yes: tuple[str, ...]

    @property
    def missing(self) -> int:
        """How many approvals it still needs."""
        return self.quorum - self.agreed


@dataclass(frozen=True)
class Said:
    """What one person did about a request, and why; `on_this` when it was about the present revision."""

    who: str
    role: str
    deed: str
    when: str
    reason: str
    revision: int
    entry: int
    on_this: bool


def deciding_context(change: ChangeRequest, by: User) -> dict[str, Any]:
    """Return what the page of any request shows of its decision to this person."""
    here, rule = change.jurisdiction, selectors.rule_now(change)
    lines = stage_lines(change, rule)
    now_open = next((each for each in lines if each.is_open), None)
    why_not = refusal_of(lambda: selectors.check_may_vote(change, by))
    return {
        "change": change,
        "state": STATE_WORDS[State(change.state)],
        "jurisdiction": here,
        "deadline": spoken_deadline(clock.local(change.expires_at, here), clock.local(clock.now(here), here)),
        "least": rule.rationale_min_length,
        "stages": lines,
        "now_open": now_open,
        "overriding": not why_not and may_override(change, by, rule),
        "why_not": why_not,
        "may_decide": not why_not,
        "steps_so_far": timeline(change),
        "voters": selectors.voters_for(change),
        "may_withdraw": not refusal_of(lambda: selectors.check_may_take_back(change, by)),
        "may_revoke": not refusal_of(lambda: selectors.check_may_void(change, by)),
        "next_steps": next_steps(change, rule, lines),
        "may_recuse": not refusal_of(lambda: selectors.check_may_step_back(change, by)),
        **glass_context(change, by),
    }


def glass_context(change: ChangeRequest, by: User) -> dict[str, Any]:
    """Return the break-glass of a request, and what this person may ease of it now."""
    row = row_of(change)
    return {
        "glass": glass_line(row) if row else None,
        "outlived": outlived(change),
        "openings": [(each.value, LOWERS_WORDS[each]) for each in openings_for(by, change)],
        "glass_hours": range(1, LONGEST_HOURS + 1),
    }


def refusal_of(question: Callable[[], object]) -> str:
    """Ask the same rule that the deed will ask; return its refusal's sentence, "" where there is none."""
    try:
        question()
    except Refused as refusal:
        return refusal.message
    return ""


def stage_lines(change: ChangeRequest, rule: Rule) -> list[StageLine]:
    """Return the stages in their order, each with how many have agreed to the present revision, and who."""
    ballots, yes, names = selectors.ballots_on(change), said_yes(change, rule), people_for(change, rule)
    counts, decision = agreed(ballots, rule, change.digest), decide(ballots, rule, change.digest)
    return [
        StageLine(
            name=each.name.replace("_", " "),
            quorum=each.quorum,
            agreed=min(counts[each.name], each.quorum),
            is_open=each == decision.stage and State(change.state) is State.OPEN,
            roles=" or ".join(ROLES[role].title.lower() for role in roles_with(each.permission)),
            people=tuple(name for name in names[each.name] if name not in yes[each.name]),
            yes=yes[each.name],
        )
        for each in rule.stages
    ]


def said_yes(change: ChangeRequest, rule: Rule) -> dict[str, tuple[str, ...]]:
    """Return stage -> the names of those who approved the present revision in it."""
    rows = [
        (stage_name(selectors.ballot_of(row), rule), row.user.name)
        for row in selectors.votes_on(change)
        if row.digest == change.digest and row.verdict == Verdict.APPROVE
    ]
    return {each.name: tuple(name for stage, name in rows if stage == each.name) for each in rule.stages}


def people_for(change: ChangeRequest, rule: Rule) -> dict[str, list[str]]:
    """Return stage -> the names of those whose own role lets them vote in it; authors and the recused are left out."""
    eligible = selectors.eligible_for(change, rule.stages)
    return {stage: [each.name for each in people] for stage, people in eligible.items()}


def next_steps(change: ChangeRequest, rule: Rule, lines: list[StageLine]) -> list[str]:
    """Say, one after another, what still has to happen before this request is carried out; nothing once it is over."""
    state = State(change.state)
    if OWNERS[state] is Owner.NOBODY:
        return []
    if OWNERS[state] is Owner.AUTHOR:
        return ["An author makes a new revision, or withdraws the request.", "Then everybody votes anew."]
    steps = [] if state is State.APPROVED else [*_evidence_steps(change, rule), *map(_stage_step, lines)]
    carried = "The schedule checks every condition once more and carries it out, within the minute."
    return [step for step in (*steps, carried) if step]


def _evidence_steps(change: ChangeRequest, rule: Rule) -> list[str]:
    there = selectors.evidence_for(change.digest, change.jurisdiction)
    missing = [kind.replace("_", " ") for kind in rule.required_evidence if kind not in there]
    return [f"The evidence “{kind}” is attached; before that nobody can approve." for kind in missing]


def _stage_step(line: StageLine) -> str:
    if not line.missing:
        return ""
    more = " more" if line.agreed else ""
    who = f"{line.missing}{more} {'person' if line.missing == 1 else 'people'}"
    return f"In the stage “{line.name}”, {who} with the role {line.roles} must agree."


def may_override(change: ChangeRequest, by: User, rule: Rule) -> bool:
    """Whether the board's word on a failed audit is asked, and this person is one who may give it."""
    stage = decide(selectors.ballots_on(change), rule, change.digest).stage
    if stage is None or stage.name != OVERRIDE:
        return False
    return can(by, stage.permission, change.jurisdiction, change.district)


def said_about(change: ChangeRequest) -> list[Said]:
    """Return votes and all else that people did about a request, as it happened."""
    glass = row_of(change)
    rows: list[Vote | RequestAct | BreakGlass] = [*selectors.votes_on(change), *selectors.acts_on(change)]
    rows += [glass] if glass else []
    return [_said(change, each) for each in sorted(rows, key=lambda each: each.ledger_index)]


def _said(change: ChangeRequest, row: Vote | RequestAct | BreakGlass) -> Said:
    if isinstance(row, BreakGlass):
        return _said_of_glass(change, row)
    if isinstance(row, RequestAct):
        deed, at, reason = deed_words(row.deed), row.done_at, row.reason
    elif change.kind == REVIEW:
        deed, at, reason = REVIEW_WORDS[row.verdict], row.cast_at, row.rationale
    else:
        deed = deed_words(row.verdict, row.stage, delegated=row.on_behalf_of_id is not None)
        at, reason = row.cast_at, row.rationale
    return Said(
        who=row.user.name,
        role=selectors.role_title(row.role),
        deed=deed,
        when=spoken_moment(clock.local(at, change.jurisdiction)),
        reason=reason,
        revision=row.revision,
        entry=row.ledger_index,
        on_this=row.digest == change.digest,
    )


def _said_of_glass(change: ChangeRequest, row: BreakGlass) -> Said:
    return Said(
        who=row.opened_by.name,
        role=selectors.role_title(row.role),
        deed=f"{deed_words(BREAK_GLASS)} for {row.hours} h ({glass_line(row).what}); {row.told.name} was told,",
        when=spoken_moment(clock.local(row.opened_at, change.jurisdiction)),
        reason=row.reason,
        revision=row.revision,
        entry=row.ledger_index,
        on_this=row.request_digest == change.digest,
    )


def answer_form(
    request: HttpRequest,
    request_id: int,
    *,
    page: str,
    template: str,
    context: Callable[[], dict[str, Any]],
) -> HttpResponse:
    """Do what the form of a request's page says: a vote, or a deed beside voting.

    A refusal shows the page again, with the reason and the text kept. `page`: the name of its address.
    """
    rationale, deed = request.POST.get("rationale", ""), request.POST.get("deed", "")
    try:
        said = _done(request, request_id, deed, rationale)
    except Refused as refusal:
        more = {"refusal": refusal, "rationale": rationale, "tried": deed}
        return render(request, template, context() | more, status=status_code(refusal.reason))
    messages.success(request, said)
    return redirect(page, request_id=request_id)


def _done(request: HttpRequest, request_id: int, deed: str, reason: str) -> str:
    """Do it and return the sentence that says so. Raises Http404 for what no form of ours sends."""
    by, seen = cast("User", request.user), request.POST.get("seen_digest", "")
    if deed == RequestAct.Deed.WITHDRAWAL:
        withdraw_change_request(change_request_id=request_id, reason=reason, by=by)
    elif deed == RequestAct.Deed.REVOCATION:
        revoke_approval(change_request_id=request_id, seen_digest=seen, reason=reason, by=by)
    elif deed == RequestAct.Deed.RECUSAL:
        recuse(change_request_id=request_id, reason=reason, by=by)
    elif deed == BREAK_GLASS:
        return _broken(request, request_id, reason, seen, by)
    else:
        return _voted(request_id, request.POST.get("verdict", ""), reason, seen, by)
    return DONE[RequestAct.Deed(deed)]


def _broken(request: HttpRequest, request_id: int, reason: str, seen: str, by: User) -> str:
    opened = open_break_glass(
        change_request_id=request_id,
        lowers=read_lowers(request.POST.get("lowers", "")),
        hours=read_number(request.POST.get("hours", "")),
        reason=reason,
        seen_digest=seen,
        by=by,
    )
    return f"Break-glass {opened.pk} counts for {opened.hours} h. {opened.told.name} was told, and its review is open."


def _voted(request_id: int, verdict: str, rationale: str, seen: str, by: User) -> str:
    if verdict not in list(Verdict):
        raise Http404("There is no such verdict.")
    settled = cast_vote(
        change_request_id=request_id, verdict=Verdict(verdict), rationale=rationale, seen_digest=seen, by=by
    )
    return f"Your decision is in the record. This request {STATE_WORDS[State(settled.state)]}."
